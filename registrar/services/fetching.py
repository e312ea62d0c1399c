"""Fetch: everything Canvas says about one course, as one whole reading. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from registrar.canvas import Canvas, FeedPart, PeriodFound
from registrar.domain import facts
from registrar.domain.calendar import is_closed, period_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be read, and what is known beforehand."""

    header: facts.Course
    feed: FeedPart | None
    """The course's part of the account-wide answer; None where the SIS route is off."""
    known_sections: tuple[facts.Section, ...] = ()
    """Taken as they are when given; otherwise the sections are read."""
    ask_feed: bool = False
    """Read the course's own SIS route, because the account-wide answer is missing or in doubt."""
    ask_periods: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    course: facts.Course
    own_periods: tuple[PeriodFound, ...] | None = None
    """The course's grading periods where they were asked for."""
    sections_read: bool = False
    includes_stripped: bool = False
    sections_refused: bool = False
    untold: int = 0
    """Assignments whose overrides Canvas would not tell."""


def fetch_course(canvas: Canvas, order: Order, *, now: datetime) -> Fetched:
    """One course from Canvas. Raises CanvasTrouble, and then nothing of the course changes."""
    course = order.header
    raw, feed = _flagged(canvas, order)
    assignments = [_with_overrides(canvas, course.id, one) for one in raw]
    sections = _sections(canvas, order, feed) if assignments else ()
    periods = _own_periods(canvas, order, assignments, now)
    return Fetched(
        course=replace(
            course,
            sections=sections if sections is not None else _sections_of(feed),
            assignments=tuple(_in_feed(one, feed) for one in _with_groups(canvas, course.id, assignments, feed)),
            feed_read=feed is not None,
            read_at=now,
            periods=facts_of_periods(periods) if periods else course.periods,
        ),
        own_periods=tuple(periods) if periods is not None else None,
        sections_read=bool(assignments) and not order.known_sections and sections is not None,
        sections_refused=sections is None,
        includes_stripped=any(one.overrides is None for one in raw),
        untold=sum(one.overrides is None for one in assignments),
    )


def _flagged(canvas: Canvas, order: Order) -> tuple[list[facts.Assignment], FeedPart | None]:
    """The flagged assignments and the SIS feed's view of them; both once more where they do not agree."""
    assignments = canvas.flagged_assignments(order.header.id)
    feed = _feed(canvas, order, assignments)
    if feed is None or _agree(order, assignments, feed):
        return assignments, feed
    return canvas.flagged_assignments(order.header.id), canvas.feed_of_course(order.header.id) or feed


def _agree(order: Order, assignments: Sequence[facts.Assignment], feed: FeedPart) -> bool:
    """Whether the feed has just what Canvas's rule puts into it: published, in a course that is."""
    open_ = order.header.state != "unpublished"
    return {one.id for one in assignments if one.published and open_} == set(feed.assignments)


def _with_overrides(canvas: Canvas, course_id: int, assignment: facts.Assignment) -> facts.Assignment:
    """Where the key strips ``include[]``, each assignment's overrides are asked for by themselves."""
    if assignment.overrides is not None:
        return assignment
    return replace(assignment, overrides=canvas.overrides(course_id, assignment.id))


def _feed(canvas: Canvas, order: Order, assignments: Sequence[facts.Assignment]) -> FeedPart | None:
    """The account-wide part, unless it and the course disagree on what is flagged: then the course's own feed.

    Rows move between pages while an account is read, and a filter by date leaves out courses that end early in a
    term without an end; the course's own route has neither trouble.
    """
    if order.ask_feed or (order.feed is not None and order.feed.seam):
        return canvas.feed_of_course(order.header.id)
    if order.feed is None:
        return None
    if _agree(order, assignments, order.feed):
        return order.feed
    return canvas.feed_of_course(order.header.id) or order.feed


def _sections(canvas: Canvas, order: Order, feed: FeedPart | None) -> tuple[facts.Section, ...] | None:
    if order.known_sections:
        return order.known_sections
    found = canvas.sections(order.header.id)
    if found is None:
        return None
    named = feed.sections if feed else {}
    return tuple(_with_origin(section, named.get(section.id), order.header) for section in found)


def _with_origin(section: facts.Section, named: facts.Section | None, home: facts.Course) -> facts.Section:
    """The SIS feed names the course a section came from in full, and shows SIS ids to everyone."""
    if named is None:
        return section if section.cross_listed else replace(section, origin_course_sis_id=home.sis_id)
    return replace(
        section,
        sis_id=section.sis_id or named.sis_id,
        origin_course_id=named.origin_course_id,
        origin_course_sis_id=named.origin_course_sis_id,
        cross_listed=named.cross_listed,
    )


def _sections_of(feed: FeedPart | None) -> tuple[facts.Section, ...]:
    return tuple(feed.sections[id_] for id_ in sorted(feed.sections)) if feed else ()


def _with_groups(
    canvas: Canvas, course_id: int, assignments: Sequence[facts.Assignment], feed: FeedPart | None
) -> Iterable[facts.Assignment]:
    """Names of the assignment groups: from the feed, which carries them, else one question more."""
    known: dict[int | None, tuple[str | None, str | None]] = {}
    if feed is not None:
        known.update((row.group_id, (row.group_name, row.group_sis_id)) for row in feed.assignments.values())
    if any(one.group_id not in known for one in assignments):
        known |= canvas.groups(course_id)
    for one in assignments:
        name, sis_id = known.get(one.group_id, (None, None))
        yield replace(one, group_name=name, group_sis_id=sis_id)


def _in_feed(assignment: facts.Assignment, feed: FeedPart | None) -> facts.Assignment:
    row = feed.assignments.get(assignment.id) if feed else None
    return replace(assignment, feed=row.feed if row else None)


def _own_periods(
    canvas: Canvas, order: Order, assignments: Sequence[facts.Assignment], now: datetime
) -> list[PeriodFound] | None:
    """A course may have periods of its own. Canvas gives it away by calling a date closed that we do not, or
    the other way about.
    """
    periods = order.header.periods
    if not (order.ask_periods or any(_is_unexplained(one, periods, now) for one in assignments)):
        return None
    return canvas.periods_of_course(order.header.id)


def _is_unexplained(assignment: facts.Assignment, periods: Sequence[facts.GradingPeriod], now: datetime) -> bool:
    """Whether Canvas calls it closed though none of its dates is, or open though all of them are."""
    told = assignment.in_closed_grading_period
    if told is None:
        return False
    # No date counts in the last period; but it is no sign of periods of the course's own where nobody has it.
    found = [period_of(when, periods) for when in _due_dates(assignment) if told or when is not None]
    closed = [period is not None and is_closed(period, now) for period in found]
    return not any(closed) if told else bool(closed) and all(closed)


def _due_dates(assignment: facts.Assignment) -> Iterator[datetime | None]:
    base = () if assignment.only_visible_to_overrides else (assignment.dates.due_at,)
    for when in (*base, *(override.due_at for override in assignment.overrides or ())):
        if when is not facts.INHERIT:
            yield when


def facts_of_periods(periods: Iterable[PeriodFound]) -> tuple[facts.GradingPeriod, ...]:
    return tuple(
        facts.GradingPeriod(
            id=one.id, title=one.title, start_at=one.start_at, end_at=one.end_at, close_at=one.close_at
        )
        for one in periods
    )
