"""Show: a standing report as lists and its own page show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db.models import Window
from django.db.models.functions import RowNumber
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from registrar.models import Account, Delivery, Reach, Subscription, Term
from registrar.words.dates import countdown, time_words

from . import reporting, summarising
from .summarising import Around

State, Weekday = Delivery.State, Subscription.Weekday
WEEKLY = {
    Weekday.MONDAY: _lazy("on Mondays"),
    Weekday.TUESDAY: _lazy("on Tuesdays"),
    Weekday.WEDNESDAY: _lazy("on Wednesdays"),
    Weekday.THURSDAY: _lazy("on Thursdays"),
    Weekday.FRIDAY: _lazy("on Fridays"),
    Weekday.SATURDAY: _lazy("on Saturdays"),
    Weekday.SUNDAY: _lazy("on Sundays"),
}
IN_A_ROW = 2
"""So many reports that came back, and somebody has to look at the address."""
LOOKED_AT = 10
"""Of years of daily reports no more are fetched."""


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
    bounces: int
    """How many of the last reports came back, one after another."""

    @property
    def needs_attention(self) -> bool:
        return self.bounces >= IN_A_ROW


def shown(rows: Iterable[Subscription], *, reach: Reach, now: datetime) -> list[Shown]:
    rows = list(rows)
    around, sent = summarising.around(), _sent(rows)
    return [_shown(row, reach, around, sent.get(row.pk, []), now) for row in rows]


def hour_words(hour: int) -> str:
    """ "7:00 am"."""
    return time_words(datetime(2000, 1, 1, hour, tzinfo=UTC), UTC)


def _shown(row: Subscription, reach: Reach, around: Around, sent: list[Delivery], now: datetime) -> Shown:
    at = reporting.upcoming(row, around, now=now)
    return Shown(
        subscription=row,
        accounts=[account for account in row.accounts.all() if reach.holds(account.path)],
        terms=list(row.terms.all()),
        times=_times(row),
        zone=row.time_zone.replace("_", " "),
        next=countdown(now, at, ZoneInfo(row.time_zone)) if at else "",
        trouble=_trouble(row),
        last=sent[-1] if sent else None,
        bounces=_bounces(sent),
    )


def _sent(rows: list[Subscription]) -> dict[int, list[Delivery]]:
    """The last messages of each, the latest last, all in one query."""
    back = Window(RowNumber(), partition_by="subscription", order_by=("-created_at", "-pk"))
    sent = Delivery.objects.filter(kind=Delivery.Kind.REPORT, subscription__in=rows).order_by()
    latest = sent.alias(back=back).filter(back__lte=LOOKED_AT).values("pk")
    recent = Delivery.objects.filter(pk__in=latest).order_by("created_at", "pk")
    light = recent.defer("text", "html", "attachment", "summary", "headers")
    found: dict[int, list[Delivery]] = {}
    for one in light:
        if one.subscription_id is not None:
            found.setdefault(one.subscription_id, []).append(one)
    return found


def _bounces(sent: list[Delivery]) -> int:
    number = 0
    for one in sent:
        if one.state == State.BOUNCED:
            number += 1
        elif one.state in (State.SENT, State.UNCONFIRMED):
            number = 0
    return number


def _times(row: Subscription) -> str:
    """ "Daily, and 3, 1 and 0 days before the grade deadline, at 7:00 am"."""
    found = [_("daily")] if row.daily else []
    if row.weekday is not None:
        found.append(str(WEEKLY[Weekday(row.weekday)]))
    if row.days_before:
        found.append(_days(row.days_before))
    said = found[0] if found else ""
    for more in found[1:]:
        said = _("%(times)s, and %(more)s") % {"times": said, "more": more}
    said = _("%(times)s, at %(hour)s") % {"times": said, "hour": hour_words(row.hour)}
    return said[:1].upper() + said[1:]


def _days(days: list[int]) -> str:
    """Zero is a day of its own kind."""
    before = [str(day) for day in days if day]
    if not before:
        return _("on the day of the grade deadline")
    one = int(before[0]) if len(before) == 1 else 2
    if 0 in days:
        said = ngettext(
            "%(days)s day before and on the day of the grade deadline",
            "%(days)s days before and on the day of the grade deadline",
            one,
        )
    else:
        said = ngettext("%(days)s day before the grade deadline", "%(days)s days before the grade deadline", one)
    return said % {"days": get_text_list(before, _("and"))}


def _trouble(row: Subscription) -> str:
    """Why nothing of it arrives, where that is so."""
    if row.person is not None and not row.person.email:
        return _("The account has no mail address.")
    if summarising.scope_of(row) == summarising.NOTHING:
        return _("Nobody involved may see what it is about any more: change it, or remove it.")
    return ""
