from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from registrar.domain.changes import Change, State
from registrar.domain.drift import drifted
from registrar.domain.facts import INHERIT, Assignment, Dates, Override, Target

ZONE = ZoneInfo("America/Chicago")
MONDAY = datetime(2026, 11, 2, 18, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 3, 18, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 6, 18, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 4, 6, tzinfo=UTC)
DAY_END = datetime(2026, 11, 5, 5, 59, 59, tzinfo=UTC)

ESSAY = Assignment(id=1, name="Essay", dates=Dates(due_at=TUESDAY), overrides=())
DUE = Change(assignment_id=1, section_id=None, before=State(due_at=MONDAY), after=State(due_at=TUESDAY))
LOCK = Change(
    assignment_id=1,
    section_id=None,
    before=State(due_at=TUESDAY),
    after=State(due_at=TUESDAY, lock_at=FRIDAY),
)
OFF = Change(
    assignment_id=1,
    section_id=None,
    before=State(due_at=TUESDAY),
    after=State(due_at=TUESDAY, post_to_sis=False),
)
ON = replace(OFF, before=OFF.after, after=OFF.before)


def base(**dates: datetime) -> Assignment:
    return replace(ESSAY, dates=Dates(**{"due_at": TUESDAY, **dates}))


def own(**dates: object) -> Assignment:
    override = Override(id=5, target=Target.SECTION, section_id=7, **dates)  # type: ignore[arg-type]
    return replace(ESSAY, overrides=(override,))


def test_what_stands_has_not_drifted() -> None:
    assert drifted([DUE], ESSAY, ZONE) == {0: None}


def test_another_value_is_told_as_it_is_now() -> None:
    assert drifted([DUE], base(due_at=FRIDAY), ZONE) == {0: State(due_at=FRIDAY)}


def test_a_date_that_nobody_meant_to_change_may_move() -> None:
    assert drifted([DUE], base(lock_at=FRIDAY), ZONE) == {0: None}


def test_only_the_newest_word_on_a_date_counts() -> None:
    later = replace(DUE, before=DUE.after, after=State(due_at=FRIDAY))
    assert drifted([DUE, later], base(due_at=FRIDAY), ZONE) == {0: None, 1: None}
    assert drifted([DUE, later], base(due_at=MONDAY), ZONE) == {0: None, 1: State(due_at=MONDAY)}


def test_a_change_of_another_date_does_not_answer_for_this_one() -> None:
    now = base(due_at=FRIDAY, lock_at=FRIDAY)
    assert drifted([DUE, LOCK], now, ZONE) == {0: State(due_at=FRIDAY, lock_at=FRIDAY), 1: None}
    assert drifted([LOCK, DUE], base(lock_at=MONDAY), ZONE) == {0: State(due_at=TUESDAY, lock_at=MONDAY), 1: None}


def test_a_flag_that_is_on_again_has_drifted() -> None:
    assert drifted([OFF], ESSAY, ZONE) == {0: State(due_at=TUESDAY)}
    assert drifted([OFF, ON], ESSAY, ZONE) == {0: None, 1: None}


def test_of_what_is_not_read_only_its_absence_can_be_told() -> None:
    assert drifted([OFF], None, ZONE) == {0: None}
    assert drifted([DUE], None, ZONE) == {}
    assert drifted([DUE, OFF], None, ZONE) == {1: None}
    assert drifted([OFF, ON], None, ZONE) == {}


def test_section_dates_that_were_not_told_are_left_alone() -> None:
    change = replace(DUE, section_id=7)
    assert drifted([change], replace(ESSAY, overrides=None), ZONE) == {}


def test_what_canvas_moves_by_itself_has_not_drifted() -> None:
    change = replace(DUE, section_id=7, after=State(due_at=MIDNIGHT, unlock_at=None, lock_at=None))
    assert drifted([change], own(due_at=DAY_END), ZONE) == {0: None}


@pytest.mark.parametrize(("assignment", "gone"), [(own(due_at=TUESDAY), False), (ESSAY, True)])
def test_a_section_date_that_was_deleted_has_drifted(assignment: Assignment, gone: bool) -> None:
    nothing = State(due_at=INHERIT, unlock_at=INHERIT, lock_at=INHERIT, exists=False)
    change = Change(
        assignment_id=1, section_id=7, before=nothing, after=replace(nothing, due_at=TUESDAY, exists=True)
    )
    assert drifted([change], assignment, ZONE) == {0: nothing if gone else None}
