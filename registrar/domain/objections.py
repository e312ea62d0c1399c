"""Why a change must not be made, known before Canvas sees it.

Canvas's server checks neither the order of a section's dates nor the term (canvas-behaviour.md, section 3), and
what it does refuse makes it refuse all of a course's changes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registrar.domain.calendar import is_closed, is_later, period_of, span
from registrar.domain.changes import Change, Key, own_override, with_changes
from registrar.domain.dates import effective_dates
from registrar.domain.facts import Assignment, Course, DateField, Dates, Section

NEVER_SYNCED = {"not_graded", "wiki_page"}
"""Submission types for which every save in Canvas takes the flag away."""


class Refusal(StrEnum):
    """Why a change must not be made."""

    NOT_IN_COURSE = "not_in_course"
    NOT_GIVEN = "not_given"
    UNASSIGNED = "unassigned"
    NOT_TOLD = "not_told"
    OUT_OF_ORDER = "out_of_order"
    OUTSIDE_TERM = "outside_term"
    CLOSED_PERIOD = "closed_period"
    DUE_REQUIRED = "due_required"
    NAME_TOO_LONG = "name_too_long"
    FLAG_REFUSED = "flag_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    refusal: Refusal
    field: DateField | None = None
    section_id: int | None = None
    limit: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change among all those of its assignment. ``after`` is the assignment with all of them made."""

    course: Course
    change: Change
    before: Assignment
    after: Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a change is felt: for everyone (``section`` is None) or in one section."""

    section: Section | None
    before: Dates
    after: Dates


def objections(
    course: Course,
    changes: Sequence[Change],
    *,
    now: datetime,
    closed_allowed: bool = False,
    restoring: bool = False,
) -> dict[Key, Objection]:
    """The changes that must not be made, each with the first reason.

    ``restoring``: what was there before may be put back, even if its dates were out of order or outside the term.
    """
    found: dict[Key, Objection] = {}
    for edit in _edits(course, changes, found):
        objection = (
            _to_flag(edit, restoring=restoring)
            or _to_dates(edit, restoring=restoring)
            or (None if closed_allowed else _to_period(edit, now))
        )
        if objection:
            found[edit.change.key] = objection
    return found


def _edits(course: Course, changes: Sequence[Change], missing: dict[Key, Objection]) -> Iterator[Edit]:
    assignments = {assignment.id: assignment for assignment in course.assignments}
    by_assignment: dict[int, list[Change]] = {}
    for change in changes:
        by_assignment.setdefault(change.assignment_id, []).append(change)
    for id_, group in by_assignment.items():
        before = assignments.get(id_)
        if before is None:
            missing |= {change.key: Objection(refusal=Refusal.NOT_IN_COURSE) for change in group}
            continue
        after = with_changes(before, group)
        yield from (Edit(course=course, change=change, before=before, after=after) for change in group)


def _to_flag(edit: Edit, *, restoring: bool) -> Objection | None:
    if not edit.change.after.post_to_sis or edit.change.before.post_to_sis:
        return None
    if NEVER_SYNCED & set(edit.before.submission_types):
        return Objection(refusal=Refusal.FLAG_REFUSED)
    return None if restoring else _to_what_sync_requires(edit)


def _to_what_sync_requires(edit: Edit) -> Objection | None:
    """Of an assignment that is not flagged Canvas tells no requirement, but it tells those of its neighbours."""
    synced = [one for one in edit.course.assignments if one.post_to_sis]
    after = edit.after
    undated = any(one.due_at is None for one in after.overrides or ())
    if any(one.due_date_required for one in synced) and (undated or _lacks_base_date(after)):
        return Objection(refusal=Refusal.DUE_REQUIRED, field="due_at")
    if after.grading_type == "not_graded":
        return None
    limits = [one.max_name_length for one in synced if one.max_name_length is not None]
    if limits and len(after.name) > min(limits):
        return Objection(refusal=Refusal.NAME_TOO_LONG)
    return None


def _to_dates(edit: Edit, *, restoring: bool) -> Objection | None:
    if not _changes_dates(edit.change):
        return None
    return (
        _to_place(edit)
        or (None if restoring else _to_order(edit) or _to_term(edit))
        or _to_no_date(edit)
        or _to_name(edit)
    )


def _changes_dates(change: Change) -> bool:
    return bool(change.fields) or change.before.exists != change.after.exists


def _to_place(edit: Edit) -> Objection | None:
    section_id = edit.change.section_id
    if edit.before.overrides is None:
        return Objection(refusal=Refusal.NOT_TOLD)
    if section_id is None:
        return None
    if section_id not in {section.id for section in edit.course.sections}:
        return Objection(refusal=Refusal.NOT_IN_COURSE, section_id=section_id)
    own = own_override(edit.before, section_id)
    if own and own.unassigned:
        return Objection(refusal=Refusal.UNASSIGNED, section_id=section_id)
    # Dates of its own would give the assignment to a section that does not have it.
    if own is None and effective_dates(edit.before, section_id) is None:
        return Objection(refusal=Refusal.NOT_GIVEN, section_id=section_id)
    return None


def _places(edit: Edit) -> Iterator[Place]:
    """The base date and every section that it moves; or the one section. What does not move is not judged."""
    if edit.change.section_id is None:
        yield Place(section=None, before=edit.before.dates, after=edit.after.dates)
    for section in edit.course.sections:
        if edit.change.section_id not in (None, section.id):
            continue
        before, after = _dates(edit.before, section.id), _dates(edit.after, section.id)
        if after is not None and (edit.change.section_id is not None or before != after):
            yield Place(section=section, before=before or after, after=after)


def _dates(assignment: Assignment, section_id: int) -> Dates | None:
    found = effective_dates(assignment, section_id)
    if found is None:
        return None
    return Dates(due_at=found.due_at.value, unlock_at=found.unlock_at.value, lock_at=found.lock_at.value)


def _to_order(edit: Edit) -> Objection | None:
    for place in _places(edit):
        due, unlock, lock = place.after.due_at, place.after.unlock_at, place.after.lock_at
        pairs = ((unlock, due), (due, lock), (unlock, lock))
        if any(first and second and is_later(first, second) for first, second in pairs):
            return Objection(refusal=Refusal.OUT_OF_ORDER, section_id=place.section.id if place.section else None)
    return None


def _to_term(edit: Edit) -> Objection | None:
    """As Canvas's own forms: due and available-from not before the start, due and until not after the end."""
    for name in edit.change.fields:
        for section, value in _values(edit, name):
            if limit := _limit_crossed(name, value, section or _ANY, edit.course):
                section_id = section.id if section else None
                return Objection(refusal=Refusal.OUTSIDE_TERM, field=name, section_id=section_id, limit=limit)
    return None


