"""Where dates lie on a line that has the term, its grading periods and its deadline on it.

Across in thousandths of the width, as in `charts`. What lies outside is drawn outside, as far as there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from registrar.domain.calendar import is_closed, local_day
from registrar.domain.charts import WIDTH, Flag, Mark, Spot, Tick, flags, ticks
from registrar.domain.facts import GradingPeriod

ROOM: Final = 0.5
"""How much further than the term the line may reach for dates outside of it, as a share of the term, each way."""
MARGIN: Final = 0.02
LEAST: Final = timedelta(days=3)
SLIVER: Final = 1.0
"""What is narrower is not drawn: a period that ends at 23:59 leaves no gap that anybody could see."""
NAMED: Final = 60.0
"""A period that is narrower has no room for its name."""

Kind: TypeAlias = Literal["open", "closed", "gap", "outside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        """At the edge where it lies beyond."""
        share = (at - self.first) / (self.last - self.first)
        return round(WIDTH * min(1.0, max(0.0, share)), 1)

    def beyond(self, at: datetime) -> Literal["", "before", "after"]:
        if at < self.first:
            return "before"
        return "after" if at > self.last else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What dates are held against."""

    start: datetime | None
    end: datetime | None
    periods: Sequence[GradingPeriod] = ()
    deadline: datetime | None = None

    @property
    def edges(self) -> list[datetime]:
        """Where one kind of days may end and another begin."""
        ends = [at for period in self.periods for at in (period.start_at, period.end_at)]
        return [at for at in (self.start, self.end, *ends) if at is not None]

    @property
    def fixed(self) -> list[datetime]:
        return [*self.edges, self.deadline] if self.deadline else self.edges

    def kind(self, at: datetime, now: datetime) -> Kind:
        if (self.start and at < self.start) or (self.end and at > self.end):
            return "outside"
        if not self.periods:
            return "open"
        period = next((one for one in self.periods if one.start_at <= at <= one.end_at), None)
        if period is None:
            return "gap"
        return "closed" if is_closed(period, now) else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the line: of one kind, or a grading period with its name."""

    start: Spot
    size: float
    kind: Kind
    name: str = ""

    @property
    def width(self) -> str:
        return f"{self.size / 10:g}%"


def scale(calendar: Calendar, dates: Iterable[datetime], room: float = ROOM) -> Scale | None:
    """The term with all that belongs to it, and dates outside as far as there is room. None without any date."""
    dates = list(dates)
    fixed = calendar.fixed if len(set(calendar.fixed)) > 1 else [*calendar.fixed, *dates]
    if not fixed:
        return None
    first, last = min(fixed), max(fixed)
    reach = (last - first) * room
    near = [at for at in dates if first - reach <= at <= last + reach]
    first, last = min([first, *near]), max([last, *near])
    margin = max((last - first) * MARGIN, LEAST)
    return Scale(first=first - margin, last=last + margin)


def stretches(on: Scale, calendar: Calendar, now: datetime) -> list[Stretch]:
    """The whole line, cut wherever one kind of days ends."""
    cuts = sorted({on.first, on.last, *calendar.edges})
    found = (
        _stretch(on, first, last, calendar.kind(first + (last - first) / 2, now)) for first, last in pairwise(cuts)
    )
    return [one for one in found if one.size >= SLIVER]


def named(on: Scale, calendar: Calendar, now: datetime) -> list[Stretch]:
    """The grading periods that are wide enough for a name."""
    found = (
        _stretch(on, one.start_at, one.end_at, "closed" if is_closed(one, now) else "open", one.title)
        for one in calendar.periods
    )
    return [one for one in found if one.size >= NAMED]


def _stretch(on: Scale, first: datetime, last: datetime, kind: Kind, name: str = "") -> Stretch:
    start = on.x(first)
    return Stretch(start=Spot(x=start, y=0), size=round(on.x(last) - start, 1), kind=kind, name=name)


def flagged(on: Scale, marks: Iterable[tuple[str, str, datetime]]) -> list[Flag]:
    """Kind, words and time of what stands out; what is not on the line is left out."""
    return list(
        flags([(Mark(at=0, name=name, kind=kind), on.x(at)) for kind, name, at in marks if not on.beyond(at)])
    )


def days(on: Scale, zone: tzinfo, label: Callable[[date], str]) -> Iterator[Tick]:
    """A few days with their names, Mondays where they are weeks apart."""

    def midnight(at: int) -> float:
        return on.x(datetime.combine(_day(at), time(), zone))

    first, last = (_number(local_day(at, zone)) for at in (on.first, on.last))
    return ticks(first + 1, last, midnight, lambda at: label(_day(at)))


def _number(day: date) -> int:
    """Counted so that Mondays are multiples of seven."""
    return day.toordinal() - 1


def _day(number: int) -> date:
    return date.fromordinal(number + 1)
