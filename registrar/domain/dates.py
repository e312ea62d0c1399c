"""Effective dates: what a student who is active in one section alone, without dates of their own, is given.

The definition is design.md, section 3; what Canvas does is canvas-behaviour.md, sections 1 and 6. All times are
aware UTC datetimes. What the SIS endpoint says is a second, separate fact: see ``sis_due_at``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registrar.domain.facts import DATE_FIELDS, INHERIT, Assignment, DateField, Feed, Override, Target


class Source(StrEnum):
    """Where an effective date comes from."""

    ASSIGNMENT = "assignment"
    SECTION = "section"
    COURSE = "course"
    MASTERY_PATH = "mastery_path"
    SEVERAL = "several"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EffectiveDate:
    value: datetime | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    due_at: EffectiveDate
    unlock_at: EffectiveDate
    lock_at: EffectiveDate


class StepKind(StrEnum):
    """What one step of an explanation looked at, or why there is no date to explain."""

    BASE = "base"
    SECTION = "section"
    SECTION_INHERITS = "section_inherits"
    COURSE = "course"
    COURSE_INHERITS = "course_inherits"
    MASTERY_PATH = "mastery_path"
    UNASSIGNED = "unassigned"
    NOT_GIVEN = "not_given"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    kind: StepKind
    value: datetime | None = None
    override_id: int | None = None
    wins: bool = False


NO_DATE = EffectiveDate(None, Source.NONE)
NO_DATES = Effective(due_at=NO_DATE, unlock_at=NO_DATE, lock_at=NO_DATE)
UNKNOWN_DATE = EffectiveDate(None, Source.UNKNOWN)
UNKNOWN_DATES = Effective(due_at=UNKNOWN_DATE, unlock_at=UNKNOWN_DATE, lock_at=UNKNOWN_DATE)


def is_given(assignment: Assignment, section_id: int) -> bool | None:
    """Whether the section has the assignment; None where Canvas did not tell the overrides."""
    if assignment.overrides is None:
        return None
    return _is_given(assignment, _reaching(assignment.overrides, section_id))


def effective_dates(assignment: Assignment, section_id: int) -> Effective | None:
    """The section's three dates, each with its source; None where it does not have the assignment."""
    if assignment.overrides is None:
        return UNKNOWN_DATES
    reaching = _reaching(assignment.overrides, section_id)
    if not _is_given(assignment, reaching):
        return None
    due_at, unlock_at, lock_at = (_resolve(assignment, reaching, field) for field in DATE_FIELDS)
    return Effective(due_at=due_at, unlock_at=unlock_at, lock_at=lock_at)


def explain(assignment: Assignment, section_id: int, field: DateField) -> tuple[Step, ...]:
    """Every date that was weighed for one field, in the order of weighing, the winning ones marked."""
    if assignment.overrides is None:
        return (Step(kind=StepKind.UNKNOWN, wins=True),)
    reaching = _reaching(assignment.overrides, section_id)
    if unassigned := next(filter(_unassigns, reaching), None):
        return (Step(kind=StepKind.UNASSIGNED, override_id=unassigned.id, wins=True),)
    if not _is_given(assignment, reaching):
        return (Step(kind=StepKind.NOT_GIVEN, wins=True),)
    return _steps(assignment, reaching, field)


def in_sis_feed(feed: Feed, section_id: int) -> bool:
    return section_id in feed.sections


def sis_due_at(feed: Feed, section_id: int) -> datetime | None:
    """The due date that a SIS reads which merges as Canvas's documentation says: ``override`` over assignment.

    Nulls are merged too, though a null there may mean "inherits" (canvas-behaviour.md, section 6b).
    """
    if section_id not in feed.sections:
        return None
    override = feed.sections[section_id]
    return feed.dates.due_at if override is None else override.due_at


def student_exceptions(assignment: Assignment) -> int:
    """Distinct students named by overrides that set a date. Canvas does not tell who is in a group."""
    return len({i for o in _setting_dates(assignment, Target.STUDENTS) for i in o.student_ids})


