"""Creating, changing, duplicating and deleting one assignment (canvas-behaviour.md, section 5)."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from .assignment_rows import assignment_json
from .call import Call
from .dates import end_of_midnight, in_closed_period
from .entities import DATES, Assignment, Course, Json, Override
from .override_input import BadInput, put
from .overrides import add, change
from .params import many, parsed_time, truth, whole
from .rules import FROZEN, closed_base_problems, graded_periods, points_problems, problems
from .wire import Problem, Refused, Reply, input_errors, invalid, missing_parameter

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
UNGRADED_TYPES = {"not_graded", "wiki_page"}
FROZEN_FIELDS = ("name", "points_possible", "grading_type", "omit_from_final_grade", "assignment_group_id")


def _optional(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value in (None, "") else parse(value)


FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("name", str),
    "description": ("description", str),
    "points_possible": ("points_possible", _optional(float)),
    "grading_type": ("grading_type", str),
    "submission_types": ("submission_types", lambda value: tuple(map(str, many(value)))),
    "post_to_sis": ("post_to_sis", truth),
    "published": ("workflow_state", lambda value: "published" if truth(value) else "unpublished"),
    "only_visible_to_overrides": ("only_visible_to_overrides", truth),
    "omit_from_final_grade": ("omit_from_final_grade", truth),
    "hide_in_gradebook": ("hide_in_gradebook", truth),
    "assignment_group_id": ("assignment_group_id", whole),
    "group_category_id": ("group_category_id", _optional(whole)),
    "position": ("position", whole),
    "integration_id": ("integration_id", _optional(str)),
    "sis_assignment_id": ("sis_assignment_id", _optional(str)),
}


def create(call: Call) -> Reply:
    course = call.course("manage_assignments")
    fields = _given(call)
    draft = call.university.add_assignment(
        course_id=course.id,
        name=str(fields.get("name", "")) or "Unnamed",
        workflow_state="unpublished",
        points_possible=0.0,
        submission_types=("none",),
        created_at=call.now,
        updated_at=call.now,
    )
    if "post_to_sis" not in fields and not call.university.exports_grades(course):
        draft.post_to_sis = truth(call.university.setting(course.account_id, "sis_default_grade_export"))
    try:
        _save(call, course, draft, fields)
    except Refused:
        call.university.forget_assignment(draft)
        raise
    return Reply(status=201, data=assignment_json(call, draft))


def update(call: Call) -> Reply:
    course = call.course("manage_assignments")
    assignment = call.assignment(course.id)
    _save(call, course, assignment, _given(call))
    assignment.updated_at = call.now
    return Reply(data=assignment_json(call, assignment))


def delete(call: Call) -> Reply:
    assignment = call.assignment(call.course("manage_assignments").id)
    shown = assignment_json(call, assignment)
    assignment.workflow_state = "deleted"
    return Reply(data=shown | {"workflow_state": "deleted"})


def duplicate(call: Call) -> Reply:
    """The copy is unpublished and not flagged."""
    original = call.assignment(call.course("manage_assignments").id)
    names = ("assignment_group_id", "course_id", "grading_type", "points_possible", "submission_types", *DATES)
    fields: Json = {name: getattr(original, name) for name in names}
    made = call.university.add_assignment(
        **fields,
        name=f"{original.name} Copy",
        workflow_state="unpublished",
        post_to_sis=False,
        created_at=call.now,
    )
    return Reply(data=assignment_json(call, made) | {"new_positions": {str(made.id): made.position}})


def _given(call: Call) -> Json:
    fields: Any = call.params.get("assignment")
    if not isinstance(fields, dict):
        raise missing_parameter("assignment")
    return fields


def _save(call: Call, course: Course, assignment: Assignment, fields: Json) -> None:
    """All or nothing: a draft is checked first, then taken over, its overrides with it."""
    draft = _draft(call, course, assignment, fields)
    if not call.is_admin:
        _check_periods(call, course, assignment, draft)
    rows = call.university.override_rows(assignment.id)
    before = [(each, copy.copy(each)) for each in rows]
    try:
        if "assignment_overrides" in fields:
            _replace_overrides(call, assignment, many(fields["assignment_overrides"]))
        changed_points = draft.points_possible != assignment.points_possible
        found = points_problems(draft.points_possible) if changed_points else []
        found += problems(call.university, draft, call.university.override_rows(assignment.id))
        if found:
            raise invalid(found)
    except Refused:
        call.university.put_back_overrides(assignment.id, before)
        raise
    names = {attribute for attribute, _ in FIELDS.values()} | set(DATES)
    put(assignment, {name: getattr(draft, name) for name in names})


def _draft(call: Call, course: Course, assignment: Assignment, fields: Json) -> Assignment:
    draft = copy.copy(assignment)
    zone = call.university.zone(course.id)
    put(draft, {name: _date(name, fields[name], zone) for name in DATES if name in fields})
    put(draft, {FIELDS[key][0]: FIELDS[key][1](fields[key]) for key in FIELDS.keys() & fields.keys()})
    moved = draft.due_at != assignment.due_at
    if moved and assignment.only_visible_to_overrides and "only_visible_to_overrides" not in fields:
        # Canvas takes a new base date as "for everyone again".
        draft.only_visible_to_overrides = False
    if UNGRADED_TYPES & set(draft.submission_types):
        draft.post_to_sis = False
    return draft


def _date(name: str, value: Any, zone: ZoneInfo) -> Any:
    if value in (None, ""):
        return None
    if not TIME.fullmatch(str(value)):
        raise invalid([(f"assignment[{name}]", f"Invalid datetime for {name}")])
    when = parsed_time(value, zone)
    return when if name == "unlock_at" else end_of_midnight(when, zone)


def _check_periods(call: Call, course: Course, old: Assignment, new: Assignment) -> None:
    periods = graded_periods(call.university, course, old)
    if not periods:
        return
    found: list[Problem] = closed_base_problems(old, new, periods, call.now)
    if in_closed_period(old.due_at, periods, call.now):
        found += [(name, FROZEN) for name in FROZEN_FIELDS if getattr(old, name) != getattr(new, name)]
    if found:
        raise invalid(found, 403)


def _replace_overrides(call: Call, assignment: Assignment, entries: list[Any]) -> None:
    """The list is the whole set: what it does not name is deleted."""
    rows: dict[int | None, Override] = {each.id: each for each in call.university.overrides_of(assignment)}
    named = [rows.get(whole(entry.get("id"))) for entry in entries]
    for each in rows.values():
        if each not in named:
            each.workflow_state = "deleted"
    try:
        for entry, row in zip(entries, named, strict=True):
            if row is None:
                add(call, assignment, entry)
            else:
                change(call, assignment, row, entry)
    except BadInput as bad:
        raise input_errors(*bad.messages) from None
