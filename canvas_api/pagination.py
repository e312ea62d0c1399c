"""Lists in pages: the next address is opaque. canvas-behaviour.md, section 9."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import urlencode

from canvas_api.errors import EndlessPages
from canvas_api.transport import Answer, Parse, Query, Transport

T = TypeVar("T")
Read: TypeAlias = Callable[[str], Answer[list[T]]]

PER_PAGE = 100
PAGE_LIMIT = 5_000
"""Where Canvas did not say how many there are; else twice what it said, if that is more."""
SAME_LIMIT = 3
WALK_SECONDS = 6 * 3600.0
_PAGE = re.compile(r"(?<=[?&]page=)\d+(?=&|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """``total`` is the number of pages as this page told it, None where Canvas did not count."""

    rows: list[T]
    number: int
    total: int | None


def rows(transport: Transport, path: str, parse: Parse[list[T]], query: Query | None = None) -> Iterator[T]:
    for page in pages(transport, path, parse, query):
        yield from page.rows


def pages(transport: Transport, path: str, parse: Parse[list[T]], query: Query | None = None) -> Iterator[Page[T]]:
    """In order and as they come, several requests side by side once Canvas has told which page is the last.

    Rows may move between pages meanwhile: it is for the caller to see an id twice or a total that changes.
    """

    def read(target: str) -> Answer[list[T]]:
        return transport.call("GET", target, parse)

    walk = _Walk(path, transport.clock)
    start = f"{path}?{urlencode([*(query or []), ('per_page', str(PER_PAGE))])}"
    with closing(_answers(read, start, transport.concurrency)) as answers:
        for answer in answers:
            walk.step(answer)
            if walk.is_over:
                return
            if answer.value:
                yield Page(rows=answer.value, number=walk.number, total=_number(answer.links.get("last")))


def _answers(read: Read[T], target: str, concurrency: int) -> Generator[Answer[list[T]], None, None]:
    answer = read(target)
    yield answer
    while following := answer.links.get("next"):
        ahead = _ahead(answer.links) if concurrency > 1 else None
        for answer in _side_by_side(read, ahead, concurrency) if ahead else [read(following)]:
            yield answer


def _ahead(links: Mapping[str, str]) -> Iterator[str] | None:
    """The addresses up to the last, where next and last differ in nothing but the number."""
    following, last = links["next"], links.get("last", "")
    start, end = _number(following), _number(last)
    if start is None or end is None or end <= start or _PAGE.sub(str(end), following) != last:
        return None
    return (_PAGE.sub(str(number), following) for number in range(start, end + 1))


def _number(target: str | None) -> int | None:
    found = _PAGE.search(target or "")
    return int(found[0]) if found else None


def _side_by_side(read: Read[T], targets: Iterable[str], concurrency: int) -> Iterator[Answer[list[T]]]:
    """A bounded window, so that memory does not grow where the reader is slower than Canvas."""
    window: deque[Future[Answer[list[T]]]] = deque()
    with ThreadPoolExecutor(concurrency, thread_name_prefix="canvas-pages") as pool:
        try:
            for target in targets:
                window.append(pool.submit(read, target))
                if len(window) > concurrency:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            for future in window:
                future.cancel()


class _Walk:
    """Notices lists that will not end."""

    def __init__(self, path: str, clock: Callable[[], float]) -> None:
        self.number = 0
        self.is_over = False
        self._empty = False
        self._path = path
        self._clock = clock
        self._started = clock()
        self._limit = PAGE_LIMIT
        self._followed: set[str] = set()
        self._digests: Counter[int] = Counter()

    def step(self, answer: Answer[list[T]]) -> None:
        self.number += 1
        if self.number == 1:
            self._limit = max(PAGE_LIMIT, 2 * (_number(answer.links.get("last")) or 0))
        if self.number > self._limit:
            raise self._endless(f"more than {self._limit} pages came")
        if self._clock() - self._started > WALK_SECONDS:
            raise self._endless(f"it took more than {WALK_SECONDS / 3600:.0f} hours")
        self._compare(answer)
        self._follow(answer.links.get("next"))

    def _compare(self, answer: Answer[list[T]]) -> None:
        # Canvas may name a page after an empty one. One more is looked at, lest rows be lost; never a second.
        self.is_over, self._empty = self._empty and not answer.value, not answer.value
        self._digests[answer.digest] += bool(answer.value)
        if self._digests[answer.digest] >= SAME_LIMIT:
            raise self._endless("the same page came again and again")

    def _follow(self, following: str | None) -> None:
        if following in self._followed:
            raise self._endless("the same next page was named twice")
        if following is not None:
            self._followed.add(following)

    def _endless(self, reason: str) -> EndlessPages:
        return EndlessPages(reason, method="GET", path=self._path)