def group_exceptions(assignment: Assignment) -> int:
    """Overrides for a group that set a date."""
    return len(_setting_dates(assignment, Target.GROUP))


def mastery_path_override(assignment: Assignment) -> Override | None:
    """The override whose due date Canvas takes where the assignment has none of its own."""
    if assignment.dates.due_at is not None:
        return None
    return next((o for o in assignment.overrides or () if _is_mastery_date(o)), None)


def _is_mastery_date(override: Override) -> bool:
    return override.target is Target.MASTERY_PATH and isinstance(override.due_at, datetime)


def _setting_dates(assignment: Assignment, target: Target) -> list[Override]:
    overrides = (o for o in assignment.overrides or () if o.target is target and not o.unassigned)
    return [o for o in overrides if any(getattr(o, field) is not INHERIT for field in DATE_FIELDS)]


def _reaching(overrides: Sequence[Override], section_id: int) -> list[Override]:
    return [
        o
        for o in overrides
        if o.target is Target.COURSE or (o.target is Target.SECTION and o.section_id == section_id)
    ]


def _unassigns(override: Override) -> bool:
    # Canvas has no unassigning override for a whole course (canvas-behaviour.md, section 6).
    return override.unassigned and override.target is Target.SECTION


def _is_given(assignment: Assignment, reaching: Sequence[Override]) -> bool:
    if any(_unassigns(override) for override in reaching):
        return False
    return bool(reaching) or not assignment.only_visible_to_overrides


def _resolve(assignment: Assignment, reaching: Sequence[Override], field: DateField) -> EffectiveDate:
    candidates = [(o, value) for o in reaching if (value := getattr(o, field)) is not INHERIT]
    if not candidates:
        return _base(assignment, field)
    value = _most_lenient([value for _, value in candidates], field)
    winners = [o for o, candidate in candidates if candidate == value]
    source = Source(winners[0].target.value) if len(winners) == 1 else Source.SEVERAL
    return EffectiveDate(value, source)


def _most_lenient(values: Sequence[datetime | None], field: DateField) -> datetime | None:
    dates = [value for value in values if value is not None]
    if len(dates) < len(values):
        return None
    return min(dates) if field == "unlock_at" else max(dates)


def _base(assignment: Assignment, field: DateField) -> EffectiveDate:
    value: datetime | None = getattr(assignment.dates, field)
    if value is not None:
        return EffectiveDate(value, Source.ASSIGNMENT)
    if field == "due_at" and (mastery := mastery_path_override(assignment)):
        return EffectiveDate(_plain(mastery, field), Source.MASTERY_PATH)
    return NO_DATE


def _plain(override: Override, field: DateField) -> datetime | None:
    value = getattr(override, field)
    return value if isinstance(value, datetime) else None


def _steps(assignment: Assignment, reaching: Sequence[Override], field: DateField) -> tuple[Step, ...]:
    result = _resolve(assignment, reaching, field)
    base_wins = result.source in (Source.ASSIGNMENT, Source.NONE)
    base = Step(kind=StepKind.BASE, value=getattr(assignment.dates, field), wins=base_wins)
    overrides = (_step(override, field, result) for override in reaching)
    return (base, *overrides, *_mastery_steps(assignment, field, result))


def _step(override: Override, field: DateField, result: EffectiveDate) -> Step:
    target = StepKind(override.target.value)
    if getattr(override, field) is INHERIT:
        return Step(kind=StepKind(f"{target}_inherits"), override_id=override.id)
    value = _plain(override, field)
    return Step(kind=target, value=value, override_id=override.id, wins=value == result.value)


def _mastery_steps(assignment: Assignment, field: DateField, result: EffectiveDate) -> list[Step]:
    found = [o for o in assignment.overrides or () if field == "due_at" and _is_mastery_date(o)]
    wins = result.source is Source.MASTERY_PATH
    return [
        Step(kind=StepKind.MASTERY_PATH, value=_plain(o, field), override_id=o.id, wins=wins) for o in found[:1]
    ]
