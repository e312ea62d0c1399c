"""When line items are due: of exactly the part that is asked for, and never from an old count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrar.domain.weeks import Count, Spread
from registrar.models import EVERYTHING, LineItem, Reach, Term
from registrar.services import reviewing, spreading, tallying
from tests.pages import build

pytestmark = pytest.mark.django_db


def tally_of(reach: Reach, term: Term) -> tallying.Tally:
    chosen = reviewing.Filters(term=term.pk, old_before=reviewing.old_before(build.NOW))
    total = tallying.Tally()
    for one in tallying.tallies(reach, chosen).values():
        total.add(one)
    return total


def spread(reach: Reach, term: Term) -> Spread | None:
    calendar = spreading.calendar_of(reach, term, build.NOW)
    return spreading.spread(reach, term, tally_of(reach, term), calendar, build.NOW)


def total(found: Spread | None) -> Count:
    return sum((week.count for week in found.weeks), Count()) if found else Count()


def test_it_counts_by_state_in_one_query() -> None:
    college, term = build.account(), build.term()
    outside = build.NOW + timedelta(days=40)
    build.course(
        college,
        term,
        assignments=[build.assignment(), build.assignment(due=outside), build.assignment(due=None)],
    )
    build.course(college, build.term("Other"), assignments=[build.assignment()])
    found = spread(EVERYTHING, term)
    assert found is not None
    assert total(found) == Count(needing=1, ready=1)
    assert found.undated == Count(needing=1)
    tally, calendar = tally_of(EVERYTHING, term), spreading.calendar_of(EVERYTHING, term, build.NOW)
    with CaptureQueriesContext(connection) as asked:
        spreading.spread(EVERYTHING, term, tally, calendar, build.NOW)
    assert sum("GROUP BY" in one["sql"] for one in asked) == 1
    assert len(asked) == 2


def test_it_stays_within_reach() -> None:
    root, term = build.account("Root"), build.term()
    mine, other = build.account("Mine", root), build.account("Other", root)
    build.course(mine, term, assignments=[build.assignment()])
    build.course(other, term, assignments=[build.assignment(due=None), build.assignment()])
    limited = Reach((mine.path,))
    assert total(spread(limited, term)) == Count(ready=1)
    assert total(spread(EVERYTHING, term)) == Count(ready=2)


class TestKept:
    """What was counted is kept for as long as nothing was written."""

    @pytest.fixture(autouse=True)
    def _kept(self, settings: object) -> None:
        backend = "django.core.cache.backends.locmem.LocMemCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "spreading"}}  # type: ignore[attr-defined]

    def test_it_counts_once(self) -> None:
        term = build.term()
        build.course(build.account(), term, assignments=[build.assignment()])
        with CaptureQueriesContext(connection) as first:
            known = spread(EVERYTHING, term)
        with CaptureQueriesContext(connection) as again:
            assert spread(EVERYTHING, term) == known
        assert len(again) == len(first) - 1

    def test_it_counts_again_when_a_course_was_read_again(self) -> None:
        college, term = build.account(), build.term()
        course = build.course(college, term, assignments=[build.assignment()])
        before = spread(EVERYTHING, term)
        sections = [build.section("002")]
        later = build.assignment(due=build.DUE + timedelta(days=14))
        build.read(course, sections=sections, assignments=[later])
        after = spread(EVERYTHING, term)
        assert before is not None
        assert after is not None
        assert total(after) == total(before), "the same numbers, on another day"
        assert [week.first for week in after.weeks] != [week.first for week in before.weeks]

    def test_it_counts_again_when_a_course_is_gone(self) -> None:
        college, term = build.account(), build.term()
        build.course(college, term, assignments=[build.assignment()])
        gone = build.course(college, term, assignments=[build.assignment()])
        build.course(college, build.term("Other"), assignments=[build.assignment()])
        spread(EVERYTHING, term)
        LineItem.objects.filter(course=gone).delete()
        gone.items = 0
        gone.save()
        assert total(spread(EVERYTHING, term)) == Count(ready=1)

    def test_it_does_not_show_one_person_what_was_counted_for_another(self) -> None:
        root, term = build.account("Root"), build.term()
        mine, other = build.account("Mine", root), build.account("Other", root)
        for place in (mine, other):
            build.course(place, term, assignments=[build.assignment()])
        reaches = [Reach((mine.path,)), Reach((other.path,)), EVERYTHING]
        assert [total(spread(reach, term)).total for reach in reaches] == [1, 1, 2]
