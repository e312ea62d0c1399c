"""What comes back: read with limits, and marked once."""

from __future__ import annotations

import io
import random
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from registrar.models import Delivery
from registrar.services import bouncing, resending
from registrar.services.bouncing import Taken

from . import notices
from .conftest import NOW, states, the, waiting

State, Bounce = Delivery.State, Delivery.Bounce
pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Delivery:
    (row,) = waiting("dean")
    Delivery.objects.update(state=State.SENT, sent_at=NOW)
    row.refresh_from_db()
    return row


def notice(form: str, row: Delivery, to: str = "") -> bytes:
    return notices.filled(form, row.message_id, to or row.address)


def take(content: bytes) -> Taken:
    return bouncing.take(content, now=NOW + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("form", "code", "said"),
    [
        (notices.POSTFIX, "5.1.1", "550 5.1.1 <dean@example.edu>: Recipient address rejected: User unknown"),
        (
            notices.POSTFIX_HEADERS_ONLY,
            "5.1.1",
            "550 5.1.1 <dean@example.edu>: Recipient address rejected: User unknown",
        ),
        (
            notices.EXCHANGE,
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient dean@example.edu not found",
        ),
        (
            notices.GMAIL,
            "5.7.1",
            "550-5.7.1 [192.0.2.1] Our system has detected that this message is 550 5.7.1 unsolicited mail.",
        ),
        (notices.QMAIL, "5.1.1", "Remote host said: 550 5.1.1 no such mailbox"),
    ],
    ids=["postfix", "postfix, headers only", "exchange", "gmail", "qmail"],
)
def test_it_marks_what_came_back(form: str, code: str, said: str, sent: Delivery) -> None:
    waiting("ann")
    assert take(notice(form, sent)) is Taken.FAILED
    row = the("dean")
    assert (row.state, row.bounce, row.bounce_code) == (State.BOUNCED, Bounce.FAILED, code)
    assert row.bounce_said == said
    assert row.bounced_at == NOW + timedelta(minutes=5)
    assert states() == {"dean": State.BOUNCED, "ann": State.WAITING}


@pytest.mark.parametrize("form", [notices.POSTFIX_DELAYED, notices.SENDMAIL_WARNING])
def test_it_shows_a_delay_and_leaves_the_state(form: str, sent: Delivery) -> None:
    assert take(notice(form, sent)) is Taken.DELAYED
    assert (the("dean").state, the("dean").bounce) == (State.SENT, Bounce.DELAYED)
    assert "timed out" in the("dean").bounce_said or "will be retried" in the("dean").bounce_said
    assert take(notice(form, sent)) is Taken.KNOWN
    assert take(notice(notices.POSTFIX, sent)) is Taken.FAILED
    assert take(notice(form, sent)) is Taken.KNOWN
    assert the("dean").state == State.BOUNCED


def test_it_takes_the_same_notice_once(sent: Delivery) -> None:
    assert take(notice(notices.POSTFIX, sent)) is Taken.FAILED
    before = the("dean").bounced_at
    assert bouncing.take(notice(notices.POSTFIX, sent), now=NOW + timedelta(days=1)) is Taken.KNOWN
    assert the("dean").bounced_at == before


def test_it_waits_for_the_answer_of_the_mail_server(sent: Delivery) -> None:
    """The notice may be here before the row says that the message is gone."""
    Delivery.objects.update(state=State.CLAIMED)
    assert take(notice(notices.POSTFIX, sent)) is Taken.LATER
    assert the("dean").bounce == ""


@pytest.mark.parametrize("state", [State.WAITING, State.REFUSED, State.DROPPED])
def test_it_leaves_what_is_decided_otherwise(state: str, sent: Delivery) -> None:
    Delivery.objects.update(state=state)
    assert take(notice(notices.POSTFIX, sent)) is Taken.KNOWN
    assert (the("dean").state, the("dean").bounce) == (state, "")


