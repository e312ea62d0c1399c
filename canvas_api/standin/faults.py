"""Scripted misbehaviour: what goes wrong with which request.

A fault matches when its regular expression is found in "METHOD raw-target", and then fires on the ``nth`` match
only, on the first ``times``, on ``every`` nth, each after skipping ``after``; with none of these, always.
The kinds are the keys of ``BEFORE`` (instead of an answer), ``AFTER`` (the answer, changed) and ``WIRE`` (what
happens to the connection), ``delay``, ``hang``, and ``job_`` with a script of ``jobs.py``.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

from .wire import Refused, Reply, Request, bad_token, encode, forbidden, refused, sis_error

LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log In to Canvas</title></head><body><form></form></body></html>"
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
ELSEWHERE = "http://127.0.0.2:1"


@dataclass(slots=True, kw_only=True)
class Fault:
    kind: str
    match: str = ""
    nth: int | None = None
    times: int | None = None
    every: int | None = None
    after: int = 0
    retry_after: str | None = None
    seconds: float = 3600.0
    """For ``delay`` and ``hang``."""
    url: str = ELSEWHERE
    """For ``foreign_next``."""
    seen: int = 0
    last_row: Any = None
    """What ``overlap`` shows again."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind}; known are {', '.join(sorted(KINDS))}")

    def fires(self, request: Request) -> bool:
        if not re.search(self.match, f"{request.method} {request.target}"):
            return False
        self.seen += 1
        count = self.seen - self.after
        wanted = (
            self.nth is None or count == self.nth,
            self.times is None or count <= self.times,
            self.every is None or count % self.every == 0,
        )
        return count > 0 and all(wanted)


def read_faults(path: Path) -> list[Fault]:
    """A JSON list of objects with the fields of ``Fault``."""
    known = {each.name for each in fields(Fault)}
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for row in rows:
        if row.keys() - known:
            raise ValueError(f"unknown fields of a fault: {', '.join(sorted(row.keys() - known))}")
    return [Fault(**row) for row in rows]


# Instead of an answer

Before: TypeAlias = Callable[[Fault, Request], Refused | None]


def _html(status: int, body: bytes) -> Refused:
    return Refused(Reply(status=status, body=body, content_type="text/html; charset=utf-8"))


def throttled(status: int) -> Refused:
    words = {403: "403 Forbidden", 429: "429 Too Many Requests"}[status]
    return Refused(
        Reply(status=status, body=f"{words} (Rate Limit Exceeded)\n".encode(), content_type="text/plain")
    )


def _unavailable(fault: Fault, _request: Request) -> Refused:
    headers = {"Retry_After": fault.retry_after} if fault.retry_after is not None else {}
    return refused(503, {"errors": [{"message": "Service Unavailable"}]}, **headers)


def broken() -> Refused:
    return refused(500, {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]})


def _throttled_429(fault: Fault, _request: Request) -> Refused:
    made = throttled(429)
    if fault.retry_after is not None:
        made.reply.headers["Retry-After"] = fault.retry_after
    return made


def _strip_include(_fault: Fault, request: Request) -> None:
    request.strip_include = True


BEFORE: dict[str, Before] = {
    "500": lambda fault, request: broken(),
    "502": lambda fault, request: _html(502, BAD_GATEWAY),
    "503": _unavailable,
    "login_page": lambda fault, request: _html(200, LOGIN_PAGE),
    "throttled_403": lambda fault, request: throttled(403),
    "throttled_429": _throttled_429,
    "revoked": lambda fault, request: bad_token("Revoked access token."),
    "forbidden": lambda fault, request: forbidden(),
    "not_enabled": lambda fault, request: sis_error("not_enabled", "A SIS integration is not configured"),
    "unpublished": lambda fault, request: sis_error("unpublished_course", "Grade data is not available"),
    "strip_include": _strip_include,
}

# The answer, changed

LINK = re.compile(r'<([^>]*)>; rel="next"')


