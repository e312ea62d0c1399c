"""Changes of dates and of sync flags: what they mean, why some must not be made, and what Canvas is asked to do.

A change concerns one assignment, for everyone (the base date) or in one section. Its ``before`` and ``after`` are
states; a date that is INHERIT leaves the base date to decide. What must never happen is in design.md, section 5;
why, in canvas-behaviour.md, sections 2, 3, 5 and 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from registrar.domain.calendar import as_canvas_keeps, is_closed, is_later, period_of, span
from registrar.domain.dates import effective_dates
from registrar.domain.facts import (
    DATE_FIELDS,
    INHERIT,
    Assignment,
    Course,
    DateField,
    Dates,
    GradingPeriod,
    Inherit,
    Override,
    OverrideDate,
    Section,
    Target,
)

Key = tuple[int, int | None]
"""(assignment, section), section None for everyone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The dates and the flag as they stand, or as they are to stand, for everyone or in one section."""

    due_at: OverrideDate = None
    unlock_at: OverrideDate = None
    lock_at: OverrideDate = None
    post_to_sis: bool = True
    exists: bool = True
    """Whether the section has dates of its own in Canvas at all; always true for everyone."""

    def get(self, name: DateField) -> OverrideDate:
        value: OverrideDate = getattr(self, name)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    assignment_id: int
    section_id: int | None
    before: State
    after: State

    @property
    def key(self) -> Key:
        return self.assignment_id, self.section_id

    @property
    def fields(self) -> tuple[DateField, ...]:
        """The dates that it changes."""
        return tuple(name for name in DATE_FIELDS if self.before.get(name) != self.after.get(name))


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
    FLAG_REFUSED = "flag_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    refusal: Refusal
    field: DateField | None = None
    section_id: int | None = None
    limit: datetime | None = None


# States


def own_override(assignment: Assignment, section_id: int) -> Override | None:
    overrides = assignment.overrides or ()
    return next((o for o in overrides if o.target is Target.SECTION and o.section_id == section_id), None)


def state_of(assignment: Assignment, section_id: int | None) -> State:
    if section_id is None:
        dates: Dates | Override | None = assignment.dates
    else:
        dates = own_override(assignment, section_id)
    if dates is None:
        return State(
            due_at=INHERIT, unlock_at=INHERIT, lock_at=INHERIT, post_to_sis=assignment.post_to_sis, exists=False
        )
    return State(
        due_at=dates.due_at, unlock_at=dates.unlock_at, lock_at=dates.lock_at, post_to_sis=assignment.post_to_sis
    )


def with_dates(state: State, dates: Mapping[DateField, OverrideDate], zone: tzinfo) -> State:
    """The state with some dates changed, as Canvas will keep them."""
    kept = {name: _kept(name, value, zone) for name, value in dates.items()}
    return State(
        due_at=kept.get("due_at", state.due_at),
        unlock_at=kept.get("unlock_at", state.unlock_at),
        lock_at=kept.get("lock_at", state.lock_at),
        post_to_sis=state.post_to_sis,
        exists=True,
    )


def _kept(name: DateField, value: OverrideDate, zone: tzinfo) -> OverrideDate:
    """Canvas moves a due or lock date at midnight to the end of its day, so that is what is proposed."""
    if isinstance(value, datetime) and name != "unlock_at":
        return as_canvas_keeps(value, zone)
    return value


def is_same(one: State, other: State, zone: tzinfo) -> bool:
    return (
        one.exists == other.exists
        and one.post_to_sis == other.post_to_sis
        and all(_is_same_date(name, one.get(name), other.get(name), zone) for name in DATE_FIELDS)
    )


def _is_same_date(name: DateField, one: OverrideDate, other: OverrideDate, zone: tzinfo) -> bool:
    """Canvas's job may take midnight in the course's zone or in UTC for the day's end."""
    return one == other or any(_kept(name, one, z) == _kept(name, other, z) for z in (zone, UTC))


class Standing(StrEnum):
    """How Canvas stands to a change that is about to be made."""

    BEFORE = "before"
    AFTER = "after"
    ELSEWHERE = "elsewhere"


def standing(change: Change, assignment: Assignment, zone: tzinfo) -> Standing:
    now = state_of(assignment, change.section_id)
    if is_same(now, change.after, zone):
        return Standing.AFTER
    return Standing.BEFORE if is_same(now, change.before, zone) else Standing.ELSEWHERE


# What a change would come to


def with_changes(assignment: Assignment, changes: Iterable[Change]) -> Assignment:
    """The assignment as it will be: what a preview assesses."""
    for change in changes:
        if change.assignment_id == assignment.id:
            assignment = _with_change(assignment, change)
    return assignment


