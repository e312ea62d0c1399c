"""Findings that depend on the clock are worked out again when the time has come, without a sync."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrar import tasks
from registrar.models import Course, Finding, GradingPeriod, Term
from registrar.services import assessing, reassessing
from tests.pages import build

NOW, DUE = build.NOW, build.DUE
HOUR = timedelta(hours=1)
LIMIT = timedelta(hours=36)


def close(*, at: datetime, course: Course | None = None, pk: int = 1) -> GradingPeriod:
    return GradingPeriod.objects.create(
        canvas_id=pk,
        group_id=None if course else 8,
        course=course,
        title="Second Half",
        start_at=DUE - timedelta(days=30),
        end_at=DUE + timedelta(days=1),
        close_at=at,
    )


@pytest.fixture
def term(db: None) -> Term:
    made = build.term()
    Term.objects.filter(pk=made.pk).update(period_group_id=8)
    return Term.objects.get(pk=made.pk)


@pytest.fixture
def course(term: Term) -> Course:
    close(at=NOW + 5 * HOUR)
    return build.course(build.account(), term, assignments=[build.assignment(), build.assignment()])


def codes(course: Course) -> set[str]:
    return set(Finding.objects.filter(course=course).values_list("code", flat=True))


def clock_at(now: datetime) -> int:
    """What the sweep and its task do at that time; returns how many courses the clock concerned."""
    asked = reassessing.ask_by_the_clock(now=now)
    assert reassessing.carry_on(clock=lambda: now, until=None) == 0
    return asked


def turn(course: Course) -> datetime | None:
    return Course.objects.get(pk=course.pk).assess_again_at


def test_it_waits_for_the_next_turn(course: Course) -> None:
    assert turn(course) == NOW + 5 * HOUR
    assert clock_at(NOW + 5 * HOUR) == 0, "at the very moment it is still open"
    assert codes(course) == set()


def test_it_finds_a_closed_period_when_it_closes(course: Course) -> None:
    assert clock_at(NOW + 5 * HOUR + timedelta(seconds=1)) == 1
    assert codes(course) == {"due_in_closed_period"}
    course.refresh_from_db()
    assert course.items_needing == 2
    assert turn(course) == NOW + LIMIT, "what comes next is that the reading gets old"


def test_it_finds_an_old_reading_and_then_has_nothing_to_wait_for(course: Course) -> None:
    assert clock_at(NOW + LIMIT + timedelta(seconds=1)) == 1
    assert codes(course) == {"due_in_closed_period", "reading_old"}
    assert turn(course) is None
    assert clock_at(NOW + timedelta(days=400)) == 0


def test_it_goes_by_the_course_with_periods_of_its_own(term: Term) -> None:
    close(at=NOW + HOUR, pk=1)
    own = build.course(build.account(), term, assignments=[build.assignment()])
    close(at=NOW + 3 * HOUR, course=own, pk=2)
    assessing.reassess(_fresh(own), assessing.surroundings(now=NOW))
    assert turn(own) == NOW + 3 * HOUR
    assert clock_at(NOW + 2 * HOUR) == 0
    assert clock_at(NOW + 4 * HOUR) == 1
    assert codes(own) == {"due_in_closed_period"}


def test_it_takes_the_end_of_a_period_without_a_closing_date(term: Term) -> None:
    close(at=NOW)
    GradingPeriod.objects.update(close_at=None)
    course = build.course(build.account(), term, assignments=[build.assignment()], read_at=NOW + timedelta(days=9))
    assert turn(course) == DUE + timedelta(days=1)


def test_it_may_come_twice(course: Course) -> None:
    later = NOW + 6 * HOUR
    clock_at(later)
    before = set(Finding.objects.filter(course=course).values_list("pk", flat=True))
    assert clock_at(later) == 0
    assert set(Finding.objects.filter(course=course).values_list("pk", flat=True)) == before


def test_it_survives_a_worker_that_looked_before_the_period_closed(course: Course) -> None:
    """A sync with an older clock writes the old findings over the request; the turn it leaves brings it back."""
    old = assessing.surroundings(now=NOW + 4 * HOUR)
    loaded = _fresh(course)
    reassessing.ask_by_the_clock(now=NOW + 6 * HOUR)
    found = assessing.facts_of(course.pk, old)
    assert found is not None
    assessing.store_reading(loaded, found, old, sections_read=False)
    assert codes(course) == set()
    assert clock_at(NOW + 6 * HOUR) == 1
    assert codes(course) == {"due_in_closed_period"}


def test_it_leaves_a_newer_reading_alone(course: Course) -> None:
    """The course was read again while the task held the row as it was: nothing of that reading is undone."""
    stale = _fresh(course)
    Course.objects.filter(pk=course.pk).update(read_at=NOW + HOUR, feed_digest="newer", trouble="", assessed_as="")
    stale.assessed_as = ""
    assessing.reassess(stale, assessing.surroundings(now=NOW + 2 * HOUR))
    after = _fresh(course)
    assert (after.read_at, after.feed_digest) == (NOW + HOUR, "newer")
    assert after.assessed_as


def test_it_learns_the_turn_of_courses_that_were_assessed_before_there_was_one(course: Course) -> None:
    Course.objects.update(assess_again_at=None)
    assert assessing.reassess(_fresh(course), assessing.surroundings(now=NOW)) is False
    assert turn(course) == NOW + 5 * HOUR


def test_it_forgets_a_course_that_vanished(course: Course) -> None:
    assessing.forget_rows(_fresh(course), now=NOW)
    assert turn(course) is None
    assert clock_at(NOW + 6 * HOUR) == 0


def test_a_quiet_minute_costs_one_query(course: Course) -> None:
    with CaptureQueriesContext(connection) as asked:
        reassessing.ask_by_the_clock(now=NOW)
    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) == 1


def test_the_sweep_looks_at_the_clock(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(tasks.reassess, "delay", lambda: told.append(1))
    monkeypatch.setattr(tasks.announce, "delay", lambda: None)
    tasks.sweep()
    assert told == [], "nothing is due yet"
    with time_machine.travel(NOW + 6 * HOUR, tick=False):
        tasks.sweep()
        assert told == [1]
        tasks.reassess()
        assert codes(course) == {"due_in_closed_period"}
        tasks.sweep()
    assert told == [1]


def _fresh(course: Course) -> Course:
    return Course.objects.select_related("term", "account").get(pk=course.pk)
