"""``bulk_update``: dates of many assignments by a background job (canvas-behaviour.md, section 3)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .call import Call
from .dates import end_of_midnight
from .entities import DATES, Assignment, Course, Json, Override, Progress
from .jobs import SECONDS, JobFailed, enqueue, progress_json
from .override_input import put
from .params import parsed_time, whole
from .rules import (
    closed_base_problems,
    closed_override_problems,
    graded_periods,
    problems,
)
from .university import University
from .wire import Problem, Reply, bad_request, forbidden, not_found, shape_a

COLUMNS = (*DATES, *(f"{name}_overridden" for name in DATES))


@dataclass(slots=True, kw_only=True)
class Edit:
    """One assignment with all its override rows, as they are and as they would be."""

    assignment: Assignment
    draft: Assignment
    overrides: list[tuple[Override, Override]]

    @property
    def changed(self) -> bool:
        base = any(getattr(self.assignment, name) != getattr(self.draft, name) for name in DATES)
        return base or any(
            getattr(old, name) != getattr(new, name) for old, new in self.overrides for name in COLUMNS
        )

    def save(self, now: datetime) -> None:
        put(self.assignment, {name: getattr(self.draft, name) for name in DATES})
        self.assignment.updated_at = now
        for old, new in self.overrides:
            if any(getattr(old, name) != getattr(new, name) for name in COLUMNS):
                put(old, {name: getattr(new, name) for name in COLUMNS})


def update(call: Call) -> Reply:
    """Checks the list at once, everything else in the job."""
    course = call.course("manage_assignments")
    entries = call.params.get("_json")
    if not isinstance(entries, list):
        raise bad_request("expected array")
    if not all(isinstance(entry, dict) and "id" in entry for entry in entries):
        raise bad_request("missing assignment id")
    found = _assignments(call, course, entries)
    if len(found) != len(entries):
        raise not_found()
    moderated = any(a.moderated_grading and a.final_grader_id is not None for a in found)
    if moderated and not call.may(course, "select_final_grade"):
        raise forbidden()
    skip_closed = call.is_admin

    def work(progress: Progress) -> Json:
        return _run(call.university, course, entries, progress, skip_closed=skip_closed)

    due = call.now + timedelta(seconds=SECONDS)
    return Reply(data=progress_json(call, enqueue(call, course, work, due)))


def _assignments(call: Call, course: Course, entries: list[Json]) -> list[Assignment]:
    """Each id once: the same id twice makes the count differ."""
    asked = {whole(entry["id"]) for entry in entries}
    return [a for a in call.university.assignments_of(course.id) if a.id in asked]


def _run(
    university: University, course: Course, entries: list[Json], progress: Progress, *, skip_closed: bool
) -> Json:
    edits = [edit for entry in entries if (edit := _edit(university, course, entry)) is not None]
    changed = [edit for edit in edits if edit.changed]
    errors = [error for edit in changed for error in _errors(university, course, edit, skip_closed)]
    if errors:
        raise JobFailed(errors, 50.0 * len(changed) / max(1, len(edits)))
    for at, edit in enumerate(changed):
        edit.save(university.now)
        if progress.script == "crash":
            # Canvas saves assignment by assignment: what was saved stays saved.
            raise JobFailed(None, 50.0 + 50.0 * (at + 1) / len(changed), "Unexpected error, ID: 4711")
    return {"updated_count": len(changed)}


def _edit(university: University, course: Course, entry: Json) -> Edit | None:
    rows = entry.get("all_dates")
    if not isinstance(rows, list) or not rows:
        return None
    assignment = university.assignments.get(whole(entry["id"]) or 0)
    if assignment is None or assignment.workflow_state == "deleted":
        raise JobFailed({"message": f"invalid assignment id {entry['id']}"}, 0.0)
    edit = Edit(
        assignment=assignment,
        draft=copy.copy(assignment),
        overrides=[(each, copy.copy(each)) for each in university.override_rows(assignment.id)],
    )
    base = [row for row in rows if isinstance(row, dict) and row.get("base")]
    zone = ZoneInfo(university.job_time_zone or course.time_zone)
    if base:
        put(edit.draft, {name: _time(base[0][name], zone) for name in DATES if name in base[0]})
    for row in rows:
        if isinstance(row, dict) and not row.get("base"):
            put(_own(edit, row), _override_dates(row, zone))
    return edit


def _own(edit: Edit, row: Json) -> Override:
    found = next((new for _, new in edit.overrides if new.id == whole(row.get("id"))), None)
    if found is None:
        message = f"invalid assignment override id {row.get('id')} for assignment {edit.assignment.id}"
        raise JobFailed({"message": message}, 0.0)
    return found


def _override_dates(row: Json, zone: ZoneInfo) -> Json:
    """A present key overrides, null included; an absent one is reset to inheriting."""
    fields: Json = {}
    for name in DATES:
        when = _time(row.get(name), zone)
        fields[name] = end_of_midnight(when, zone) if name != "unlock_at" else when
        fields[f"{name}_overridden"] = name in row
    return fields


def _time(value: Any, zone: ZoneInfo) -> datetime | None:
    try:
        return parsed_time(value, zone)
    except ValueError:
        return None


def _errors(university: University, course: Course, edit: Edit, skip_closed: bool) -> list[Json]:
    """The assignment, then every one of its overrides, sent or not."""
    rows = [new for _, new in edit.overrides]
    periods = () if skip_closed else graded_periods(university, course, edit.assignment)
    found: list[Problem] = []
    if periods:
        found = closed_base_problems(edit.assignment, edit.draft, periods, university.now)
    found += problems(university, edit.draft, rows)
    shown: list[Json] = [{"assignment_id": edit.assignment.id} | shape_a(found)] if found else []
    for old, new in edit.overrides:
        closed = closed_override_problems(old, new, periods, university.now) if periods else []
        if closed:
            shown.append({"assignment_id": edit.assignment.id, "assignment_override_id": new.id} | shape_a(closed))
    return shown
