"""Bounce: what mail servers send back about a message that they had taken first.

A notice is hostile until shown otherwise: it is read with limits, and does nothing but mark the one message that
it names, and only where it speaks of the address that this message went to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from email.parser import HeaderParser
from email.utils import parseaddr
from enum import StrEnum
from typing import Any

from django.core.mail.message import sanitize_address

from registrar.models import Delivery

State, Bounce = Delivery.State, Delivery.Bounce

MOST_BYTES = 1024 * 1024
"""Of a longer notice only the beginning is read: what matters stands in front of the returned message."""
MOST_PARTS = 50
MOST_PARAMETERS = 2_000
MOST_BLANK_LINES = 20_000
MOST_NOTICES, MOST_IDS = 100, 20
SAID = 500
GONE_OUT = (State.SENT, State.UNCONFIRMED)

_NESTED = re.compile(rb"boundary|message/", re.IGNORECASE)
_CONTENT_TYPE = re.compile(rb"(?:^|[\r\n])content-type[ \t]*:(?:[^\r\n]|(?:\r\n|\r|\n)[ \t])*", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\n(?=[\r\n])|\r(?=\r)")
_MESSAGE_ID = re.compile(r"<[0-9a-f]{32}@[^<>\s]{1,160}>")
_CODE = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_BELOW = re.compile(r"^(?:-{3}|received:|return-path:|message-id:)", re.IGNORECASE | re.MULTILINE)
"""Where a plain notice ends and the returned message begins."""
_STILL_TRYING = re.compile(r"delayed|will be retried|still (?:be )?try|keep trying", re.IGNORECASE)


class Taken(StrEnum):
    FAILED = "failed"
    DELAYED = "delayed"
    KNOWN = "known"
    """Nothing new: the same notice again, or of a message about which somebody has decided meanwhile."""
    LATER = "later"
    """The message is being sent at this moment: the notice was quicker than the mail server's answer."""
    STRANGE = "strange"
    """About a message, or an address, that is none of ours."""
    NOT_UNDERSTOOD = "not understood"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    message_ids: tuple[str, ...]
    addresses: frozenset[str]
    """Of whoever did not get it, in small letters."""
    kind: Delivery.Bounce
    code: str = ""
    said: str = ""
    text: str = field(default="", repr=False)
    """All that can be read, where no address is given apart."""


def take(content: bytes, *, now: datetime) -> Taken:
    """Mark the message that came back. Doing it twice changes nothing."""
    notices = read(content)
    if not notices:
        return Taken.NOT_UNDERSTOOD
    for notice in notices:
        row = _message_of(notice)
        if row is not None:
            return mark(row, notice, now=now)
    return Taken.STRANGE


def mark(row: Delivery, notice: Notice, *, now: datetime) -> Taken:
    if row.state == State.CLAIMED:
        return Taken.LATER
    fields: dict[str, Any] = {
        "bounce": notice.kind,
        "bounced_at": now,
        "bounce_code": notice.code,
        "bounce_said": notice.said,
    }
    gone_out = Delivery.objects.filter(pk=row.pk, state__in=GONE_OUT)
    if notice.kind == Bounce.FAILED:
        return Taken.FAILED if gone_out.update(state=State.BOUNCED, **fields) else Taken.KNOWN
    same = {name: fields[name] for name in ("bounce", "bounce_code", "bounce_said")}
    return Taken.DELAYED if gone_out.exclude(**same).update(**fields) else Taken.KNOWN


def _message_of(notice: Notice) -> Delivery | None:
    rows = Delivery.objects.filter(message_id__in=notice.message_ids).only("address", "state")
    return next((row for row in rows if _is_about(notice, row.address)), None)


def _is_about(notice: Notice, address: str) -> bool:
    forms = {address.lower(), sanitize_address(address, "utf-8").lower()}
    if notice.addresses:
        return bool(forms & notice.addresses)
    return any(_stands_alone(form, notice.text) for form in forms)


def _stands_alone(address: str, text: str) -> bool:
    """Not as the end of another address."""
    return re.search(rf"(?<![\w.+-]){re.escape(address)}(?!\.?[\w-])", text, re.IGNORECASE) is not None


def read(content: bytes) -> list[Notice]:
    """What a notice says about each address; nothing where it is none, or is not understood."""
    content = content[:MOST_BYTES]
    if _is_excessive(content):
        return []
    try:
        message = message_from_bytes(content, policy=policy.compat32)
        spoken = any("Action" in block for block in _statuses(message))
        return _standard(message) if spoken else _plain(message)
    except Exception:  # the parser of the standard library knows more ways to fail than it names
        return []


def _is_excessive(content: bytes) -> bool:
    """More than a mail server would write, and what the parser would spend minutes on."""
    for pattern, most in ((_NESTED, MOST_PARTS), (_BLANK_LINE, MOST_BLANK_LINES)):
        if sum(1 for _ in pattern.finditer(content)) > most:
            return True
    return any(len(found[0]) > MOST_PARAMETERS for found in _CONTENT_TYPE.finditer(content))