def _with_change(assignment: Assignment, change: Change) -> Assignment:
    after = change.after
    assignment = replace(assignment, post_to_sis=after.post_to_sis)
    if change.section_id is None:
        return replace(assignment, dates=Dates(**{name: _plain(after.get(name)) for name in DATE_FIELDS}))
    own = own_override(assignment, change.section_id)
    others = tuple(o for o in assignment.overrides or () if o is not own)
    if not after.exists:
        return replace(assignment, overrides=others)
    new = own or Override(id=0, target=Target.SECTION, section_id=change.section_id)
    new = replace(new, due_at=after.due_at, unlock_at=after.unlock_at, lock_at=after.lock_at)
    return replace(assignment, overrides=(*others, new))


def _plain(value: OverrideDate) -> datetime | None:
    return None if isinstance(value, Inherit) else value


def sections_moved(course: Course, assignment: Assignment, change: Change) -> tuple[Section, ...]:
    """The sections whose effective dates the change moves; for the base date that may be many."""
    after = with_changes(assignment, [change])
    return tuple(
        section
        for section in course.sections
        if effective_dates(assignment, section.id) != effective_dates(after, section.id)
    )


# Why not


def objections(
    course: Course, changes: Sequence[Change], *, now: datetime, closed_allowed: bool = False
) -> dict[Key, Objection]:
    """The changes that must not be made, each with the first reason."""
    assignments = {assignment.id: assignment for assignment in course.assignments}
    after = {id_: with_changes(assignment, changes) for id_, assignment in assignments.items()}
    found: dict[Key, Objection] = {}
    for change in changes:
        before = assignments.get(change.assignment_id)
        if before is None:
            found[change.key] = Objection(refusal=Refusal.NOT_IN_COURSE)
        elif objection := _objection(course, change, before, after[before.id], now, closed_allowed):
            found[change.key] = objection
    return found


def _objection(
    course: Course, change: Change, before: Assignment, after: Assignment, now: datetime, closed_allowed: bool
) -> Objection | None:
    if not change.fields and change.before.exists == change.after.exists:
        return None
    return (
        _objection_to_place(course, change, before)
        or _objection_to_order(course, change, after)
        or _objection_to_term(course, change, after)
        or (None if closed_allowed else _objection_to_period(course, change, before, after, now))
        or _objection_to_no_date(change, after)
    )


def _objection_to_place(course: Course, change: Change, before: Assignment) -> Objection | None:
    if before.overrides is None:
        return Objection(refusal=Refusal.NOT_TOLD)
    if change.section_id is None:
        return None
    if change.section_id not in {section.id for section in course.sections}:
        return Objection(refusal=Refusal.NOT_IN_COURSE, section_id=change.section_id)
    own = own_override(before, change.section_id)
    if own and own.unassigned:
        return Objection(refusal=Refusal.UNASSIGNED, section_id=change.section_id)
    # Dates of its own would give the assignment to a section that does not have it.
    if own is None and effective_dates(before, change.section_id) is None:
        return Objection(refusal=Refusal.NOT_GIVEN, section_id=change.section_id)
    return None


def _places(course: Course, change: Change, after: Assignment) -> Iterable[tuple[Section | None, Dates]]:
    """Where the change can be seen: its section; or the base and every section that has the assignment."""
    if change.section_id is None:
        yield None, after.dates
    for section in course.sections:
        if change.section_id not in (None, section.id):
            continue
        if found := effective_dates(after, section.id):
            yield (
                section,
                Dates(due_at=found.due_at.value, unlock_at=found.unlock_at.value, lock_at=found.lock_at.value),
            )


def _objection_to_order(course: Course, change: Change, after: Assignment) -> Objection | None:
    for section, dates in _places(course, change, after):
        due, unlock, lock = dates.due_at, dates.unlock_at, dates.lock_at
        pairs = ((unlock, due), (due, lock), (unlock, lock))
        if any(first and second and is_later(first, second) for first, second in pairs):
            return Objection(refusal=Refusal.OUT_OF_ORDER, section_id=section.id if section else None)
    return None


def _objection_to_term(course: Course, change: Change, after: Assignment) -> Objection | None:
    """As Canvas's own forms: due and available-from not before the start, due and until not after the end."""
    for section, dates in _places(course, change, after):
        if section is None:
            continue
        limits = span(section, course)
        for name in change.fields:
            value = getattr(dates, name)
            if value is None:
                continue
            if name != "lock_at" and limits.start and is_later(limits.start, value):
                return Objection(
                    refusal=Refusal.OUTSIDE_TERM, field=name, section_id=section.id, limit=limits.start
                )
            if name != "unlock_at" and limits.end and is_later(value, limits.end):
                return Objection(refusal=Refusal.OUTSIDE_TERM, field=name, section_id=section.id, limit=limits.end)
    return None


