"""Notices fetched from a real mailbox, with what a server may do meanwhile."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from registrar import tasks
from registrar.models import Delivery, Sign
from registrar.services import bouncing, collecting
from registrar.services.bouncing import Taken
from registrar.settings import _imap
from tests.services.door import Clock

from . import notices
from .conftest import states, waiting
from .imap import Mailbox

State = Delivery.State
pytestmark = pytest.mark.django_db
Open = Callable[..., Mailbox]


@pytest.fixture
def open_box(settings: Any) -> Iterator[Open]:
    running: list[Mailbox] = []

    def begin(encryption: str = "", **options: Any) -> Mailbox:
        box = Mailbox(**options)
        box.start()
        running.append(box)
        settings.BOUNCES_URL = {
            "host": "127.0.0.1",
            "port": box.port,
            "user": "notices@example.edu",
            "password": box.password,
            "folder": "Re turned",
            "encryption": encryption,
        }
        return box

    yield begin
    for box in running:
        box.stop()


@pytest.fixture
def sent() -> list[Delivery]:
    rows = waiting("ann", "ben")
    Delivery.objects.update(state=State.SENT)
    return rows


def about(row: Delivery, form: str = notices.POSTFIX) -> bytes:
    return notices.filled(form, row.message_id, row.address)


def test_it_marks_what_it_understood_and_flags_the_rest(
    open_box: Open, sent: list[Delivery], clock: Clock
) -> None:
    box = open_box()
    strange = notices.filled(notices.POSTFIX, f"<{'0' * 32}@localhost>", "ann@example.edu")
    box.put(about(sent[0]), b"Subject: Hello\n\nIs this the registrar?", strange, about(sent[0], notices.GMAIL))
    found = collecting.collect(clock=clock)
    assert found.trouble == ""
    assert found.counts == {Taken.FAILED: 1, Taken.NOT_UNDERSTOOD: 1, Taken.STRANGE: 1, Taken.KNOWN: 1}
    assert box.flags() == [{"Seen"}, {"Flagged"}, {"Flagged"}, {"Seen"}]
    assert states() == {"ann": State.BOUNCED, "ben": State.SENT}
    assert not [line for line in box.heard if "Deleted" in line or "EXPUNGE" in line]
    assert box.heard[-1] == "LOGOUT"


def test_it_reads_each_once(open_box: Open, sent: list[Delivery], clock: Clock) -> None:
    box = open_box()
    box.put(about(sent[0]), b"Hello\n")
    assert collecting.collect(clock=clock).counts.total() == 2
    assert collecting.collect(clock=clock).counts.total() == 0
    box.put(about(sent[1]))
    assert collecting.collect(clock=clock).counts == {Taken.FAILED: 1}


def test_it_comes_back_to_what_is_being_sent(open_box: Open, sent: list[Delivery], clock: Clock) -> None:
    box = open_box()
    box.put(about(sent[0]))
    Delivery.objects.update(state=State.CLAIMED)
    assert collecting.collect(clock=clock).counts == {Taken.LATER: 1}
    Delivery.objects.update(state=State.SENT)
    assert collecting.collect(clock=clock).counts == {Taken.FAILED: 1}
    assert box.flags() == [{"Seen"}]


def test_it_stops_when_its_time_is_up(open_box: Open, sent: list[Delivery], clock: Clock) -> None:
    box = open_box()
    box.put(about(sent[0]))
    assert collecting.collect(clock=clock, until=clock()).counts.total() == 0
    assert box.flags() == [set()]


def test_it_fetches_no_more_than_it_reads(open_box: Open, sent: list[Delivery], clock: Clock) -> None:
    box = open_box()
    box.put(about(sent[0]) + b"eHh4eHh4\n" * 300_000)
    assert collecting.collect(clock=clock).counts == {Taken.FAILED: 1}
    assert f"BODY.PEEK[]<0.{bouncing.MOST_BYTES}>" in " ".join(box.heard)


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_it_encrypts(
    encryption: str,
    open_box: Open,
    sent: list[Delivery],
    clock: Clock,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    box = open_box(encryption, tls=tls, at_once=encryption == "tls")
    box.put(about(sent[0]))
    found = collecting.collect(clock=clock)
    assert "certificate verify failed" in found.trouble
    assert not [line for line in box.heard if line.startswith(("LOGIN", "AUTHENTICATE"))]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert collecting.collect(clock=clock).counts == {Taken.FAILED: 1}


def test_it_says_nothing_unencrypted_where_encryption_is_set(open_box: Open, clock: Clock) -> None:
    box = open_box("starttls")
    assert "TLS not supported" in collecting.collect(clock=clock).trouble
    assert not [line for line in box.heard if line.startswith(("LOGIN", "AUTHENTICATE"))]


@pytest.mark.parametrize("plain", [True, False])
def test_it_signs_in_as_the_server_wants(
    plain: bool, open_box: Open, sent: list[Delivery], clock: Clock, settings: Any
) -> None:
    box = open_box(plain=plain)
    box.put(about(sent[0]))
    assert collecting.collect(clock=clock).counts == {Taken.FAILED: 1}
    settings.BOUNCES_URL = settings.BOUNCES_URL | {"password": "wröng"}
    trouble = collecting.collect(clock=clock).trouble
    assert trouble.startswith("The mailbox refused:")
    assert "wröng" not in trouble
    assert "b'" not in trouble


def test_it_says_that_there_is_no_such_folder(open_box: Open, clock: Clock, settings: Any) -> None:
    open_box()
    settings.BOUNCES_URL = settings.BOUNCES_URL | {"folder": 'x"\\'}
    assert collecting.collect(clock=clock).trouble == "The mailbox refused: There is no such folder."


@pytest.mark.parametrize("verb", ["CAPABILITY", "SELECT", "SEARCH", "FETCH", "STORE"])
@pytest.mark.parametrize("manner", ["silent", "break_off"])
def test_it_waits_for_nobody(
    manner: str,
    verb: str,
    open_box: Open,
    sent: list[Delivery],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(collecting, "TIMEOUT", 0.3)
    box = open_box()
    box.put(about(sent[0]))
    getattr(box, manner).add(verb)
    found = collecting.collect(clock=clock)
    assert found.trouble.startswith("The mailbox ")
    assert found.trouble in caplog.text
    getattr(box, manner).clear()
    (taken,) = collecting.collect(clock=clock).counts
    assert taken == (Taken.KNOWN if verb == "STORE" else Taken.FAILED)


def test_it_remembers_how_it_went(open_box: Open, clock: Clock, settings: Any) -> None:
    open_box()
    collecting.collect(clock=clock)
    assert Sign.objects.get(of=Sign.Of.BOUNCES).good is True
    settings.BOUNCES_URL = settings.BOUNCES_URL | {"port": 1}
    clock.forward(minutes=5)
    collecting.collect(clock=clock)
    sign = Sign.objects.get(of=Sign.Of.BOUNCES)
    assert (sign.good, sign.at) == (False, clock.now)
    assert sign.said == "The mailbox cannot be reached (Connection refused)."


def test_the_task_reads_only_where_a_mailbox_is_set_up(
    open_box: Open, sent: list[Delivery], settings: Any
) -> None:
    settings.BOUNCES_URL = {}
    tasks.collect_bounces()
    assert not Sign.objects.exists()
    open_box().put(about(sent[0]))
    tasks.collect_bounces()
    assert states()["ann"] == State.BOUNCED


@pytest.mark.parametrize(
    ("given", "port", "encryption", "folder"),
    [
        ("imaps://me%40example.edu:p%2Fw@mail.example.edu", 993, "tls", "INBOX"),
        ("imap+tls://me%40example.edu:p%2Fw@mail.example.edu/Re%20turned", 143, "starttls", "Re turned"),
        ("imap://me%40example.edu:p%2Fw@localhost:1143/INBOX/sub", 1143, "", "INBOX/sub"),
    ],
)
def test_the_setting_is_an_address(given: str, port: int, encryption: str, folder: str) -> None:
    found = _imap(given)
    assert (found["port"], found["encryption"], found["folder"]) == (port, encryption, folder)
    assert (found["user"], found["password"]) == ("me@example.edu", "p/w")


@pytest.mark.parametrize(
    "given",
    [
        "mail.example.edu",
        "imap://me:pw@mail.example.edu/",
        "pop3://me:pw@mail.example.edu/",
        "imaps://mail.example.edu/",
        "imaps://me:pw%0d%0a@mail.example.edu/",
        "imaps://me:pw@mail.example.edu/%0aDELETE",
        "imaps://me:pw@mail.example.edu:port/",
    ],
)
def test_the_setting_is_refused(given: str) -> None:
    with pytest.raises(ValueError):
        _imap(given)
