"""What pictures of dates stand on: the days of a term by their kind, with the words above and below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from registrar.domain.charts import Flag, Tick
from registrar.domain.timelines import Calendar, Scale, Stretch, days, flagged, named, stretches


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    calendar: Calendar
    stretches: list[Stretch]
    periods: list[Stretch]
    across: list[Tick]
    flags: list[Flag]

    @property
    def kinds(self) -> set[str]:
        return {str(stretch.kind) for stretch in self.stretches}


def ground(on: Scale, calendar: Calendar, *, now: datetime, zone: tzinfo) -> Ground:
    return Ground(
        calendar=calendar,
        stretches=stretches(on, calendar, now),
        periods=named(on, calendar, now),
        across=list(days(on, zone, _day)),
        flags=flagged(on, _marks(calendar, now, zone)),
    )


def _marks(calendar: Calendar, now: datetime, zone: tzinfo) -> Iterator[tuple[str, str, datetime]]:
    if calendar.deadline is not None:
        yield "deadline", f"Grade deadline, {_day(calendar.deadline.astimezone(zone))}", calendar.deadline
    yield "today", "Today", now


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"
