"""The course page's picture: when what is due, on a line with the term, its grading periods and its deadline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from registrar.domain.charts import Spot
from registrar.domain.timelines import Calendar, Scale, scale
from registrar.models import Course, GradingPeriod, LineItem
from registrar.services import marking, placing
from registrar.services.assessing import period_facts
from registrar.web.grounds import Ground, ground

from .grid import BY_DATES, Grid, Row

SHOWN = 30
"""Rows that stand open; of more, those whose dates are to be mended come first, and the rest are folded away."""

Standing: TypeAlias = Literal["bad", "warn", "excepted", "good"]


@dataclass(slots=True, kw_only=True)
class Due:
    """One due date of an assignment, and the sections that have it."""

    at: datetime
    standing: Standing
    spot: Spot
    beyond: str
    """ "before" or "after" where the line does not reach that far."""
    items: list[LineItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    head: LineItem
    dues: list[Due]
    undated: int
    """Sections for which it has no due date."""

    @property
    def to_mend(self) -> bool:
        return any(due.standing in ("bad", "warn") for due in self.dues)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    ground: Ground
    tracks: list[Track]
    folded: list[Track]

    @property
    def to_mend(self) -> int:
        return sum(track.to_mend for track in (*self.tracks, *self.folded))

    @property
    def kinds(self) -> set[str]:
        """What is to be explained below the picture."""
        marks = {str(due.standing) for track in (*self.tracks, *self.folded) for due in track.dues}
        return self.ground.kinds | marks


def timeline(course: Course, grid: Grid, now: datetime) -> Timeline | None:
    """None where no assignment of the course has a due date."""
    dates = [
        cell.due_at for row in grid.rows for cell in row.cells if cell is not None and cell.due_at is not None
    ]
    calendar = _calendar(course)
    on = scale(calendar, dates) if dates else None
    if on is None:
        return None
    tracks = [_track(row, on) for row in grid.rows]
    first = sorted(tracks, key=lambda track: not track.to_mend)[:SHOWN]
    shown = {track.head.pk for track in first}
    return Timeline(
        ground=ground(on, calendar, now=now, zone=ZoneInfo(course.time_zone)),
        tracks=[track for track in tracks if track.head.pk in shown],
        folded=[track for track in tracks if track.head.pk not in shown],
    )


def _calendar(course: Course) -> Calendar:
    """Each end by itself, as for sections that have no dates of their own (`domain.calendar.span`)."""
    own, term = course.restricts_dates, course.term
    return Calendar(
        start=(course.start_at if own else None) or term.start_at,
        end=(course.end_at if own else None) or term.end_at,
        periods=[period_facts(row) for row in _periods(course)],
        deadline=marking.deadline(term=term, account=course.account),
    )


def _periods(course: Course) -> Sequence[GradingPeriod]:
    return list(course.own_periods.all()) or list(placing.periods([course.term]))


def _track(row: Row, on: Scale) -> Track:
    cells = [cell for cell in row.cells if cell is not None]
    found: dict[tuple[datetime, Standing], Due] = {}
    for cell in cells:
        if cell.due_at is not None:
            key = cell.due_at, _standing(cell)
            found.setdefault(key, _due(*key, on)).items.append(cell)
    return Track(
        head=row.head,
        dues=sorted(found.values(), key=lambda due: due.at),
        undated=sum(cell.due_at is None for cell in cells),
    )


def _due(at: datetime, standing: Standing, on: Scale) -> Due:
    return Due(at=at, standing=standing, spot=Spot(x=on.x(at), y=0), beyond=on.beyond(at))


def _standing(item: LineItem) -> Standing:
    """As its dates alone have it: a name that is too long has no place on a line of dates."""
    found = [finding for finding in item.findings.all() if finding.code in BY_DATES]
    open_ones = {finding.severity for finding in found if finding.exemption_id is None}
    if open_ones:
        return "bad" if "blocking" in open_ones else "warn"
    return "excepted" if found else "good"
