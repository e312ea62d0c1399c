"""The condition of the database finds what `domain.calendar.period_of` finds, line item by line item."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from registrar.domain.calendar import period_of
from registrar.models import Course, GradingPeriod, LineItem, Term
from registrar.services.assessing import period_facts
from registrar.services.placing import NONE, OWN, in_period, midnight, periods
from tests.pages import build

START = datetime(2026, 9, 1, 5, 0, 0, tzinfo=UTC)
DAYS = (0, 40, 45, 90, 100, 140)
OFF = (-60, -59, -1, 0, 1, 29, 59, 60)
"""Seconds around each edge."""


def at(day: float, seconds: int = 0) -> datetime:
    return START + timedelta(days=day, seconds=seconds)


def period(pk: int, first: int, last: int, **fields: object) -> GradingPeriod:
    known = {"title": f"Period {pk}", "start_at": at(first), "end_at": at(last, 59), "close_at": at(last + 5)}
    return GradingPeriod.objects.create(**{"canvas_id": pk, **known, **fields})


def dues() -> list[datetime]:
    return [at(day, seconds) for day, seconds in product(DAYS, OFF)]


@pytest.fixture
def term(db: None) -> Term:
    made = build.term("Fall")
    Term.objects.filter(pk=made.pk).update(period_group_id=9)
    period(1, 0, 40, group_id=9)
    period(2, 45, 90, group_id=9)
    return Term.objects.get(pk=made.pk)


@pytest.fixture
def plain(term: Term) -> Course:
    assignments = [build.assignment(due=due) for due in dues()] + [build.assignment(due=None)]
    return build.course(build.account(), term, assignments=assignments)


@pytest.fixture
def owner(term: Term) -> Course:
    made = build.course(build.account(), term, assignments=[build.assignment(due=due) for due in dues()])
    period(11, 40, 100, course=made)
    period(12, 100, 140, course=made)
    return made


def found(condition: str, course: Course, now: datetime = START) -> set[int]:
    rows = LineItem.objects.filter(in_period(condition, now=now), course=course)
    return set(rows.values_list("pk", flat=True))


def expected(course: Course, pk: int | None, *, own: bool) -> set[int]:
    rows = GradingPeriod.objects.filter(course=course) if own else GradingPeriod.objects.filter(group_id=9)
    facts = [period_facts(row) for row in rows]
    items = course.line_items.filter(due_at__isnull=False)
    return {item.pk for item in items if getattr(period_of(item.due_at, facts), "id", None) == pk}


@pytest.mark.parametrize("pk", [1, 2])
def test_it_finds_what_is_due_in_a_period_of_the_term(pk: int, plain: Course, owner: Course) -> None:
    assert found(str(pk), plain) == expected(plain, pk, own=False)
    assert len(found(str(pk), plain)) >= 8
    assert found(str(pk), owner) == set(), "a course with its own goes by those alone"


@pytest.mark.parametrize("pk", [11, 12])
def test_it_finds_what_is_due_in_a_period_of_the_course(pk: int, plain: Course, owner: Course) -> None:
    assert found(str(pk), owner) == expected(owner, pk, own=True)
    assert len(found(str(pk), owner)) >= 8
    assert found(str(pk), plain) == set()


def test_it_finds_what_is_in_no_period(plain: Course, owner: Course) -> None:
    assert found(NONE, plain) == expected(plain, None, own=False)
    assert found(NONE, owner) == expected(owner, None, own=True)
    assert found(NONE, plain)
    assert found(NONE, owner)


def test_it_finds_no_gap_where_there_are_no_periods(term: Term) -> None:
    spring = build.course(build.account(), build.term("Spring"), assignments=[build.assignment(due=at(1))])
    assert found(NONE, spring) == set()


def test_it_finds_a_gap_where_there_is_nothing_but_a_course_of_its_own(db: None) -> None:
    course = build.course(
        build.account(), build.term(), assignments=[build.assignment(due=at(day)) for day in DAYS]
    )
    assert found(NONE, course) == set()
    period(11, 40, 100, course=course)
    assert found(NONE, course) == expected(course, None, own=True) != set()


def test_it_knows_which_own_periods_are_still_open(plain: Course, owner: Course) -> None:
    both = expected(owner, 11, own=True) | expected(owner, 12, own=True)
    assert found(OWN, owner, at(105)) == both, "until the closing date, that moment included"
    assert found(OWN, owner, at(105, 1)) == expected(owner, 12, own=True)
    assert found(OWN, owner, at(145, 1)) == set()
    assert found(OWN, plain) == set()
    GradingPeriod.objects.filter(canvas_id=12).update(close_at=None)
    assert found(OWN, owner, at(140, 59)) == expected(owner, 12, own=True), "without one, the end closes it"
    assert found(OWN, owner, at(140, 60)) == set()


def test_it_finds_nothing_in_a_period_that_is_gone(plain: Course) -> None:
    assert found("777", plain) == set()


def test_it_lists_the_periods_of_terms_alone(term: Term, owner: Course) -> None:
    assert [one.canvas_id for one in periods([term, build.term("Spring")])] == [1, 2]
    assert list(periods([])) == []


def test_a_day_begins_where_the_office_is(settings: object) -> None:
    settings.TIME_ZONE = "America/Chicago"  # type: ignore[attr-defined]
    assert midnight(date(2026, 11, 1)) == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert midnight(date(2026, 11, 2)) == datetime(2026, 11, 2, 6, tzinfo=UTC)
