"""A standing report as the list and its own page show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from registrar.domain.calendar import countdown
from registrar.models import Account, Delivery, Subscription, Term
from registrar.services import reporting, summarising
from registrar.web.access import Visit

from .forms import HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    subscription: Subscription
    accounts: list[Account]
    """Those that the visitor may know of."""
    terms: list[Term]
    times: str
    zone: str
    next: str
    trouble: str
    last: Delivery | None


def shown(visit: Visit, rows: Iterable[Subscription], now: datetime) -> list[Shown]:
    rows = list(rows)
    around, last = summarising.around(), _last(rows)
    return [_shown(visit, row, around, last.get(row.pk), now) for row in rows]


def _shown(
    visit: Visit, row: Subscription, around: summarising.Around, last: Delivery | None, now: datetime
) -> Shown:
    at = reporting.upcoming(row, around, now=now)
    return Shown(
        subscription=row,
        accounts=[account for account in row.accounts.all() if visit.reach.holds(account.path)],
        terms=list(row.terms.all()),
        times=_times(row),
        zone=row.time_zone.replace("_", " "),
        next=countdown(now, at, ZoneInfo(row.time_zone)) if at else "",
        trouble=_trouble(row),
        last=last,
    )


def _last(rows: list[Subscription]) -> dict[int, Delivery]:
    """The latest message of each, all in one query."""
    sent = Delivery.objects.filter(kind=Delivery.Kind.REPORT, subscription__in=rows)
    light = sent.defer("text", "html", "attachment", "summary").order_by("created_at", "pk")
    return {one.subscription_id: one for one in light if one.subscription_id is not None}


def _times(row: Subscription) -> str:
    """ "daily and 3, 1 and 0 days before the grade deadline, at 7:00 am"."""
    found = ["daily"] if row.daily else []
    if row.weekday is not None:
        found.append(f"on {Subscription.Weekday(row.weekday).label}s")
    if row.days_before:
        found.append(_days(row.days_before))
    said = f"{', and '.join(found)}, at {dict(HOURS)[row.hour]}"
    return said[:1].upper() + said[1:]


def _days(days: list[int]) -> str:
    """Zero is a day of its own kind."""
    before = [str(day) for day in days if day]
    parts = []
    if before:
        listed = before[0] if len(before) == 1 else f"{', '.join(before[:-1])} and {before[-1]}"
        parts.append(f"{listed} day{'' if before == ['1'] else 's'} before")
    if 0 in days:
        parts.append("on the day of")
    return f"{' and '.join(parts)} the grade deadline"


def _trouble(row: Subscription) -> str:
    """Why nothing of it arrives, where that is so."""
    if row.person is not None and not row.person.email:
        return "The account has no mail address."
    if summarising.scope_of(row) == summarising.NOTHING:
        return "Nobody involved may see what it is about any more: change it, or remove it."
    return ""