def _next(reply: Reply, address: str) -> None:
    link = reply.headers.get("Link", "")
    entry = f'<{address}>; rel="next"'
    replaced = LINK.sub(lambda _: entry, link)
    reply.headers["Link"] = replaced if entry in replaced else f"{link},{entry}" if link else entry


def _address(request: Request, page: int) -> str:
    path, _, query = request.target.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("page=")]
    return f"{request.origin}{path}?{'&'.join([*kept, f'page={page}'])}"


def _page(request: Request) -> int:
    found = re.search(r"[?&]page=(\d+)", request.target)
    return int(found[1]) if found else 1


def _foreign_next(fault: Fault, request: Request, reply: Reply) -> None:
    _next(reply, fault.url + request.target)


def _endless(fault: Fault, request: Request, reply: Reply) -> None:
    """Every page names a next one and shows the same rows."""
    _next(reply, _address(request, _page(request) + 1))
    reply.headers["Link"] = re.sub(r',?<[^>]*>; rel="last"', "", reply.headers["Link"])
    if reply.data == []:
        reply.data = [{"id": _page(request)}]


def _same_next(fault: Fault, request: Request, reply: Reply) -> None:
    _next(reply, _address(request, _page(request)))


def _empty_with_next(fault: Fault, request: Request, reply: Reply) -> None:
    reply.data, reply.body = [], None
    _next(reply, _address(request, _page(request) + 1))


def _duplicate(fault: Fault, request: Request, reply: Reply) -> None:
    """The last row twice, as when rows move while they are read."""
    if isinstance(reply.data, list) and reply.data:
        reply.data = [*reply.data, reply.data[-1]]


def _overlap(fault: Fault, request: Request, reply: Reply) -> None:
    """A page begins with the row that ended the one before it, as when a row was inserted meanwhile."""
    if isinstance(reply.data, list) and reply.data:
        repeated = [fault.last_row] if _page(request) > 1 and fault.last_row is not None else []
        fault.last_row = reply.data[-1]
        reply.data = repeated + reply.data


def _no_total(fault: Fault, request: Request, reply: Reply) -> None:
    link = reply.headers.get("Link", "")
    reply.headers["Link"] = re.sub(r',?<[^>]*>; rel="last"', "", link)


def _invalid_json(fault: Fault, request: Request, reply: Reply) -> None:
    reply.body = b'{"errors": [}'


def _truncated_json(fault: Fault, request: Request, reply: Reply) -> None:
    """Cut in the middle, yet with the length of what is left."""
    whole = reply.body if reply.body is not None else encode(reply.data)
    reply.body = whole[: len(whole) // 2]


After: TypeAlias = Callable[[Fault, Request, Reply], None]
AFTER: dict[str, After] = {
    "foreign_next": _foreign_next,
    "endless": _endless,
    "same_next": _same_next,
    "empty_with_next": _empty_with_next,
    "duplicate": _duplicate,
    "overlap": _overlap,
    "no_total": _no_total,
    "invalid_json": _invalid_json,
    "truncated_json": _truncated_json,
}

# What happens to the connection


def _reset(connection: socket.socket, answer: bytes) -> None:
    """Half of the body, then a reset."""
    connection.sendall(answer[: len(answer) - max(1, _body_size(answer) // 2)])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def _short_body(connection: socket.socket, answer: bytes) -> None:
    """Half of the body, then an orderly end."""
    connection.sendall(answer[: len(answer) - max(1, _body_size(answer) // 2)])


def _lost_reply(connection: socket.socket, answer: bytes) -> None:
    """Carried out, and nothing is said about it."""


def _body_size(answer: bytes) -> int:
    return len(answer.partition(b"\r\n\r\n")[2])


WIRE: dict[str, Callable[[socket.socket, bytes], None]] = {
    "reset": _reset,
    "short_body": _short_body,
    "lost_reply": _lost_reply,
}
SLOW = ("delay", "hang")
JOBS = ("job_hang", "job_waiting", "job_stay_queued", "job_vanish", "job_crash", "job_canceled")
KINDS = {*BEFORE, *AFTER, *WIRE, *SLOW, *JOBS}
