"""Collect: fetch from a mailbox what came back, over IMAP. Nothing is ever deleted there."""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from registrar.models import Sign

from . import bouncing
from .bouncing import Taken

logger = logging.getLogger(__name__)

TIMEOUT = 20
AT_ONCE = 200
SEEN, FLAGGED = r"(\Seen)", r"(\Flagged)"
NEWS = "UNSEEN UNFLAGGED"
TROUBLE = (OSError, UnicodeError, imaplib.IMAP4.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    counts: Counter[Taken] = field(default_factory=Counter)
    trouble: str = ""


def is_set_up() -> bool:
    return bool(settings.BOUNCES_URL)


def collect(*, clock: Callable[[], datetime], until: datetime | None = None) -> Collected:
    """Read what is new, for a while. What was not understood is flagged, and left for a person to look at."""
    found = Collected()
    try:
        with _mailbox() as line:
            for number in _new(line):
                if until is not None and clock() >= until:
                    break
                found.counts[_taken(line, number, clock())] += 1
    except TROUBLE as error:
        found = Collected(counts=found.counts, trouble=_words(error))
        logger.warning("Notices of undelivered mail cannot be fetched: %s", found.trouble)
    _remember(found, clock())
    return found


@contextmanager
def _mailbox() -> Iterator[imaplib.IMAP4]:
    """Left without a farewell where something went wrong: who did not answer before would make us wait again."""
    line = _connected()
    try:
        _sign_in(line)
        _asked(line.select(_quoted(settings.BOUNCES_URL["folder"])))
        yield line
    except BaseException:
        with suppress(*TROUBLE):
            line.shutdown()
        raise
    with suppress(*TROUBLE):
        line.logout()


def _connected() -> imaplib.IMAP4:
    way = settings.BOUNCES_URL
    if way["encryption"] == "tls":
        return imaplib.IMAP4_SSL(way["host"], way["port"], ssl_context=_tls(), timeout=TIMEOUT)
    return imaplib.IMAP4(way["host"], way["port"], timeout=TIMEOUT)


def _sign_in(line: imaplib.IMAP4) -> None:
    way = settings.BOUNCES_URL
    if way["encryption"] == "starttls":
        line.starttls(ssl_context=_tls())
    if "AUTH=PLAIN" in line.capabilities:
        line.authenticate("PLAIN", lambda challenge: f"\0{way['user']}\0{way['password']}".encode())
    else:
        line.login(_quoted(way["user"]), way["password"])


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _quoted(text: str) -> str:
    """imaplib quotes the password by itself, but not the name."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _asked(answer: tuple[str, Any]) -> list[Any]:
    kind, said = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(b" ".join(one for one in said if isinstance(one, bytes)))
    return list(said)


def _new(line: imaplib.IMAP4) -> list[str]:
    (numbers,) = _asked(line.uid("SEARCH", NEWS))[:1] or [b""]
    return [one.decode("ascii", "replace") for one in (numbers or b"").split()[:AT_ONCE]]


def _taken(line: imaplib.IMAP4, number: str, now: datetime) -> Taken:
    """The mark is set when the row is written: whoever dies in between reads the notice once more."""
    parts = _asked(line.uid("FETCH", number, f"(BODY.PEEK[]<0.{bouncing.MOST_BYTES}>)"))
    content = next((part[1] for part in parts if isinstance(part, tuple)), b"")
    taken = bouncing.take(content, now=now)
    if taken is not Taken.LATER:
        strange = taken in (Taken.STRANGE, Taken.NOT_UNDERSTOOD)
        _asked(line.uid("STORE", number, "+FLAGS.SILENT", FLAGGED if strange else SEEN))
    return taken


def _remember(found: Collected, now: datetime) -> None:
    said = found.trouble or _("The mailbox of undelivered mail was read.")
    Sign.objects.update_or_create(
        of=Sign.Of.BOUNCES, defaults={"good": not found.trouble, "said": said, "at": now}
    )


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        text = _("The mailbox did not answer in time (%(said)s).") % {"said": "timed out"}
    elif isinstance(error, OSError):
        text = _("The mailbox cannot be reached (%(said)s).") % {"said": error.strerror or error}
    else:
        said = error.args[0] if error.args else error
        words = said.decode(errors="replace") if isinstance(said, bytes) else said
        text = _("The mailbox refused: %(said)s") % {"said": words}
    return " ".join(text.split())[:500]
