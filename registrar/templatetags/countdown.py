"""How long until a date, in the words of the calendar and in the zone of the registrar's office."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from registrar.words import dates

register = template.Library()


@register.simple_tag(takes_context=True)
def countdown(context: Context, at: datetime) -> str:
    """ "in 6 days", by the clock of the page."""
    return dates.countdown(context["now"], at, _office())


@register.simple_tag
def on_day(at: datetime) -> SafeString:
    """ "Tue, Dec 15, 2026, 5:00 pm CST"; where the line is short it breaks before the time of day."""
    day, _, clock = dates.date_words(at, _office()).rpartition(", ")
    time, _, zone = clock.rpartition(" ")
    return format_html(
        '<time datetime="{}" title="{}">{}, <span class="clock">{} <span class="zone">{}</span></span></time>',
        at.isoformat(),
        office_zone(),
        day,
        time,
        zone,
    )


@register.simple_tag
def office_zone() -> str:
    """ "America/New York"."""
    return settings.TIME_ZONE.replace("_", " ")


def _office() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)
