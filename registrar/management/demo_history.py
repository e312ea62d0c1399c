"""Days that never were, for the demo to look back on: made up, and in the demo's database only."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from registrar.models import DailyCount, Mark, Term
from registrar.services import counting, trending

DAYS = 75
"""So far back the running term was counted, as the demo has it."""
EARLIER = 100


def make_up(*, now: datetime) -> int:
    """Counts of the days before the first sync, and of the term before; nothing where there are any already."""
    today = counting.today(now)
    if DailyCount.objects.filter(day__lt=today).exists():
        return 0
    rows: list[DailyCount] = []
    for term in Term.objects.filter(start_at__lt=now, end_at__gt=now):
        known = list(DailyCount.objects.filter(term=term, day=today))
        begun = today - counting.today(term.start_at or now)
        rows += _days(known, term, today, range(1, min(DAYS, begun.days) + 1), now)
        for before in trending.to_compare(term, Term.objects.filter(end_at__lt=now))[:1]:
            moved = (term.end_at or now) - (before.end_at or now)
            _same_deadline(term, before, moved, now)
            rows += _days(known, before, counting.today(now - moved), range(-12, EARLIER), now, worse=1.4)
    DailyCount.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _same_deadline(term: Term, before: Term, moved: timedelta, now: datetime) -> None:
    for mark in Mark.objects.filter(term=term, account=None, kind=Mark.Kind.GRADE_DEADLINE):
        Mark.objects.get_or_create(
            term=before, account=None, kind=mark.kind, defaults={"at": mark.at - moved, "set_at": now}
        )


def _days(
    known: list[DailyCount], term: Term, zero: date, ago: range, now: datetime, worse: float = 1
) -> list[DailyCount]:
    """As many days before ``zero`` as ``ago`` names: the further back, the more there was to do."""
    return [_day(one, term, zero - timedelta(days=days), days, now, worse) for one in known for days in ago]


def _day(one: DailyCount, term: Term, day: date, ago: int, now: datetime, worse: float) -> DailyCount:
    chance = Random(f"{term.pk} {one.account_id} {one.code} {ago // 6}")
    more = worse * max(0.2, 1 + 0.03 * ago + chance.uniform(-0.25, 0.25))
    needing = round(one.sections_needing * more)
    return DailyCount(
        day=day,
        term=term,
        account_id=one.account_id,
        code=one.code,
        sections=max(one.sections, needing),  # a made-up day must add up too
        sections_needing=needing,
        items=max(one.items, round(one.items_needing * more)),
        items_needing=round(one.items_needing * more),
        items_excepted=one.items_excepted,
        taken_at=now,
    )
