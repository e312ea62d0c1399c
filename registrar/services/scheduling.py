"""Schedule: when syncs start by themselves. A slot is started once, however many schedulers ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from registrar.domain import slots
from registrar.errors import Refused
from registrar.models import Role, Run, Timetable

from . import auditing, syncing
from .rights import require, require_everything

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Mode = Timetable.Mode
FIRST = {Mode.FULL: {"at_minute": 135, "every_hours": 24}, Mode.QUICK: {"at_minute": 40, "every_hours": 1}}
"""Until an administrator says otherwise: every night at 2:15, and every hour at 40 past."""
PATIENCE = {Mode.FULL: timedelta(hours=6), Mode.QUICK: timedelta(minutes=30)}
"""A sync missed for longer, because nothing ran, is left to the next slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What a person chose for one mode."""

    on: bool
    at_minute: int
    every_hours: int
    time_zone: str


def timetables(now: datetime) -> list[Timetable]:
    """Both, full first; made when first asked for, with their slots from now on."""
    made = {"time_zone": settings.TIME_ZONE, "last_slot": now}
    return [Timetable.objects.get_or_create(mode=mode, defaults=FIRST[mode] | made)[0] for mode in FIRST]


def next_slot(timetable: Timetable, now: datetime) -> datetime | None:
    """When the next sync of this mode starts; None where it is off."""
    zone = ZoneInfo(timetable.time_zone)
    return slots.following(_slots(timetable, zone), now, zone) if timetable.on else None


def start_due(now: datetime) -> list[Run]:
    """The runs of all slots that have come and that nobody else has started."""
    return [run for timetable in timetables(now) if (run := _start(timetable, now)) is not None]


def _start(timetable: Timetable, now: datetime) -> Run | None:
    zone = ZoneInfo(timetable.time_zone)
    slot = slots.latest(_slots(timetable, zone), now, zone)
    patience = PATIENCE[Mode(timetable.mode)]
    if not timetable.on or not slots.is_due(slot, timetable.last_slot, now, patience=patience):
        return None
    untaken = Q(last_slot__isnull=True) | Q(last_slot__lt=slot)
    with transaction.atomic():
        if not Timetable.objects.filter(untaken, pk=timetable.pk, on=True).update(last_slot=slot):
            return None
        return syncing.request(mode=timetable.mode, by=None, trigger="schedule", now=now)


def _slots(timetable: Timetable, zone: ZoneInfo) -> slots.Slots:
    if timetable.mode == Mode.FULL:
        return slots.daily(timetable.at_minute, zone)
    return slots.hourly(timetable.every_hours, timetable.at_minute, zone)


def change(*, by: User, mode: str, times: Times, now: datetime) -> bool:
    """Set when syncs of this mode start; returns whether that differs from before."""
    require(by, Role.ADMINISTRATOR)
    require_everything(by, _("The timetable holds for the whole university."))
    _check(mode, times)
    timetables(now)
    with transaction.atomic():
        timetable = Timetable.objects.select_for_update().get(mode=mode)
        before = _told(timetable)
        timetable.on, timetable.time_zone = times.on, times.time_zone
        timetable.at_minute, timetable.every_hours = times.at_minute, times.every_hours
        # What the new times would have started earlier today is not made up for.
        timetable.last_slot = now
        if before == (after := _told(timetable)):
            return False
        timetable.save()
        auditing.note(by=by, what="timetable set", subject=Mode(mode).label, now=now, before=before, after=after)
    return True


def _check(mode: str, times: Times) -> None:
    if mode not in Mode.values:
        raise Refused(_("There is a timetable for full and for quick syncs only."))
    longest = 24 * 60 if mode == Mode.FULL else 60
    if not 0 <= times.at_minute < longest or not 1 <= times.every_hours <= 24:
        raise Refused(_("Write a time of the day, from 00:00 to 23:59, or a minute of the hour, from 0 to 59."))
    try:
        ZoneInfo(times.time_zone)
    except (KeyError, OSError, ValueError):
        said = _("“%(zone)s” is not a time zone. Write it as America/Chicago.")
        raise Refused(said % {"zone": times.time_zone}) from None


def _told(timetable: Timetable) -> dict[str, Any]:
    minute = timetable.at_minute
    if timetable.mode == Mode.FULL:
        when = {"every day at": f"{minute // 60:02}:{minute % 60:02}"}
    else:
        when = {"every hours": str(timetable.every_hours), "minutes past": str(minute)}
    return {"on": timetable.on, **when, "time zone": timetable.time_zone}
