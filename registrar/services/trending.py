"""Trend: the daily counts of a term, beside those of an earlier one as far from its grade deadline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from registrar.models import DailyCount, Reach, Term

from .counting import today
from .inheriting import deadlines
from .reviewing import Filters

A_YEAR = timedelta(days=365)
ABOUT = timedelta(days=60)
"""Terms of the same season begin within so many days of each other's anniversary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was counted last on one day."""

    day: date
    sections: int
    """With line items."""
    needing: int
    """That need action; of a rule, those it is broken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    term: Term
    days: tuple[Day, ...]
    anchor: date
    """The day that both terms are measured from."""
    deadline: bool
    """Whether that is the grade deadline; else it is the term's end, or the first day counted."""

    def offset(self, day: Day) -> int:
        return (day.day - self.anchor).days

    def at(self, offset: int) -> Day | None:
        return next((day for day in self.days if self.offset(day) == offset), None)


def counted(reach: Reach) -> QuerySet[Term]:
    """Terms that there is something to tell of."""
    rows = DailyCount.objects.within(reach).filter(term=OuterRef("pk"), code="")
    return Term.objects.filter(Exists(rows)).order_by("-start_at", "name")


def to_compare(term: Term, known: Iterable[Term]) -> list[Term]:
    """Earlier terms, the same season of the year before first where it was counted."""
    if term.start_at is None:
        return []
    start = term.start_at
    earlier = [one for one in known if one.start_at is not None and one.start_at < start]
    return sorted(earlier, key=lambda one: (not _is_year_before(one, start), -(one.start_at or start).timestamp()))


def _is_year_before(term: Term, start: datetime) -> bool:
    return term.start_at is not None and abs(start - A_YEAR - term.start_at) < ABOUT


def trends(reach: Reach, chosen: Filters, terms: Sequence[Term]) -> list[Trend]:
    """The first term's and those of the others that were counted; none where the first was not."""
    days = _days(reach, chosen, terms)
    if not terms or terms[0].pk not in days:
        return []
    anchors = _anchors(reach, chosen, terms)
    return [
        Trend(term=term, days=days[term.pk], anchor=day or days[term.pk][0].day, deadline=deadline)
        for term in terms
        if days.get(term.pk)
        for day, deadline in [anchors[term.pk]]
    ]


def _days(reach: Reach, chosen: Filters, terms: Sequence[Term]) -> dict[int, tuple[Day, ...]]:
    """A day on which a rule was broken nowhere has no row of that rule, but one of the whole."""
    rows = DailyCount.objects.within(reach).filter(_place(chosen), term__in=terms, code__in=("", chosen.rule))
    summed = rows.order_by("day").values_list("term", "day", "code")
    sums = {
        (term, day, code): (sections, needing)
        for term, day, code, sections, needing in summed.annotate(Sum("sections"), Sum("sections_needing"))
    }
    found: dict[int, list[Day]] = {}
    for (term, day, code), (sections, needing) in sums.items():
        if code == "":
            broken = sums.get((term, day, chosen.rule), (0, 0))[0] if chosen.rule else needing
            found.setdefault(term, []).append(Day(day=day, sections=sections, needing=broken))
    return {term: tuple(sorted(days, key=lambda one: one.day)) for term, days in found.items()}


def _place(chosen: Filters) -> Q:
    return Filters(path=chosen.path, directly=chosen.directly).place()


def _anchors(reach: Reach, chosen: Filters, terms: Sequence[Term]) -> dict[int, tuple[date | None, bool]]:
    known, path = deadlines(terms), _path(reach, chosen)
    found: dict[int, tuple[date | None, bool]] = {}
    for term in terms:
        deadline = known.at(term.pk, path)
        at = deadline or term.end_at
        found[term.pk] = (today(at) if at else None, deadline is not None)
    return found


def _path(reach: Reach, chosen: Filters) -> str:
    """Where the grade deadline is asked for: the chosen college, or the only one this person sees."""
    return chosen.path or (reach.paths[0] if reach.paths is not None and len(reach.paths) == 1 else "")
