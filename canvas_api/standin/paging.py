"""Pages and Link headers (canvas-behaviour.md, section 9)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from .call import Call
from .params import pairs_of, whole
from .wire import Reply, encode, not_found, refused

T = TypeVar("T")

LINK_LIMIT = 6 * 1024
ORDER = ("current", "next", "prev", "first", "last")
DROPPED_FIRST = ("first", "current", "prev", "last", "next")
LEFT_OUT = ("page", "per_page", "access_token", "api_key")
BAD_BOOKMARK = "Invalid page; please restart iteration and follow `next` links"


def per_page(call: Call) -> int:
    asked = call.params.get("per_page", 10)
    return min(100, max(1, whole(asked) or 0))


def page_number(call: Call) -> int:
    asked = str(call.params.get("page", "1"))
    if not re.fullmatch(r"\d+", asked) or int(asked) < 1:
        raise not_found()
    return int(asked)


def paged(
    call: Call,
    rows: Sequence[T],
    render: Callable[[T], Any],
    *,
    counted: bool = True,
    key: Callable[[T], tuple[Any, int]] | None = None,
) -> Reply:
    """One page of ``rows``. ``counted=False``: Canvas does not know the total, so there is no ``last`` before
    a short page. ``key`` gives what a cached row is known by, and its course.
    """
    page, size = page_number(call), per_page(call)
    shown = rows[(page - 1) * size : page * size]
    reply = Reply(
        rows=len(shown), headers={"Link": link_header(call, _numbers(page, size, len(shown), len(rows), counted))}
    )
    if key is not None and call.university.row_cache is not None:
        reply.body = b"[" + b",".join(_cached(call, each, render, key) for each in shown) + b"]"
    else:
        reply.data = [render(each) for each in shown]
    return reply


def _numbers(page: int, size: int, shown: int, total: int, counted: bool) -> dict[str, int]:
    pages: dict[str, int] = {"current": page, "first": 1}
    if page > 1:
        pages["prev"] = page - 1
    last = max(1, -(-total // size)) if counted else page if 0 < shown < size or page == 1 > shown else None
    if last is not None:
        pages["last"] = last
    if page < last if last is not None else shown == size:
        pages["next"] = page + 1
    return pages


def _cached(call: Call, row: T, render: Callable[[T], Any], key: Callable[[T], tuple[Any, int]]) -> bytes:
    cache = call.university.row_cache
    assert cache is not None
    name, course_id = key(row)
    full = (
        call.route,
        call.token.name,
        call.include,
        call.request.string_ids,
        call.params.get("override_assignment_dates"),
        name,
    )
    now = (call.university.course_revision(course_id), call.university.shared_revision)
    held = cache.get(full)
    if held is None or held[:2] != now:
        held = cache[full] = (*now, encode(render(row), string_ids=call.request.string_ids))
    return held[2]


def link_header(call: Call, pages: dict[str, Any]) -> str:
    kept = [(name, value) for name, value in pairs_of(call.request.query) if name not in LEFT_OUT]
    size = per_page(call)
    links = {
        name: f'<{call.address()}?{urlencode([*kept, ("page", pages[name]), ("per_page", size)])}>; rel="{name}"'
        for name in ORDER
        if name in pages
    }
    for name in DROPPED_FIRST:
        if sum(map(len, links.values())) > LINK_LIMIT:
            links.pop(name, None)
    return ",".join(links.values())


def bookmarked(call: Call, rows: Sequence[T], render: Callable[[T], Any], identity: Callable[[T], int]) -> Reply:
    """Pages by bookmark: no ``prev``, and ``last`` on the final page only."""
    start, size = _bookmark(str(call.params.get("page", "first"))), per_page(call)
    rest = sorted((each for each in rows if identity(each) > start), key=identity)
    shown = rest[:size]
    pages: dict[str, Any] = {"current": call.params.get("page", "first"), "first": "first"}
    if len(rest) > size:
        after = base64.urlsafe_b64encode(json.dumps([identity(shown[-1])]).encode()).decode().rstrip("=")
        pages["next"] = f"bookmark:{after}"
    else:
        pages["last"] = pages["current"]
    return Reply(
        data=[render(each) for each in shown], rows=len(shown), headers={"Link": link_header(call, pages)}
    )


def _bookmark(page: str) -> int:
    if not page.startswith("bookmark:"):
        return 0
    text = page.removeprefix("bookmark:")
    try:
        return int(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))[0])
    except (ValueError, TypeError, LookupError):
        body = {"status": "bad_request", "errors": [{"page": BAD_BOOKMARK}]}
        raise refused(400, body) from None
