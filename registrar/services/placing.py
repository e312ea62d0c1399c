"""Place: which grading period a due date is in, as a condition of the database (`domain.calendar.period_of`).

A course with grading periods of its own goes by those alone; every other by the set of its term.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncMinute

from registrar.domain.calendar import start_of_day, to_the_minute
from registrar.models import GradingPeriod, Term

NONE, OWN = "none", "own"
"""Instead of a period's id: in no grading period; in one of the course's own that has not closed."""
MINUTE = timedelta(minutes=1)


def in_period(chosen: str, *, now: datetime) -> Q:
    """Line items whose due date is in the grading period with this Canvas id, or as ``NONE`` and ``OWN`` say."""
    if chosen == NONE:
        return _in_none()
    if chosen == OWN:
        closing = Coalesce("close_at", "end_at")
        return Q(Exists(_of_own_course().alias(closing=closing).filter(closing__gte=now)))
    rows = GradingPeriod.objects.filter(canvas_id=chosen)
    return _any(_under(row) & _within(row) for row in rows)


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
    of_terms = (_under(rows[0]) & ~_any(_within(row) for row in rows) for rows in groups.values())
    own = Q(course__in=_owners()) & ~Q(Exists(_of_own_course()))
    return Q(due_at__isnull=False) & (_any(of_terms) | own)


def _within(row: GradingPeriod) -> Q:
    """After the start and not after the end, to the minute."""
    first, last = to_the_minute(row.start_at) + MINUTE, to_the_minute(row.end_at)
    return Q(due_at__gte=first, due_at__lt=last + MINUTE)


def _under(row: GradingPeriod) -> Q:
    """Line items of the courses that go by this period's set."""
    if row.course_id is not None:
        return Q(course=row.course_id)
    return Q(term__period_group_id=row.group_id) & ~Q(course__in=_owners())


def _owners() -> QuerySet[GradingPeriod, int | None]:
    return GradingPeriod.objects.filter(course__isnull=False).values_list("course", flat=True)


def _of_own_course() -> QuerySet[GradingPeriod]:
    """The own periods of the line item's course that its due date is in."""
    due = TruncMinute(ExpressionWrapper(OuterRef("due_at"), output_field=DateTimeField()), tzinfo=UTC)
    rows = GradingPeriod.objects.filter(course=OuterRef("course"))
    rows = rows.alias(first=TruncMinute("start_at", tzinfo=UTC), last=TruncMinute("end_at", tzinfo=UTC), due=due)
    return rows.filter(due__gt=F("first"), due__lte=F("last"))


def _any(conditions: Iterable[Q]) -> Q:
    """None at all is never true."""
    found = Q(pk__in=())
    for condition in conditions:
        found |= condition
    return found
