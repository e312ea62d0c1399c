"""Readiness: the line items of a course, each with its dates, its findings and what follows from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from registrar.domain.checks import (
    ASSIGNMENT_CHECKS,
    COURSE_CHECKS,
    PLACE_CHECKS,
    SECTION_CHECKS,
    Context,
    Place,
    comparable_name,
)
from registrar.domain.dates import (
    NO_DATES,
    Effective,
    effective_dates,
    group_exceptions,
    in_sis_feed,
    sis_due_at,
    student_exceptions,
)
from registrar.domain.facts import Assignment, Course, Section
from registrar.domain.findings import RULES, Code, Finding, Level, Params, Rule, Severity
from registrar.domain.rulepacks import Rules

__all__ = [
    "RULES",
    "Assessment",
    "Code",
    "Finding",
    "Level",
    "LineItem",
    "Rule",
    "Severity",
    "Status",
    "assess",
    "status_of",
]


Check: TypeAlias = Callable[..., Params | None]


class Status(StrEnum):
    READY = "ready"
    NEEDS_ACTION = "needs_action"
    EXCEPTED = "excepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """One assignment in one section. ``section`` is None where the assignment is given to no section."""

    assignment: Assignment
    section: Section | None
    effective: Effective
    in_sis_feed: bool | None
    sis_due_at: datetime | None
    student_exceptions: int
    group_exceptions: int
    findings: tuple[Finding, ...]
    status: Status
    excepted_until: datetime | None = None
    """When the first of the exemptions ends that keep it from needing action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    line_items: tuple[LineItem, ...]


def assess(
    course: Course,
    rules: Rules,
    *,
    now: datetime,
    categories: frozenset[str] | None = None,
    reading_limit: timedelta | None = None,
) -> Assessment:
    """All line items of the course's flagged assignments.

    ``categories`` are the names of an uploaded list, None where there is none. A finding of a course, section or
    assignment is told with each line item it concerns. Statuses know of no exemptions yet: see
    ``exemptions.with_exemptions``.
    """
    names = Counter(comparable_name(a.name, rules) for a in course.assignments if a.post_to_sis and a.published)
    context = Context(
        course=course,
        rules=rules,
        now=now,
        categories=categories,
        reading_limit=reading_limit,
        names=names,
    )
    return Assessment(line_items=tuple(_line_items(context)))


def status_of(findings: Iterable[Finding], excepted: frozenset[Code] = frozenset()) -> Status:
    """``excepted`` are the codes that someone accepted for this line item. Warnings never need action."""
    blocking = {finding.code for finding in findings if finding.severity is Severity.BLOCKING}
    if blocking - excepted:
        return Status.NEEDS_ACTION
    return Status.EXCEPTED if blocking else Status.READY


def _line_items(context: Context) -> Iterator[LineItem]:
    course = context.course
    of_assignments, of_places = _in_force(context, ASSIGNMENT_CHECKS), _in_force(context, PLACE_CHECKS)
    of_course = _findings(context, _in_force(context, COURSE_CHECKS))
    by_section = _findings_of_sections(context)
    for assignment in course.assignments:
        if not assignment.post_to_sis:
            continue
        shared = [*of_course, *_findings(context, of_assignments, assignment)]
        exceptions = student_exceptions(assignment), group_exceptions(assignment)
        for place in _places(course, assignment):
            of_section = by_section[place.section.id] if place.section else []
            yield _line_item(place, exceptions, [*shared, *of_section, *_findings(context, of_places, place)])


def _findings_of_sections(context: Context) -> dict[int, list[Finding]]:
    checks = _in_force(context, SECTION_CHECKS)
    return {section.id: _findings(context, checks, section) for section in context.course.sections}


def _line_item(place: Place, exceptions: tuple[int, int], findings: list[Finding]) -> LineItem:
    ordered = tuple(sorted(findings, key=_worst_first))
    return LineItem(
        assignment=place.assignment,
        section=place.section,
        effective=place.effective,
        in_sis_feed=place.in_sis_feed,
        sis_due_at=place.sis_due_at,
        student_exceptions=exceptions[0],
        group_exceptions=exceptions[1],
        findings=ordered,
        status=status_of(ordered),
    )


def _places(course: Course, assignment: Assignment) -> list[Place]:
    """The sections that have it or that the SIS endpoint lists for it; if none has it, a place with no section."""
    places = [_place(course, assignment, section) for section in _sections(course, assignment)]
    if all(place.given is False for place in places):
        return [*(place for place in places if place.in_sis_feed), _nowhere(course, assignment)]
    return [place for place in places if place.given is not False or place.in_sis_feed]


def _sections(course: Course, assignment: Assignment) -> tuple[Section, ...]:
    """Where Canvas does not tell the overrides, its SIS endpoint says which sections an override-only one is for.

    An empty list says nothing: an override for the whole course does not show (canvas-behaviour.md, section 1).
    """
    feed = assignment.feed if course.feed_read else None
    if assignment.overrides is not None or not assignment.only_visible_to_overrides or feed is None:
        return course.sections
    return tuple(section for section in course.sections if in_sis_feed(feed, section.id)) or course.sections


def _place(course: Course, assignment: Assignment, section: Section) -> Place:
    effective = effective_dates(assignment, section.id)
    feed = assignment.feed if course.feed_read else None
    return Place(
        assignment=assignment,
        section=section,
        given=None if assignment.overrides is None else effective is not None,
        effective=effective or NO_DATES,
        in_sis_feed=_unlisted(course) if feed is None else in_sis_feed(feed, section.id),
        sis_due_at=None if feed is None else sis_due_at(feed, section.id),
    )


def _nowhere(course: Course, assignment: Assignment) -> Place:
    return Place(
        assignment=assignment,
        section=None,
        given=False,
        effective=NO_DATES,
        in_sis_feed=_unlisted(course),
        sis_due_at=None,
    )


def _unlisted(course: Course) -> bool | None:
    return False if course.feed_read else None


def _in_force(context: Context, checks: Mapping[Code, Check]) -> list[tuple[Rule, Check]]:
    """The rules that are on, with the severity that holds here."""
    found = []
    for code, check in checks.items():
        if severity := context.rules.severity(code):
            # An unpublished course breaks an assignment's rule, and is mended as a course.
            level = Level.COURSE if checks is COURSE_CHECKS else RULES[code].level
            found.append((Rule(code=code, level=level, severity=severity), check))
    return found


def _findings(
    context: Context, checks: list[tuple[Rule, Check]], *facts: Assignment | Section | Place
) -> list[Finding]:
    return [
        Finding(code=rule.code, severity=rule.severity, level=rule.level, params=params)
        for rule, check in checks
        if (params := check(context, *facts)) is not None
    ]


_ORDER: Final = {code: place for place, code in enumerate(Code)}
_WEIGHT: Final = {Severity.BLOCKING: 0, Severity.WARNING: 1}


def _worst_first(finding: Finding) -> tuple[int, int]:
    return _WEIGHT[finding.severity], _ORDER[finding.code]
