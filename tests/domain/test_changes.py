"""What a change means, and what Canvas is asked to do for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain import changes
from registrar.domain.changes import BulkEntry, Change, NewOverride, Standing, State
from registrar.domain.facts import DATE_FIELDS, INHERIT, Dates, Override, Target

from .build import assignment, course, day, for_course, for_section, for_students, section

DENVER = ZoneInfo("America/Denver")
MIDNIGHT = datetime(2026, 10, 9, 6, tzinfo=UTC)
END_OF_DAY = datetime(2026, 10, 10, 5, 59, 59, tzinfo=UTC)
NOTHING = State(due_at=INHERIT, unlock_at=INHERIT, lock_at=INHERIT, exists=False)


def change(before: State, section_id: int | None = 1, **after: Any) -> Change:
    return Change(assignment_id=70, section_id=section_id, before=before, after=replace(before, **after))


def test_it_reads_the_state_for_everyone_and_in_a_section() -> None:
    base = Dates(due_at=day(9), lock_at=day(12))
    one = assignment(dates=base, overrides=(for_course(due_at=day(1)), for_section(2, due_at=None)))
    assert changes.state_of(one, None) == State(due_at=day(9), lock_at=day(12))
    assert changes.state_of(one, 2) == State(due_at=None, unlock_at=INHERIT, lock_at=INHERIT)
    assert changes.state_of(replace(one, post_to_sis=False), 3) == replace(NOTHING, post_to_sis=False)


@pytest.mark.parametrize("overrides", [None, (), (for_students(4, due_at=day(3)),)])
def test_it_finds_no_dates_of_a_section_where_there_are_none(overrides: tuple[Override, ...] | None) -> None:
    assert changes.own_override(assignment(overrides=overrides), 1) is None


@pytest.mark.parametrize(
    ("section_id", "name", "given_date", "kept"),
    [
        (1, "due_at", MIDNIGHT, END_OF_DAY),
        (1, "lock_at", MIDNIGHT, END_OF_DAY),
        (1, "unlock_at", MIDNIGHT, MIDNIGHT),
        (1, "due_at", MIDNIGHT + timedelta(minutes=1), MIDNIGHT + timedelta(minutes=1)),
        (1, "due_at", None, None),
        (1, "due_at", INHERIT, INHERIT),
        (None, "due_at", MIDNIGHT, MIDNIGHT),
        (None, "lock_at", MIDNIGHT, MIDNIGHT),
        (None, "due_at", INHERIT, None),
    ],
)
def test_it_proposes_what_canvas_will_keep(section_id: int | None, name: Any, given_date: Any, kept: Any) -> None:
    before = State(due_at=day(1), unlock_at=day(1), lock_at=day(1))
    after = changes.with_dates(before, {name: given_date}, DENVER, section_id=section_id)
    assert after == replace(before, **{name: kept})


def test_it_makes_no_dates_for_a_section_that_is_to_inherit() -> None:
    assert changes.with_dates(NOTHING, {"due_at": INHERIT}, DENVER, section_id=1) == NOTHING
    made = changes.with_dates(NOTHING, {"due_at": None}, DENVER, section_id=1)
    assert made == replace(NOTHING, due_at=None, exists=True)


@pytest.mark.parametrize(
    ("section_id", "found", "wanted", "same"),
    [
        (1, END_OF_DAY, MIDNIGHT, True),
        (1, MIDNIGHT, END_OF_DAY, False),
        (None, END_OF_DAY, MIDNIGHT, False),
        (1, datetime(2026, 10, 9, 23, 59, 59, tzinfo=UTC), datetime(2026, 10, 9, tzinfo=UTC), True),
        (1, None, INHERIT, False),
        (1, INHERIT, None, False),
        (1, None, None, True),
    ],
)
def test_it_takes_for_reached_only_what_canvas_makes_of_a_date(
    section_id: int | None, found: Any, wanted: Any, same: bool
) -> None:
    shown, asked = State(due_at=found), State(due_at=wanted)
    assert changes.has_become(shown, asked, DENVER, section_id=section_id) is same
    assert not changes.has_become(shown, replace(asked, post_to_sis=False), DENVER, section_id=section_id)
    assert not changes.has_become(shown, replace(asked, exists=False), DENVER, section_id=section_id)


def test_it_tells_how_canvas_stands_to_a_change() -> None:
    moved = change(changes.state_of(assignment(), None), None, due_at=day(11))
    assert changes.standing(moved, assignment(), DENVER) is Standing.BEFORE
    assert changes.standing(moved, assignment(dates=Dates(due_at=day(11))), DENVER) is Standing.AFTER
    assert changes.standing(moved, assignment(dates=Dates(due_at=day(12))), DENVER) is Standing.ELSEWHERE
    assert changes.standing(moved, assignment(post_to_sis=False), DENVER) is Standing.ELSEWHERE


@pytest.mark.parametrize(
    ("now", "before", "after", "wish"),
    [
        ({"unlock_at": day(2)}, {}, {"due_at": day(9)}, {"unlock_at": day(2), "due_at": day(9)}),
        ({"due_at": day(5)}, {"due_at": day(1)}, {"due_at": day(9)}, {"due_at": day(9)}),
        ({"post_to_sis": False}, {}, {"due_at": day(9)}, {"post_to_sis": False, "due_at": day(9)}),
        ({"due_at": day(5)}, {}, {"post_to_sis": False}, {"due_at": day(5), "post_to_sis": False}),
    ],
)
def test_it_keeps_a_wish_upon_another_start(now: Any, before: Any, after: Any, wish: Any) -> None:
    assert changes.rebased(State(**now), State(**before), State(**{**before, **after})) == State(**wish)


def test_it_gives_a_section_new_dates_where_its_own_have_vanished() -> None:
    own = State(due_at=day(1), unlock_at=INHERIT, lock_at=INHERIT)
    wish = changes.rebased(NOTHING, own, replace(own, due_at=day(9)))
    assert wish == replace(own, due_at=day(9))
    assert changes.rebased(NOTHING, own, NOTHING) == NOTHING
    assert changes.rebased(own, NOTHING, replace(NOTHING, exists=True, due_at=day(4))).exists


def test_it_applies_changes_to_facts() -> None:
    one = assignment(overrides=(for_section(1, due_at=day(3)), for_course(due_at=day(4))))
    base = change(changes.state_of(one, None), None, due_at=day(11), lock_at=INHERIT)
    own = change(changes.state_of(one, 1), 1, due_at=None)
    new = change(NOTHING, 2, due_at=day(5), exists=True)
    after = changes.with_changes(one, [base, own, new, replace(base, assignment_id=71)])
    assert after.dates == Dates(due_at=day(11))
    assert changes.state_of(after, 1) == own.after
    assert changes.state_of(after, 2) == new.after
    gone = change(own.after, 1, exists=False, due_at=INHERIT)
    assert changes.own_override(changes.with_changes(after, [gone]), 1) is None
    off = changes.with_changes(one, [change(base.before, None, post_to_sis=False)])
    assert not off.post_to_sis


def test_it_names_the_sections_that_a_base_date_moves() -> None:
    one = assignment(overrides=(for_section(2, due_at=day(3)), for_section(3, lock_at=day(20))))
    of = course(one, sections=(section(1), section(2), section(3)))
    moved = changes.sections_moved(of, one, change(changes.state_of(one, None), None, due_at=day(11)))
    assert [each.id for each in moved] == [1, 3]


# The plan


def test_it_sends_only_the_changed_dates_of_the_base() -> None:
    one = assignment(dates=Dates(due_at=day(9), lock_at=day(12)))
    before = changes.state_of(one, None)
    planned = changes.plan({70: one}, [change(before, None, lock_at=None)])
    assert planned == changes.Plan(bulk=(BulkEntry(assignment_id=70, base={"lock_at": None}),))


def test_it_sends_all_that_an_override_sets_and_nothing_that_it_inherits() -> None:
    one = assignment(overrides=(for_section(1, due_at=day(3), lock_at=None),))
    before = changes.state_of(one, 1)
    planned = changes.plan({70: one}, [change(before, due_at=day(4))])
    assert planned.bulk == (BulkEntry(assignment_id=70, overrides={101: {"due_at": day(4), "lock_at": None}}),)
    planned = changes.plan({70: one}, [change(before, due_at=INHERIT)])
    assert planned.bulk == (BulkEntry(assignment_id=70, overrides={101: {"lock_at": None}}),)


def test_it_puts_base_and_sections_of_one_assignment_into_one_entry() -> None:
    one = assignment(overrides=(for_section(1, due_at=day(3)), for_section(2, due_at=day(3))))
    wanted = [
        change(changes.state_of(one, 2), 2, due_at=day(5)),
        change(changes.state_of(one, None), None, due_at=day(6)),
        change(changes.state_of(one, 1), 1, due_at=day(4)),
    ]
    (entry,) = changes.plan({70: one}, wanted).bulk
    assert (entry.base, entry.overrides) == (
        {"due_at": day(6)},
        {101: {"due_at": day(4)}, 102: {"due_at": day(5)}},
    )


def test_it_makes_and_deletes_overrides_by_themselves() -> None:
    one = assignment(overrides=(for_section(2, due_at=day(3)),))
    new = change(NOTHING, 1, due_at=day(5), exists=True)
    gone = change(changes.state_of(one, 2), 2, due_at=INHERIT, exists=False)
    planned = changes.plan({70: one}, [new, gone])
    assert planned.creates == (NewOverride(assignment_id=70, section_id=1, dates={"due_at": day(5)}),)
    assert (planned.deletes, planned.bulk, planned.flags) == (((70, 102),), (), ())


def test_it_sends_nothing_for_what_does_not_change() -> None:
    one = assignment(overrides=(for_section(1, due_at=day(3)),))
    still = [change(changes.state_of(one, where), where) for where in (None, 1, 2)]
    assert changes.plan({70: one}, still) == changes.Plan()


def test_it_sets_each_flag_once() -> None:
    before = changes.state_of(assignment(), None)
    planned = changes.plan({70: assignment()}, [change(before, None, post_to_sis=False)])
    assert (planned.flags, planned.bulk) == (((70, False),), ())


dates = st.one_of(st.none(), st.integers(1, 28).map(day))
own_dates = st.one_of(dates, st.just(INHERIT))


@given(
    st.fixed_dictionaries(dict.fromkeys(DATE_FIELDS, own_dates)),
    st.dictionaries(st.sampled_from(DATE_FIELDS), own_dates),
)
def test_it_plans_what_makes_canvas_show_the_wish(was: dict[str, Any], wish: dict[Any, Any]) -> None:
    """Canvas's own rule for an override: a present key is set, an absent one inherits."""
    one = assignment(overrides=(Override(id=5, target=Target.SECTION, section_id=1, **was),))
    before = changes.state_of(one, 1)
    after = changes.with_dates(before, wish, DENVER, section_id=1)
    planned = changes.plan({70: one}, [Change(assignment_id=70, section_id=1, before=before, after=after)])
    shown = {**was}
    for entry in planned.bulk:
        shown = {name: entry.overrides[5].get(name, INHERIT) for name in DATE_FIELDS}
    assert shown == {**was, **wish}


@given(
    st.fixed_dictionaries(dict.fromkeys(DATE_FIELDS, dates)), st.dictionaries(st.sampled_from(DATE_FIELDS), dates)
)
def test_it_never_names_a_base_date_that_stays(was: dict[str, Any], wish: dict[Any, Any]) -> None:
    one = assignment(dates=Dates(**was))
    before = changes.state_of(one, None)
    after = changes.with_dates(before, wish, DENVER, section_id=None)
    planned = changes.plan({70: one}, [Change(assignment_id=70, section_id=None, before=before, after=after)])
    sent = {name: value for entry in planned.bulk for name, value in entry.base.items()}
    assert sent == {name: value for name, value in wish.items() if was[name] != value}
