"""What stands on a line of dates, and how it is said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Protocol
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from registrar.domain.charts import ROW, Flag
from registrar.domain.timelines import Stretch
from registrar.domain.weeks import Week
from registrar.models import LineItem

from .figures import moment, named

register = template.Library()

NAMES = 24
"""Pixels for the names of grading periods."""
SHAPES: Final = {
    "good": "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0Z",
    "bad": "M0 -7L7 0L0 7L-7 0Z",
    "warn": "M0 -6.5L6.5 5.5H-6.5Z",
    "excepted": "M4.5 0A4.5 4.5 0 1 1 -4.5 0A4.5 4.5 0 1 1 4.5 0Z",
}
HATCHED: Final = ("outside", "gap", "needing")
_BARS: Final = ("needing", "excepted", "ready")
KINDS: Final = {
    "outside": "Outside the term",
    "gap": "In no grading period",
    "closed": "In a closed grading period",
    "open": "Open",
}
SAID: Final = {"bad": "needs action", "warn": "warning", "excepted": "excepted", "good": ""}
BEYOND: Final = {
    "before": "further to the past than the line reaches",
    "after": "further on than the line reaches",
}
ARROWS: Final = {"before": (16, "M-9 -5L-14 0L-9 5"), "after": (-16, "M9 -5L14 0L9 5")}
"""How far the mark steps back from the edge, and what points over it."""


class Dated(Protocol):
    at: datetime
    standing: str
    beyond: str
    items: list[LineItem]


@register.simple_tag
def calendar_head(flags: Sequence[Flag], periods: Sequence[Stretch], less: int = 0) -> int:
    """Its height in pixels, or so many less."""
    return len(flags) * ROW + (NAMES if periods else 0) - less


@register.simple_tag
def mark_shape(standing: str, beyond: str = "") -> SafeString:
    """Told apart by its shape as well as by its colour; an arrow where the date is beyond the line."""
    shape = format_html('<path class="mark-{}" d="{}" />', standing, SHAPES[standing])
    if not beyond:
        return shape
    step, arrow = ARROWS[beyond]
    return format_html('<g transform="translate({})">{}<path class="mark-arrow" d="{}" /></g>', step, shape, arrow)


@register.simple_tag
def mark_sample(standing: str) -> SafeString:
    shape = mark_shape(standing)
    return format_html('<svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">{}</svg>', shape)


@register.simple_tag
def ground_sample(kind: str) -> SafeString:
    size = mark_safe('width="26" height="14"')
    hatch = format_html('<rect {} fill="url(#hatch-{})" />', size, kind) if kind in HATCHED else ""
    name = f"{'week' if kind in _BARS else 'calendar'}-{kind}"
    return format_html(
        '<svg class="calendar-sample" {} aria-hidden="true"><rect class="{}" {} />{}</svg>',
        size,
        name,
        size,
        hatch,
    )


@register.simple_tag
def due_words(due: Dated, zone: str) -> str:
    """ "Thu, Dec 3, 2026, 11:59 pm CST: 001 and 2 more, needs action"."""
    first, more = named(due.items[0].section.name if due.items[0].section else ""), len(due.items) - 1
    parts = [f"{moment(due.at, zone)}: {first[:60]}{f' and {more} more' if more else ''}"]
    parts += [said for said in (SAID[due.standing], BEYOND.get(due.beyond)) if said]
    return ", ".join(parts)


@register.simple_tag
def week_words(week: Week) -> str:
    """ "Dec 7 – 13", or where it is one of the ends "before Aug 24"."""
    if week.first is None:
        return f"Until {_day(week.last)}" if week.last else ""
    if week.last is None:
        return f"From {_day(week.first)} on"
    same = week.first.month == week.last.month
    return f"{_day(week.first)} – {week.last.day if same else _day(week.last)}"


@register.simple_tag
def kinds_words(kinds: Sequence[str]) -> str:
    """A week may be part this and part that."""
    return ", ".join(KINDS[kind] if number == 0 else KINDS[kind].lower() for number, kind in enumerate(kinds))


@register.simple_tag
def week_query(week: Week) -> str:
    """As the filters of the list want it."""
    days = {"due_from": week.first, "due_to": week.last}
    return urlencode({name: day.isoformat() for name, day in days.items() if day})


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"
