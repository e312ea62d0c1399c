"""Edits of many line items at once, from any list: what each of them comes to, as wanted dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Literal, TypeAlias
from zoneinfo import ZoneInfo

from registrar.domain import facts
from registrar.domain.calendar import LAST_SECOND, end_of_day, local_day, shift
from registrar.models import LineItem, Reading, Term

from .assessing import unpack
from .proposing import Wanted

if TYPE_CHECKING:
    from django.db.models import QuerySet

DateFields: TypeAlias = tuple[facts.DateField, ...]
Place: TypeAlias = Literal["base", "sections"]
Days = Mapping[facts.DateField, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDate:
    """Without an offset ``when`` is meant in each course's own zone."""

    field: facts.DateField
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """By days; the time on the clock stays, across a change of the clock too."""

    fields: DateFields
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTime:
    """The same day in the course's own zone, at another time."""

    fields: DateFields
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """No date, said explicitly."""

    fields: DateFields


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfTerm:
    """23:59:59 of the term's last day; where the term has no end, nothing."""

    field: facts.DateField


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFrom:
    """From the same-named assignment of the same-named course in another term, shifted by the whole weeks between
    the starts of the terms, so that a Friday stays a Friday.
    """

    fields: DateFields
    term_id: int


Edit: TypeAlias = SetDate | Shift | SetTime | Clear | EndOfTerm | CopyFrom


def wanted_from(items: QuerySet[LineItem], edit: Edit, *, place: Place) -> list[Wanted]:
    """What the edit means for these items: for their assignments' base dates, or for each section by itself.

    Where it means nothing, such as moving a date that is not set, nothing is wanted.
    """
    chosen = list(
        items.select_related("course", "term", "section").order_by("course_id", "assignment_id", "section_id")
    )
    change = _change(chosen, edit, place)
    return [wanted for spot in _spots(chosen, place) if (wanted := _wanted(spot, edit, change))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One place to edit, with the dates that stand there now."""

    item: LineItem
    section_id: int | None
    dates: Days

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.item.course.time_zone)


def _spots(items: Sequence[LineItem], place: Place) -> Iterator[Spot]:
    if place == "sections":
        for item in items:
            if item.section_id is not None:
                dates: Days = {name: getattr(item, name) for name in facts.DATE_FIELDS}
                yield Spot(item=item, section_id=item.section_id, dates=dates)
        return
    bases = _bases({item.course_id for item in items})
    first = {(item.course_id, item.assignment_id): item for item in reversed(items)}
    for key, item in sorted(first.items()):
        if key in bases:
            yield Spot(item=item, section_id=None, dates=bases[key])


def _bases(courses: set[int]) -> dict[tuple[int, int], Days]:
    readings = Reading.objects.filter(course_id__in=courses, current=True)
    return {
        (reading.course_id, one.id): {name: getattr(one.dates, name) for name in facts.DATE_FIELDS}
        for reading in readings.iterator(chunk_size=100)
        for one in unpack(reading.facts).assignments
    }


class Nothing(Enum):
    """The edit says nothing about this date."""

    NOTHING = 0


NOTHING = Nothing.NOTHING
Change: TypeAlias = Callable[[Spot, facts.DateField], datetime | Nothing | None]


def _wanted(spot: Spot, edit: Edit, change: Change) -> Wanted | None:
    fields = (edit.field,) if isinstance(edit, SetDate | EndOfTerm) else edit.fields
    found = {name: change(spot, name) for name in fields}
    dates: dict[facts.DateField, facts.OverrideDate] = {
        name: value
        for name, value in found.items()
        if not isinstance(value, Nothing) and value != spot.dates[name]
    }
    if not dates:
        return None
    item = spot.item
    return Wanted(
        course_id=item.course_id, assignment_id=item.assignment_id, section_id=spot.section_id, dates=dates
    )


def _change(items: Sequence[LineItem], edit: Edit, place: Place) -> Change:
    match edit:
        case SetDate():
            return lambda spot, name: _at(edit.when, spot.zone)
        case Shift():
            return lambda spot, name: _moved(spot.dates[name], edit.days, spot.zone)
        case SetTime():
            return lambda spot, name: _timed(spot.dates[name], edit.at, spot.zone)
        case Clear():
            return lambda spot, name: None
        case EndOfTerm():
            return lambda spot, name: _timed(spot.item.term.end_at, LAST_SECOND, spot.zone)
        case CopyFrom():
            return _copying(items, edit.term_id, place)


def _at(when: datetime, zone: ZoneInfo) -> datetime:
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def _moved(when: datetime | None, days: int, zone: ZoneInfo) -> datetime | Nothing:
    return shift(when, days=days, zone=zone) if when else NOTHING


def _timed(when: datetime | None, at: time, zone: ZoneInfo) -> datetime | Nothing:
    """The last second of a day is the second one where the clock repeats it."""
    if when is None:
        return NOTHING
    if at == LAST_SECOND:
        return end_of_day(when, zone)
    return datetime.combine(local_day(when, zone), at, tzinfo=zone).astimezone(UTC)


# From another term

Namesake: TypeAlias = tuple[int, str, str, str]
"""Account, course, assignment and section by their names; no section for the base date."""


def _copying(items: Sequence[LineItem], term_id: int, place: Place) -> Change:
    source = Term.objects.filter(pk=term_id).first()
    dates = _namesakes(items, term_id, place) if source else {}

    def copied(spot: Spot, name: facts.DateField) -> datetime | Nothing | None:
        found = dates.get(_names(spot))
        days = _days_between(source, spot.item.term) if source else None
        if found is None or days is None:
            return NOTHING
        when = found[name]
        return shift(when, days=days, zone=spot.zone) if when else None

    return copied


def _namesakes(items: Sequence[LineItem], term_id: int, place: Place) -> dict[Namesake, Days]:
    """Of two with the same name neither is meant, unless they agree."""
    accounts, names = {item.account_id for item in items}, {item.course.name for item in items}
    there = LineItem.objects.filter(term_id=term_id, account_id__in=accounts, course__name__in=names)
    found: dict[Namesake, Days] = {}
    twice: set[Namesake] = set()
    for spot in _spots(list(there.select_related("course", "term", "section")), place):
        key = _names(spot)
        if found.setdefault(key, spot.dates) != spot.dates:
            twice.add(key)
    return {key: dates for key, dates in found.items() if key not in twice}


def _names(spot: Spot) -> Namesake:
    item = spot.item
    section = item.section.name if item.section and spot.section_id is not None else ""
    return item.account_id, item.course.name, item.assignment_name, section


def _days_between(source: Term, target: Term) -> int | None:
    """Whole weeks from start to start, or from end to end where a start is not known."""
    for old, new in ((source.start_at, target.start_at), (source.end_at, target.end_at)):
        if old and new:
            return round((new - old) / timedelta(weeks=1)) * 7
    return None