def _objection_to_period(
    course: Course, change: Change, before: Assignment, after: Assignment, now: datetime
) -> Objection | None:
    """Canvas lets an administrator's token write into a closed period; what is closed is closed for us too."""
    if "due_at" not in change.fields or before.grading_type == "not_graded":
        return None
    for _, dates in (*_places(course, change, before), *_places(course, change, after)):
        period = period_of(dates.due_at, course.periods)
        if period and is_closed(period, now):
            limit = period.close_at or period.end_at
            return Objection(refusal=Refusal.CLOSED_PERIOD, field="due_at", limit=limit)
    return None


def _objection_to_no_date(change: Change, after: Assignment) -> Objection | None:
    if not after.due_date_required or not after.post_to_sis or after.grading_type == "not_graded":
        return None
    if change.after.due_at is None and "due_at" in change.fields:
        return Objection(refusal=Refusal.DUE_REQUIRED, field="due_at", section_id=change.section_id)
    return None


# What Canvas is asked to do


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEntry:
    """One assignment of a ``bulk_update``. Of the base only the dates that change go out, because an absent one is
    kept there; of an override always all that it sets, because an absent one is reset to "inherits"."""

    assignment_id: int
    base: Mapping[DateField, datetime | None] = field(default_factory=dict)
    overrides: Mapping[int, Mapping[DateField, datetime | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride:
    assignment_id: int
    section_id: int
    dates: Mapping[DateField, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The writes for one course. New overrides go first: they alone can be refused as a whole without a trace."""

    creates: tuple[NewOverride, ...] = ()
    bulk: tuple[BulkEntry, ...] = ()
    deletes: tuple[tuple[int, int], ...] = ()
    """(assignment, override)."""
    flags: tuple[tuple[int, bool], ...] = ()
    """(assignment, wanted)."""


def plan(assignments: Mapping[int, Assignment], changes: Sequence[Change]) -> Plan:
    """What to ask Canvas for, given the assignments as they were just read."""
    creates: list[NewOverride] = []
    deletes: list[tuple[int, int]] = []
    base: dict[int, dict[DateField, datetime | None]] = {}
    overrides: dict[int, dict[int, dict[DateField, datetime | None]]] = {}
    for change in changes:
        if change.section_id is None:
            moved = {name: _plain(change.after.get(name)) for name in change.fields}
            if moved:
                base[change.assignment_id] = moved
            continue
        own = own_override(assignments[change.assignment_id], change.section_id)
        dates = _set_dates(change.after)
        if own is None and change.after.exists:
            creates.append(
                NewOverride(assignment_id=change.assignment_id, section_id=change.section_id, dates=dates)
            )
        elif own is not None and not change.after.exists:
            deletes.append((change.assignment_id, own.id))
        elif own is not None and change.fields:
            overrides.setdefault(change.assignment_id, {})[own.id] = dates
    return Plan(
        creates=tuple(creates),
        bulk=tuple(
            BulkEntry(assignment_id=id_, base=base.get(id_, {}), overrides=overrides.get(id_, {}))
            for id_ in sorted(base.keys() | overrides.keys())
        ),
        deletes=tuple(deletes),
        flags=_flags(changes),
    )


def _flags(changes: Sequence[Change]) -> tuple[tuple[int, bool], ...]:
    wanted = {
        change.assignment_id: change.after.post_to_sis
        for change in changes
        if change.before.post_to_sis != change.after.post_to_sis
    }
    return tuple(sorted(wanted.items()))


def _set_dates(state: State) -> dict[DateField, datetime | None]:
    return {name: _plain(value) for name in DATE_FIELDS if (value := state.get(name)) is not INHERIT}


# Turning grade sync off


def taken_by_canvas(assignments: Iterable[Assignment], period: GradingPeriod | None) -> list[Assignment]:
    """What ``disable_post_to_sis`` takes: with a period by the base date alone, to the second and both ends
    included, and everything without a base date (canvas-behaviour.md, section 2)."""
    flagged = [one for one in assignments if one.published and one.post_to_sis]
    if period is None:
        return flagged
    return [
        one for one in flagged if one.dates.due_at is None or period.start_at <= one.dates.due_at <= period.end_at
    ]


def falls_in(course: Course, assignment: Assignment, period: GradingPeriod) -> bool:
    """Whether every section that has the assignment has its due date in the period."""
    found = [dates for section in course.sections if (dates := effective_dates(assignment, section.id))]
    due = [dates.due_at.value for dates in found]
    return bool(due) and all(when is not None and _is_in(when, period) for when in due)


def _is_in(when: datetime, period: GradingPeriod) -> bool:
    return period_of(when, [period]) is not None
