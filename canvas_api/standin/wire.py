"""Requests, replies and the seven shapes of Canvas's errors (canvas-behaviour.md, section 0)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from .entities import Json

Problem: TypeAlias = tuple[str, str]
"""Attribute and message of one broken rule."""
ID_KEY = re.compile(r"(?:^|_)ids?$")


@dataclass(slots=True, kw_only=True)
class Request:
    """``target`` is the raw request target: nothing in it is unquoted."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    token_name: str = ""
    script: str = ""
    strip_include: bool = False

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def origin(self) -> str:
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"

    @property
    def string_ids(self) -> bool:
        return "json+canvas-string-ids" in self.headers.get("accept", "")


@dataclass(slots=True, kw_only=True)
class Reply:
    status: int = 200
    data: Any = None
    body: bytes | None = None
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def encoded(self, *, string_ids: bool = False) -> bytes:
        if self.body is None:
            self.body = encode(self.data, string_ids=string_ids)
        return self.body


class Refused(Exception):
    """Ends a request with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def encode(data: Any, *, string_ids: bool = False) -> bytes:
    shown = with_string_ids(data) if string_ids else data
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def with_string_ids(data: Any, *, inside: bool = False) -> Any:
    """Every integer under a key like ``id``, ``x_id`` or ``x_ids`` as a string, all the way down."""
    if isinstance(data, Mapping):
        return {key: with_string_ids(value, inside=bool(ID_KEY.search(key))) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [with_string_ids(each, inside=inside) for each in data]
    whole = isinstance(data, int) and not isinstance(data, bool)
    return str(data) if inside and whole else data


def stamp(when: datetime | None) -> str | None:
    """UTC, no fraction, whatever offset the documentation's examples show."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def refused(status: int, data: Any, **headers: str) -> Refused:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refused(Reply(status=status, data=data, headers=named))


def shape_a(problems: Iterable[Problem]) -> Json:
    errors: dict[str, list[Json]] = {}
    for attribute, message in problems:
        shown = None if attribute == "base" else attribute
        errors.setdefault(attribute, []).append({"attribute": shown, "type": message, "message": message})
    return {"errors": errors}


def not_found() -> Refused:
    return refused(404, {"errors": [{"message": "The specified resource does not exist."}]})


def forbidden() -> Refused:
    message = "user not authorized to perform that action"
    return refused(403, {"status": "unauthorized", "errors": [{"message": message}]})


def unauthenticated() -> Refused:
    body = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
    return refused(401, body, WWW_Authenticate='Bearer realm="canvas-lms"')


def bad_token(message: str, **more: Any) -> Refused:
    body = {"errors": [{"message": message, **more}]}
    return refused(401, body, WWW_Authenticate='Bearer realm="canvas-lms"')


def missing_scope() -> Refused:
    return refused(401, {"errors": [{"message": "Insufficient scopes on access token."}]})


def bad_request(message: str) -> Refused:
    return refused(400, {"message": message})


def missing_parameter(name: str) -> Refused:
    return refused(400, {"errors": [{"message": f"{name} is missing"}]})


def sis_error(code: str, message: str) -> Refused:
    return refused(400, {"code": code, "error": message})


def input_errors(*messages: str) -> Refused:
    return refused(400, {"errors": list(messages)})


def invalid(problems: Iterable[Problem], status: int = 400) -> Refused:
    return refused(status, shape_a(problems))
