"""What Canvas said, as plain values: the words of design.md section 2 without Django and without HTTP.

All times are aware UTC datetimes. ``None`` means "no date"; ``INHERIT`` means that an override leaves the
date to the assignment. Ids are Canvas's numeric ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Literal, TypeAlias


class Inherit(Enum):
    """The date key is absent from Canvas's override: the base date is left to decide.

    The value is a number so that a stored reading tells it from a time without looking inside a string.
    """

    INHERIT = 0

    def __repr__(self) -> str:
        return "INHERIT"


INHERIT: Final = Inherit.INHERIT

OverrideDate: TypeAlias = datetime | Inherit | None
DateField: TypeAlias = Literal["due_at", "unlock_at", "lock_at"]
DATE_FIELDS: Final[tuple[DateField, ...]] = ("due_at", "unlock_at", "lock_at")


class Target(StrEnum):
    """Whom an override is for."""

    SECTION = "section"
    COURSE = "course"
    STUDENTS = "students"
    GROUP = "group"
    MASTERY_PATH = "mastery_path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The three dates, where each is a time or none."""

    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One active override of one assignment, as ``include[]=overrides`` tells it."""

    id: int
    target: Target
    section_id: int | None = None
    student_ids: tuple[int, ...] = ()
    due_at: OverrideDate = INHERIT
    unlock_at: OverrideDate = INHERIT
    lock_at: OverrideDate = INHERIT
    unassigned: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How Canvas's SIS endpoint shows one assignment.

    ``sections`` maps each listed section to the dates of its ``override``, or to None where it shows none.
    A null there is ambiguous: the endpoint cannot tell "inherits" from "no date".
    """

    dates: Dates
    sections: dict[int, Dates | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A flagged assignment with its base dates. ``overrides`` is None where Canvas would not tell them."""

    id: int
    name: str
    dates: Dates = Dates()
    overrides: tuple[Override, ...] | None = ()
    only_visible_to_overrides: bool = False
    published: bool = True
    post_to_sis: bool = True
    points_possible: float | None = None
    grading_type: str = "points"
    submission_types: tuple[str, ...] = ()
    in_final_grade: bool = True
    group_id: int | None = None
    group_name: str | None = None
    group_sis_id: str | None = None
    needs_grading_count: int | None = None
    has_submissions: bool | None = None
    due_date_required: bool = False
    max_name_length: int | None = None
    in_closed_grading_period: bool | None = None
    html_url: str = ""
    feed: Feed | None = None
    """None where the assignment is not in the SIS feed, or the feed could not be read (see Course.feed_read)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An active section of a course."""

    id: int
    name: str
    sis_id: str | None = None
    origin_course_id: int | None = None
    origin_course_sis_id: str | None = None
    cross_listed: bool = False
    start_at: datetime | None = None
    end_at: datetime | None = None
    restricts_dates: bool = False
    """Canvas's ``restrict_enrollments_to_section_dates``: the section's dates override the course's."""
    total_students: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """An enrolment term. ``grade_deadline`` is the registrar's own date, not Canvas's."""

    id: int
    name: str
    sis_id: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    grade_deadline: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingPeriod:
    """A grading period. In the period = start < date <= end, to the minute; closed = now > close_date."""

    id: int
    title: str
    start_at: datetime
    end_at: datetime
    close_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course with everything that was read about it: the unit of truth."""

    id: int
    name: str
    code: str = ""
    sis_id: str | None = None
    account_id: int | None = None
    state: str = "available"
    """Canvas's workflow_state: unpublished, available, completed, deleted."""
    concluded: bool = False
    start_at: datetime | None = None
    end_at: datetime | None = None
    restricts_dates: bool = False
    """Canvas's ``restrict_enrollments_to_course_dates``."""
    time_zone: str = "UTC"
    term: Term | None = None
    sections: tuple[Section, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    periods: tuple[GradingPeriod, ...] = ()
    """The course's own grading periods, else those of its term."""
    feed_read: bool = False
    """Whether Canvas's SIS endpoint could be read for this course."""
    read_at: datetime | None = None
