"""Terms, grading periods, and days that stay days when the clock changes.

Zones are arguments. Canvas compares to the minute (canvas-behaviour.md, sections 3 and 12C).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Literal

from registrar.domain.facts import Course, GradingPeriod, Section

LAST_MINUTE = time(23, 59)
LAST_SECOND = time(23, 59, 59)


class Origin(StrEnum):
    """Whose start or end holds for a section."""

    SECTION = "section"
    COURSE = "course"
    TERM = "term"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The range that due dates of a section must be in. Start and end may come from different places."""

    start: datetime | None
    end: datetime | None
    start_origin: Origin = Origin.TERM
    end_origin: Origin = Origin.TERM


def span(section: Section, course: Course) -> Span:
    """As Canvas's date validator finds it, each end by itself: section, else course, else term.

    A section or course counts only where it restricts enrolments to its dates and has that date
    (canvas-behaviour.md, section 12C).
    """
    start, start_origin = _bound("start_at", section, course)
    end, end_origin = _bound("end_at", section, course)
    return Span(start=start, end=end, start_origin=start_origin, end_origin=end_origin)


def _bound(
    edge: Literal["start_at", "end_at"], section: Section, course: Course
) -> tuple[datetime | None, Origin]:
    if section.restricts_dates and (own := getattr(section, edge)):
        return own, Origin.SECTION
    if course.restricts_dates and (courses := getattr(course, edge)):
        return courses, Origin.COURSE
    return getattr(course.term, edge, None), Origin.TERM


def to_the_minute(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)


def is_later(when: datetime, other: datetime) -> bool:
    """Later by Canvas's measure: within one minute nothing is later than anything."""
    return when > other and to_the_minute(when) > to_the_minute(other)


def period_of(when: datetime | None, periods: Iterable[GradingPeriod]) -> GradingPeriod | None:
    """The grading period a due date counts in: start < date <= end, to the minute.

    No date counts in the period that ends last (canvas-behaviour.md, section 3).
    """
    if when is None:
        return max(periods, key=lambda period: period.end_at, default=None)
    return next((p for p in periods if is_later(when, p.start_at) and not is_later(when, p.end_at)), None)


def is_closed(period: GradingPeriod, now: datetime) -> bool:
    return now > (period.close_at or period.end_at)


def shift(when: datetime, *, days: int, zone: tzinfo) -> datetime:
    """The same wall-clock time so many days on, in UTC.

    A time that the clock skips there becomes as much later as the clock jumps. Of a time that occurs twice the
    first is meant, unless ``when`` was a second one or in the last minute of its day, which stays the last.
    """
    local = when.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0) + timedelta(days=days)
    first, second = _instants(wall, zone)
    wants_second = local.fold == 1 or wall.time() >= LAST_MINUTE
    return max(first, second) if wants_second else first


def local_day(when: datetime, zone: tzinfo) -> date:
    return when.astimezone(zone).date()


def start_of_day(when: datetime, zone: tzinfo) -> datetime:
    """The first instant, in UTC, of the day that ``when`` is in; not 00:00 where the clock skips midnight."""
    return _instants(datetime.combine(local_day(when, zone), time.min), zone)[0]


def end_of_day(when: datetime, zone: tzinfo) -> datetime:
    """23:59:59 in UTC of the day that ``when`` is in; the second one where the clock repeats it."""
    return _instants(datetime.combine(local_day(when, zone), LAST_SECOND), zone)[1]


def as_canvas_keeps(when: datetime, zone: tzinfo) -> datetime:
    """What Canvas makes of a due or lock date: local midnight becomes 23:59:59 of that same day.

    For the dates of overrides always; for base dates on an ordinary PUT, not in ``bulk_update``
    (canvas-behaviour.md, sections 3 and 5).
    """
    return end_of_day(when, zone) if when == start_of_day(when, zone) else when


def days_left(now: datetime, at: datetime, zone: tzinfo) -> int:
    """By the calendar on the wall: tomorrow is one day away, however late it is. Less than nothing once passed."""
    return (local_day(at, zone) - local_day(now, zone)).days


def _instants(wall: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Both readings of a wall-clock time: equal as a rule, swapped (PEP 495) where the clock skips it."""
    aware = wall.replace(tzinfo=zone)
    return aware.replace(fold=0).astimezone(UTC), aware.replace(fold=1).astimezone(UTC)
