"""The list of line items narrowed by when they are due, and by the grading period that counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar.models import GradingPeriod, Term
from tests.pages import build
from tests.pages.conftest import University

URL = "/line-items/"
NOON = datetime(2026, 11, 26, 18, tzinfo=UTC)


@pytest.fixture
def term(university: University) -> Term:
    """In the zone of the office, Chicago: due at 00:00 and 23:59:59 on November 26, and at 00:00 on the 27th."""
    made = build.term("Autumn")
    Term.objects.filter(pk=made.pk).update(period_group_id=4)
    made.refresh_from_db()
    edges = [
        datetime(2026, 11, 26, 6, tzinfo=UTC),
        datetime(2026, 11, 27, 5, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 27, 6, 0, 0, tzinfo=UTC),
    ]
    build.course(university.arts, made, assignments=[build.assignment(due=due) for due in [*edges, None]])
    GradingPeriod.objects.create(
        canvas_id=31, group_id=4, title="First Half", start_at=NOON.replace(month=9), end_at=edges[1]
    )
    return made


@pytest.fixture(autouse=True)
def _in_chicago(settings: object) -> None:
    settings.TIME_ZONE = "America/Chicago"  # type: ignore[attr-defined]


def number(browser: Client, **query: object) -> int:
    count: int = browser.get(URL, query).context["listing"].count.value
    return count


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"due_from": "2026-11-26"}, 3),
        ({"due_from": "2026-11-27"}, 1),
        ({"due_from": "2026-11-28"}, 0),
        ({"due_to": "2026-11-25"}, 0),
        ({"due_to": "2026-11-26"}, 2),
        ({"due_from": "2026-11-26", "due_to": "2026-11-26"}, 2),
        ({"period": "31"}, 2),
        ({"period": "none"}, 1),
        ({"period": "none", "due_to": "2026-11-26"}, 0),
        ({"period": "own"}, 0),
    ],
)
def test_it_filters_by_due_date(query: dict[str, str], expected: int, viewer: Client, term: Term) -> None:
    assert number(viewer, term=term.pk, **query) == expected
    page = viewer.get(URL, {"term": term.pk, **query}).content.decode()
    for name, value in query.items():
        shown = rf'value="{value}"\s+selected' if name == "period" else rf'name="{name}"\s+value="{value}"'
        assert re.search(shown, page), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("due_from", "yesterday"),
        ("due_to", "9999-12-31"),
        ("due_from", "0001-01-01"),
        ("due_to", "2026-13-01"),
        ("period", "999"),
        ("period", "nonsense"),
        ("period", "9" * 40),
    ],
)
def test_it_says_which_date_it_ignored(name: str, value: str, viewer: Client, term: Term) -> None:
    page = viewer.get(URL, {name: value})
    assert b"Not understood in this address" in page.content
    assert page.context["listing"].count.value == number(viewer)


def test_it_offers_the_periods_of_the_chosen_term(viewer: Client, term: Term, university: University) -> None:
    assert b"First Half" in viewer.get(URL, {"term": term.pk}).content
    assert b"First Half" not in viewer.get(URL, {"term": university.term.pk}).content


def test_it_keeps_to_reach(as_: Callable[[str], Client], term: Term) -> None:
    page = as_("scientist").get(URL, {"period": "31"})
    assert b"Not understood in this address" in page.content, "the term is none of theirs"
    assert page.context["listing"].count.value == number(as_("scientist"))


def test_it_exports_and_proposes_what_it_shows(viewer: Client, reviewer: Client, term: Term) -> None:
    query = {"term": term.pk, "period": "none", "due_from": "2026-11-27"}
    lines = b"".join(viewer.get(f"{URL}export/", query | {"format": "csv"}).streaming_content).decode()
    assert len(lines.strip().splitlines()) == 2
    page = reviewer.get("/proposals/dates/", query)
    assert page.status_code == 200
    assert page.context["chosen"].counts["items"] == 1


def test_it_asks_as_often_for_many_rows_as_for_few(viewer: Client, term: Term, university: University) -> None:
    query = {"term": term.pk, "period": "none", "due_from": "2026-11-27"}
    due = datetime(2026, 12, 5, tzinfo=UTC)
    build.course(university.arts, term, assignments=[build.assignment(due=due) for _ in range(9)])
    viewer.get(URL, query)
    with CaptureQueriesContext(connection) as few:
        assert number(viewer, **query) == 10
    build.course(university.arts, term, assignments=[build.assignment(due=due) for _ in range(10)])
    with CaptureQueriesContext(connection) as many:
        assert number(viewer, **query) == 20
    assert len(many) == len(few)


@pytest.mark.parametrize("path", ["/courses/", "/sections/"])
@pytest.mark.parametrize("query", ["due_from=2026-11-26", "due_to=2026-11-26", "period=31"])
def test_other_lists_say_that_they_leave_it_out(path: str, query: str, term: Term, viewer: Client) -> None:
    page = viewer.get(f"{path}?state=needs_action&{query}").content.decode()
    assert "work on line items only, and are left out here" in page
    assert f'<a href="{URL}?state=needs_action&amp;{query}">Show the line items</a>' in page
    assert b"are left out here" not in viewer.get(f"{path}?state=needs_action").content