_ANY = Section(id=0, name="")
"""A section without dates of its own: the course's limits hold."""


def _values(edit: Edit, name: DateField) -> Iterator[tuple[Section | None, datetime]]:
    """The new date where it holds; a base date that holds in no section is measured by the course."""
    own = edit.change.after.get(name)
    held = [(place.section, getattr(place.after, name)) for place in _places(edit)]
    if edit.change.section_id is not None:
        held += [(section, own) for section, _ in held]
    else:
        sections = [(section, value) for section, value in held if section and value == own]
        held = [*sections] or [(None, own)]
    yield from ((section, value) for section, value in held if isinstance(value, datetime))


def _limit_crossed(name: DateField, value: datetime, section: Section, course: Course) -> datetime | None:
    limits = span(section, course)
    if name != "lock_at" and limits.start and is_later(limits.start, value):
        return limits.start
    if name != "unlock_at" and limits.end and is_later(value, limits.end):
        return limits.end
    return None


def _to_period(edit: Edit, now: datetime) -> Objection | None:
    """Canvas lets an administrator's token write into a closed period; what is closed is closed for us too."""
    if "due_at" not in edit.change.fields or edit.before.grading_type == "not_graded":
        return None
    for due in _due_dates(edit):
        period = period_of(due, edit.course.periods)
        if period and is_closed(period, now):
            return Objection(refusal=Refusal.CLOSED_PERIOD, field="due_at", limit=period.close_at or period.end_at)
    return None


def _due_dates(edit: Edit) -> Iterator[datetime | None]:
    """Before and after, wherever the change is felt; a base date that is for nobody is in no period."""
    for place in _places(edit):
        if place.section or not edit.before.only_visible_to_overrides:
            yield place.before.due_at
            yield place.after.due_at
    if edit.change.section_id is not None:
        own = (edit.change.before.due_at, edit.change.after.due_at)
        yield from (value for value in own if isinstance(value, datetime))


def _to_no_date(edit: Edit) -> Objection | None:
    """Where the account requires due dates, Canvas looks at the base date only if there are no overrides at all,
    and at every override of an assignment that is changed, graded or not (canvas-behaviour.md, section 3).
    """
    after, change = edit.after, edit.change
    if not after.due_date_required or not after.post_to_sis:
        return None
    cleared = change.after.due_at is None and "due_at" in change.fields
    if (cleared and change.section_id is not None) or _lacks_base_date(after):
        return Objection(refusal=Refusal.DUE_REQUIRED, field="due_at", section_id=change.section_id)
    undated = [one.section_id for one in after.overrides or () if one.due_at is None]
    if undated and _is_checked_by_canvas(edit):
        return Objection(refusal=Refusal.DUE_REQUIRED, field="due_at", section_id=undated[0])
    return None


def _lacks_base_date(after: Assignment) -> bool:
    return after.dates.due_at is None and not after.overrides and after.grading_type != "not_graded"


def _is_checked_by_canvas(edit: Edit) -> bool:
    """New overrides and those that go are saved without a look at the assignment."""
    change = edit.change
    return change.section_id is None or (change.before.exists and change.after.exists)


def _to_name(edit: Edit) -> Objection | None:
    limit = edit.before.max_name_length
    if limit is None or edit.before.grading_type == "not_graded" or not _is_checked_by_canvas(edit):
        return None
    return Objection(refusal=Refusal.NAME_TOO_LONG) if len(edit.before.name) > limit else None
