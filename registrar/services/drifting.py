"""Drift: notice when something that was approved and applied is changed in Canvas again."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from registrar.domain import drift, facts
from registrar.domain.changes import State
from registrar.models import Change, Course

from .states import as_change, as_json


def look(course: Course, found: facts.Course, *, now: datetime) -> None:
    """With every reading that says something new; one query where nothing was ever applied to this course."""
    rows = Change.objects.filter(course=course, state__in=Change.GOOD)
    by_key = sorted(rows.order_by("proposal__started_at", "pk"), key=_key)
    assignments = {one.id: one for one in found.assignments}
    for (assignment_id, _), changes in groupby(by_key, key=_key):
        _look(list(changes), assignments.get(assignment_id), ZoneInfo(found.time_zone), now)


def _key(row: Change) -> tuple[int, int]:
    return row.assignment_id, row.section_id or 0


def _look(rows: list[Change], assignment: facts.Assignment | None, zone: ZoneInfo, now: datetime) -> None:
    states = drift.drifted([as_change(row) for row in rows], assignment, zone)
    for number, state in states.items():
        _keep(rows[number], state, now)


def _keep(row: Change, state: State | None, now: datetime) -> None:
    """The time is that of the first look that showed it; it is forgotten when the change stands again."""
    drifted_at = (row.drifted_at or now) if state is not None else None
    drifted_to = as_json(state) if state is not None else None
    if (drifted_at, drifted_to) != (row.drifted_at, row.drifted_to):
        Change.objects.filter(pk=row.pk).update(drifted_at=drifted_at, drifted_to=drifted_to)
