"""The one place that sends mail: one message to one address, and a plain word on what became of it.

Over SMTP the steps are taken one by one, because only so a message that was certainly not sent can be told from
one whose answer was lost: the first is tried again, the second never by itself.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.utils.translation import gettext as _

TROUBLE = (OSError, smtplib.SMTPException)
OURS = (530, 534, 535, 538)
"""Sign-in or encryption is missing: nothing is wrong with the message (RFC 4954, RFC 3207)."""
ENCODING = "utf-8"


class Outcome(StrEnum):
    SENT = "sent"
    REFUSED = "refused"
    """For good: the server will say the same again."""
    LATER = "later"
    """Certainly not sent; a later try may go through."""
    OFFLINE = "offline"
    """As LATER, and no other message would go through now."""
    UNKNOWN = "unknown"
    """The whole message went out, and no answer came."""


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    address: str
    subject: str
    text: str
    message_id: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    attachment: bytes | None = None
    attachment_name: str = ""


class Sender:
    """Sends one letter after another over one connection, which is opened when it is first needed."""

    def __init__(self) -> None:
        self._line: Any = get_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        with suppress(*TROUBLE):
            self._line.close()

    def send(self, letter: Letter) -> Answer:
        try:
            message = _written(letter)
            written: Any = message.message()
            content: bytes = written.as_bytes(linesep="\r\n")
            address = sanitize_address(letter.address, ENCODING)
        except (BadHeaderError, ValueError) as error:
            return Answer(Outcome.REFUSED, _("The message could not be written: %(error)s") % {"error": error})
        if isinstance(self._line, EmailBackend):
            return self._by_steps(address, content)
        try:
            self._line.send_messages([message])
        except Exception as error:
            return Answer(Outcome.UNKNOWN, _words(error))
        return Answer(Outcome.SENT)

    def _by_steps(self, address: str, content: bytes) -> Answer:
        try:
            smtp = self._ready()
        except TROUBLE as error:
            self._hang_up()
            return Answer(Outcome.OFFLINE, _words(error))
        try:
            refusal = _envelope(smtp, address, content)
            if refusal is None:
                smtp.send(_dotted(content))
        except TROUBLE as error:
            self._hang_up()
            return Answer(Outcome.LATER, _words(error))
        return refusal or self._ended(smtp)

    def _ended(self, smtp: smtplib.SMTP) -> Answer:
        """From the final dot on the server may have taken the message, whatever we hear of it."""
        try:
            smtp.send(b".\r\n")
            code, said = smtp.getreply()
        except BaseException as error:
            self._hang_up()
            if not isinstance(error, TROUBLE):
                raise
            return Answer(Outcome.UNKNOWN, _words(error))
        return _judged(code, said)

    def _ready(self) -> smtplib.SMTP:
        """The open connection in its first state, or a new one where the server has closed it meanwhile."""
        if self._line.connection is not None:
            with suppress(*TROUBLE):
                if self._line.connection.rset()[0] == 250:
                    return self._smtp()
            self._hang_up()
        self._line.open()
        self._smtp().ehlo_or_helo_if_needed()
        return self._smtp()

    def _smtp(self) -> smtplib.SMTP:
        assert isinstance(self._line.connection, smtplib.SMTP)
        return self._line.connection

    def _hang_up(self) -> None:
        """Without a farewell: who did not answer before would make us wait once more."""
        if self._line.connection is not None:
            self._line.connection.close()
            self._line.connection = None


def _envelope(smtp: smtplib.SMTP, address: str, content: bytes) -> Answer | None:
    """Everything before the content. None: go on."""
    sender = parseaddr(sanitize_address(settings.BOUNCES_ADDRESS, ENCODING))[1]
    options = [f"size={len(content)}"] if smtp.has_extn("size") else []
    options += ["body=8bitmime"] if smtp.has_extn("8bitmime") else []
    code, said = smtp.mail(sender, options)
    if not 200 <= code < 300:
        return _judged(code, said)
    code, said = smtp.rcpt(address)
    if not 200 <= code < 300:
        return _judged(code, said)
    code, said = smtp.docmd("DATA")
    return None if code == 354 else _judged(code, said)


def _judged(code: int, said: bytes) -> Answer:
    words = f"{code} {' '.join(said.decode(errors='replace').split())}"[:500]
    if 200 <= code < 300:
        return Answer(Outcome.SENT, words)
    if code in OURS:
        return Answer(Outcome.OFFLINE, words)
    return Answer(Outcome.REFUSED if 500 <= code < 600 else Outcome.LATER, words)


def _dotted(content: bytes) -> bytes:
    """As RFC 5321, 4.5.2 wants it: a line that begins with a dot gets a second one."""
    doubled = re.sub(rb"(?m)^\.", b"..", content)
    return doubled if doubled.endswith(b"\r\n") else doubled + b"\r\n"


def _written(letter: Letter) -> EmailMultiAlternatives:
    """The sender on the envelope is whoever gets what comes back; people see the other one."""
    headers = {"From": settings.DEFAULT_FROM_EMAIL, "Message-ID": letter.message_id, **letter.headers}
    message = EmailMultiAlternatives(
        _one_line(letter.subject),
        letter.text,
        from_email=settings.BOUNCES_ADDRESS,
        to=[letter.address],
        headers=headers,
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    if letter.attachment is not None:
        message.attach(letter.attachment_name, letter.attachment)
    return message


def _one_line(text: str) -> str:
    """A line break in a subject would begin another header."""
    return " ".join(text.split())


def _words(error: Exception) -> str:
    """For a person; what the machine said stands in brackets where it is not a sentence."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    elif isinstance(error, TimeoutError) or "timed out" in str(error):
        text = _("The mail server did not answer in time (%(said)s).") % {"said": "timed out"}
    elif isinstance(error, smtplib.SMTPServerDisconnected):
        text = _("The mail server broke the connection off (%(said)s).") % {"said": error}
    elif isinstance(error, OSError) and error.strerror:
        text = _("The mail server cannot be reached (%(said)s).") % {"said": error.strerror}
    else:
        text = str(error) or type(error).__name__
    return _one_line(text)[:500]
