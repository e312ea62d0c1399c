"""Grade sync off and on: what Canvas's own switch takes, what is meant, what the SIS endpoint then shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from registrar.domain.calendar import period_of
from registrar.domain.dates import effective_dates
from registrar.domain.facts import (
    INHERIT,
    Assignment,
    Course,
    Dates,
    Feed,
    GradingPeriod,
    Override,
    OverrideDate,
    Target,
)


def taken_by_canvas(assignments: Iterable[Assignment], period: GradingPeriod | None) -> list[Assignment]:
    """What ``disable_post_to_sis`` takes: with a period by the base date alone, to the second and both ends
    included, and everything without a base date (canvas-behaviour.md, section 2)."""
    flagged = [one for one in assignments if one.published and one.post_to_sis]
    if period is None:
        return flagged
    return [
        one for one in flagged if one.dates.due_at is None or period.start_at <= one.dates.due_at <= period.end_at
    ]


def falls_in(course: Course, assignment: Assignment, period: GradingPeriod) -> bool:
    """Whether every section that has the assignment has its due date in the period."""
    found = [dates for section in course.sections if (dates := effective_dates(assignment, section.id))]
    due = [dates.due_at.value for dates in found]
    return bool(due) and all(when is not None and _is_in(when, period) for when in due)


def _is_in(when: datetime, period: GradingPeriod) -> bool:
    return period_of(when, [period]) is not None


def feed_of(course: Course, assignment: Assignment) -> Feed | None:
    """How the SIS endpoint will show an assignment once it is flagged (canvas-behaviour.md, section 1)."""
    if not assignment.published or course.state == "unpublished":
        return None
    own = {one.section_id: one for one in assignment.overrides or () if one.target is Target.SECTION}
    listed = (one.id for one in course.sections if one.id in own or not assignment.only_visible_to_overrides)
    return Feed(dates=assignment.dates, sections={id_: _shown(own[id_]) if id_ in own else None for id_ in listed})


def _shown(override: Override) -> Dates:
    """It cannot tell a date that is inherited from no date."""
    return Dates(
        due_at=_plain(override.due_at), unlock_at=_plain(override.unlock_at), lock_at=_plain(override.lock_at)
    )


def _plain(value: OverrideDate) -> datetime | None:
    return None if value is INHERIT else value
