"""Count: one row a day for each term, sub-account and rule, so that there is something to look back on.

A university of 150 departments with line items, two watched terms and a dozen rules broken here and there comes to
some 1,500 rows a day. They are kept for ever: the line items themselves are replaced with every reading.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q

from registrar.domain.calendar import local_day
from registrar.models import DailyCount, Finding, LineItem, Section, Turn

from .surveying import watched_terms

Counts: TypeAlias = dict[tuple[int, int, str], dict[str, int]]
"""By term, sub-account and rule."""


def today(now: datetime) -> date:
    """The day as the office's clock has it."""
    return local_day(now, ZoneInfo(settings.TIME_ZONE))


def count(*, now: datetime) -> int:
    """Counting again on the same day replaces what was counted; the last of the day stays."""
    terms = [term.pk for term in watched_terms(now)]
    day, found = today(now), _found(terms)
    rows = [
        DailyCount(day=day, term_id=term, account_id=account, code=code, taken_at=now, **values)
        for (term, account, code), values in found.items()
    ]
    with transaction.atomic():
        DailyCount.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["term", "day", "account", "code"],
            update_fields=[*_NUMBERS, "taken_at"],
        )
        DailyCount.objects.filter(day=day, term__in=terms, taken_at__lt=now).delete()
    return len(rows)


def is_behind(*, now: datetime) -> bool:
    """Whether findings came or went since the last count: a course was refreshed, a proposal verified."""
    terms = [term.pk for term in watched_terms(now)]
    counted_at = DailyCount.objects.filter(term__in=terms, day=today(now)).aggregate(at=Max("taken_at"))["at"]
    turns = Turn.objects.filter(term__in=terms, at__lte=now)
    return (turns.filter(at__gt=counted_at) if counted_at else turns).exists()


_NUMBERS = ("sections", "sections_needing", "items", "items_needing", "items_excepted")


def _found(terms: Collection[int]) -> Counts:
    found: Counts = {}
    for term, account, values in (*_sections(terms), *_items(terms)):
        of_place = found.setdefault((term, account, ""), dict.fromkeys(_NUMBERS, 0))
        for name, value in values.items():
            of_place[name] += value
    return found | _rules(terms)


def _sections(terms: Collection[int]) -> list[tuple[int, int, dict[str, int]]]:
    rows = Section.objects.filter(term__in=terms, items__gt=0).order_by().values_list("term", "account")
    counted = rows.annotate(total=Count("pk"), needing=Count("pk", filter=Q(items_needing__gt=0)))
    return [
        (term, account, {"sections": total, "sections_needing": needing})
        for term, account, total, needing in counted
    ]


def _items(terms: Collection[int]) -> list[tuple[int, int, dict[str, int]]]:
    """By state, so that an index alone can answer."""
    rows = LineItem.objects.filter(term__in=terms).order_by().values_list("term", "account", "status")
    return [
        (
            term,
            account,
            {
                "items": total,
                "items_needing": total * (status == LineItem.Status.NEEDS_ACTION),
                "items_excepted": total * (status == LineItem.Status.EXCEPTED),
            },
        )
        for term, account, status, total in rows.annotate(total=Count("pk"))
    ]


def _rules(terms: Collection[int]) -> Counts:
    needing = Q(severity=Finding.Severity.BLOCKING, exemption=None)
    rows = Finding.objects.filter(term__in=terms).order_by().values_list("term", "account", "code")
    counted = rows.annotate(
        in_sections=Count("section_id", distinct=True),
        in_sections_needing=Count("section_id", distinct=True, filter=needing),
        found=Count("pk"),
        found_needing=Count("pk", filter=needing),
        found_excepted=Count("pk", filter=Q(exemption__isnull=False)),
    )
    return {
        (term, account, code): dict(zip(_NUMBERS, numbers, strict=True))
        for term, account, code, *numbers in counted
    }
