"""Times as people read them: in the zone of the course, and the zone named."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):
        return ZoneInfo("UTC")


@register.simple_tag
def when(value: datetime | str | None, zone: str = "UTC", nothing: str = "No date") -> SafeString:
    """A text is a time in ISO 8601, as the parameters of a finding hold it."""
    if not value:
        return format_html('<span class="none">{}</span>', nothing)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(_zone(zone))
    return format_html(
        '<time datetime="{}" title="{}">{} <span class="zone">{}</span></time>',
        value.isoformat(),
        zone.replace("_", " "),
        _in_full(local),
        _named(local),
    )


def moment(value: datetime, zone: str) -> str:
    """The same as plain text."""
    local = value.astimezone(_zone(zone))
    return f"{_in_full(local)} {_named(local)}"


def _in_full(local: datetime) -> str:
    return f"{local:%a}, {local:%b} {local.day}, {local.year}, {_clock(local)}"


@register.simple_tag
def day(value: datetime, zone: str, now: datetime) -> SafeString:
    """ "Dec 15"; the year where it is another one than now."""
    local, today = value.astimezone(_zone(zone)), now.astimezone(_zone(zone))
    text = f"{local:%b} {local.day}" + (f", {local.year}" if local.year != today.year else "")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


def _clock(local: datetime) -> str:
    """Canvas's last minute of a day has 59 seconds, which say nothing; any other second is worth a look."""
    seconds = f":{local:%S}" if local.second not in (0, 59) else ""
    return f"{local.hour % 12 or 12}:{local:%M}{seconds} {'am' if local.hour < 12 else 'pm'}"


def _named(local: datetime) -> str:
    """ "CST", or "UTC-3" where a zone has no letters of its own."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{name[:1]}{name[1:].lstrip('0') or '0'}"


@register.simple_tag
def age(value: datetime | None, now: datetime) -> SafeString:
    if value is None:
        return format_html('<span class="none">{}</span>', "never")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), _ago(now - value))


def _ago(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60)} days ago"


@register.filter
def duration(seconds: float | None) -> str:
    """ "45 s", "3 min", "1 h 20 min"."""
    if seconds is None:
        return ""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@register.filter
def named(text: str) -> str:
    """Canvas allows a name of blanks; a row without a name could not be pointed at."""
    return text if text.strip() else "(no name)"


@register.filter
def grouped(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)
