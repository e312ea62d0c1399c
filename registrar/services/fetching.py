"""Fetch: everything Canvas says about one course, as one whole reading. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from registrar.canvas import Canvas, FeedPart, PeriodFound
from registrar.domain import facts
from registrar.domain.calendar import is_closed


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
    untold: int = 0
    """Assignments whose overrides Canvas would not tell."""


def fetch_course(canvas: Canvas, order: Order, *, now: datetime) -> Fetched:
    """One course from Canvas. Raises CanvasTrouble, and then nothing of the course changes."""
    course = order.header
    raw = canvas.flagged_assignments(course.id)
    assignments = [_with_overrides(canvas, course.id, one) for one in raw]
    feed = _feed(canvas, order, assignments)
    sections = _sections(canvas, order, feed) if assignments else ()
    periods = _own_periods(canvas, order, assignments, now)
    return Fetched(
        course=replace(
            course,
            sections=sections if sections is not None else _sections_of(feed),
            assignments=tuple(_in_feed(one, feed) for one in _with_groups(canvas, course.id, assignments, feed)),
            feed_read=feed is not None,
            read_at=now,
            periods=_period_facts(periods) if periods else course.periods,
        ),
        own_periods=tuple(periods) if periods is not None else None,
        sections_read=bool(assignments) and not order.known_sections and sections is not None,
        includes_stripped=any(one.overrides is None for one in raw),
        untold=sum(one.overrides is None for one in assignments),
    )


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
    exported = {one.id for one in assignments if one.published} if order.header.state != "unpublished" else set()
    if exported == set(order.feed.assignments):
        return order.feed
    return canvas.feed_of_course(order.header.id) or order.feed


def _sections(canvas: Canvas, order: Order, feed: FeedPart | None) -> tuple[facts.Section, ...] | None:
    if order.known_sections:
        return order.known_sections
    found = canvas.sections(order.header.id)
    if found is None:
        return None
    named = feed.sections if feed else {}
    return tuple(_with_origin(section, named.get(section.id)) for section in found)


def _with_origin(section: facts.Section, named: facts.Section | None) -> facts.Section:
    """The SIS feed names the course a section came from in full, and shows SIS ids to everyone."""
    if named is None:
        return section
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
    elif assignments:
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
    """A course may have periods of its own. Canvas gives it away by calling a date closed that we do not."""
    closed_for_canvas = any(one.in_closed_grading_period for one in assignments)
    unexplained = closed_for_canvas and not any(is_closed(period, now) for period in order.header.periods)
    if not (order.ask_periods or unexplained):
        return None
    return canvas.periods_of_course(order.header.id)


def _period_facts(periods: Sequence[PeriodFound]) -> tuple[facts.GradingPeriod, ...]:
    return tuple(
        facts.GradingPeriod(
            id=one.id, title=one.title, start_at=one.start_at, end_at=one.end_at, close_at=one.close_at
        )
        for one in periods
    )
