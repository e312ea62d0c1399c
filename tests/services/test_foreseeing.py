from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict

from registrar.models import EVERYTHING, Account, Course, GradingPeriod, LineItem, Mark, Reach, Term
from registrar.services import foreseeing, reviewing
from registrar.web.filters import FilterForm
from tests.pages import build

START = datetime(2026, 9, 1, 5, tzinfo=UTC)
"""Midnight in Chicago, where this office is."""
END = datetime(2026, 12, 15, 5, 59, 59, tzinfo=UTC)
NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
FIRST_ENDS = datetime(2026, 10, 17, 4, 59, 59, tzinfo=UTC)
SECOND_STARTS = datetime(2026, 10, 20, 5, tzinfo=UTC)
SECOND_ENDS = datetime(2026, 11, 27, 5, 59, 59, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _in_chicago(settings: object) -> None:
    settings.TIME_ZONE = "America/Chicago"  # type: ignore[attr-defined]


def period(pk: int, title: str, start: datetime, end: datetime, close: datetime | None, **fields: object) -> None:
    known = {"canvas_id": pk, "title": title, "start_at": start, "end_at": end, "close_at": close}
    GradingPeriod.objects.create(**known | (fields or {"group_id": 3}))


@pytest.fixture
def college(db: None) -> Account:
    return build.account("Arts", build.account("University"))


@pytest.fixture
def term(db: None) -> Term:
    made = build.term("Fall")
    Term.objects.filter(pk=made.pk).update(period_group_id=3, start_at=START, end_at=END)
    period(1, "First Half", START, FIRST_ENDS, FIRST_ENDS + 7 * DAY)
    period(2, "Second Half", SECOND_STARTS, SECOND_ENDS, None)
    return Term.objects.get(pk=made.pk)


def due(college: Account, term: Term, *moments: datetime, **fields: object) -> None:
    build.course(college, term, assignments=[build.assignment(due=one, **fields) for one in moments])


def test_it_tells_the_dates_in_their_order(college: Account, term: Term) -> None:
    deadline = Mark.objects.create(term=term, kind="grade_deadline", at=END - DAY, set_at=NOW)
    Mark.objects.create(term=build.term("Spring"), kind="census", at=END, set_at=NOW)
    found = foreseeing.events(EVERYTHING, term)
    assert [(one.what, one.at) for one in found] == [
        ("term_begins", START),
        ("period_closes", FIRST_ENDS + 7 * DAY),
        ("period_closes", SECOND_ENDS),
        ("grade_deadline", END - DAY),
        ("term_ends", END),
    ]
    assert found[3].mark == deadline
    next_one = foreseeing.next_event(found, NOW)
    assert next_one is not None
    assert next_one.at == SECOND_ENDS
    assert foreseeing.next_event(found, END) is None


def test_it_has_nothing_to_tell_of_a_term_without_dates(term: Term) -> None:
    Term.objects.update(start_at=None, end_at=None, period_group_id=None)
    term.refresh_from_db()
    assert foreseeing.events(EVERYTHING, term) == []
    found = foreseeing.ahead(EVERYTHING, term, NOW)
    assert (found.closings, found.gaps, found.own) == ([], [], None)


def test_it_finds_ahead_what_a_closing_period_holds(college: Account, term: Term) -> None:
    inside = SECOND_ENDS - DAY
    due(college, term, inside, inside, FIRST_ENDS - DAY)
    due(college, term, inside, points_possible=-1.0)
    found = foreseeing.ahead(EVERYTHING, term, NOW)
    assert [(one.period.title, one.at) for one in found.closings] == [("Second Half", SECOND_ENDS)]
    assert (found.closings[0].number.items, found.closings[0].number.needing) == (3, 1)
    assert foreseeing.ahead(EVERYTHING, term, SECOND_ENDS).closings == [], "it has closed"
    before = foreseeing.ahead(EVERYTHING, term, FIRST_ENDS)
    assert [one.number.items for one in before.closings] == [1, 3], "the first to close comes first"


def test_it_finds_ahead_what_falls_into_gaps(college: Account, term: Term) -> None:
    between, after, before = FIRST_ENDS + DAY, SECOND_ENDS + 3 * DAY, START - DAY
    due(college, term, between, after, after, before, SECOND_ENDS - DAY)
    found = foreseeing.ahead(EVERYTHING, term, NOW)
    assert found.in_no_period is not None
    assert found.in_no_period.items == 4
    places = [(one.after and one.after.title, one.before and one.before.title) for one in found.gaps]
    assert places == [(None, "First Half"), ("First Half", "Second Half"), ("Second Half", None)]
    assert [one.number.items for one in found.gaps] == [1, 1, 2]


@pytest.mark.parametrize(
    "edge", [FIRST_ENDS + timedelta(seconds=1), SECOND_STARTS, SECOND_STARTS + timedelta(seconds=59)]
)
def test_the_edges_of_a_gap_are_in_it(edge: datetime, college: Account, term: Term) -> None:
    due(college, term, edge)
    assert [one.number.items for one in foreseeing.ahead(EVERYTHING, term, NOW).gaps] == [1]


def test_periods_that_touch_leave_no_gap(college: Account, term: Term) -> None:
    GradingPeriod.objects.filter(canvas_id=2).update(start_at=FIRST_ENDS)
    due(college, term, FIRST_ENDS, FIRST_ENDS + timedelta(minutes=1), FIRST_ENDS + DAY)
    assert foreseeing.ahead(EVERYTHING, term, NOW).gaps == []


def test_a_course_with_periods_of_its_own_is_counted_by_those(college: Account, term: Term) -> None:
    course = build.course(college, term, assignments=[build.assignment(due=NOW + DAY), build.assignment(due=END)])
    assert foreseeing.ahead(EVERYTHING, term, NOW).own is None
    period(9, "Module", NOW - DAY, NOW + 2 * DAY, NOW + 4 * DAY, course=course)
    found = foreseeing.ahead(EVERYTHING, term, NOW)
    assert found.closings[0].number.items == 0
    assert found.own is not None
    assert (found.own.items, found.own_closing) == (1, NOW + 4 * DAY)
    assert found.in_no_period is not None
    assert found.in_no_period.items == 1
    assert foreseeing.ahead(EVERYTHING, term, NOW + 5 * DAY).own is None


def test_it_counts_what_is_due_after_the_grade_deadline(college: Account, term: Term) -> None:
    Mark.objects.create(term=term, kind="grade_deadline", at=NOW + DAY, set_at=NOW)
    due(college, term, NOW + 2 * DAY, NOW)
    found = foreseeing.ahead(EVERYTHING, term, NOW).after_deadline
    assert found is not None
    assert found.items == 1


def numbers(found: foreseeing.Ahead) -> list[foreseeing.Number]:
    rows = [*(one.number for one in found.closings), *(one.number for one in found.gaps)]
    return [*rows, *(one for one in (found.in_no_period, found.own, found.after_deadline) if one)]


def test_every_number_is_that_of_its_list(college: Account, term: Term) -> None:
    other = build.account("Science", college.parent)
    Mark.objects.create(term=term, kind="grade_deadline", at=NOW + DAY, set_at=NOW)
    moments = [START - DAY, START, FIRST_ENDS, FIRST_ENDS + DAY, SECOND_STARTS, NOW, SECOND_ENDS + DAY, END]
    due(college, term, *moments)
    due(other, term, *moments, points_possible=-1.0)
    period(9, "Module", NOW - DAY, NOW + 2 * DAY, None, course=Course.objects.get(account=other, term=term))
    for reach in (EVERYTHING, Reach((college.path,))):
        found = numbers(foreseeing.ahead(reach, term, NOW))
        assert sum(one.items for one in found) > 8
        for one in found:
            for address, count in ((one.address, one.items), (one.address_needing, one.needing)):
                form = FilterForm(QueryDict(address[1:]), reach=reach, sorts=(), first_sort="")
                assert form.ignored == [], address
                assert reviewing.line_items(reach, form.filters(now=NOW)).count() == count, address
                assert parse_qs(address[1:])["term"] == [str(term.pk)]


def test_it_counts_only_what_is_within_reach(college: Account, term: Term) -> None:
    other = build.account("Science", college.parent)
    due(other, term, NOW)
    build.course(college, term, assignments=[build.assignment(due=NOW)])
    assert foreseeing.ahead(Reach((college.path,)), term, NOW).closings[0].number.items == 1
    period(9, "Module", NOW - DAY, NOW + 2 * DAY, None, course=Course.objects.get(account=other, term=term))
    assert foreseeing.ahead(Reach((college.path,)), term, NOW).own is None


def test_the_overview_tells_the_deadline_and_what_is_near(college: Account, term: Term) -> None:
    near = Mark.objects.create(term=term, kind="census", at=NOW + 7 * DAY, set_at=NOW)
    Mark.objects.create(term=term, kind="other", name="Far", at=NOW + 8 * DAY, set_at=NOW)
    Mark.objects.create(term=term, kind="other", name="Past", at=NOW, set_at=NOW)
    Mark.objects.create(term=term, kind="grade_deadline", at=NOW + 3 * DAY, set_at=NOW)
    deadline, soon = foreseeing.coming(EVERYTHING, term, NOW)
    assert deadline == NOW + 3 * DAY
    assert [one.mark for one in soon] == [near], "the deadline is told already"


def test_it_asks_as_often_for_many_line_items_as_for_few(
    college: Account, term: Term, django_assert_max_num_queries: Callable[..., object]
) -> None:
    due(college, term, *[NOW] * 10, *[FIRST_ENDS + DAY] * 10)
    with django_assert_max_num_queries(40) as few:  # type: ignore[attr-defined]
        foreseeing.ahead(EVERYTHING, term, NOW)
    due(college, term, *[NOW] * 10, *[FIRST_ENDS + DAY] * 10)
    assert LineItem.objects.count() == 40
    with django_assert_max_num_queries(len(few)) as many:  # type: ignore[attr-defined]
        foreseeing.ahead(EVERYTHING, term, NOW)
    assert len(many) == len(few)
