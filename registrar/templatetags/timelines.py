"""What stands on a line of dates, and how it is said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlencode

from django import template
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from registrar.domain.charts import ROW, Flag
from registrar.domain.timelines import Stretch
from registrar.domain.weeks import Week
from registrar.models import LineItem
from registrar.words.dates import month_and_day

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
    "outside": _lazy("Outside the term"),
    "gap": _lazy("In no grading period"),
    "closed": _lazy("In a closed grading period"),
    "open": pgettext_lazy("days of a term", "Open"),
}
SAID: Final = {
    "bad": pgettext_lazy("what is due", "needs action"),
    "warn": pgettext_lazy("what is due", "warning"),
    "excepted": pgettext_lazy("what is due", "excepted"),
    "good": "",
}
BEYOND: Final = {
    "before": _lazy("further to the past than the line reaches"),
    "after": _lazy("further on than the line reaches"),
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
    what = ngettext("%(section)s and %(n)s more", "%(section)s and %(n)s more", more) if more else "%(section)s"
    parts = [f"{moment(due.at, zone)}: {what % {'section': first[:60], 'n': more}}"]
    parts += [str(said) for said in (SAID[due.standing], BEYOND.get(due.beyond)) if said]
    return ", ".join(parts)


@register.simple_tag
def week_words(week: Week) -> str:
    """ "Dec 7 – 13", or where it is one of the ends "before Aug 24"."""
    if week.first is None:
        return _("Until %(day)s") % {"day": month_and_day(week.last)} if week.last else ""
    if week.last is None:
        return _("From %(day)s on") % {"day": month_and_day(week.first)}
    if week.first.month != week.last.month:
        return f"{month_and_day(week.first)} – {month_and_day(week.last)}"
    first = dateformat.format(week.first, pgettext("pattern of the first of two days in one month", "M j"))
    last = dateformat.format(week.last, pgettext("pattern of the last of two days in one month", "j"))
    return f"{first} – {last}"


@register.simple_tag
def kinds_words(kinds: Sequence[str]) -> str:
    """A week may be part this and part that."""
    said = [str(KINDS[kind]) for kind in kinds]
    return ", ".join([*said[:1], *(kind.lower() for kind in said[1:])])


@register.simple_tag
def week_query(week: Week) -> str:
    """As the filters of the list want it."""
    days = {"due_from": week.first, "due_to": week.last}
    return urlencode({name: day.isoformat() for name, day in days.items() if day})
