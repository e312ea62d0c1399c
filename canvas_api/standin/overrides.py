"""The overrides of one assignment (canvas-behaviour.md, section 7)."""

from __future__ import annotations

from typing import Any

from .assignment_rows import override_json
from .call import Call
from .entities import DATES, Assignment, Json, Override
from .override_input import BadInput, changed, kept, new_fields, put, save_problems
from .params import whole
from .wire import Reply, input_errors, invalid, missing_parameter, not_found

EDITABLE = (*DATES, *(f"{name}_overridden" for name in DATES), "student_ids", "title", "unassign_item")


def index(call: Call) -> Reply:
    """The whole list at once: no pages, no Link header. Admins see module overrides too."""
    assignment = _assignment(call)
    rows = call.university.overrides_of(assignment, modules=call.is_admin)
    return Reply(data=[override_json(call.university, each) for each in rows])


def show(call: Call) -> Reply:
    return Reply(data=override_json(call.university, _override(call, _assignment(call))))


def create(call: Call) -> Reply:
    assignment = _assignment(call, "manage_assignments")
    try:
        made = add(call, assignment, _data(call))
    except BadInput as bad:
        raise input_errors(*bad.messages) from None
    return Reply(status=201, data=override_json(call.university, made))


def update(call: Call) -> Reply:
    """A date that is left out is overridden no more. No SIS rules and no closed periods are checked here."""
    assignment = _assignment(call, "manage_assignments")
    override = _override(call, assignment)
    try:
        change(call, assignment, override, _data(call))
    except BadInput as bad:
        raise input_errors(*bad.messages) from None
    return Reply(data=override_json(call.university, override))


def delete(call: Call) -> Reply:
    override = _override(call, _assignment(call, "manage_assignments"))
    former = override_json(call.university, override)
    override.workflow_state = "deleted"
    return Reply(data=former)


def add(call: Call, assignment: Assignment, data: Json) -> Override:
    """Raises BadInput, or Refused for what the model refuses."""
    fields = new_fields(call.university, assignment, data)
    found = save_problems(call.university, assignment, fields, call.university.override_rows(assignment.id))
    if found:
        raise invalid(found)
    return call.university.add_override(**fields)


def change(call: Call, assignment: Assignment, override: Override, data: Json) -> None:
    draft = changed(call.university, override, assignment, data)
    others = [o for o in call.university.override_rows(assignment.id) if o is not override]
    found = save_problems(call.university, assignment, kept(draft), others)
    if found:
        raise invalid(found)
    put(override, {name: getattr(draft, name) for name in EDITABLE})


# Aliases


def of_section(call: Call) -> Reply:
    section = call.section()
    return _alias(call, section.course_id, "CourseSection", section.id)


def of_group(call: Call) -> Reply:
    group = call.find("student_groups", "group_id")
    return _alias(call, group.course_id, "Group", group.id)


def _alias(call: Call, course_id: int, set_type: str, set_id: int) -> Reply:
    """Redirects to the override's own address."""
    call.require(call.university.courses[course_id], "read")
    assignment = call.assignment(course_id)
    rows = call.university.overrides_of(assignment)
    found = next((o for o in rows if (o.set_type, o.set_id) == (set_type, set_id)), None)
    if found is None:
        raise not_found()
    path = f"/api/v1/courses/{course_id}/assignments/{assignment.id}/overrides/{found.id}"
    return Reply(status=302, body=b"", content_type="text/html", headers={"Location": call.request.origin + path})


def _assignment(call: Call, *rights: str) -> Assignment:
    return call.assignment(call.course(*rights).id)


def _override(call: Call, assignment: Assignment) -> Override:
    rows = call.university.overrides_of(assignment, modules=call.is_admin)
    found = next((o for o in rows if o.id == whole(call.path["id"])), None)
    if found is None:
        raise not_found()
    return found


def _data(call: Call) -> Json:
    data: Any = call.params.get("assignment_override")
    if not isinstance(data, dict):
        raise missing_parameter("assignment_override")
    return data
