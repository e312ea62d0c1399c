"""What Canvas's server refuses to save (canvas-behaviour.md, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .dates import in_closed_period, to_the_minute
from .entities import Assignment, Course, GradingPeriod, Override
from .params import truth, whole
from .university import University
from .wire import Problem

USUAL_TITLE_LIMIT = 255
FROM_CLOSED = "Cannot change the due date when due in a closed grading period"
INTO_CLOSED = "Cannot change the due date to a date within a closed grading period"
OVERRIDE_FROM_CLOSED = "Cannot change the due date of an override in a closed grading period"
OVERRIDE_INTO_CLOSED = "Cannot change an override due date to a date within a closed grading period"
FROZEN = "cannot be changed because this assignment is due in a closed grading period"


def _sis_rule(university: University, assignment: Assignment, switch: str) -> bool:
    course = university.courses[assignment.course_id]
    return bool(
        assignment.post_to_sis
        and truth(university.setting(course.account_id, "sis_syncing"))
        and truth(university.setting(course.account_id, switch))
        and "new_sis_integrations" in university.features_of(course)
    )


def due_date_required(university: University, assignment: Assignment) -> bool:
    return _sis_rule(university, assignment, "sis_require_assignment_due_date")


def title_limit(university: University, assignment: Assignment) -> int:
    """A blank limit with the rule switched on gives 0, as in Canvas."""
    if not _sis_rule(university, assignment, "sis_assignment_name_length"):
        return USUAL_TITLE_LIMIT
    account_id = university.courses[assignment.course_id].account_id
    return whole(university.setting(account_id, "sis_assignment_name_length_input")) or 0


def problems(university: University, assignment: Assignment, rows: Sequence[Override]) -> list[Problem]:
    """What is wrong with an assignment whose override rows, deleted ones too, would be ``rows``."""
    graded = assignment.grading_type != "not_graded"
    required = due_date_required(university, assignment)
    limit = title_limit(university, assignment)
    found: list[Problem] = []
    # Any override row at all, even a deleted one, switches the checks of the base dates off.
    if not rows and _out_of_order(assignment):
        found.append(("due_at", "must be between availability dates"))
    if not rows and required and graded and assignment.due_at is None:
        found.append(("due_at", "cannot be blank when Post to Sis is checked"))
    undated = (o for o in rows if o.workflow_state != "deleted" and o.due_at_overridden and o.due_at is None)
    if required and any(undated):
        found.append(("due_at", "cannot be blank for any assignees when Post to Sis is checked"))
    if graded and len(assignment.name) > limit:
        found.append(("title", f"The title cannot be longer than {limit} characters"))
    return found


def points_problems(points: float | None) -> list[Problem]:
    if points is not None and points < 0:
        return [("points_possible", "must be greater than or equal to 0")]
    if points is not None and points >= 1_000_000_000:
        return [("points_possible", "must be less than 1000000000")]
    return []


def _out_of_order(assignment: Assignment) -> bool:
    if assignment.due_at is None:
        return False
    due = to_the_minute(assignment.due_at)
    early = assignment.unlock_at is not None and due < to_the_minute(assignment.unlock_at)
    return early or (assignment.lock_at is not None and due > to_the_minute(assignment.lock_at))


def graded_periods(university: University, course: Course, assignment: Assignment) -> Sequence[GradingPeriod]:
    """Ungraded items are exempt from grading periods."""
    return university.periods_of(course) if assignment.grading_type != "not_graded" else ()


def closed_base_problems(
    old: Assignment, new: Assignment, periods: Sequence[GradingPeriod], now: datetime
) -> list[Problem]:
    visibility = old.only_visible_to_overrides, new.only_visible_to_overrides
    if old.due_at == new.due_at and visibility[0] == visibility[1]:
        return []
    if not visibility[0] and in_closed_period(old.due_at, periods, now):
        return [("due_at", FROM_CLOSED)]
    if not all(visibility) and in_closed_period(new.due_at, periods, now):
        return [("due_at", INTO_CLOSED)]
    return []


def closed_override_problems(
    old: Override, new: Override, periods: Sequence[GradingPeriod], now: datetime
) -> list[Problem]:
    before, after = (old.due_at_overridden, old.due_at), (new.due_at_overridden, new.due_at)
    if before == after:
        return []
    if old.due_at_overridden and in_closed_period(old.due_at, periods, now):
        return [("due_at", OVERRIDE_FROM_CLOSED)]
    if new.due_at_overridden and in_closed_period(new.due_at, periods, now):
        return [("due_at", OVERRIDE_INTO_CLOSED)]
    return []
