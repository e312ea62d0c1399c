"""Spread: how many line items are due when, over the weeks of a term."""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count as Counted
from django.db.models import Max

from registrar.domain.timelines import Calendar
from registrar.domain.weeks import Count, Spread
from registrar.domain.weeks import spread as spread_out
from registrar.models import LineItem, Reach, Term

from .assessing import period_facts
from .marking import deadline_within
from .placing import periods
from .reviewing import Filters, line_items
from .tallying import Tally

KEPT_SECONDS = 300
_FIELDS = {
    LineItem.Status.NEEDS_ACTION: "needing",
    LineItem.Status.EXCEPTED: "excepted",
    LineItem.Status.READY: "ready",
}


def calendar_of(reach: Reach, term: Term, now: datetime) -> Calendar:
    return Calendar(
        start=term.start_at,
        end=term.end_at,
        periods=[period_facts(row) for row in periods([term])],
        deadline=deadline_within(reach, term, now),
    )


def spread(reach: Reach, term: Term, tally: Tally, calendar: Calendar, now: datetime) -> Spread | None:
    """``tally`` is that of the same part of the term, counted just now."""
    counts = _counts(reach, term, tally)
    return spread_out(counts, calendar, now=now, zone=ZoneInfo(settings.TIME_ZONE))


def _counts(reach: Reach, term: Term, tally: Tally) -> dict[datetime | None, Count]:
    """Counted anew when a line item was written since: a change replaces the rows of its course by new ones.

    It takes a look at every row of the term, which in a large university is slow.
    """
    key = _key(reach, term, tally)
    found: dict[datetime | None, Count] | None = cache.get(key)
    if found is None:
        found = _counted(reach, term)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _key(reach: Reach, term: Term, tally: Tally) -> str:
    newest = LineItem.objects.aggregate(newest=Max("pk"))["newest"]
    counted = tally.items, tally.items_needing, tally.items_ready
    said = repr((term.pk, reach.paths, newest, counted))
    return f"due:{hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}"


def _counted(reach: Reach, term: Term) -> dict[datetime | None, Count]:
    rows = line_items(reach, Filters(term=term.pk)).order_by().values_list("due_at", "status")
    found: dict[datetime | None, Count] = {}
    for at, status, total in rows.annotate(total=Counted("*")):
        found[at] = found.get(at, Count()) + Count(**{_FIELDS[LineItem.Status(status)]: total})
    return found