def test_it_marks_nothing_for_a_stranger(sent: Delivery) -> None:
    for to in ("other@example.edu", "the.dean@example.edu", "dean@example.edu.evil.example"):
        assert take(notice(notices.POSTFIX, sent, to)) is Taken.STRANGE
        assert take(notice(notices.QMAIL, sent, to)) is Taken.STRANGE
    unknown = notices.filled(notices.POSTFIX, f"<{'0' * 32}@localhost>", sent.address)
    assert take(unknown) is Taken.STRANGE
    assert states() == {"dean": State.SENT}


@pytest.mark.parametrize("written", ["DEAN@Example.EDU", "<dean@example.edu>"])
def test_it_knows_an_address_in_other_letters(written: str, sent: Delivery) -> None:
    assert take(notice(notices.EXCHANGE, sent, written)) is Taken.FAILED


def test_it_knows_an_address_that_was_escaped(sent: Delivery) -> None:
    Delivery.objects.update(address="dean+reports@exämple.edu")
    assert take(notice(notices.EXCHANGE, sent, "dean+2Breports@xn--exmple-cua.edu")) is Taken.FAILED


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "sideways"])
def test_it_takes_good_news_for_no_bounce(action: str, sent: Delivery) -> None:
    """Also where the sentences beside it could be taken for a failure."""
    for form in (notices.POSTFIX, notices.GMAIL):
        content = notice(form, sent).replace(b"Action: failed", f"Action: {action}".encode())
        assert take(content) is Taken.NOT_UNDERSTOOD
    assert states() == {"dean": State.SENT}


def test_it_reads_the_sentences_where_the_part_for_machines_says_nothing(sent: Delivery) -> None:
    assert take(notice(notices.POSTFIX, sent).replace(b"Action: failed", b"X-Action: failed")) is Taken.FAILED
    assert the("dean").bounce_code == "5.1.1"


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ("Return-Path: <>", "Return-Path: <dean@example.edu>"),
        ("MAILER-DAEMON@mx", "dean@mx"),
        ("Message-ID: {id}", ""),
    ],
)
def test_it_takes_no_ordinary_letter_for_a_notice(given: str, other: str, sent: Delivery) -> None:
    assert take(notice(notices.QMAIL.replace(given, other, 1), sent)) is Taken.NOT_UNDERSTOOD


def test_it_keeps_what_was_said_as_plain_text(sent: Delivery) -> None:
    content = notice(notices.EXCHANGE, sent).replace(b"RESOLVER", b"<b>\x00\x1b[31m\xff" + b"x" * 2000)
    assert take(content) is Taken.FAILED
    said = the("dean").bounce_said
    assert said.startswith("550 5.1.10 <b>")
    assert said.isprintable()
    assert len(said) <= bouncing.SAID


def _nested(depth: int) -> bytes:
    lines = []
    for level in range(depth):
        lines += [f"Content-Type: multipart/mixed; boundary={level}", "", f"--{level}"]
    return "\n".join(lines).encode()