def _standard(message: Message) -> list[Notice]:
    """As RFC 3464 has it: a part for machines, and the message that came back or its headers."""
    ids = _ids(message, list(_parts(message)))
    found = [_of_block(block, ids) for block in _statuses(message)[:MOST_NOTICES]]
    return [notice for notice in found if notice is not None]


def _statuses(message: Message) -> list[Message]:
    """The blocks of the part for machines. Where these say what was done, no sentence beside them counts."""
    parts = [part for part in _parts(message) if part.get_content_type() == "message/delivery-status"]
    payloads = [part.get_payload() for part in parts]
    blocks = [block for payload in payloads if isinstance(payload, list) for block in payload]
    return [block for block in blocks if isinstance(block, Message)]


def _of_block(block: Message, ids: tuple[str, ...]) -> Notice | None:
    """What it says about one address, unless all went well."""
    action = _line(block["Action"]).partition(" ")[0].lower()
    if action not in Bounce.values:
        return None
    addresses = {_address(block[name]) for name in ("Final-Recipient", "Original-Recipient")} - {""}
    if not addresses:
        return None
    code = _CODE.search(_line(block["Status"]))
    return Notice(
        message_ids=ids,
        addresses=frozenset(addresses | {_unescaped(one) for one in addresses}),
        kind=Bounce(action),
        code=_short(code),
        said=_line(block["Diagnostic-Code"]).partition(";")[2].strip()[:SAID],
    )


def _plain(message: Message) -> list[Notice]:
    """As older mail servers write: a sentence or two, and the message below."""
    sender = parseaddr(_line(message["From"])[:SAID])[1].partition("@")[0].lower()
    if sender != "mailer-daemon" or _line(message["Return-Path"]) != "<>":
        return []
    parts = list(_parts(message))
    text = _cleaned("\n".join(filter(None, (_text_of(part) for part in parts))), keep="\n")
    ids = _ids(message, parts) or _distinct(_MESSAGE_ID.findall(text))
    if not ids:
        return []
    own_words = _BELOW.split(text, maxsplit=1)[0]
    code = _CODE.search(own_words)
    trying = _STILL_TRYING.search(own_words)
    delayed = code[0].startswith("4") if code else trying is not None
    named = _line(message["X-Failed-Recipients"]).lower()
    notice = Notice(
        message_ids=ids,
        addresses=frozenset(one.strip() for one in named.split(",") if one.strip()),
        kind=Bounce.DELAYED if delayed else Bounce.FAILED,
        code=_short(code),
        said=_sentence(own_words, code or trying),
        text=text,
    )
    return [notice]


def _sentence(text: str, found: re.Match[str] | None) -> str:
    """The line with what was found, else the first that says more than a greeting."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    if found is not None:
        return next((line for line in lines if found[0] in line), "")[:SAID]
    return next((line for line in lines if len(line.split()) > 3), "")[:SAID]


def _parts(message: Message) -> Iterator[Message]:
    """Those of the notice itself, and not of the message that it returns."""
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _parts(part)
    else:
        yield message


def _ids(message: Message, parts: list[Message]) -> tuple[str, ...]:
    """Of the returned message, the surest first."""
    found = [_id_of(part) for part in parts]
    found += [_line(message[name]) for name in ("In-Reply-To", "References")]
    return _distinct(one for text in found for one in _MESSAGE_ID.findall(text))


def _distinct(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))[:MOST_IDS]


def _id_of(part: Message) -> str:
    kind, payload = part.get_content_type(), part.get_payload()
    if kind in ("message/rfc822", "message/global") and isinstance(payload, list) and payload:
        inner = payload[0]
    elif kind in ("text/rfc822-headers", "message/global-headers"):
        inner = HeaderParser().parsestr(_text_of(part, any_kind=True))
    else:
        return ""
    return _line(inner["Message-ID"]) if isinstance(inner, Message) else ""


def _text_of(part: Message, *, any_kind: bool = False) -> str:
    if not any_kind and part.get_content_type() != "text/plain":
        return ""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return str(part)
    return content.decode("utf-8", errors="replace")


def _address(header: Any) -> str:
    """ "rfc822; <Dean@Example.edu>" -> "dean@example.edu"."""
    given = _line(header)
    _kind, typed, address = given.partition(";")
    return (address if typed else given).strip().strip("<>").lower()


def _unescaped(address: str) -> str:
    """RFC 3461 writes "+" as "+2B", and blanks and the like so too."""
    return re.sub(r"\+([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), address)


def _line(header: Any) -> str:
    return " ".join(_cleaned("" if header is None else str(header)).split())


def _short(code: re.Match[str] | None) -> str:
    return code[0][:12] if code else ""


def _cleaned(text: str, keep: str = "") -> str:
    """Neither control characters nor halves of letters get into the database."""
    whole = text.encode("utf-8", errors="replace").decode("utf-8")
    return "".join(one if one.isprintable() or one in keep else " " for one in whole)
