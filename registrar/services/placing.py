"""Place: which grading period a due date is in, as a condition of the database (`domain.calendar.period_of`).

A course with grading periods of its own goes by those alone; every other by the set of its term.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncMinute

from registrar.domain.calendar import start_of_day, to_the_minute
from registrar.models import GradingPeriod, LineItem, Term

NONE, OWN = "none", "own"
"""Instead of a period's id: in no grading period; in one of the course's own that has not closed."""
MINUTE = timedelta(minutes=1)


def in_period(chosen: str, *, now: datetime) -> Q:
    """Line items whose due date is in the grading period with this Canvas id, or as ``NONE`` and ``OWN`` say."""
    if chosen == NONE:
        return _in_none()
    if chosen == OWN:
        closing = Coalesce("course__own_periods__close_at", "course__own_periods__end_at")
        return Q(pk__in=_in_own().alias(closing=closing).filter(closing__gte=now))
    rows = GradingPeriod.objects.filter(canvas_id=chosen)
    return _any(_under(row) & _between(*_edges(row)) for row in rows)


def periods(terms: Iterable[Term]) -> QuerySet[GradingPeriod]:
    """Those of the terms' sets, not those of single courses."""
    groups = {term.period_group_id for term in terms if term.period_group_id is not None}
    return GradingPeriod.objects.filter(group_id__in=groups)


def midnight(day: date) -> datetime:
    """When a day begins at the registrar's office."""
    return start_of_day(
        datetime.combine(day, time(12), ZoneInfo(settings.TIME_ZONE)), ZoneInfo(settings.TIME_ZONE)
    )


def _in_none() -> Q:
    """Dates in a gap. Where there are no grading periods at all, there is no gap either."""
    groups: dict[int | None, list[GradingPeriod]] = {}
    for row in GradingPeriod.objects.filter(group_id__isnull=False):
        groups.setdefault(row.group_id, []).append(row)
    found = _any(_under(rows[0]) & _in_gaps(rows) for rows in groups.values())
    if not _owners().exists():
        return found
    return found | _of_owners() & Q(due_at__isnull=False) & ~Q(pk__in=_in_own())


def _in_gaps(rows: list[GradingPeriod]) -> Q:
    """As ranges, which an index finds, and not as what is in none of the periods."""
    found, last = Q(), None
    for first, end in sorted(map(_edges, rows)):
        found |= _between(last, first)
        last = max(last or end, end)
    return found | _between(last, None)


def _edges(row: GradingPeriod) -> tuple[datetime, datetime]:
    """After the start and not after the end, to the minute: the first instant in it, and the first one past it."""
    return to_the_minute(row.start_at) + MINUTE, to_the_minute(row.end_at) + MINUTE


def _between(first: datetime | None, end: datetime | None) -> Q:
    """An edge that is missing is no edge; no line item is between edges that are the wrong way round."""
    return Q(**{"due_at__gte": first} if first else {}, **{"due_at__lt": end} if end else {})


def _under(row: GradingPeriod) -> Q:
    """Line items of the courses that go by this period's set."""
    if row.course_id is not None:
        return Q(course=row.course_id)
    under = Q(term__in=list(Term.objects.filter(period_group_id=row.group_id).values_list("pk", flat=True)))
    # Where no course has its own, which is the rule, the index on term and date answers by itself.
    return under & ~_of_owners() if _owners().exists() else under


def _owners() -> QuerySet[GradingPeriod, int | None]:
    return GradingPeriod.objects.filter(course__isnull=False).values_list("course", flat=True)


def _of_owners() -> Q:
    return Q(course__in=_owners())


def _in_own() -> QuerySet[LineItem, int]:
    """Line items whose due date is in a grading period of their course's own: one pass over those courses."""
    edges = {name: TruncMinute(f"course__own_periods__{name}", tzinfo=UTC) for name in ("start_at", "end_at")}
    rows = LineItem.objects.alias(
        due=TruncMinute("due_at", tzinfo=UTC), first=edges["start_at"], last=edges["end_at"]
    )
    return rows.filter(due__gt=F("first"), due__lte=F("last")).values_list("pk", flat=True)


def _any(conditions: Iterable[Q]) -> Q:
    """None at all is never true."""
    found = Q(pk__in=())
    for condition in conditions:
        found |= condition
    return found
