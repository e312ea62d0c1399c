"""When a standing report is due: at most once a local day, whatever the clock does on that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from registrar.domain.calendar import local_day

DAY = timedelta(days=1)
TOO_LATE = DAY
"""A report that was missed is still sent, once, until it is so old."""
LOOKED_AHEAD = 400
"""Days in which the next report is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    hour: int
    zone: tzinfo
    days_before: frozenset[int] = frozenset()
    daily: bool = False
    weekday: int | None = None
    """Monday is 0."""

    def asks_for(self, day: date, deadline: datetime | None) -> bool:
        """Several reasons for one day are still one report."""
        if self.daily or day.weekday() == self.weekday:
            return True
        return deadline is not None and (local_day(deadline, self.zone) - day).days in self.days_before


def slot(day: date, schedule: Schedule) -> datetime:
    """The instant of a day's report, in UTC.

    An hour that the clock skips there comes as much later as the clock jumps; of one that comes twice, the first.
    """
    return datetime.combine(day, time(schedule.hour), schedule.zone).astimezone(UTC)


def pending(schedule: Schedule, *, since: datetime, now: datetime) -> datetime | None:
    """The last slot that has come, unless seen to by ``since`` or too old. Of many that were missed, only one."""
    today = local_day(now, schedule.zone)
    at = slot(today, schedule)
    if at > now:
        at = slot(today - DAY, schedule)
    return at if since < at and now - at < TOO_LATE else None


def upcoming(schedule: Schedule, *, after: datetime, deadline: datetime | None) -> datetime | None:
    """The next slot, if there is one within a year or so."""
    today = local_day(after, schedule.zone)
    days = (today + timedelta(days=number) for number in range(LOOKED_AHEAD))
    return next(
        (at for day in days if schedule.asks_for(day, deadline) and (at := slot(day, schedule)) > after), None
    )
