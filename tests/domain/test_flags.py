from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from registrar.domain import flags
from registrar.domain.facts import Assignment, Dates, Feed, GradingPeriod

from .build import assignment, course, day, for_course, for_section, section

PERIOD = GradingPeriod(id=1, title="First", start_at=day(1), end_at=day(15))


def due(when: datetime | None, **facts: Any) -> Assignment:
    return assignment(dates=Dates(due_at=when), **facts)


@pytest.mark.parametrize(
    ("one", "taken"),
    [
        (due(day(1)), True),
        (due(day(15)), True),
        (due(day(1) - timedelta(seconds=1)), False),
        (due(day(15) + timedelta(seconds=1)), False),
        (due(None), True),
        (due(None, overrides=(for_section(1, due_at=day(20)),)), True),
        (due(day(20), overrides=(for_section(1, due_at=day(9)),)), False),
        (due(day(9), published=False), False),
        (due(day(9), post_to_sis=False), False),
    ],
)
def test_it_knows_what_the_blind_switch_takes(one: Assignment, taken: bool) -> None:
    assert bool(flags.taken_by_canvas([one], PERIOD)) is taken
    assert bool(flags.taken_by_canvas([one], None)) is (one.published and one.post_to_sis)


@pytest.mark.parametrize(
    ("one", "meant"),
    [
        (due(day(9)), True),
        (due(day(15)), True),
        (due(day(1)), False),
        (due(None), False),
        (due(None, overrides=(for_section(1, due_at=day(9)), for_section(2, due_at=day(9)))), True),
        (due(day(9), overrides=(for_section(1, due_at=day(20)),)), False),
        (due(day(9), overrides=(for_section(1, due_at=None),)), False),
        (due(day(9), only_visible_to_overrides=True), False),
        (due(day(9), overrides=None), False),
    ],
)
def test_it_knows_what_is_meant_by_a_period(one: Assignment, meant: bool) -> None:
    assert flags.falls_in(course(one, sections=(section(1), section(2))), one, PERIOD) is meant


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (due(day(9)), {1: None, 2: None}),
        (due(day(9), overrides=(for_section(2, due_at=day(20)),)), {1: None, 2: Dates(due_at=day(20))}),
        (due(day(9), overrides=(for_section(2, due_at=None),)), {1: None, 2: Dates()}),
        (due(day(9), overrides=(for_course(due_at=day(20)),)), {1: None, 2: None}),
        (
            due(None, overrides=(for_section(1, lock_at=day(20)),), only_visible_to_overrides=True),
            {1: Dates(lock_at=day(20))},
        ),
        (due(day(9), overrides=None), {1: None, 2: None}),
    ],
)
def test_it_foresees_how_the_sis_endpoint_shows_it(one: Assignment, shown: dict[int, Dates | None]) -> None:
    found = flags.feed_of(course(one, sections=(section(1), section(2))), one)
    assert found == Feed(dates=one.dates, sections=shown)


@pytest.mark.parametrize(("published", "state"), [(False, "available"), (True, "unpublished")])
def test_it_foresees_that_the_sis_endpoint_leaves_out_what_is_not_published(published: bool, state: str) -> None:
    one = due(day(9), published=published)
    assert flags.feed_of(course(one, state=state), one) is None
