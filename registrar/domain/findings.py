"""The words of readiness: codes, severities, and the registry of rules. The codes are a public contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias


class Severity(StrEnum):
    BLOCKING = "blocking"
    WARNING = "warning"


class Level(StrEnum):
    """Where a rule is broken, and so where it is mended."""

    COURSE = "course"
    SECTION = "section"
    ASSIGNMENT = "assignment"
    LINE_ITEM = "line_item"


class Code(StrEnum):
    """Every rule, the worst first; lists of findings keep this order within a severity."""

    FLAGGED_UNPUBLISHED = "flagged_unpublished"
    STUDENTS_ONLY = "students_only"
    NOT_IN_SIS_FEED = "not_in_sis_feed"
    UNASSIGNED_IN_CANVAS = "unassigned_in_canvas"
    COURSE_WITHOUT_SIS_ID = "course_without_sis_id"
    SECTION_WITHOUT_SIS_ID = "section_without_sis_id"
    DUE_MISSING = "due_missing"
    SIS_READS_OTHER_DATE = "sis_reads_other_date"
    DUE_IN_CLOSED_PERIOD = "due_in_closed_period"
    DUE_BETWEEN_PERIODS = "due_between_periods"
    DUE_OUTSIDE_TERM = "due_outside_term"
    DATES_OUT_OF_ORDER = "dates_out_of_order"
    NAME_EMPTY = "name_empty"
    NAME_DUPLICATE = "name_duplicate"
    NAME_TOO_LONG = "name_too_long"
    NAME_CHARACTERS = "name_characters"
    CATEGORY_UNMAPPED = "category_unmapped"
    POINTS_MISSING = "points_missing"
    POINTS_OUT_OF_RANGE = "points_out_of_range"
    DATE_UNKNOWN = "date_unknown"
    MASTERY_PATH = "mastery_path"
    STUDENT_DATES = "student_dates"
    DUE_AFTER_GRADE_DEADLINE = "due_after_grade_deadline"
    NEEDS_GRADING = "needs_grading"
    NOT_IN_FINAL_GRADE = "not_in_final_grade"
    COURSE_CONCLUDED = "course_concluded"
    READING_OLD = "reading_old"


Params: TypeAlias = Mapping[str, str | int | float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The finding of ``flagged_unpublished`` is on the course's level where the course is what is unpublished."""

    code: Code
    level: Level
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule broken in one place. ``params`` can be written as JSON; times in it are ISO 8601 with Z."""

    code: Code
    severity: Severity
    level: Level
    params: Params
    exemption: int | None = None
    """The exemption by which it is accepted, which ends at ``excepted_until``."""
    excepted_until: datetime | None = None


RULES: Final[Mapping[Code, Rule]] = {
    rule.code: rule
    for rule in (
        Rule(code=Code.FLAGGED_UNPUBLISHED, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.STUDENTS_ONLY, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.NOT_IN_SIS_FEED, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.UNASSIGNED_IN_CANVAS, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.COURSE_WITHOUT_SIS_ID, level=Level.COURSE, severity=Severity.BLOCKING),
        Rule(code=Code.SECTION_WITHOUT_SIS_ID, level=Level.SECTION, severity=Severity.BLOCKING),
        Rule(code=Code.DUE_MISSING, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.SIS_READS_OTHER_DATE, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.DUE_IN_CLOSED_PERIOD, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.DUE_BETWEEN_PERIODS, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.DUE_OUTSIDE_TERM, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.DATES_OUT_OF_ORDER, level=Level.LINE_ITEM, severity=Severity.BLOCKING),
        Rule(code=Code.NAME_EMPTY, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.NAME_DUPLICATE, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.NAME_TOO_LONG, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.NAME_CHARACTERS, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.CATEGORY_UNMAPPED, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.POINTS_MISSING, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.POINTS_OUT_OF_RANGE, level=Level.ASSIGNMENT, severity=Severity.BLOCKING),
        Rule(code=Code.DATE_UNKNOWN, level=Level.LINE_ITEM, severity=Severity.WARNING),
        Rule(code=Code.MASTERY_PATH, level=Level.ASSIGNMENT, severity=Severity.WARNING),
        Rule(code=Code.STUDENT_DATES, level=Level.ASSIGNMENT, severity=Severity.WARNING),
        Rule(code=Code.DUE_AFTER_GRADE_DEADLINE, level=Level.LINE_ITEM, severity=Severity.WARNING),
        Rule(code=Code.NEEDS_GRADING, level=Level.ASSIGNMENT, severity=Severity.WARNING),
        Rule(code=Code.NOT_IN_FINAL_GRADE, level=Level.ASSIGNMENT, severity=Severity.WARNING),
        Rule(code=Code.COURSE_CONCLUDED, level=Level.COURSE, severity=Severity.WARNING),
        Rule(code=Code.READING_OLD, level=Level.COURSE, severity=Severity.WARNING),
    )
}
