"""The rules of readiness: each a pure function that gives the parameters of its finding, or None.

Conditions are those of readiness-rules.md, section 1.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from registrar.domain.calendar import is_closed, is_later, period_of, span
from registrar.domain.dates import (
    Effective,
    Source,
    group_exceptions,
    mastery_path_override,
    student_exceptions,
)
from registrar.domain.facts import Assignment, Course, Section, Target
from registrar.domain.findings import Code, Params
from registrar.domain.rulepacks import Rules

_BROKEN: Final[Params] = {}
_ORDERED: Final = (("unlock_at", "due_at"), ("due_at", "lock_at"), ("unlock_at", "lock_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What all rules of one course look at. ``names`` counts the published flagged assignments by name."""

    course: Course
    rules: Rules
    now: datetime
    categories: frozenset[str] | None
    reading_limit: timedelta | None
    names: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One assignment in one section, or in none. ``given`` is None where Canvas did not tell."""

    assignment: Assignment
    section: Section | None
    given: bool | None
    effective: Effective
    in_sis_feed: bool | None
    sis_due_at: datetime | None


def comparable_name(name: str, rules: Rules) -> str:
    ignores_case = rules.limits.name_ignores_case
    return name.casefold() if ignores_case and ignores_case.value else name


def course_without_sis_id(context: Context) -> Params | None:
    return None if context.course.sis_id else _BROKEN


def course_concluded(context: Context) -> Params | None:
    course = context.course
    return _BROKEN if course.concluded or course.state == "completed" else None


def reading_old(context: Context) -> Params | None:
    read_at, limit = context.course.read_at, context.reading_limit
    if read_at is None or limit is None or context.now - read_at <= limit:
        return None
    return {"read_at": _iso(read_at), "hours": round(limit.total_seconds() / 3600, 2)}


def section_without_sis_id(context: Context, section: Section) -> Params | None:
    return None if section.sis_id else {"section": section.name}


def course_unpublished(context: Context) -> Params | None:
    return {"what": "course"} if context.course.state == "unpublished" else None


def assignment_unpublished(context: Context, assignment: Assignment) -> Params | None:
    """Said once: an unpublished course is the greater trouble."""
    return None if assignment.published or course_unpublished(context) else {"what": "assignment"}


def name_empty(context: Context, assignment: Assignment) -> Params | None:
    return None if assignment.name.strip() else _BROKEN


def name_duplicate(context: Context, assignment: Assignment) -> Params | None:
    others = context.names[comparable_name(assignment.name, context.rules)] - 1
    return {"others": others} if assignment.published and others > 0 else None


def name_too_long(context: Context, assignment: Assignment) -> Params | None:
    """The pack counts as the sync dialog does, unescaped; the account's own limit counts the name as stored."""
    limit, most = context.rules.limits.name_length, assignment.max_name_length
    found: list[tuple[int, int, str | None]] = []
    if limit and (shown := len(html.unescape(assignment.name))) > limit.value:
        found.append((limit.value, shown, limit.pack))
    if most is not None and assignment.grading_type != "not_graded" and len(assignment.name) > most:
        found.append((most, len(assignment.name), None))
    smallest = min(found, key=lambda each: each[0], default=None)
    return smallest and dict(zip(("limit", "length", "pack"), smallest, strict=True))


def name_characters(context: Context, assignment: Assignment) -> Params | None:
    limit = context.rules.limits.name_characters
    found = [each for each in limit.value if each in assignment.name] if limit else []
    return {"characters": "".join(found)} if found else None


def category_unmapped(context: Context, assignment: Assignment) -> Params | None:
    required = context.rules.limits.categories_required
    if not (required and required.value):
        return None
    if assignment.group_name is None and assignment.group_sis_id is None:
        return None  # every assignment has a group; this one's was not told
    if not assignment.group_sis_id:
        return {"group": assignment.group_name, "reason": "without_sis_id"}
    if context.categories is None or _is_category(context, assignment.group_name or ""):
        return None
    return {"group": assignment.group_name, "reason": "not_in_list"}


def _is_category(context: Context, name: str) -> bool:
    categories, sensitive = context.categories or frozenset(), context.rules.limits.category_case_sensitive
    if sensitive and sensitive.value:
        return name in categories
    return name.casefold() in {category.casefold() for category in categories}


def points_missing(context: Context, assignment: Assignment) -> Params | None:
    required = context.rules.limits.points_required
    return _BROKEN if required and required.value and not assignment.points_possible else None


def points_out_of_range(context: Context, assignment: Assignment) -> Params | None:
    points, maximum = assignment.points_possible or 0, context.rules.limits.points_maximum
    if maximum and points > maximum.value:
        return {"points": points, "limit": maximum.value, "pack": maximum.pack}
    return {"points": points, "limit": 0, "pack": None} if points < 0 else None


def needs_grading(context: Context, assignment: Assignment) -> Params | None:
    return {"count": assignment.needs_grading_count} if assignment.needs_grading_count else None


def not_in_final_grade(context: Context, assignment: Assignment) -> Params | None:
    return None if assignment.in_final_grade else _BROKEN


def student_dates(context: Context, assignment: Assignment) -> Params | None:
    single = context.rules.limits.one_date_per_section
    if not (single and single.value):
        return None
    students, groups = student_exceptions(assignment), group_exceptions(assignment)
    return {"students": students, "groups": groups, "pack": single.pack} if students or groups else None


def students_only(context: Context, place: Place) -> Params | None:
    if place.section:
        return None
    overrides = place.assignment.overrides or ()
    students = {i for o in overrides if o.target is Target.STUDENTS for i in o.student_ids}
    return {"students": len(students), "groups": sum(o.target is Target.GROUP for o in overrides)}


