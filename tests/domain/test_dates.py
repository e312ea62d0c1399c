from __future__ import annotations

import pytest

from registrar.domain.dates import (
    Source,
    Step,
    StepKind,
    effective_dates,
    explain,
    group_exceptions,
    is_given,
    student_exceptions,
)
from registrar.domain.facts import DATE_FIELDS, Assignment, Dates, Override, Target
from tests.domain.build import (
    assignment,
    day,
    for_course,
    for_group,
    for_mastery,
    for_section,
    for_students,
)


def due(of: Assignment, section: int = 1) -> tuple[object, str]:
    found = effective_dates(of, section)
    assert found
    return found.due_at.value, found.due_at.source.value


def wins(of: Assignment, field: str = "due_at") -> list[tuple[StepKind, object, bool]]:
    return [(step.kind, step.value, step.wins) for step in explain(of, 1, field)]  # type: ignore[arg-type]


def test_it_does_not_guess_what_canvas_did_not_tell() -> None:
    untold = assignment(overrides=None)
    assert is_given(untold, 1) is None
    found = effective_dates(untold, 1)
    assert found
    for field in DATE_FIELDS:
        date = getattr(found, field)
        assert (date.value, date.source) == (None, Source.UNKNOWN)
    assert explain(untold, 1, "due_at") == (Step(kind=StepKind.UNKNOWN, wins=True),)


def test_it_calls_two_missing_dates_a_tie() -> None:
    assert due(assignment(overrides=(for_section(due_at=None), for_course(due_at=None)))) == (None, "several")


def test_it_takes_an_override_that_sets_nothing_as_giving_the_assignment() -> None:
    of = assignment(only_visible_to_overrides=True, overrides=(for_section(1),))
    assert due(of) == (day(9), "assignment")
    assert effective_dates(of, 2) is None


def test_it_takes_an_unassigned_section_as_without_it_whatever_the_course_override_says() -> None:
    of = assignment(overrides=(for_course(due_at=day(3)), for_section(1, unassigned=True, due_at=day(4))))
    assert is_given(of, 1) is False
    assert due(of, 2) == (day(3), "course")


def test_it_knows_no_unassigning_for_a_whole_course() -> None:
    assert is_given(assignment(overrides=(for_course(unassigned=True),)), 1) is True


def test_it_does_not_give_an_assignment_by_mastery_path_alone() -> None:
    of = assignment(only_visible_to_overrides=True, overrides=(for_mastery(due_at=day(5)),))
    assert is_given(of, 1) is False


@pytest.mark.parametrize("said", [{}, {"due_at": None}])
def test_it_needs_a_date_to_take_one_from_mastery_paths(said: dict[str, None]) -> None:
    assert due(assignment(dates=Dates(), overrides=(for_mastery(**said),))) == (None, "none")


def test_it_takes_only_the_due_date_from_mastery_paths() -> None:
    of = assignment(dates=Dates(), overrides=(for_mastery(due_at=day(5), lock_at=day(6)),))
    found = effective_dates(of, 1)
    assert found
    assert (found.due_at.source, found.lock_at.source) == (Source.MASTERY_PATH, Source.NONE)
    assert wins(of, "lock_at") == [(StepKind.BASE, None, True)]


def test_it_lets_mastery_paths_date_a_section_whose_override_leaves_the_due_date() -> None:
    of = assignment(dates=Dates(), overrides=(for_section(lock_at=day(20)), for_mastery(due_at=day(5))))
    assert due(of) == (day(5), "mastery_path")


def test_it_prefers_a_sections_missing_date_to_mastery_paths() -> None:
    of = assignment(dates=Dates(), overrides=(for_section(due_at=None), for_mastery(due_at=day(5))))
    assert due(of) == (None, "section")


def test_it_explains_each_date_it_weighed() -> None:
    overrides = (for_section(due_at=day(5)), for_course(due_at=day(12)), for_mastery(due_at=day(30)))
    assert explain(assignment(overrides=overrides), 1, "due_at") == (
        Step(kind=StepKind.BASE, value=day(9)),
        Step(kind=StepKind.SECTION, value=day(5), override_id=101),
        Step(kind=StepKind.COURSE, value=day(12), override_id=200, wins=True),
        Step(kind=StepKind.MASTERY_PATH, value=day(30), override_id=500),
    )


def test_it_explains_what_inherits() -> None:
    of = assignment(overrides=(for_section(lock_at=day(20)), for_course(unlock_at=day(1))))
    assert wins(of) == [
        (StepKind.BASE, day(9), True),
        (StepKind.SECTION_INHERITS, None, False),
        (StepKind.COURSE_INHERITS, None, False),
    ]


def test_it_explains_a_date_from_mastery_paths() -> None:
    of = assignment(dates=Dates(), overrides=(for_mastery(due_at=day(5)),))
    assert wins(of) == [(StepKind.BASE, None, False), (StepKind.MASTERY_PATH, day(5), True)]


def test_it_explains_why_a_section_is_without_it() -> None:
    unassigned = assignment(overrides=(for_section(1, unassigned=True),))
    assert explain(unassigned, 1, "due_at") == (Step(kind=StepKind.UNASSIGNED, override_id=101, wins=True),)
    others = assignment(only_visible_to_overrides=True, overrides=(for_section(2),))
    assert explain(others, 1, "due_at") == (Step(kind=StepKind.NOT_GIVEN, wins=True),)


def test_it_counts_each_student_with_dates_of_their_own_once() -> None:
    more = Override(id=301, target=Target.STUDENTS, student_ids=(2, 3), lock_at=None)
    assert student_exceptions(assignment(overrides=(for_students(1, 2, due_at=day(30)), more))) == 3


@pytest.mark.parametrize("override", [for_students(1, 2), for_students(1, due_at=day(3), unassigned=True)])
def test_it_counts_no_student_without_dates_of_their_own(override: Override) -> None:
    assert student_exceptions(assignment(overrides=(override,))) == 0


def test_it_counts_groups_apart() -> None:
    of = assignment(overrides=(for_group(due_at=day(3)), for_group(), for_students(1, due_at=day(4))))
    assert (group_exceptions(of), student_exceptions(of)) == (1, 1)


def test_it_counts_no_exception_where_canvas_did_not_tell() -> None:
    of = assignment(overrides=None)
    assert (group_exceptions(of), student_exceptions(of)) == (0, 0)


def test_it_shows_an_inherited_date_by_name() -> None:
    assert repr(for_section()).count("INHERIT") == len(DATE_FIELDS)