HOSTILE = {
    "nothing": b"",
    "random": random.Random(1).randbytes(200_000),
    "deep": _nested(5_000),
    "letters in letters": b"Content-Type: message/rfc822\n\n" * 5_000,
    "blank lines": b"Content-Type: message/delivery-status\n\n" + b"\n" * 1_000_000,
    "blank lines of an old kind": b"Content-Type: message/delivery-status\r\r" + b"\r" * 1_000_000,
    "semicolons": b'Content-Type: multipart/mixed; boundary="' + b";" * 900_000,
    "semicolons on many lines": b'Content-Type: multipart/mixed; boundary="' + b";\r " * 300_000,
    "comments": b"Return-Path: <>\nFrom: " + b"(" * 500_000 + b"\n\nHi",
    "brackets": b"Return-Path: <>\nFrom: MAILER-DAEMON\n\n" + b"<" * 500_000,
    "ids": b"Return-Path: <>\nFrom: MAILER-DAEMON\n\n" + b"<00000000000000000000000000000000@x>" * 25_000,
    "unknown letters": b"Content-Type: text/plain; charset=nonsense\nReturn-Path: <>\nFrom: MAILER-DAEMON\n\n\xff",
    "no base64": b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n%%%",
    "long": b"Return-Path: <>\nFrom: MAILER-DAEMON\n\n" + b"5.1.1 " * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_stands_hostile_input(name: str, sent: Delivery) -> None:
    assert take(HOSTILE[name]) in (Taken.NOT_UNDERSTOOD, Taken.STRANGE)
    assert states() == {"dean": State.SENT}


def test_it_stands_a_notice_that_is_broken_anywhere(sent: Delivery) -> None:
    dice = random.Random(2)
    for form in (notices.POSTFIX, notices.EXCHANGE, notices.QMAIL):
        whole = notice(form, sent)
        for _ in range(100):
            broken = bytearray(whole)
            for _ in range(20):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
            assert take(bytes(broken[: dice.randrange(len(broken))])) in Taken
    assert states()["dean"] in (State.SENT, State.BOUNCED)


def test_it_reads_a_notice_with_a_large_message_behind(sent: Delivery) -> None:
    content = notice(notices.POSTFIX, sent).replace(b"<p>Hello.</p>", b"eHh4eHh4\r\n" * 300_000)
    assert len(content) > bouncing.MOST_BYTES
    assert take(content) is Taken.FAILED


def test_it_reads_what_our_own_mail_looks_like_when_it_is_returned(sent: Delivery) -> None:
    """A report with an attachment has parts, styles and semicolons of its own."""
    inner = EmailMessage()
    inner["Message-ID"], inner["To"] = sent.message_id, sent.address
    inner.set_content("Hello;\n\n" * 500)
    inner.add_alternative("<p style='a:b; c:d;'>Hello</p>\n\n" * 500, subtype="html")
    inner.add_attachment(bytes(100_000), maintype="application", subtype="zip", filename="x.zip")
    returned = notice(notices.POSTFIX, sent).partition(b"Content-Type: message/rfc822")[0]
    content = returned + b"Content-Type: message/rfc822\n\n" + bytes(inner)
    assert take(content) is Taken.FAILED


# The command


def run(monkeypatch: pytest.MonkeyPatch, content: bytes) -> str:
    class Stdin:
        buffer = io.BytesIO(content)

    monkeypatch.setattr("sys.stdin", Stdin)
    out = io.StringIO()
    call_command("read_bounces", stdout=out)
    assert Stdin.buffer.read() == b"", "a pipe is read to its end"
    return out.getvalue()


def test_the_command_reads_one_from_a_pipe(sent: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "marked as bounced" in run(monkeypatch, notice(notices.POSTFIX, sent))
    assert "Nothing new" in run(monkeypatch, notice(notices.POSTFIX, sent))
    assert "Nothing is marked" in run(monkeypatch, b"Hello" * 1_000_000)


@pytest.mark.parametrize("how", ["database", "quick"])
def test_the_command_has_the_mail_server_try_again(
    how: str, sent: Delivery, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def die(*args: Any, **options: Any) -> None:
        raise OperationalError("connection refused")

    if how == "database":
        monkeypatch.setattr(bouncing, "take", die)
    Delivery.objects.update(state=State.CLAIMED)
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, notice(notices.POSTFIX, sent))
    assert ended.value.code == 75
    assert ("database cannot be used" in capsys.readouterr().err) == (how == "database")


def test_what_is_sent_again_can_come_back_again(sent: Delivery, admin_user: Any) -> None:
    take(notice(notices.POSTFIX, sent))
    resending.send_again(by=admin_user, pk=sent.pk, now=NOW)
    row = the("dean")
    assert (row.state, row.bounce, row.bounced_at, row.bounce_said) == (State.WAITING, "", None, "")
    Delivery.objects.update(state=State.SENT)
    assert take(notice(notices.POSTFIX, sent)) is Taken.FAILED
