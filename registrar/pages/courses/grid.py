"""The course page's table: sections across, assignments down, and what is to be mended where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from registrar.models import Course, Exemption, Finding, LineItem, Section
from registrar.templatetags.figures import named

BY_DATES = {
    "due_missing",
    "due_outside_term",
    "due_in_closed_period",
    "due_between_periods",
    "dates_out_of_order",
    "due_after_grade_deadline",
    "sis_reads_other_date",
    "mastery_path",
}
"""Rules that a change of dates can mend."""
NAMED = 4
"""Sections of a place that are named; the others are counted."""
LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Row:
    """One assignment: what holds for it as a whole stands at its name, the rest in its cells."""

    head: LineItem
    findings: list[Finding] = field(default_factory=list)
    cells: list[LineItem | None] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Column:
    section: Section
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Place:
    """An assignment to be mended, and the sections for which."""

    item: LineItem
    sections: list[Section] = field(default_factory=list)

    @property
    def first_sections(self) -> SafeString:
        names = (Truncator(named(section.name)).chars(40) for section in self.sections[:NAMED])
        return format_html_join(", ", "<bdi>{}</bdi>", ((name,) for name in names))

    @property
    def more_sections(self) -> int:
        return max(0, len(self.sections) - NAMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One rule broken in this course, and everything that breaks it in the same way, or is accepted together."""

    code: str
    severity: str
    level: str
    params: dict[str, Any]
    exemption: Exemption | None
    places: dict[int, Place] = field(default_factory=dict)

    def add(self, item: LineItem) -> None:
        place = self.places.setdefault(item.assignment_id, Place(item=item))
        if item.section is not None:
            place.sections.append(item.section)

    @property
    def by_dates(self) -> bool:
        return self.code in BY_DATES

    @property
    def of_assignments(self) -> bool:
        """Else it is mended in the settings of the course."""
        return self.level in ("assignment", "line_item")

    @property
    def exemption_id(self) -> int | None:
        return self.exemption.pk if self.exemption else None

    @property
    def the_assignment(self) -> int | None:
        """Where only one breaks the rule."""
        return next(iter(self.places)) if len(self.places) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    columns: list[Column]
    rows: list[Row]
    unassigned: list[Row]
    """Assignments that no section has: they have no place in the table."""
    tasks: list[Task]
    accepted: list[Task]


def laid_out(course: Course) -> Grid:
    items = list(course.line_items.prefetch_related("findings__exemption").select_related("section"))
    used = {item.section_id for item in items}
    sections = [section for section in course.sections.all() if section.pk in used]
    columns = [Column(section=section, findings=_of_section(items, section)) for section in sections]
    rows = sorted(_rows(items, sections), key=_by_due)
    tasks = _tasks(items)
    return Grid(
        columns=columns,
        rows=[row for row in rows if any(row.cells)],
        unassigned=[row for row in rows if not any(row.cells)],
        tasks=[task for task in tasks if task.exemption is None],
        accepted=[task for task in tasks if task.exemption is not None],
    )


def _rows(items: Sequence[LineItem], sections: Sequence[Section]) -> Iterable[Row]:
    by_assignment: dict[int, dict[int | None, LineItem]] = {}
    for item in items:
        by_assignment.setdefault(item.assignment_id, {})[item.section_id] = item
    for found in by_assignment.values():
        head = next(iter(found.values()))
        yield Row(
            head=head,
            findings=_shared(found.values(), "assignment"),
            cells=[found.get(section.pk) for section in sections],
        )


def _by_due(row: Row) -> tuple[datetime, str, int]:
    dates = [cell.due_at for cell in row.cells if cell is not None and cell.due_at is not None]
    return min(dates, default=LATE), row.head.assignment_name, row.head.assignment_id


def _of_section(items: Sequence[LineItem], section: Section) -> list[Finding]:
    return _shared((item for item in items if item.section_id == section.pk), "section")


def _shared(items: Iterable[LineItem], level: str) -> list[Finding]:
    """What stands at each of the line items, said once; as accepted only where it is accepted at all of them."""
    found: dict[str, Finding] = {}
    for finding in (finding for item in items for finding in item.findings.all() if finding.level == level):
        if finding.exemption_id is None or finding.code not in found:
            found[finding.code] = finding
    return list(found.values())


def _tasks(items: Sequence[LineItem]) -> list[Task]:
    found: dict[tuple[str, str, int | None], Task] = {}
    for item in items:
        for finding in item.findings.all():
            found.setdefault(_alike(finding), _task(finding)).add(item)
    return sorted(found.values(), key=lambda task: (task.severity, -len(task.places), task.code))


def _alike(finding: Finding) -> tuple[str, str, int | None]:
    told = repr(sorted(finding.params.items(), key=lambda pair: pair[0]))
    return finding.code, told, finding.exemption_id


def _task(finding: Finding) -> Task:
    return Task(
        code=finding.code,
        severity=finding.severity,
        level=finding.level,
        params=finding.params,
        exemption=finding.exemption,
    )
