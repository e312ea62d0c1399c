"""How Canvas is told which course, account or term is meant, and which addresses are Canvas's own.

https://canvas.instructure.com/doc/api/file.object_ids.html and canvas-behaviour.md, section 10.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urljoin, urlsplit


@dataclass(frozen=True, slots=True)
class SisId:
    """An id that the student information system gave: ``SisId("course", "A/B 1")``."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"sis_{self.kind}_id:{self.value}"


Ref: TypeAlias = int | str | SisId
"""A number, a word such as ``self``, a text such as ``sis_course_id:A/B 1`` (not encoded), or a SisId."""


def path(template: str, *refs: Ref) -> str:
    """``path("/api/v1/courses/{}/sections", SisId("course", "A/B"))``; ValueError for an id that is none."""
    dots = not template.startswith("/api/sis/")
    return template.format(*(path_part(ref, dots=dots) for ref in refs))


def path_part(ref: Ref, *, dots: bool = True) -> str:
    """One segment of a path. Without ``dots``, an id that has one is sent in hexadecimal digits.

    HTTP libraries turn ``%2E`` back into a dot, and ``/api/sis`` does not route one; nor does any route take
    an id that ends like a file name.
    """
    text = checked(ref)
    prefix, _, value = text.partition(":")
    if value and prefix.startswith("sis_") and (text.lower().endswith(".json") or ("." in text and not dots)):
        return f"hex:{prefix}:{value.encode().hex()}"
    return quote(text, safe=":")


def checked(ref: Ref) -> str:
    """The id as text, for a path or a query."""
    text = str(ref)
    if isinstance(ref, bool) or text.strip() in {"", ".", ".."} or text.endswith(":"):
        raise ValueError(f"not a Canvas id: {ref!r}")
    if isinstance(ref, int) and ref <= 0:
        raise ValueError(f"not a Canvas id: {ref!r}")
    return text


def origin(base_url: str) -> str:
    """``https://canvas.example.edu`` out of what people paste; ValueError where it is not such an address."""
    parts = urlsplit(base_url.strip())
    rest = re.sub(r"/+(api(/+v1)?/*)?$", "", parts.path)
    if not parts.hostname or "@" in parts.netloc or rest or parts.query or parts.fragment:
        raise ValueError("the address of Canvas must be like https://canvas.example.edu, with nothing after it")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("the address of Canvas must begin with https://")
    return _origin(parts)


def within(home: str, target: str, address: str) -> str | None:
    """Path and query of an address that Canvas gave in answer to ``target``; None where it leads elsewhere."""
    try:
        parts = urlsplit(urljoin(home + target, address))
        if "@" in parts.netloc or _origin(parts) != home:
            return None
    except ValueError:
        return None
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _origin(parts: SplitResult) -> str:
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in {None, usual} else "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
