"""How Canvas joins base dates and overrides (canvas-behaviour.md, sections 3, 5 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .entities import DATES, Assignment, GradingPeriod, Json, Override
from .university import University
from .wire import stamp

ALL_DATES_LIMIT = 25


def to_the_minute(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)


def end_of_midnight(when: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Local midnight means the end of that day."""
    if when is None:
        return None
    local = when.astimezone(zone)
    if (local.hour, local.minute) != (0, 0):
        return when
    return local.replace(hour=23, minute=59, second=59).astimezone(when.tzinfo)


def period_of(when: datetime | None, periods: Sequence[GradingPeriod]) -> GradingPeriod | None:
    """start < date <= end by the minute; no date is in the last period."""
    if when is None:
        return max(periods, key=lambda p: p.end_date, default=None)
    minute = to_the_minute(when)
    held = (p for p in periods if to_the_minute(p.start_date) < minute <= to_the_minute(p.end_date))
    return next(held, None)


def close_date(period: GradingPeriod) -> datetime:
    return period.end_date if period.course_id is not None else period.close_date


def in_closed_period(when: datetime | None, periods: Sequence[GradingPeriod], now: datetime) -> bool:
    period = period_of(when, periods)
    return period is not None and now > close_date(period)


def overriding(override: Override, name: str) -> bool:
    return bool(getattr(override, f"{name}_overridden"))


def lenient(base: datetime | None, overrides: Sequence[Override], name: str) -> datetime | None:
    """Students first, then any null, then the latest (for unlock_at the earliest), then the base."""
    held = [o for o in overrides if overriding(o, name)]
    if not held:
        return base
    chosen = next((o for o in held if o.set_type == "ADHOC"), None)
    if chosen is not None:
        return getattr(chosen, name)  # type: ignore[no-any-return]
    values: list[datetime | None] = [getattr(o, name) for o in held]
    dates = [value for value in values if value is not None]
    if len(dates) < len(values):
        return None
    return min(dates) if name == "unlock_at" else max(dates)


def base_due(university: University, assignment: Assignment) -> datetime | None:
    """The base date; a Mastery Paths override fills in where there is none."""
    if assignment.due_at is not None:
        return assignment.due_at
    mastery = (o for o in university.overrides_of(assignment) if (o.set_type, o.set_id) == ("Noop", 1))
    return next((o.due_at for o in mastery), None)


def as_admin(university: University, assignment: Assignment) -> dict[str, datetime | None]:
    """What an admin or teacher sees on top unless they ask for ``override_assignment_dates=false``."""
    overrides = [o for o in university.overrides_of(assignment) if o.set_type != "Noop"]
    seen = {name: lenient(getattr(assignment, name), overrides, name) for name in DATES}
    sections = {s.id for s in university.sections_of(assignment.course_id)}
    if overrides and not sections <= {o.set_id for o in overrides if o.set_type == "CourseSection"}:
        everyone = [o for o in overrides if o.set_type == "Course" and o.due_at_overridden]
        rest = everyone[0].due_at if everyone else assignment.due_at
        seen["due_at"] = max(rest, seen["due_at"]) if rest and seen["due_at"] else None
    return seen


def reaching(university: University, assignment: Assignment, user_id: int) -> list[Override]:
    """The overrides that reach one student: own, group, sections, course; cut at the first unassign row."""
    sections = {s.id for s in university.sections_of(assignment.course_id) if user_id in s.student_ids}
    found: list[tuple[int, Override]] = []
    for each in university.overrides_of(assignment, modules=True):
        group = university.student_groups.get(each.set_id or 0) if each.set_type == "Group" else None
        rank = {
            "ADHOC": 0 if user_id in each.student_ids else None,
            "Group": 1 if group is not None and user_id in group.student_ids else None,
            "CourseSection": 2 if each.set_id in sections else None,
            "Course": 3 if sections else None,
        }.get(each.set_type)
        if rank is not None:
            found.append((rank, each))
    ordered = [each for _, each in sorted(found, key=lambda pair: pair[0])]
    cut = next((at for at, each in enumerate(ordered) if each.unassign_item), len(ordered))
    return ordered[:cut]


def as_student(university: University, assignment: Assignment, user_id: int) -> dict[str, datetime | None] | None:
    """None: the student does not have this assignment."""
    applying = reaching(university, assignment, user_id)
    everyone = not assignment.only_visible_to_overrides
    unassigned = any(
        o.unassign_item
        and o.set_type == "CourseSection"
        and user_id in university.sections[o.set_id or 0].student_ids
        for o in university.overrides_of(assignment)
    )
    if not applying and (unassigned or not everyone):
        return None
    late = [o for o in applying if not _past_lock(o, university.now)]
    return {
        name: lenient(getattr(assignment, name), late if name == "unlock_at" else applying, name) for name in DATES
    }


def _past_lock(override: Override, now: datetime) -> bool:
    return override.set_type != "ADHOC" and override.lock_at_overridden and (override.lock_at or now) < now


def all_dates(university: University, assignment: Assignment, more: Json) -> Json:
    """``all_dates``, or with 25 or more overrides an empty list and ``all_dates_count``."""
    rows = university.overrides_of(assignment, modules=True)
    if len(rows) >= ALL_DATES_LIMIT:
        return {"all_dates": [], "all_dates_count": len(rows)}
    shown = [_date_row(o) | more for o in rows if not o.unassign_item]
    sections = sum(o.set_type == "CourseSection" for o in rows)
    everyone = any(o.set_type == "Course" for o in rows)
    covered = sections > 0 and sections == len(university.sections_of(assignment.course_id))
    if not (assignment.only_visible_to_overrides or everyone or covered):
        title = "Everyone else" if shown else "Everyone"
        base = {"base": True, "title": title} | {name: stamp(getattr(assignment, name)) for name in DATES}
        shown.append(base | more)
    shown.sort(key=lambda each: (each["due_at"] is None, each["due_at"] or ""))
    return {"all_dates": shown}


def _date_row(override: Override) -> dict[str, Any]:
    return {
        "id": override.id,
        "title": override.title,
        "set_type": override.set_type,
        "set_id": override.set_id,
        **{name: stamp(getattr(override, name)) for name in DATES},
        "parent_override_id": None,
    }


def closed_now(university: University, assignment: Assignment) -> bool:
    """``in_closed_grading_period``: whether any date that students may have is in a closed period."""
    periods = university.periods_of(university.courses[assignment.course_id])
    if not periods:
        return False
    due = [o.due_at for o in university.overrides_of(assignment) if o.due_at_overridden]
    if not assignment.only_visible_to_overrides:
        due.append(assignment.due_at)
    return any(in_closed_period(each, periods, university.now) for each in due)
