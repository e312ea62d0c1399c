"""Facts in few words for the tests: everything in order unless said otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import registrar
from registrar.domain.facts import Assignment, Course, Dates, Feed, Override, Section, Target, Term
from registrar.domain.findings import Code, Severity
from registrar.domain.readiness import Assessment, LineItem, assess
from registrar.domain.rulepacks import Limit, Overrides, Rulepack, Rules, combine, read_packs

PACKS = read_packs(Path(registrar.__path__[0]) / "rulepacks")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 10, number, 23, 59, 59, tzinfo=UTC)


def section(number: int, **facts: Any) -> Section:
    return Section(**{"id": number, "name": f"Section {number}", "sis_id": f"S-{number}", **facts})


def assignment(**facts: Any) -> Assignment:
    facts = {"id": 70, "name": "Essay", "dates": Dates(due_at=day(9)), "points_possible": 10.0, **facts}
    return Assignment(**{"group_name": "Homework", "group_sis_id": "HW", **facts})


def for_section(number: int = 1, **dates: Any) -> Override:
    return Override(**{"id": 100 + number, "target": Target.SECTION, "section_id": number, **dates})


def for_course(**dates: Any) -> Override:
    return Override(**{"id": 200, "target": Target.COURSE, **dates})


def for_students(*ids: int, **dates: Any) -> Override:
    return Override(**{"id": 300, "target": Target.STUDENTS, "student_ids": ids, **dates})


def for_group(**dates: Any) -> Override:
    return Override(**{"id": 400, "target": Target.GROUP, **dates})


def for_mastery(**dates: Any) -> Override:
    return Override(**{"id": 500, "target": Target.MASTERY_PATH, **dates})


def listed(base: Assignment, *numbers: int, **overrides: Any) -> Assignment:
    """The assignment as the feed lists it for these sections, without an override."""
    return replace(base, feed=Feed(dates=base.dates, sections=dict.fromkeys(numbers), **overrides))


def course(*assignments: Assignment, **facts: Any) -> Course:
    term = Term(id=1, name="Autumn", start_at=datetime(2026, 8, 20, tzinfo=UTC), end_at=NOW.replace(month=12))
    usual = {"id": 7, "name": "History", "sis_id": "C-7", "term": term, "sections": (section(1),)}
    return Course(**{**usual, "assignments": assignments, **facts})


def rules(chosen: str | None = None, **limits: Any) -> Rules:
    """The packs' rules, and limits by name and value as an administrator sets them."""
    own = {name: None if value is None else said(value) for name, value in limits.items()}
    return combine(PACKS["canvas"], PACKS[chosen] if chosen else None, Overrides(limits=own))


def said(value: Any) -> Limit[Any]:
    return Limit(value=value, source="administrator", checked=date(2026, 11, 22))


def pack(code: str = "canvas", **facts: Any) -> Rulepack:
    return Rulepack(code=code, name=code.title(), **facts)


def graded(code: Code, severity: Severity | None) -> Rules:
    return combine(pack(), None, Overrides(severities={code: said(severity) if severity else None}))


def assessed(of: Course, by: Rules | None = None, **settings: Any) -> Assessment:
    return assess(of, by or rules(), **{"now": NOW, **settings})


def items(of: Course, by: Rules | None = None, **settings: Any) -> dict[int | None, LineItem]:
    found = assessed(of, by, **settings).line_items
    return {item.section.id if item.section else None: item for item in found}


def codes(of: Course, by: Rules | None = None, **settings: Any) -> list[str]:
    """The codes of the course's only line item."""
    (item,) = assessed(of, by, **settings).line_items
    return [finding.code.value for finding in item.findings]
