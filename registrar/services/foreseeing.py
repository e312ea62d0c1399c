"""Foresee: the dates of a term in their order, and what will be broken when they pass.

Each number is counted from the query of the list that it leads to, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models.functions import Coalesce

from registrar.domain.calendar import local_day, to_the_minute
from registrar.models import GradingPeriod, Mark, Reach, Term

from .marking import deadline_within, marks
from .placing import MINUTE, NONE, OWN, midnight, periods
from .reviewing import NEEDS_ACTION, Filters, line_items

SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens at a time; ``what`` is the key of the words for it."""

    what: str
    at: datetime
    period: GradingPeriod | None = None
    mark: Mark | None = None


def events(reach: Reach, term: Term) -> list[Event]:
    """All dates of a term that concern a person, the earliest first: Canvas's own and those of the office."""
    found = [Event(what=mark.kind, at=mark.at, mark=mark) for mark in marks(reach, term)]
    for period in periods([term]):
        found.append(Event(what="period_closes", at=_closing(period), period=period))
    if term.start_at is not None:
        found.append(Event(what="term_begins", at=term.start_at))
    if term.end_at is not None:
        found.append(Event(what="term_ends", at=term.end_at))
    return sorted(found, key=lambda one: one.at)


def next_event(found: Sequence[Event], now: datetime) -> Event | None:
    return next((one for one in found if one.at > now), None)


def coming(reach: Reach, term: Term, now: datetime) -> tuple[datetime | None, list[Event]]:
    """What the Overview says in one line: the grade deadline, and what else is near."""
    near = [one for one in events(reach, term) if now < one.at <= now + SOON]
    return deadline_within(reach, term, now), [one for one in near if one.what != Mark.Kind.GRADE_DEADLINE]


def _closing(period: GradingPeriod) -> datetime:
    return period.close_at or period.end_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """So many line items, and the filters that list them."""

    items: int
    needing: int
    query: dict[str, str]

    @property
    def address(self) -> str:
        return "?" + urlencode(self.query)

    @property
    def address_needing(self) -> str:
        return "?" + urlencode(self.query | {"state": str(NEEDS_ACTION)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A grading period that has not closed: what is due in it will be broken then."""

    period: GradingPeriod
    at: datetime
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Days that are in no grading period of the term, and what is due on them."""

    after: GradingPeriod | None
    before: GradingPeriod | None
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    closings: list[Closing] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    in_no_period: Number | None = None
    """All of them; some may be of courses that go by grading periods of their own."""
    own: Number | None = None
    """In grading periods that courses have of their own and that have not closed; None where no course has any."""
    own_closing: datetime | None = None
    after_deadline: Number | None = None


def ahead(reach: Reach, term: Term, now: datetime) -> Ahead:
    """What will be broken by the calendar alone, as far as a person may see it."""
    count = _Counter(reach, term, now)
    set_of_term = list(periods([term]))
    own = _own_closings(reach, term, now)
    in_none = count(period=NONE)
    return Ahead(
        closings=[
            Closing(period=one, at=_closing(one), number=count(period=str(one.canvas_id)))
            for one in sorted(set_of_term, key=_closing)
            if _closing(one) > now
        ],
        gaps=[gap for gap in _gaps(set_of_term, count) if gap.number.items] if in_none.items else [],
        in_no_period=in_none,
        own=count(period=OWN) if own else None,
        own_closing=min(own, default=None),
        after_deadline=count(rule="due_after_grade_deadline"),
    )


def _own_closings(reach: Reach, term: Term, now: datetime) -> list[datetime]:
    """Those to come, of the grading periods that courses within reach have of their own."""
    rows = GradingPeriod.objects.filter(reach.over("course__account"), course__term=term, course__gone_at=None)
    closings = rows.values_list(Coalesce("close_at", "end_at"), flat=True)
    return [at for at in closings.distinct().order_by() if at >= now]


class _Counter:
    def __init__(self, reach: Reach, term: Term, now: datetime) -> None:
        self.reach, self.term, self.now = reach, term, now

    def __call__(
        self, *, period: str = "", rule: str = "", first: date | None = None, last: date | None = None
    ) -> Number:
        chosen = Filters(
            term=self.term.pk,
            period=period,
            rule=rule,
            due_from=midnight(first) if first else None,
            due_before=midnight(last + timedelta(days=1)) if last else None,
            now=self.now,
        )
        rows = line_items(self.reach, chosen).order_by()
        # Each from an index of its own; both at once would have to look at every row.
        counted = {"items": rows.count(), "needing": rows.filter(status=NEEDS_ACTION).count()}
        days = {"due_from": first and first.isoformat(), "due_to": last and last.isoformat()}
        query = {"term": str(self.term.pk), "period": period, "rule": rule, **days}
        return Number(**counted, query={name: value for name, value in query.items() if value})


def _gaps(found: list[GradingPeriod], count: _Counter) -> Iterator[Gap]:
    """Before the first, between any two and after the last, each by the days that it touches."""
    zone = ZoneInfo(settings.TIME_ZONE)
    ordered = sorted(found, key=lambda one: one.start_at)
    for before, after in zip([None, *ordered], [*ordered, None], strict=True):
        first = local_day(to_the_minute(before.end_at) + MINUTE, zone) if before else None
        last = local_day(after.start_at, zone) if after else None
        if (before or after) and not (first and last and first > last):
            number = count(period=NONE, first=first, last=last)
            yield Gap(after=before, before=after, number=number)
