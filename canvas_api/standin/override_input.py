"""What a caller may ask of one override (canvas-behaviour.md, section 7)."""

from __future__ import annotations

import copy
from typing import Any

from .dates import end_of_midnight
from .entities import DATES, Assignment, Json, Override
from .params import many, parsed_time, truth, whole
from .references import find
from .university import TARGETS, University
from .wire import Problem

TARGET_KEYS = ("student_ids", "group_id", "course_section_id", "course_id", "noop_id")
NO_TARGET = "one of student_ids, group_id, or course_section_id is required"


class BadInput(Exception):
    """The sentences Canvas answers with."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)


def new_fields(university: University, assignment: Assignment, data: Json) -> Json:
    """The fields of a new override. Raises BadInput."""
    key = next((key for key in TARGET_KEYS if data.get(key) not in (None, "")), None)
    if key is None:
        raise BadInput(NO_TARGET)
    fields: Json = {"assignment_id": assignment.id} | _target(university, assignment, key, data[key])
    fields["title"] = str(data.get("title") or university.override_title(fields))
    if truth(data.get("unassign_item", False)):
        fields["unassign_item"] = True
    return fields | date_fields(university, assignment, data)


def date_fields(university: University, assignment: Assignment, data: Json) -> Json:
    """All three dates: one that is not in ``data`` goes back to inheriting."""
    zone = university.zone(assignment.course_id)
    fields: Json = {}
    for name in DATES:
        try:
            when = parsed_time(data.get(name), zone)
        except ValueError:
            raise BadInput(f'invalid {name} "{data[name]}"') from None
        fields[name] = end_of_midnight(when, zone) if name != "unlock_at" else when
        fields[f"{name}_overridden"] = name in data
    return fields


def _target(university: University, assignment: Assignment, key: str, value: Any) -> Json:
    if key == "student_ids":
        ids = _student_ids(university, value)
        return {"set_type": "ADHOC", "set_id": None, "student_ids": ids}
    return {"set_type": TARGETS[key], "set_id": _set_id(university, assignment, key, value)}


def _student_ids(university: University, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise BadInput(f'invalid student_ids "{value}"')
    found = {str(each): find(university, "users", str(each)) for each in value}
    unknown = [text for text, user in found.items() if user is None]
    if unknown:
        raise BadInput(f"unknown student ids: [{', '.join(repr(each) for each in unknown)}]")
    return tuple(user.id for user in found.values() if user is not None)


def _set_id(university: University, assignment: Assignment, key: str, value: Any) -> int:
    if key == "noop_id":
        return whole(value) or 0
    if key == "course_id":
        return assignment.course_id
    if key == "group_id" and assignment.group_category_id is None:
        raise BadInput("group_id is not valid")
    table, word = ("student_groups", "group") if key == "group_id" else ("sections", "section")
    found = find(university, table, str(value))
    foreign = found is not None and found.course_id != assignment.course_id
    if found is None or foreign:
        raise BadInput(f"unknown {word} id '{value}'")
    return int(found.id)


def changed(university: University, override: Override, assignment: Assignment, data: Json) -> Override:
    """A copy as it would be. Only students may be exchanged: any other target stays. Raises BadInput."""
    draft = copy.copy(override)
    if override.set_type == "ADHOC" and "student_ids" in data:
        draft.student_ids = _student_ids(university, many(data["student_ids"]))
    if data.get("title"):
        draft.title = str(data["title"])
    if "unassign_item" in data:
        draft.unassign_item = truth(data["unassign_item"])
    put(draft, date_fields(university, assignment, data))
    return draft


def put(row: Any, fields: Json) -> None:
    for name, value in fields.items():
        setattr(row, name, value)


def save_problems(
    university: University, assignment: Assignment, draft: Json, others: list[Override]
) -> list[Problem]:
    """What the model itself refuses: two overrides for one set, a student twice or not enrolled."""
    active = [o for o in others if o.workflow_state == "active"]
    if draft["set_type"] != "ADHOC":
        taken = any((o.set_type, o.set_id) == (draft["set_type"], draft["set_id"]) for o in active)
        return [("set_id", "taken")] if taken else []
    students = set(draft["student_ids"])
    if students & {student for o in active for student in o.student_ids}:
        return [("assignment_override_students", "already belongs to an assignment override")]
    enrolled = university.student_ids(assignment.course_id)
    return [] if students <= enrolled else [("assignment_override_students", "is not in the course")]


def kept(override: Override) -> Json:
    """The target of an override as ``save_problems`` wants it."""
    return {"set_type": override.set_type, "set_id": override.set_id, "student_ids": override.student_ids}
