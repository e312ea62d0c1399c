"""Dates, times of day and how long it is until a date, in words. Zones are arguments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

from django.utils.dateformat import DateFormat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from registrar.domain.calendar import days_left, local_day


class _Words(DateFormat):
    def a(self) -> str:
        """ "pm", without the dots that Django gives it."""
        assert isinstance(self.data, datetime)
        return _("am") if self.data.hour < 12 else _("pm")


def countdown(now: datetime, at: datetime, zone: tzinfo) -> str:
    """ "today at 5:00 pm", "5:00 pm tomorrow", "in 6 days"; then "3 hours ago", "passed on Nov 26"."""
    # Two times of one zone are subtracted by the wall clock, which is an hour off where it changes between them.
    now, at = now.astimezone(UTC), at.astimezone(UTC)
    if at <= now:
        return _passed(now, at, zone)
    days = days_left(now, at, zone)
    if days == 0:
        return _("today at %(time)s") % {"time": time_words(at, zone)}
    if days == 1:
        return _("%(time)s tomorrow") % {"time": time_words(at, zone)}
    return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}


def _passed(now: datetime, at: datetime, zone: tzinfo) -> str:
    days = days_left(now, at, zone)
    if days == 0:
        return _ago(now - at)
    if days == -1:
        return _("%(time)s yesterday") % {"time": time_words(at, zone)}
    return _("passed on %(day)s") % {"day": day_words(local_day(at, zone), today=local_day(now, zone))}


def _ago(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    hours = minutes // 60
    return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}


def date_words(at: datetime, zone: tzinfo) -> str:
    """ "Tue, Dec 15, 2026, 5:00 pm EST"; the zone stands last, after a blank."""
    local = at.astimezone(zone)
    # Translators: letters of Django's date filter, as "D, M j, Y" for "Tue, Dec 15, 2026".
    day = _Words(local).format(pgettext("pattern of a date", "D, M j, Y"))
    return f"{day}, {time_words(at, zone)} {zone_words(at, zone)}"


def day_words(day: date, *, today: date | None = None) -> str:
    """ "Dec 15, 2026"; seen from a day of the same year "Dec 15"."""
    if today is not None and today.year == day.year:
        return month_and_day(day)
    return _Words(day).format(pgettext("pattern of a date", "M j, Y"))


def month_and_day(day: date) -> str:
    """ "Dec 15"."""
    return _Words(day).format(pgettext("pattern of a date", "M j"))


def time_words(at: datetime, zone: tzinfo) -> str:
    """Canvas's last minute of a day has 59 seconds, which say nothing; any other second is worth a look."""
    local = at.astimezone(zone)
    if local.second in (0, 59):
        return _Words(local).format(pgettext("pattern of a time", "g:i a"))
    return _Words(local).format(pgettext("pattern of a time", "g:i:s a"))


def zone_words(at: datetime, zone: tzinfo) -> str:
    """ "CST", or "UTC-3" where a zone has no letters of its own."""
    name = at.astimezone(zone).tzname() or ""
    return name if name.isalpha() else f"UTC{name[:1]}{name[1:].lstrip('0') or '0'}"
