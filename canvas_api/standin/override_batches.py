"""Many overrides of one course at once, all or nothing (canvas-behaviour.md, section 7)."""

from __future__ import annotations

from typing import Any

from .assignment_rows import override_json
from .call import Call
from .entities import Assignment, Course, Json, Override
from .override_input import BadInput, changed, kept, new_fields, put, save_problems
from .overrides import EDITABLE
from .params import whole
from .references import find
from .wire import Problem, Reply, input_errors, refused, shape_a


def retrieve(call: Call) -> Reply:
    """In the order asked for, with null for what is not found."""
    course = call.course()
    asked = call.params.get("assignment_overrides")
    if not asked:
        raise input_errors("no assignment_overrides values present")
    if not isinstance(asked, list) or not all(
        isinstance(e, dict) and {"id", "assignment_id"} <= e.keys() for e in asked
    ):
        raise input_errors("must specify an array with entry format { id, assignment_id }")
    found = [_override(call, _assignment(call, course, each), each.get("id")) for each in asked]
    return Reply(data=[o and override_json(call.university, o) for o in found])


def create(call: Call) -> Reply:
    course = call.course("manage_assignments")
    entries = _entries(call)
    drafts = [_new(call, course, entry) for entry in entries]
    _refuse(drafts)
    _refuse([_unsaved(call, draft, [other for other in drafts if other is not draft]) for draft in drafts])
    made = [call.university.add_override(**draft) for draft in drafts]
    return Reply(data=[override_json(call.university, each) for each in made])


def update(call: Call) -> Reply:
    """Every date that an entry leaves out is overridden no more."""
    course = call.course("manage_assignments")
    pairs = [_changed(call, course, entry) for entry in _entries(call)]
    _refuse(pairs)
    _refuse([_unsaved_change(call, override, draft) for override, draft in pairs])
    for override, draft in pairs:
        put(override, {name: getattr(draft, name) for name in EDITABLE})
    return Reply(data=[override_json(call.university, override) for override, _ in pairs])


def _entries(call: Call) -> list[Any]:
    entries = call.params.get("assignment_overrides")
    if not entries:
        raise input_errors("no assignment override data present")
    if not isinstance(entries, list):
        raise input_errors("must specify an array of overrides")
    return entries


def _refuse(results: list[Any]) -> None:
    """Errors stand where their entries stood; a good entry is null."""
    errors = [
        each.messages if isinstance(each, BadInput) else each if _is_shape_a(each) else None for each in results
    ]
    if any(errors):
        raise refused(400, {"errors": errors})


def _is_shape_a(result: Any) -> bool:
    return isinstance(result, dict) and "errors" in result


def _new(call: Call, course: Course, entry: Any) -> Any:
    """The fields of the new override, or BadInput."""
    if not isinstance(entry, dict) or not entry.get("assignment_id"):
        return BadInput("must specify an assignment id")
    if entry.get("id"):
        return BadInput("may not specify an override id")
    assignment = _assignment(call, course, entry)
    if assignment is None:
        return BadInput("assignment not found")
    try:
        return new_fields(call.university, assignment, entry)
    except BadInput as bad:
        return bad


def _changed(call: Call, course: Course, entry: Any) -> Any:
    """The override and its draft, or BadInput."""
    if not isinstance(entry, dict) or not entry.get("assignment_id"):
        return BadInput("must specify an assignment id")
    if not entry.get("id"):
        return BadInput("must specify an override id")
    assignment = _assignment(call, course, entry)
    if assignment is None:
        return BadInput("assignment not found")
    override = _override(call, assignment, entry["id"])
    if override is None:
        return BadInput("override not found")
    try:
        return override, changed(call.university, override, assignment, entry)
    except BadInput as bad:
        return bad


def _unsaved(call: Call, draft: Json, others: list[Json]) -> Json | None:
    assignment = call.university.assignments[draft["assignment_id"]]
    found = save_problems(call.university, assignment, draft, call.university.override_rows(assignment.id))
    return _errors(found or [("set_id", "taken")] if found or _twice(draft, others) else [])


def _twice(draft: Json, others: list[Json]) -> bool:
    same = ("assignment_id", "set_type", "set_id")
    clashing = [o for o in others if all(o[name] == draft[name] for name in same)]
    if draft["set_type"] != "ADHOC":
        return bool(clashing)
    return any(set(o["student_ids"]) & set(draft["student_ids"]) for o in clashing)


def _unsaved_change(call: Call, override: Override, draft: Override) -> Json | None:
    assignment = call.university.assignments[override.assignment_id or 0]
    others = [o for o in call.university.override_rows(assignment.id) if o is not override]
    return _errors(save_problems(call.university, assignment, kept(draft), others))


def _errors(found: list[Problem]) -> Json | None:
    return shape_a(found) if found else None


def _assignment(call: Call, course: Course, entry: Json) -> Assignment | None:
    found: Assignment | None = find(call.university, "assignments", str(entry.get("assignment_id")))
    here = found is not None and found.course_id == course.id and found.workflow_state != "deleted"
    return found if here else None


def _override(call: Call, assignment: Assignment | None, number: Any) -> Override | None:
    rows = call.university.overrides_of(assignment) if assignment is not None else []
    return next((o for o in rows if o.id == whole(number)), None)
