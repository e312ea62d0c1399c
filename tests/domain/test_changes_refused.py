"""Every reason not to make a change: where it holds, where it does not, and at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from registrar.domain.changes import Change, State, state_of, with_dates
from registrar.domain.facts import INHERIT, Assignment, Course, DateField, Dates, GradingPeriod, OverrideDate
from registrar.domain.objections import Objection, Refusal, objections

from .build import NOW, assignment, course, day, for_course, for_section, for_students, section

MINUTE = timedelta(minutes=1)
START, END = datetime(2026, 8, 20, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
FIRST = GradingPeriod(id=1, title="First", start_at=day(1), end_at=day(10), close_at=day(12))
SECOND = GradingPeriod(id=2, title="Second", start_at=day(10), end_at=END, close_at=END)


def wish(one: Assignment, where: int | None = None, **dates: Any) -> Change:
    before, wanted = state_of(one, where), cast(dict[DateField, OverrideDate], dates)
    after = with_dates(before, wanted, UTC, section_id=where)
    return Change(assignment_id=one.id, section_id=where, before=before, after=after)


def refused(of: Course, *changes: Change, **settings: Any) -> list[tuple[Refusal, int | None]]:
    found = objections(of, changes, now=settings.pop("now", NOW), **settings)
    return [(one.refusal, one.section_id) for one in found.values()]


def alone(one: Assignment, where: int | None = None, *, of: dict[str, Any] | None = None, **dates: Any) -> Any:
    return next(iter(refused(course(one, **(of or {})), wish(one, where, **dates))), None)


# Place


def test_it_lets_a_plain_change_pass() -> None:
    assert alone(assignment(), due_at=day(20)) is None
    assert alone(assignment(), 1, due_at=day(20)) is None


def test_it_refuses_what_is_not_in_the_course() -> None:
    there = wish(assignment(), due_at=day(20))
    assert refused(course(), there) == [(Refusal.NOT_IN_COURSE, None)]
    assert alone(assignment(), 9, due_at=day(20)) == (Refusal.NOT_IN_COURSE, 9)


def test_it_refuses_where_canvas_did_not_tell_the_overrides() -> None:
    untold = assignment(overrides=None)
    assert alone(untold, due_at=day(20)) == (Refusal.NOT_TOLD, None)
    assert alone(untold, 1, due_at=day(20)) == (Refusal.NOT_TOLD, None)


def test_it_gives_no_assignment_to_a_section_that_does_not_have_it() -> None:
    others = assignment(only_visible_to_overrides=True, overrides=(for_section(2, due_at=day(3)),))
    two = {"sections": (section(1), section(2))}
    assert alone(others, 1, of=two, due_at=day(20)) == (Refusal.NOT_GIVEN, 1)
    assert alone(others, 2, of=two, due_at=day(20)) is None
    everyone = replace(others, overrides=(for_course(due_at=day(3)),))
    assert alone(everyone, 1, of=two, due_at=day(20)) is None


def test_it_leaves_an_unassigned_section_alone() -> None:
    gone = assignment(overrides=(for_section(1, unassigned=True),))
    assert alone(gone, 1, due_at=day(20)) == (Refusal.UNASSIGNED, 1)


# Order


@pytest.mark.parametrize(
    ("unlock", "due", "lock", "ordered"),
    [
        (day(1), day(2), day(3), True),
        (day(2), day(2), day(2), True),
        (day(3), day(2), None, False),
        (None, day(3), day(2), False),
        (day(3), None, day(2), False),
        (day(2) + timedelta(seconds=0), day(2) - timedelta(seconds=59), None, True),
        (day(2) + MINUTE, day(2), None, False),
    ],
)
@pytest.mark.parametrize("where", [None, 1])
def test_it_wants_dates_in_order(unlock: Any, due: Any, lock: Any, ordered: bool, where: int | None) -> None:
    found = alone(assignment(), where, unlock_at=unlock, due_at=due, lock_at=lock)
    assert found == (None if ordered else (Refusal.OUT_OF_ORDER, where))


def test_it_measures_a_section_with_what_it_inherits() -> None:
    one = assignment(dates=Dates(due_at=day(9), lock_at=day(12)))
    assert alone(one, 1, due_at=day(13)) == (Refusal.OUT_OF_ORDER, 1)
    assert alone(one, 1, due_at=day(13), lock_at=None) is None


def test_it_measures_every_section_that_a_base_date_moves() -> None:
    one = assignment(overrides=(for_section(2, lock_at=day(10)),))
    assert alone(one, of={"sections": (section(1), section(2))}, due_at=day(11)) == (Refusal.OUT_OF_ORDER, 2)


def test_it_does_not_mind_what_the_change_does_not_touch() -> None:
    odd = for_section(2, unlock_at=day(9), due_at=day(8), lock_at=day(7))
    two = {"sections": (section(1), section(2))}
    assert alone(assignment(overrides=(odd,)), of=two, due_at=day(20)) is None
    late = for_section(2, due_at=END + timedelta(days=9))
    assert alone(assignment(overrides=(late,)), of=two, due_at=day(20)) is None


def test_it_judges_changes_of_one_assignment_together() -> None:
    one = assignment(dates=Dates(due_at=day(9), lock_at=day(12)))
    assert refused(course(one), wish(one, due_at=day(20)), wish(one, 1, lock_at=day(10))) == [
        (Refusal.OUT_OF_ORDER, None),
        (Refusal.OUT_OF_ORDER, 1),
    ]
    assert refused(course(one), wish(one, due_at=day(20), lock_at=None), wish(one, 1, lock_at=day(21))) == []


# Term


@pytest.mark.parametrize(
    ("field", "when", "limit"),
    [
        ("due_at", END - MINUTE, None),
        ("due_at", END + timedelta(seconds=59), None),
        ("due_at", END + MINUTE, END),
        ("due_at", START - MINUTE, START),
        ("unlock_at", START, None),
        ("unlock_at", START - MINUTE, START),
        ("lock_at", END + MINUTE, END),
    ],
)
@pytest.mark.parametrize("where", [None, 1])
def test_it_keeps_dates_within_the_term(field: Any, when: datetime, limit: Any, where: int | None) -> None:
    one = assignment(dates=Dates())
    change = wish(one, where, **{field: when})
    found = objections(course(one), [change], now=NOW)
    expected = Objection(refusal=Refusal.OUTSIDE_TERM, field=field, section_id=1, limit=limit)
    assert found == ({change.key: expected} if limit else {})


def test_it_sees_that_canvas_moves_a_section_from_midnight_past_the_end_of_the_term() -> None:
    assert alone(assignment(dates=Dates()), due_at=END) is None
    assert alone(assignment(dates=Dates()), 1, due_at=END) == (Refusal.OUTSIDE_TERM, 1)


def test_it_lets_locks_begin_early_and_openings_end_late_as_canvas_does() -> None:
    one = assignment(dates=Dates())
    assert alone(one, lock_at=START - MINUTE) is None
    assert alone(one, unlock_at=END + MINUTE) is None


def test_it_measures_a_base_date_that_reaches_no_section_by_the_course() -> None:
    one = assignment(overrides=(for_section(1, due_at=day(3)),))
    assert alone(one, due_at=END + MINUTE) == (Refusal.OUTSIDE_TERM, None)
    assert alone(one, due_at=day(20)) is None


def test_it_measures_a_section_by_its_own_limits() -> None:
    longer = section(1, restricts_dates=True, end_at=END + timedelta(days=30))
    late = END + timedelta(days=20)
    assert alone(assignment(), of={"sections": (longer,)}, due_at=late) is None
    assert alone(assignment(), of={"sections": (longer, section(2))}, due_at=late) == (Refusal.OUTSIDE_TERM, 2)
    assert alone(assignment(), 1, of={"sections": (longer, section(2))}, due_at=late) is None


def test_it_measures_a_date_that_another_one_hides() -> None:
    hidden = assignment(overrides=(for_section(1, due_at=day(3)), for_course(due_at=None)))
    assert alone(hidden, 1, due_at=END + MINUTE) == (Refusal.OUTSIDE_TERM, 1)


# Closed periods


def closed(one: Assignment, where: int | None = None, **dates: Any) -> bool:
    found = alone(one, where, of={"periods": (FIRST, SECOND), "sections": (section(1), section(2))}, **dates)
    assert found is None or found[0] is Refusal.CLOSED_PERIOD
    return found is not None


@pytest.mark.parametrize(
    ("one", "where", "dates", "is_closed"),
    [
        (assignment(dates=Dates(due_at=day(9))), None, {"due_at": day(20)}, True),
        (assignment(dates=Dates(due_at=day(20))), None, {"due_at": day(9)}, True),
        (assignment(dates=Dates(due_at=day(20))), None, {"due_at": day(21)}, False),
        (assignment(dates=Dates(due_at=day(9))), None, {"lock_at": day(21)}, False),
        (assignment(dates=Dates(due_at=day(20))), 1, {"due_at": day(9)}, True),
        (assignment(dates=Dates(due_at=day(9))), 1, {"due_at": day(20)}, True),
        (assignment(dates=Dates(due_at=day(9)), grading_type="not_graded"), 1, {"due_at": day(20)}, False),
        (
            assignment(dates=Dates(due_at=day(20)), overrides=(for_section(2, due_at=day(9)),)),
            None,
            {"due_at": day(21)},
            False,
        ),
        (
            assignment(dates=Dates(due_at=day(20)), overrides=(for_section(2, due_at=day(9)),)),
            2,
            {"due_at": day(21)},
            True,
        ),
        (
            assignment(
                dates=Dates(due_at=day(20)), overrides=(for_section(1, due_at=day(20)), for_course(due_at=None))
            ),
            1,
            {"due_at": day(9)},
            True,
        ),
        (
            assignment(
                dates=Dates(due_at=day(9)),
                only_visible_to_overrides=True,
                overrides=(for_section(1, due_at=day(20)), for_section(2, due_at=day(20))),
            ),
            None,
            {"due_at": day(21)},
            False,
        ),
    ],
)
def test_it_keeps_out_of_closed_periods(one: Assignment, where: int | None, dates: Any, is_closed: bool) -> None:
    assert closed(one, where, **dates) is is_closed


def test_it_counts_no_date_in_the_period_that_ends_last() -> None:
    of = course(assignment(dates=Dates(due_at=day(20))), periods=(FIRST, SECOND))
    change = wish(of.assignments[0], due_at=None)
    assert refused(of, change) == []
    assert refused(of, change, now=END + MINUTE) == [(Refusal.CLOSED_PERIOD, None)]


def test_it_opens_a_closed_period_where_that_is_allowed() -> None:
    of = course(assignment(), periods=(FIRST, SECOND))
    change = wish(of.assignments[0], due_at=day(20))
    (found,) = objections(of, [change], now=NOW).values()
    assert (found.field, found.limit) == ("due_at", day(12))
    assert refused(of, change, closed_allowed=True) == []
    assert refused(of, change, restoring=True) == [(Refusal.CLOSED_PERIOD, None)]


def test_it_takes_the_end_of_a_period_for_its_close_where_none_is_told() -> None:
    of = course(assignment(), periods=(replace(FIRST, close_at=None), SECOND))
    (found,) = objections(of, [wish(of.assignments[0], due_at=day(20))], now=NOW).values()
    assert found.limit == day(10)


# What Canvas would refuse, and all of the course's changes with it


@pytest.mark.parametrize(
    ("one", "where", "dates", "refusal"),
    [
        (assignment(due_date_required=True), None, {"due_at": None}, True),
        (assignment(due_date_required=True), 1, {"due_at": None}, True),
        (assignment(due_date_required=True), 1, {"due_at": day(20)}, False),
        (assignment(due_date_required=False), None, {"due_at": None}, False),
        (assignment(due_date_required=True, grading_type="not_graded"), None, {"due_at": None}, False),
        (assignment(due_date_required=True, grading_type="not_graded"), 1, {"due_at": None}, True),
        (
            assignment(
                due_date_required=True, grading_type="not_graded", overrides=(for_students(4, due_at=None),)
            ),
            None,
            {"lock_at": day(30)},
            True,
        ),
        (assignment(due_date_required=True, post_to_sis=False), None, {"due_at": None}, False),
        (
            assignment(due_date_required=True, overrides=(for_section(1, due_at=day(3)),)),
            None,
            {"due_at": None},
            False,
        ),
        (assignment(due_date_required=True, dates=Dates()), None, {"lock_at": day(30)}, True),
        (
            assignment(due_date_required=True, overrides=(for_students(4, due_at=None),)),
            None,
            {"lock_at": day(30)},
            True,
        ),
        (
            assignment(due_date_required=True, overrides=(for_students(4, due_at=None),)),
            1,
            {"due_at": day(20)},
            False,
        ),
    ],
)
def test_it_keeps_the_due_dates_that_canvas_requires(
    one: Assignment, where: int | None, dates: Any, refusal: bool
) -> None:
    found = alone(one, where, **dates)
    assert (found and found[0]) == (Refusal.DUE_REQUIRED if refusal else None)


@pytest.mark.parametrize(
    ("facts", "where", "refusal"),
    [
        ({"max_name_length": 4}, None, Refusal.NAME_TOO_LONG),
        ({"max_name_length": 5}, None, None),
        ({"max_name_length": None}, None, None),
        ({"max_name_length": 4, "grading_type": "not_graded"}, None, None),
        ({"max_name_length": 4}, 1, None),
        ({"max_name_length": 4, "overrides": (for_section(1, due_at=day(3)),)}, 1, Refusal.NAME_TOO_LONG),
    ],
)
def test_it_knows_that_canvas_looks_at_the_name_too(facts: Any, where: int | None, refusal: Any) -> None:
    found = alone(assignment(name="Essay", **facts), where, due_at=day(20))
    assert (found and found[0]) == refusal


# Flags, and putting back


def flag(one: Assignment, wanted: bool) -> Change:
    before = state_of(one, None)
    return Change(assignment_id=one.id, section_id=None, before=before, after=replace(before, post_to_sis=wanted))


@pytest.mark.parametrize("kind", ["not_graded", "wiki_page"])
def test_it_turns_sync_on_only_where_canvas_keeps_it(kind: str) -> None:
    off = assignment(post_to_sis=False)
    assert refused(course(off), flag(off, True)) == []
    never = replace(off, submission_types=(kind,))
    assert refused(course(never), flag(never, True)) == [(Refusal.FLAG_REFUSED, None)]
    on = replace(never, post_to_sis=True)
    assert refused(course(on), flag(on, False)) == []


def test_it_turns_sync_off_whatever_the_dates_are() -> None:
    odd = assignment(dates=Dates(due_at=END + MINUTE, lock_at=day(1)), overrides=None)
    assert refused(course(odd, periods=(FIRST, SECOND)), flag(odd, False)) == []


def test_it_puts_back_what_was_out_of_order_and_outside_the_term() -> None:
    one = assignment()
    odd = wish(one, due_at=END + MINUTE, lock_at=day(1))
    assert refused(course(one), odd) == [(Refusal.OUT_OF_ORDER, None)]
    assert refused(course(one), odd, restoring=True) == []


def test_it_lets_a_section_lose_its_own_dates_again() -> None:
    one = assignment(only_visible_to_overrides=True, overrides=(for_section(1, due_at=day(3)),))
    nothing = State(due_at=INHERIT, unlock_at=INHERIT, lock_at=INHERIT, exists=False)
    gone = Change(assignment_id=one.id, section_id=1, before=state_of(one, 1), after=nothing)
    assert refused(course(one), gone, restoring=True) == []


NEIGHBOUR = assignment(id=99, dates=Dates(due_at=day(9)), due_date_required=True, max_name_length=9)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"dates": Dates(due_at=day(9))}, None),
        ({"dates": Dates()}, Refusal.DUE_REQUIRED),
        ({"dates": Dates(), "overrides": (for_section(1, due_at=day(9)),)}, None),
        ({"dates": Dates(due_at=day(9)), "overrides": (for_section(1, due_at=None),)}, Refusal.DUE_REQUIRED),
        ({"dates": Dates(due_at=day(9)), "overrides": None}, None),
        ({"grading_type": "not_graded"}, None),
        (
            {"grading_type": "not_graded", "overrides": (for_section(1, due_at=None),)},
            Refusal.DUE_REQUIRED,
        ),
        ({"dates": Dates(due_at=day(9)), "name": "Too long by one"}, Refusal.NAME_TOO_LONG),
    ],
)
def test_it_requires_of_what_is_synced_anew_what_is_required_of_its_neighbours(
    facts: dict[str, Any], refusal: Refusal | None
) -> None:
    one = assignment(**{"name": "Essay", "post_to_sis": False, **facts})
    found = refused(course(one, NEIGHBOUR), flag(one, True))
    assert [code for code, _ in found] == ([refusal] if refusal else [])
    assert refused(course(one), flag(one, True)) == []
    assert refused(course(one, NEIGHBOUR), flag(one, True), restoring=True) == []
    assert refused(course(one, replace(NEIGHBOUR, post_to_sis=False)), flag(one, True)) == []
    synced = replace(one, post_to_sis=True)
    assert refused(course(synced, NEIGHBOUR), flag(synced, False)) == []
