"""Against a real mail server: what arrived there, and what the rows say of it."""

from __future__ import annotations

import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from registrar.models import Delivery
from registrar.services import delivering, mailing
from registrar.services.delivering import TRIES
from tests.services.door import Clock

from .conftest import NOW, Start, states, the, waiting
from .server import Mailroom, checked

State = Delivery.State
pytestmark = pytest.mark.django_db
ON_THIS_MACHINE = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def test_it_sends_all_over_one_connection(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    waiting("ann", "ben", "cleo")
    assert delivering.deliver(clock=clock) == {State.SENT: 3}
    assert room.addresses == ["ann@example.edu", "ben@example.edu", "cleo@example.edu"]
    assert room.greetings == 1
    assert states() == dict.fromkeys(("ann", "ben", "cleo"), State.SENT)
    assert (the("ann").sent_at, the("ann").trouble) == (NOW, "250 OK")


def test_it_sends_a_message_as_it_was_written(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    waiting(
        "ann",
        subject="Fall:\r\nBcc: everyone@example.edu\n31 sections — not ready",
        text="Line one\n.\n..two dots\n" + "long " * 300,
        html="<p>Grüße</p>",
        headers={"List-Unsubscribe": "<https://preflight.example.edu/u/1>"},
        attachment=b"PK\x03\x04",
        attachment_name="report.xlsx",
    )
    delivering.deliver(clock=clock)
    ((_, message),) = room.arrived
    assert message["Subject"].strip() == "Fall: Bcc: everyone@example.edu 31 sections — not ready"
    assert message["Bcc"] is None
    assert message["List-Unsubscribe"] == "<https://preflight.example.edu/u/1>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == the("ann").message_id == mailing.message_id("to ann")
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines()[:3] == ["Line one", ".", "..two dots"]
    assert html.get_content().strip() == "<p>Grüße</p>"
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("report.xlsx", b"PK\x03\x04")


def test_it_has_what_comes_back_go_where_it_is_read(
    room: Mailroom, start: Start, clock: Clock, settings: Any
) -> None:
    """People answer to the one address, mail servers to the other."""
    settings.DEFAULT_FROM_EMAIL = "Preflight <registrar@example.edu>"
    settings.BOUNCES_ADDRESS = "Notices <bounces@preflight.example.edu>"
    start()
    waiting("ann")
    delivering.deliver(clock=clock)
    ((_, message),) = room.arrived
    assert room.senders == ["bounces@preflight.example.edu"]
    assert message["From"] == "Preflight <registrar@example.edu>"
    assert "Sender" not in message
    assert "bounces" not in str(message)


def test_it_never_writes_the_same_thing_twice(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    waiting("ann")
    again = mailing.write(kind="report", key="to ann", address="other@example.edu", subject="x", text="x", now=NOW)
    assert again is None
    delivering.deliver(clock=clock)
    delivering.deliver(clock=clock)
    assert room.addresses == ["ann@example.edu"]


@pytest.mark.parametrize("stage", ["refuse", "at_end"])
def test_it_lets_one_refused_hold_up_nobody(stage: str, room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    setattr(room, stage, lambda address: "550 5.1.1 No such user" if address.startswith("ben") else None)
    waiting("ann", "ben", "cleo")
    assert delivering.deliver(clock=clock) == {State.SENT: 2, State.REFUSED: 1}
    assert room.addresses == ["ann@example.edu", "cleo@example.edu"]
    assert room.greetings == 1
    assert (the("ben").state, the("ben").trouble) == (State.REFUSED, "550 5.1.1 No such user")
    clock.forward(days=2)
    assert delivering.deliver(clock=clock) == {}


@pytest.mark.parametrize("stage", ["refuse", "at_end"])
def test_it_tries_again_what_is_refused_for_now(stage: str, room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    setattr(room, stage, lambda address: "451 4.7.1 Come back later")
    waiting("ann")
    assert delivering.deliver(clock=clock) == {State.WAITING: 1}
    assert (the("ann").attempts, the("ann").trouble) == (1, "451 4.7.1 Come back later")
    assert delivering.deliver(clock=clock) == {}, "not before a pause"
    setattr(room, stage, lambda address: None)
    clock.forward(minutes=1)
    assert delivering.deliver(clock=clock) == {State.SENT: 1}
    assert room.addresses == ["ann@example.edu"]


def test_it_gives_up_after_three_days_and_says_so(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    room.refuse = lambda address: "450 4.2.1 Mailbox busy"
    waiting("ann")
    for _ in range(TRIES):
        assert states() == {"ann": State.WAITING}
        delivering.deliver(clock=clock)
        clock.now = max(clock.now, the("ann").not_before)
    assert states() == {"ann": State.REFUSED}
    assert timedelta(days=2) < clock.now - NOW < timedelta(days=4)
    assert the("ann").trouble == "450 4.2.1 Mailbox busy"


def test_it_does_not_know_when_the_line_breaks_before_the_reply(
    room: Mailroom, start: Start, clock: Clock
) -> None:
    start()
    room.hang_up = {"ben@example.edu"}
    waiting("ann", "ben", "cleo")
    assert delivering.deliver(clock=clock) == {State.SENT: 2, State.UNCONFIRMED: 1}
    assert room.addresses == ["ann@example.edu", "ben@example.edu", "cleo@example.edu"]
    clock.forward(days=3)
    assert delivering.deliver(clock=clock) == {}, "never again by itself"
    assert states()["ben"] == State.UNCONFIRMED
    assert len(room.arrived) == 3


def test_it_does_not_know_when_the_reply_takes_too_long(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    room.slow_end = {"ann@example.edu": 1.5}
    waiting("ann", "ben")
    assert delivering.deliver(clock=clock) == {State.SENT: 1, State.UNCONFIRMED: 1}
    assert "timed out" in the("ann").trouble


def test_it_tries_again_when_the_line_breaks_before_the_message(
    room: Mailroom, start: Start, clock: Clock
) -> None:
    start()
    room.cut_off = {"ben@example.edu"}
    waiting("ann", "ben", "cleo")
    assert delivering.deliver(clock=clock) == {State.SENT: 2, State.WAITING: 1}
    room.cut_off = set()
    clock.forward(minutes=1)
    delivering.deliver(clock=clock)
    assert room.addresses == ["ann@example.edu", "cleo@example.edu", "ben@example.edu"]


def test_it_leaves_a_slow_recipient_for_later(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    room.slow = {"ann@example.edu": 1.5}
    waiting("ann", "ben")
    assert delivering.deliver(clock=clock) == {State.SENT: 1, State.WAITING: 1}
    assert room.addresses == ["ben@example.edu"]
    assert "timed out" in the("ann").trouble


def test_it_waits_for_a_server_that_is_down(settings: Any, clock: Clock, room: Mailroom, start: Start) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = free.getsockname()
        waiting("ann", "ben")
        assert delivering.deliver(clock=clock) == {State.WAITING: 1}, "one try tells enough"
    assert the("ann").trouble == "The mail server cannot be reached (Connection refused)."
    assert (the("ben").attempts, the("ben").state) == (0, State.WAITING)
    start()
    clock.forward(minutes=1)
    delivering.deliver(clock=clock)
    assert sorted(room.addresses) == ["ann@example.edu", "ben@example.edu"]


def test_it_gives_a_silent_server_a_second_and_no_more(settings: Any, clock: Clock) -> None:
    """The connection is taken by the system, and nobody ever says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 1
        waiting("ann")
        assert delivering.deliver(clock=clock) == {State.WAITING: 1}
    assert "timed out" in the("ann").trouble


def test_it_sends_nothing_unencrypted_where_encryption_is_set(
    room: Mailroom, start: Start, settings: Any, clock: Clock
) -> None:
    start()
    settings.EMAIL_USE_TLS = True
    waiting("ann")
    assert delivering.deliver(clock=clock) == {State.WAITING: 1}
    assert "STARTTLS" in the("ann").trouble
    assert room.arrived == []


def test_it_encrypts_where_it_is_set(
    room: Mailroom,
    start: Start,
    settings: Any,
    clock: Clock,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start(tls_context=tls, require_starttls=True)
    waiting("ann")
    assert delivering.deliver(clock=clock) == {State.WAITING: 1}
    assert "530" in the("ann").trouble
    settings.EMAIL_USE_TLS = True
    clock.forward(hours=1)
    assert delivering.deliver(clock=clock) == {State.WAITING: 1}
    assert "certificate verify failed" in the("ann").trouble
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    clock.forward(hours=1)
    assert delivering.deliver(clock=clock) == {State.SENT: 1}
    assert room.addresses == ["ann@example.edu"]


@ON_THIS_MACHINE
@pytest.mark.parametrize(("password", "state"), [("wrong", State.WAITING), ("right", State.SENT)])
def test_it_signs_in(password: str, state: str, room: Mailroom, start: Start, settings: Any, clock: Clock) -> None:
    start(authenticator=checked, auth_required=True, auth_require_tls=False)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "preflight", password
    waiting("ann")
    assert delivering.deliver(clock=clock) == {state: 1}
    assert len(room.arrived) == (state == State.SENT)
    assert (password == "right") or "535" in the("ann").trouble
    assert password not in the("ann").trouble


@ON_THIS_MACHINE
def test_it_waits_where_the_server_wants_a_name(room: Mailroom, start: Start, clock: Clock) -> None:
    """Nothing is wrong with the messages, so none of them is refused for good."""
    start(authenticator=checked, auth_required=True, auth_require_tls=False)
    waiting("ann", "ben")
    assert delivering.deliver(clock=clock) == {State.WAITING: 1}
    assert "530" in the("ann").trouble


def test_it_finds_the_line_again_that_the_server_has_closed(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    room.hang_up_after = {"ann@example.edu"}
    waiting("ann", "ben")
    assert delivering.deliver(clock=clock) == {State.SENT: 2}
    assert room.addresses == ["ann@example.edu", "ben@example.edu"]
    assert room.greetings == 2


def test_it_encrypts_from_the_first_byte(
    room: Mailroom,
    start: Start,
    settings: Any,
    clock: Clock,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    start(ssl_context=tls)
    settings.EMAIL_USE_SSL = True
    waiting("ann")
    assert delivering.deliver(clock=clock) == {State.SENT: 1}
    assert room.addresses == ["ann@example.edu"]


def test_it_lets_no_address_carry_a_command(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    row, _ = waiting("ann", "ben")
    Delivery.objects.filter(pk=row.pk).update(address="ann@example.edu\r\nRCPT TO:<eve@example.edu>")
    assert delivering.deliver(clock=clock) == {State.REFUSED: 1, State.SENT: 1}
    assert room.addresses == ["ben@example.edu"]


def test_it_says_in_words_what_went_wrong(room: Mailroom, start: Start, clock: Clock) -> None:
    start()
    room.cut_off = {"ann@example.edu"}
    waiting("ann")
    delivering.deliver(clock=clock)
    assert the("ann").trouble.startswith("The mail server broke the connection off")
