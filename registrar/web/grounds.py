"""What pictures of dates stand on: the days of a term by their kind, with the words above and below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.utils.translation import gettext as _

from registrar.domain.charts import Flag, Tick
from registrar.domain.timelines import Calendar, Scale, Stretch, days, flagged, named, stretches
from registrar.words.dates import month_and_day


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
        across=list(days(on, zone, month_and_day)),
        flags=flagged(on, _marks(calendar, now, zone)),
    )


def _marks(calendar: Calendar, now: datetime, zone: tzinfo) -> Iterator[tuple[str, str, datetime]]:
    if calendar.deadline is not None:
        day = month_and_day(calendar.deadline.astimezone(zone))
        yield "deadline", _("Grade deadline, %(day)s") % {"day": day}, calendar.deadline
    yield "today", _("Today"), now
