"""Charts as SVG made here: attributes and classes only, and a table behind each for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import template
from django.conf import settings

from registrar.domain.charts import Chart, Mark, Point, chart
from registrar.services.trending import Day, Trend

register = template.Library()

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
        "left": -now.offset(now.days[-1]) if now else 0,
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
        return [Mark(at=0, name=f"Grade deadline, {named(now.anchor)}", kind="deadline")]
    return [Mark(at=0, name=f"Term ends, {named(now.anchor)}", kind="deadline")] if now.term.end_at else []


def _today(now: Trend, today: date) -> list[Mark]:
    if not now.days[-1].day <= today <= now.days[-1].day + NEAR:
        return []
    return [Mark(at=(today - now.anchor).days, name="Today", kind="today")]


def _label(now: Trend) -> Any:
    return lambda at: named(now.anchor + timedelta(days=at))


@register.filter("day_and_month")
def named(day: date) -> str:
    return f"{day:%b} {day.day}"


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
    return f"{_days(at)} {'before' if at < 0 else 'after'}" if at else "the day itself"


@register.filter
def to_deadline(left: int) -> str:
    if left == 0:
        return "the day of the grade deadline"
    return f"{_days(left)} {'before' if left > 0 else 'after'} the grade deadline"


def _days(count: int) -> str:
    return f"{abs(count)} day{'s' if abs(count) > 1 else ''}"
