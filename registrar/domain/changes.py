"""Changes of dates and of sync flags: what they mean, and what Canvas is asked to do.

A change concerns one assignment, for everyone (the base date) or in one section. Its ``before`` and ``after`` are
states; a date that is INHERIT leaves the base date to decide. What must never happen is in design.md, section 5;
why, in canvas-behaviour.md, sections 2, 3, 5 and 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from registrar.domain.calendar import as_canvas_keeps
from registrar.domain.dates import effective_dates
from registrar.domain.facts import (
    DATE_FIELDS,
    INHERIT,
    Assignment,
    Course,
    DateField,
    Dates,
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


def with_dates(
    state: State, dates: Mapping[DateField, OverrideDate], zone: tzinfo, *, section_id: int | None
) -> State:
    """The state with some dates changed, as Canvas will keep them.

    Canvas moves a section's due or lock date at midnight to the end of its day, so that is what is proposed. It
    does so with no base date in ``bulk_update`` (canvas-behaviour.md, section 3).
    """
    if section_id is None:
        return _changed(state, {name: _plain(value) for name, value in dates.items()})
    kept = {name: _kept(name, value, zone) for name, value in dates.items()}
    exists = state.exists or any(value is not INHERIT for value in kept.values())
    return replace(_changed(state, kept), exists=exists)


def _changed(state: State, dates: Mapping[DateField, OverrideDate]) -> State:
    return replace(
        state,
        due_at=dates.get("due_at", state.due_at),
        unlock_at=dates.get("unlock_at", state.unlock_at),
        lock_at=dates.get("lock_at", state.lock_at),
    )


def rebased(now: State, before: State, after: State) -> State:
    """The same wish upon another start: only what it meant to change is changed."""
    dates = {name: after.get(name) for name in DATE_FIELDS if before.get(name) != after.get(name)}
    wished = _changed(now, dates)
    exists = after.exists if before.exists != after.exists else now.exists
    # A section whose own dates have vanished meanwhile gets new ones.
    exists = exists or any(wished.get(name) is not INHERIT for name in DATE_FIELDS)
    flag = after.post_to_sis if before.post_to_sis != after.post_to_sis else now.post_to_sis
    return replace(wished, post_to_sis=flag, exists=exists)


def _kept(name: DateField, value: OverrideDate, zone: tzinfo) -> OverrideDate:
    if isinstance(value, datetime) and name != "unlock_at":
        return as_canvas_keeps(value, zone)
    return value


def has_become(found: State, wanted: State, zone: tzinfo, *, section_id: int | None) -> bool:
    """Whether Canvas shows what was wanted, or what it makes of that by itself."""
    zones = (zone, UTC) if section_id is not None else ()
    return (found.exists, found.post_to_sis) == (wanted.exists, wanted.post_to_sis) and all(
        _has_become(name, found.get(name), wanted.get(name), zones) for name in DATE_FIELDS
    )


def _has_become(name: DateField, found: OverrideDate, wanted: OverrideDate, zones: Iterable[tzinfo]) -> bool:
    """Canvas's job may take midnight in the course's zone or in UTC for the day's end."""
    return found == wanted or any(found == _kept(name, wanted, zone) for zone in zones)


class Standing(StrEnum):
    """How Canvas stands to a change that is about to be made."""

    BEFORE = "before"
    AFTER = "after"
    ELSEWHERE = "elsewhere"


def standing(change: Change, assignment: Assignment, zone: tzinfo) -> Standing:
    now = state_of(assignment, change.section_id)
    if has_become(now, change.after, zone, section_id=change.section_id):
        return Standing.AFTER
    return Standing.BEFORE if now == change.before else Standing.ELSEWHERE


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
