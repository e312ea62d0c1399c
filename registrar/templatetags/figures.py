"""Times as people read them: in the zone of the course, and the zone named."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from registrar.domain.calendar import local_day
from registrar.words.dates import date_words, day_words
from registrar.words.numbers import grouped

register = template.Library()
register.filter("grouped", grouped)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):
        return ZoneInfo("UTC")


@register.simple_tag
def when(value: datetime | str | None, zone: str = "UTC", nothing: str = "") -> SafeString:
    """A text is a time in ISO 8601, as the parameters of a finding hold it."""
    if not value:
        return format_html('<span class="none">{}</span>', nothing or _("No date"))
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    said, _blank, name = moment(value, zone).rpartition(" ")
    return format_html(
        '<time datetime="{}" title="{}">{} <span class="zone">{}</span></time>',
        value.isoformat(),
        zone.replace("_", " "),
        said,
        name,
    )


def moment(value: datetime, zone: str) -> str:
    """The same as plain text."""
    return date_words(value, _zone(zone))


@register.simple_tag
def day(value: datetime, zone: str, now: datetime) -> SafeString:
    """ "Dec 15"; the year where it is another one than now."""
    said = day_words(local_day(value, _zone(zone)), today=local_day(now, _zone(zone)))
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), said)


@register.simple_tag
def age(value: datetime | None, now: datetime) -> SafeString:
    if value is None:
        return format_html('<span class="none">{}</span>', pgettext("at no time yet", "never"))
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), _ago(now - value))


def _ago(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(n)s min ago") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)s h ago") % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}


@register.filter
def duration(seconds: float | None) -> str:
    """ "45 s", "3 min", "1 h 20 min"."""
    if seconds is None:
        return ""
    whole = max(1, round(seconds))
    if whole < 90:
        return _("%(seconds)s s") % {"seconds": whole}
    hours, minutes = divmod(round(whole / 60), 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


@register.filter
def named(text: str) -> str:
    """Canvas allows a name of blanks; a row without a name could not be pointed at."""
    return text if text.strip() else _("(no name)")


@register.filter
def uncapitalized(text: str) -> str:
    """Within a sentence; names further on keep their capitals."""
    return text[:1].lower() + text[1:]
