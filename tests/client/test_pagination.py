from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from canvas_api import errors, pagination
from canvas_api.client import CanvasClient
from tests.client.conftest import Clock
from tests.client.server import FakeCanvas, Reply, Seen, as_json

Connect = Callable[..., CanvasClient]


def sis_row(number: int) -> dict[str, Any]:
    dates = {"due_at": None, "unlock_at": None, "lock_at": None}
    return {"id": number, "course_id": 1, "name": f"Essay {number}", "sections": []} | dates


def course(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"Course {number}"}


class Book:
    """A list in pages, with or without a known last page."""

    def __init__(self, canvas: FakeCanvas, row: Callable[[int], dict[str, Any]], *, size: int, last: bool) -> None:
        self.url, self.row, self.size, self.last = canvas.url, row, size, last
        self.pages = {number: [row(number * 10 + place) for place in range(2)] for number in range(1, size + 1)}
        self.lock = threading.Lock()
        self.before: Callable[[int], None] = lambda _number: None
        canvas.answer = self.answer

    def answer(self, seen: Seen) -> Reply:
        parts = urlsplit(seen.target)
        number = int(parse_qs(parts.query).get("page", ["1"])[0])
        with self.lock:
            self.before(number)
        address = f"{self.url}{parts.path}?include%5B%5D=x&page="
        links = [f'<{address}{number}&per_page=100>; rel="current"']
        if number < self.size:
            links.append(f'<{address}{number + 1}&per_page=100>; rel="next"')
        if self.last:
            links.append(f'<{address}{self.size}&per_page=100>; rel="last"')
        return as_json(self.pages.get(number, []), link=",".join(links))


def all_ids(size: int) -> list[int]:
    return [number * 10 + place for number in range(1, size + 1) for place in range(2)]


@pytest.mark.parametrize("concurrency", [1, 2, 6])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 12])
def test_it_reads_all_pages_in_order(
    connect: Connect, canvas: FakeCanvas, concurrency: int, last: bool, size: int
) -> None:
    Book(canvas, sis_row, size=size, last=last)
    client = connect(concurrency=concurrency)
    pages = list(client.sis.of_account("self"))
    assert [row.id for page in pages for row in page.rows] == all_ids(size)
    assert [page.number for page in pages] == list(range(1, size + 1))
    assert {page.total for page in pages} == {size if last else None}
    assert client.requests_made == size


def test_it_asks_for_a_hundred_at_a_time(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json([]))
    assert list(client.courses.of_account("self")) == []
    assert canvas.targets == ["/api/v1/accounts/self/courses?per_page=100"]


def test_it_follows_the_next_address_as_it_is(client: CanvasClient, canvas: FakeCanvas) -> None:
    odd = "/api/v1/x%2Fy?page=bookmark:W10%3D&b=1&a=%20"
    canvas.says(as_json([course(1)], Link=f"<{canvas.url}{odd}>; rel=next"), as_json([course(2)]))
    assert [row.id for row in client.courses.of_account(1)] == [1, 2]
    assert canvas.targets[1] == odd


def test_it_reads_side_by_side_and_no_further_than_the_window(connect: Connect, canvas: FakeCanvas) -> None:
    book = Book(canvas, sis_row, size=40, last=True)
    pages = connect(concurrency=3).sis.of_account("self")
    next(pages)
    next(pages)
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert len(canvas.seen) <= 7
    assert book.size == 40


def test_it_goes_on_where_the_list_has_grown(connect: Connect, canvas: FakeCanvas) -> None:
    book = Book(canvas, sis_row, size=4, last=True)

    def grow(number: int) -> None:
        if number == 4:
            book.size = 6
            book.pages |= {5: [sis_row(50)], 6: [sis_row(60)]}

    book.before = grow
    pages = list(connect(concurrency=2).sis.of_account("self"))
    assert [row.id for page in pages for row in page.rows] == [*all_ids(4), 50, 60]
    assert pages[-1].total == 6