def mastery_path(context: Context, place: Place) -> Params | None:
    comes_from = place.effective.due_at.source is Source.MASTERY_PATH
    return _BROKEN if comes_from or (not place.section and mastery_path_override(place.assignment)) else None


def due_missing(context: Context, place: Place) -> Params | None:
    due, assignment = place.effective.due_at, place.assignment
    if due.value or due.source is Source.UNKNOWN or not place.given or assignment.grading_type == "not_graded":
        return None
    if assignment.due_date_required:
        return {"pack": None}
    required = context.rules.limits.due_date_required
    return {"pack": required.pack} if required and required.value else None


def due_outside_term(context: Context, place: Place) -> Params | None:
    due = place.effective.due_at.value
    if not (due and place.section):
        return None
    holds = span(place.section, context.course)
    if holds.start and is_later(holds.start, due):
        return {"edge": "start", "limit": _iso(holds.start), "origin": holds.start_origin.value}
    if holds.end and is_later(due, holds.end):
        return {"edge": "end", "limit": _iso(holds.end), "origin": holds.end_origin.value}
    return None


def due_in_closed_period(context: Context, place: Place) -> Params | None:
    due = place.effective.due_at.value
    period = period_of(due, context.course.periods) if due else None
    return {"period": period.title} if period and is_closed(period, context.now) else None


def due_between_periods(context: Context, place: Place) -> Params | None:
    due, periods = place.effective.due_at.value, context.course.periods
    return {"due_at": _iso(due)} if due and periods and not period_of(due, periods) else None


def dates_out_of_order(context: Context, place: Place) -> Params | None:
    """To the minute, equal allowed, as Canvas's validator (canvas-behaviour.md, section 12C)."""
    for first, second in _ORDERED:
        earlier, later = getattr(place.effective, first).value, getattr(place.effective, second).value
        if earlier and later and is_later(earlier, later):
            return {"first": first, "second": second}
    return None


def not_in_sis_feed(context: Context, place: Place) -> Params | None:
    """Unpublished work is never listed; that is its own finding."""
    if place.in_sis_feed is not False or course_unpublished(context) or not place.assignment.published:
        return None
    # Where Canvas does not tell the overrides: unless the assignment is override-only, all sections are listed,
    # unassigned ones too.
    given = not place.assignment.only_visible_to_overrides if place.given is None else place.given
    return _BROKEN if given else None


def unassigned_in_canvas(context: Context, place: Place) -> Params | None:
    return _BROKEN if place.in_sis_feed and place.given is False else None


def sis_reads_other_date(context: Context, place: Place) -> Params | None:
    due = place.effective.due_at.value
    if not (place.in_sis_feed and place.given) or place.sis_due_at == due:
        return None
    return {"sis_due_at": _iso(place.sis_due_at), "due_at": _iso(due)}


def due_after_grade_deadline(context: Context, place: Place) -> Params | None:
    due, term = place.effective.due_at.value, context.course.term
    if not (due and term and term.grade_deadline and is_later(due, term.grade_deadline)):
        return None
    return {"deadline": _iso(term.grade_deadline)}


def date_unknown(context: Context, place: Place) -> Params | None:
    return _BROKEN if place.effective.due_at.source is Source.UNKNOWN else None


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


CourseCheck: TypeAlias = Callable[[Context], Params | None]
SectionCheck: TypeAlias = Callable[[Context, Section], Params | None]
AssignmentCheck: TypeAlias = Callable[[Context, Assignment], Params | None]
PlaceCheck: TypeAlias = Callable[[Context, Place], Params | None]

COURSE_CHECKS: Final[Mapping[Code, CourseCheck]] = {
    Code.FLAGGED_UNPUBLISHED: course_unpublished,
    Code.COURSE_WITHOUT_SIS_ID: course_without_sis_id,
    Code.COURSE_CONCLUDED: course_concluded,
    Code.READING_OLD: reading_old,
}
SECTION_CHECKS: Final[Mapping[Code, SectionCheck]] = {Code.SECTION_WITHOUT_SIS_ID: section_without_sis_id}
ASSIGNMENT_CHECKS: Final[Mapping[Code, AssignmentCheck]] = {
    Code.FLAGGED_UNPUBLISHED: assignment_unpublished,
    Code.NAME_EMPTY: name_empty,
    Code.NAME_DUPLICATE: name_duplicate,
    Code.NAME_TOO_LONG: name_too_long,
    Code.NAME_CHARACTERS: name_characters,
    Code.CATEGORY_UNMAPPED: category_unmapped,
    Code.POINTS_MISSING: points_missing,
    Code.POINTS_OUT_OF_RANGE: points_out_of_range,
    Code.NEEDS_GRADING: needs_grading,
    Code.NOT_IN_FINAL_GRADE: not_in_final_grade,
    Code.STUDENT_DATES: student_dates,
}
PLACE_CHECKS: Final[Mapping[Code, PlaceCheck]] = {
    Code.STUDENTS_ONLY: students_only,
    Code.MASTERY_PATH: mastery_path,
    Code.DUE_MISSING: due_missing,
    Code.DUE_OUTSIDE_TERM: due_outside_term,
    Code.DUE_IN_CLOSED_PERIOD: due_in_closed_period,
    Code.DUE_BETWEEN_PERIODS: due_between_periods,
    Code.DATES_OUT_OF_ORDER: dates_out_of_order,
    Code.NOT_IN_SIS_FEED: not_in_sis_feed,
    Code.UNASSIGNED_IN_CANVAS: unassigned_in_canvas,
    Code.SIS_READS_OTHER_DATE: sis_reads_other_date,
    Code.DUE_AFTER_GRADE_DEADLINE: due_after_grade_deadline,
    Code.DATE_UNKNOWN: date_unknown,
}
