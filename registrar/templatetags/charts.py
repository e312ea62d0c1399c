"""Charts as SVG made here: attributes and classes only, and a table behind each for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrar.domain.charts import Chart, Mark, Point, chart
from registrar.services.trending import Day, Trend
from registrar.words.dates import day_words, month_and_day

register = template.Library()
register.filter("day_and_month", month_and_day)
register.filter("day_in_full", day_words)

TOP, FOOT = 36, 22
"""Pixels above and below the plot, for the words of marks and of days."""
NEAR = timedelta(days=7)
"""Today is marked beside counts that are not older."""


@register.inclusion_tag("charts/_trend.html")
def trend_chart(trends: Sequence[Trend], today: date, rule: str = "", height: int = 180) -> dict[str, Any]:
    """``trends`` are those of a term and perhaps of an earlier one; what is drawn needs at least two days."""
    now = trends[0] if trends else None
    then = trends[1] if len(trends) > 1 else None
    drawn = _drawn(now, then, today, height) if now else None
    return {
        "chart": drawn,
        "top": TOP,
        "floor": TOP + height,
        "tall": TOP + height + FOOT,
        "now": now,
        "then": then,
        "last": now.days[-1] if now else None,
        "counted_on": _counted_on(now) if now else "",
        "last_then": then.at(now.offset(now.days[-1])) if now and then else None,
        "rows": _rows(now, then) if now else [],
        "rule": rule,
        "made_up": settings.DEMO,
    }


def _drawn(now: Trend, then: Trend | None, today: date, height: int) -> Chart | None:
    if len(now.days) < 2 and then is None:
        return None
    series = [("then", _points(then))] if then else []
    marks = [*_anchor(now), *_today(now, today)]
    return chart([*series, ("now", _points(now))], marks=marks, label=_label(now), height=height)


def _points(trend: Trend) -> list[Point]:
    return [Point(at=trend.offset(day), value=day.needing) for day in trend.days]


def _anchor(now: Trend) -> list[Mark]:
    if now.deadline:
        name = _("Grade deadline, %(day)s")
    elif now.term.end_at:
        name = _("Term ends, %(day)s")
    else:
        return []
    return [Mark(at=0, name=name % {"day": month_and_day(now.anchor)}, kind="deadline")]


def _today(now: Trend, today: date) -> list[Mark]:
    if not now.days[-1].day <= today <= now.days[-1].day + NEAR:
        return []
    return [Mark(at=(today - now.anchor).days, name=_("Today"), kind="today")]


def _label(now: Trend) -> Any:
    return lambda at: month_and_day(now.anchor + timedelta(days=at))


def _rows(now: Trend, then: Trend | None) -> list[tuple[date, int, Day | None, Day | None]]:
    """Each day that either was counted on, the latest first."""
    mine = {now.offset(day): day for day in now.days}
    theirs = {then.offset(day): day for day in then.days} if then else {}
    return [
        (now.anchor + timedelta(days=at), at, mine.get(at), theirs.get(at))
        for at in sorted(mine.keys() | theirs.keys(), reverse=True)
    ]


@register.filter
def distance(at: int) -> str:
    """Of a day from the one that matters."""
    if at == 0:
        return _("the day itself")
    if at < 0:
        return ngettext("%(n)s day before", "%(n)s days before", -at) % {"n": -at}
    return ngettext("%(n)s day after", "%(n)s days after", at) % {"n": at}


def _counted_on(now: Trend) -> str:
    """The last day counted, and how far it is from the grade deadline."""
    last = now.days[-1]
    day, left = month_and_day(last.day), -now.offset(last)
    if not now.deadline:
        return day
    if left == 0:
        return _("%(day)s, the day of the grade deadline") % {"day": day}
    if left > 0:
        said = ngettext(
            "%(day)s, %(n)s day before the grade deadline", "%(day)s, %(n)s days before the grade deadline", left
        )
    else:
        said = ngettext(
            "%(day)s, %(n)s day after the grade deadline", "%(day)s, %(n)s days after the grade deadline", -left
        )
    return said % {"day": day, "n": abs(left)}
