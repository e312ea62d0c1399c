"""Slots: the instants at which something that repeats is due. A missed one is known by its time.

A daily slot comes exactly once each local day: a time that the clock skips becomes as much later as the clock
jumps, of a time that comes twice the first is meant. Slots within the day count the hours that pass since it
began, so that none is left out or doubled when the clock changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeAlias

Slots: TypeAlias = Callable[[date], Iterable[datetime]]
"""The slots of a local day, in UTC and in order."""


def daily(minute: int, zone: tzinfo) -> Slots:
    """Once a day, so many minutes after midnight by the clock on the wall."""
    at = time(minute // 60, minute % 60)
    return lambda day: (_instant(day, at, zone),)


def hourly(every: int, minute: int, zone: tzinfo) -> Slots:
    """Every so many hours from midnight, each time so many minutes past."""

    def of_day(day: date) -> Iterable[datetime]:
        start, end = _instant(day, time.min, zone), _instant(day + timedelta(days=1), time.min, zone)
        first = start + timedelta(minutes=minute)
        count = -((first - end) // timedelta(hours=every))
        return tuple(first + index * timedelta(hours=every) for index in range(count))

    return of_day


def latest(slots: Slots, now: datetime, zone: tzinfo) -> datetime:
    """The last slot that has come: today's, or one of yesterday where today had none yet."""
    today = now.astimezone(zone).date()
    return max(slot for day in (today - timedelta(days=1), today) for slot in slots(day) if slot <= now)


def following(slots: Slots, now: datetime, zone: tzinfo) -> datetime:
    """The next slot that is still to come."""
    today = now.astimezone(zone).date()
    return min(slot for day in (today, today + timedelta(days=1)) for slot in slots(day) if slot > now)


def is_due(slot: datetime, last: datetime | None, now: datetime, *, patience: timedelta) -> bool:
    """Whether a slot is to be started: not taken yet, and not so old that the next one serves better."""
    return (last is None or last < slot) and now - slot <= patience


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