@pytest.mark.parametrize("concurrency", [1, 3])
def test_it_loses_nothing_behind_an_empty_page(connect: Connect, canvas: FakeCanvas, concurrency: int) -> None:
    book = Book(canvas, sis_row, size=9, last=True)
    book.pages[4] = []
    pages = list(connect(concurrency=concurrency).sis.of_account("self"))
    assert [page.number for page in pages] == [1, 2, 3, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_it_stops_at_a_second_empty_page_whatever_follows(
    connect: Connect, canvas: FakeCanvas, concurrency: int
) -> None:
    book = Book(canvas, sis_row, size=90, last=True)
    book.pages = {number: rows for number, rows in book.pages.items() if number < 4}
    client = connect(concurrency=concurrency)
    pages = list(client.sis.of_account("self"))
    assert [row.id for page in pages for row in page.rows] == all_ids(3)
    assert client.requests_made <= 5 + concurrency


def test_it_does_not_follow_empty_pages_for_ever(client: CanvasClient, canvas: FakeCanvas) -> None:
    numbers = iter(range(2, 100))
    canvas.answer = lambda _seen: as_json([], Link=f'<{canvas.url}/p?page={next(numbers)}>; rel="next"')
    assert list(client.courses.of_account(1)) == []
    assert client.requests_made == 2


@pytest.mark.parametrize("rel", ["next", "last"])
def test_it_takes_the_token_to_no_other_site(client: CanvasClient, canvas: FakeCanvas, rel: str) -> None:
    canvas.says(as_json([course(1)], Link=f'<https://evil.example/api?page=2&access_token=x>; rel="{rel}"'))
    with pytest.raises(errors.ForeignAddress, match=r"https://evil.example/api \(GET") as caught:
        list(client.courses.of_account(1))
    assert "access_token" not in str(caught.value)
    assert client.requests_made == 1


@pytest.mark.parametrize("link", ["", "nonsense", "<>", '<x>; rel="current"', '<x>; rel="prev"', "; rel=next"])
def test_it_takes_an_odd_link_header_as_none(client: CanvasClient, canvas: FakeCanvas, link: str) -> None:
    canvas.says(as_json([course(1)], Link=link))
    assert [row.id for row in client.courses.of_account(1)] == [1]


def test_it_notices_a_next_address_that_leads_back(client: CanvasClient, canvas: FakeCanvas) -> None:
    numbers = iter(range(1, 100))
    canvas.answer = lambda _seen: as_json([course(next(numbers))], Link=f'<{canvas.url}/p?page=2>; rel="next"')
    with pytest.raises(errors.EndlessPages, match="the same next page was named twice"):
        list(client.courses.of_account(1))
    assert client.requests_made == 2


def test_it_notices_the_same_page_under_new_addresses(client: CanvasClient, canvas: FakeCanvas) -> None:
    numbers = iter(range(2, 100))
    canvas.answer = lambda _seen: as_json([course(1)], Link=f'<{canvas.url}/p?page={next(numbers)}>; rel="next"')
    with pytest.raises(errors.EndlessPages, match="the same page came again and again"):
        list(client.courses.of_account(1))
    assert client.requests_made == 3


def endless(canvas: FakeCanvas, last: str = "") -> None:
    numbers = iter(range(2, 1000))

    def answer(_seen: Seen) -> Reply:
        number = next(numbers)
        return as_json([course(number)], Link=f'<{canvas.url}/p?page={number}>; rel="next"{last}')

    canvas.answer = answer


def test_it_ends_a_list_that_goes_on_for_ever(
    client: CanvasClient, canvas: FakeCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "PAGE_LIMIT", 5)
    endless(canvas)
    with pytest.raises(errors.EndlessPages, match="more than 5 pages came"):
        list(client.courses.of_account(1))


def test_it_reads_more_where_canvas_announced_more(
    client: CanvasClient, canvas: FakeCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "PAGE_LIMIT", 5)
    Book(canvas, course, size=9, last=True)
    assert len(list(client.courses.of_account(1))) == 18


def test_it_ends_a_list_that_takes_for_ever(client: CanvasClient, canvas: FakeCanvas, clock: Clock) -> None:
    endless(canvas)
    rows = client.courses.of_account(1)
    next(rows)
    clock.now += 6 * 3600 + 1
    with pytest.raises(errors.EndlessPages, match="it took more than 6 hours"):
        next(rows)


@pytest.mark.parametrize(
    "last",
    [
        "/p?page=4&extra=1",
        "/p?page=bookmark:x",
        "/p?page=1",
        "/other?page=4",
    ],
)
def test_it_reads_one_after_another_where_last_is_not_like_next(
    client: CanvasClient, canvas: FakeCanvas, last: str
) -> None:
    first = f'<{canvas.url}/p?page=2>; rel="next",<{canvas.url}{last}>; rel="last"'
    canvas.says(as_json([course(1)], Link=first), as_json([course(2)]))
    assert [row.id for row in client.courses.of_account(1)] == [1, 2]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_it_passes_on_an_error_of_a_later_page(connect: Connect, canvas: FakeCanvas, concurrency: int) -> None:
    book = Book(canvas, sis_row, size=8, last=True)
    book.pages[5] = [{"id": 1}]
    pages = connect(concurrency=concurrency).sis.of_account("self")
    assert [next(pages).number for _ in range(4)] == [1, 2, 3, 4]
    with pytest.raises(errors.BadAnswer, match=r"\$\[0\]\.due_at: missing"):
        next(pages)


def test_it_repeats_a_page_that_failed(connect: Connect, canvas: FakeCanvas) -> None:
    book = Book(canvas, sis_row, size=8, last=True)
    failed = iter([6])
    usual = book.answer

    def answer(seen: Seen) -> Reply:
        if "page=6" in seen.target and next(failed, None):
            return Reply(status=502, body=b"<html>")
        return usual(seen)

    canvas.answer = answer
    pages = list(connect(concurrency=3).sis.of_account("self"))
    assert [row.id for page in pages for row in page.rows] == all_ids(8)


def test_it_shows_rows_that_moved_between_pages(connect: Connect, canvas: FakeCanvas) -> None:
    book = Book(canvas, sis_row, size=3, last=True)
    book.pages[2] = [sis_row(11), sis_row(20)]
    pages = list(connect().sis.of_course(1))
    assert [[row.id for row in page.rows] for page in pages] == [[10, 11], [11, 20], [30, 31]]


def test_it_carries_the_whole_query_along(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json([]))
    list(client.courses.of_account(1, term_ids=("sis_term_id:F/26",), states=("available",), include=("term",)))
    assert parse_qs(urlsplit(canvas.targets[0]).query) == {
        "state[]": ["available"],
        "include[]": ["term"],
        "enrollment_term_id": ["sis_term_id:F/26"],
        "per_page": ["100"],
    }
