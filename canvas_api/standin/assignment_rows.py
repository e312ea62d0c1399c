"""An assignment and its overrides as JSON (canvas-behaviour.md, section 5)."""

from __future__ import annotations

from datetime import datetime

from .call import Call
from .dates import all_dates, as_admin, as_student, closed_now, overriding
from .entities import DATES, Assignment, Course, Json, Override
from .rules import due_date_required, title_limit
from .university import University
from .wire import stamp

PLAIN = (
    "id",
    "name",
    "description",
    "course_id",
    "assignment_group_id",
    "position",
    "points_possible",
    "grading_type",
    "post_to_sis",
    "only_visible_to_overrides",
    "omit_from_final_grade",
    "hide_in_gradebook",
    "moderated_grading",
    "final_grader_id",
    "anonymous_grading",
    "graded_submissions_exist",
    "has_submitted_submissions",
    "group_category_id",
    "workflow_state",
)


def assignment_json(call: Call, assignment: Assignment, *, student_id: int | None = None) -> Json:
    university = call.university
    course = university.courses[assignment.course_id]
    dates = _dates(call, assignment, student_id)
    shown: Json = {name: getattr(assignment, name) for name in PLAIN}
    shown |= {name: stamp(dates[name]) for name in DATES}
    shown |= {
        "submission_types": list(assignment.submission_types),
        "created_at": stamp(assignment.created_at),
        "updated_at": stamp(assignment.updated_at or assignment.created_at),
        "published": assignment.workflow_state == "published",
        "unpublishable": not assignment.has_submitted_submissions,
        "visible_to_everyone": not assignment.only_visible_to_overrides,
        "due_date_required": due_date_required(university, assignment),
        "max_name_length": title_limit(university, assignment),
        "in_closed_grading_period": closed_now(university, assignment),
        "html_url": f"{call.request.origin}/courses/{course.id}/assignments/{assignment.id}",
        "is_quiz_assignment": assignment.quiz_id is not None,
        "locked_for_user": False,
    }
    if assignment.quiz_id is not None:
        shown["quiz_id"] = assignment.quiz_id
    return shown | _by_right(call, course, assignment) | _included(call, course, assignment)


def _dates(call: Call, assignment: Assignment, student_id: int | None) -> dict[str, datetime | None]:
    if student_id is not None:
        return as_student(call.university, assignment, student_id) or {}
    if call.flag("override_assignment_dates", True):
        return as_admin(call.university, assignment)
    return {name: getattr(assignment, name) for name in DATES}


def _by_right(call: Call, course: Course, assignment: Assignment) -> Json:
    shown: Json = {}
    if call.may(course, "manage_assignments"):
        shown["has_overrides"] = bool(call.university.overrides_of(assignment))
    if call.may(course, "manage_grades"):
        shown["needs_grading_count"] = assignment.needs_grading_count
    if call.may(course, "read_sis"):
        names = ("sis_assignment_id", "integration_id", "integration_data")
        shown |= {name: getattr(assignment, name) for name in names}
    return shown


def _included(call: Call, course: Course, assignment: Assignment) -> Json:
    shown: Json = {}
    if "all_dates" in call.include:
        closed = closed_now(call.university, assignment)
        editing = {"can_edit": call.is_admin or not closed, "in_closed_grading_period": closed}
        shown |= all_dates(call.university, assignment, editing if "can_edit" in call.include else {})
    if "overrides" in call.include and call.may(course, "manage_assignments"):
        shown["overrides"] = [
            override_json(call.university, each) for each in call.university.overrides_of(assignment)
        ]
    return shown


def override_json(university: University, override: Override) -> Json:
    """A date key is there only if the override overrides that date; null then means no date."""
    shown: Json = {"id": override.id, "title": override.title, "unassign_item": override.unassign_item}
    if override.context_module_id is not None:
        shown["context_module_id"] = override.context_module_id
    else:
        shown["assignment_id"] = override.assignment_id
    if overriding(override, "due_at"):
        shown |= {"due_at": stamp(override.due_at)} | _all_day(university, override)
    shown |= {name: stamp(getattr(override, name)) for name in DATES[1:] if overriding(override, name)}
    return shown | _target(university, override)


def _all_day(university: University, override: Override) -> Json:
    if override.due_at is None or override.assignment_id is None:
        return {"all_day": False, "all_day_date": None}
    course_id = university.assignments[override.assignment_id].course_id
    local = override.due_at.astimezone(university.zone(course_id))
    return {"all_day": (local.hour, local.minute) == (23, 59), "all_day_date": local.date().isoformat()}


def _target(university: University, override: Override) -> Json:
    if override.set_type == "ADHOC":
        return {"student_ids": list(override.student_ids)}
    if override.set_type == "Group":
        group = university.student_groups[override.set_id or 0]
        return {"group_id": group.id, "group_category_id": group.group_category_id, "non_collaborative": False}
    key = {"CourseSection": "course_section_id", "Course": "course_id", "Noop": "noop_id"}[override.set_type]
    return {key: override.set_id}
