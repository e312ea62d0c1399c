"""How many line items are due in each week of a term: bars on a line of dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from registrar.domain.calendar import local_day
from registrar.domain.charts import Spot, Tick, step_up
from registrar.domain.timelines import Calendar, Kind, Scale, scale

ROOM: Final = 0.15
"""Some weeks before and after the term; what is due further away is counted together."""
MOST: Final = 60
"""Weeks that have a bar of their own; of more, those around today."""
WEEK: Final = timedelta(days=7)
SEEN: Final = 3.0
"""Pixels that a bar of even one line item has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    needing: int = 0
    excepted: int = 0
    ready: int = 0

    @property
    def total(self) -> int:
        return self.needing + self.excepted + self.ready

    def __add__(self, other: Count) -> Count:
        return Count(
            needing=self.needing + other.needing,
            excepted=self.excepted + other.excepted,
            ready=self.ready + other.ready,
        )


@dataclass(slots=True, kw_only=True)
class Week:
    slot: date
    """The Monday where its bar stands."""
    first: date | None
    last: date | None
    """None in all that is before, or after, the weeks that have a bar of their own."""
    kinds: tuple[Kind, ...] = ()
    """Of its days, each once."""
    count: Count = field(default_factory=Count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    on: Scale
    weeks: tuple[Week, ...]
    """Those in which something is due."""
    undated: Count


def spread(
    counts: Mapping[datetime | None, Count], calendar: Calendar, *, now: datetime, zone: tzinfo
) -> Spread | None:
    """None where nothing has a due date."""
    dates = [at for at in counts if at is not None]
    line = scale(calendar, dates, ROOM)
    if not dates or line is None:
        return None
    mondays = _around(_mondays(local_day(line.first, zone), local_day(line.last, zone)), local_day(now, zone))
    weeks = {monday: _week(monday, calendar, now, zone) for monday in mondays}
    first, end = mondays[0], mondays[-1] + WEEK
    before = Week(slot=first - WEEK, first=None, last=first - timedelta(days=1))
    after = Week(slot=end, first=end, last=None)
    for at, count in counts.items():
        if at is not None:
            monday = _monday(local_day(at, zone))
            week = weeks.get(monday) or (before if monday < first else after)
            week.count += count
    found = tuple(week for week in (before, *weeks.values(), after) if week.count.total)
    on = Scale(
        first=_midnight(min(first, found[0].slot), zone), last=_midnight(max(end, found[-1].slot + WEEK), zone)
    )
    return Spread(on=on, weeks=found, undated=counts.get(None, Count()))


def _mondays(first: date, last: date) -> list[date]:
    start = _monday(first)
    return [start + number * WEEK for number in range((last - start).days // 7 + 1)]


def _around(mondays: Sequence[date], today: date) -> Sequence[date]:
    passed = sum(monday <= today for monday in mondays)
    start = min(max(0, passed - MOST // 2), max(0, len(mondays) - MOST))
    return mondays[start : start + MOST]


def _week(monday: date, calendar: Calendar, now: datetime, zone: tzinfo) -> Week:
    noons = [datetime.combine(monday + timedelta(days=number), time(12), zone) for number in range(7)]
    kinds = dict.fromkeys(calendar.kind(noon, now) for noon in noons)
    return Week(slot=monday, first=monday, last=monday + timedelta(days=6), kinds=tuple(kinds))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    week: Week
    start: Spot
    size: float
    parts: tuple[Part, ...]
    """What needs action at the foot."""

    @property
    def width(self) -> str:
        return f"{self.size / 10:g}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    bars: tuple[Bar, ...]
    up: tuple[Tick, ...]


def bars(found: Spread, zone: tzinfo, *, height: int) -> Bars:
    most = max(week.count.total for week in found.weeks)
    step = step_up(most)
    top = step * -(-most // step)
    return Bars(
        bars=tuple(_bar(found.on, week, zone, height / top, height) for week in found.weeks),
        up=tuple(
            Tick(spot=Spot(x=0, y=round(height * (1 - value / top), 1)), label=str(value))
            for value in range(0, top + 1, step)
        ),
    )


def _bar(on: Scale, week: Week, zone: tzinfo, each: float, height: int) -> Bar:
    start, end = on.x(_midnight(week.slot, zone)), on.x(_midnight(week.slot + WEEK, zone))
    count, foot, parts = week.count, float(height), []
    for kind, value in (("needing", count.needing), ("excepted", count.excepted), ("ready", count.ready)):
        if value:
            size = round(max(SEEN, value * each), 1)
            foot = round(foot - size, 1)
            parts.append(Part(kind=kind, y=foot, height=size))
    return Bar(week=week, start=Spot(x=start, y=0), size=round(end - start, 1), parts=tuple(parts))
