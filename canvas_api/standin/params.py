"""Parameters as Rails reads them: ``a[b][][c]=1`` nests, JSON bodies come as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from .entities import Json
from .university import moment
from .wire import Request, refused

TRUE = frozenset({"true", "t", "yes", "y", "1", "on", "enabled"})


def read(request: Request) -> Json:
    """Query and body together; a JSON array is found under ``_json``."""
    pairs = pairs_of(request.query)
    kind = request.headers.get("content-type", "")
    if "application/x-www-form-urlencoded" in kind:
        pairs += pairs_of(request.body.decode("utf-8", "replace"))
    params = nest(pairs)
    if "application/json" in kind and request.body:
        params |= _json(request.body)
    return params


def pairs_of(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True)


def _json(body: bytes) -> Json:
    try:
        data = json.loads(body)
    except ValueError:
        raise refused(400, {"errors": [{"message": "There was a problem in the JSON you submitted."}]}) from None
    return data if isinstance(data, dict) else {"_json": data}


def nest(pairs: Iterable[tuple[str, str]]) -> Json:
    made: Json = {}
    for key, value in pairs:
        name, steps = key.partition("[")[0], re.findall(r"\[([^\]]*)\]", key)
        _put(made, name, steps, value)
    return made


def _put(into: Json, name: str, steps: list[str], value: str) -> None:
    if not steps:
        into[name] = value
    elif steps[0]:
        if not isinstance(into.setdefault(name, {}), dict):
            into[name] = {}
        _put(into[name], steps[0], steps[1:], value)
    else:
        if not isinstance(into.setdefault(name, []), list):
            into[name] = []
        _append(into[name], steps[1:], value)


def _append(into: list[Any], steps: list[str], value: str) -> None:
    """Rack starts a new element when the last one already has this very key."""
    if not steps:
        into.append(value)
        return
    last = into[-1] if into else None
    repeated = isinstance(last, dict) and steps[0] in last and len(steps) == 1
    if not isinstance(last, dict) or repeated:
        into.append({})
    _put(into[-1], steps[0], steps[1:], value)


def truth(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in TRUE


def many(value: Any) -> list[Any]:
    """``Array(value)``: one is a list of one, none is empty."""
    if value is None:
        return []
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]


def whole(value: Any) -> int | None:
    """A number, or a text that begins as one; else None."""
    if isinstance(value, bool):
        return None
    match = re.match(r"\s*[+-]?\d+", str(value))
    return int(match[0]) if match else None


def parsed_time(value: Any, zone: ZoneInfo) -> datetime | None:
    """Lenient: a time without an offset is in ``zone``; None for what is not a time.

    Raises ValueError for an unparseable text.
    """
    if value is None or value == "":
        return None
    when = datetime.fromisoformat(str(value).strip())
    return moment(when if when.tzinfo else when.replace(tzinfo=zone))


def time_or_none(value: Any) -> datetime | None:
    """For filters, where Canvas ignores what it cannot read."""
    try:
        return parsed_time(value, ZoneInfo("UTC"))
    except ValueError:
        return None
