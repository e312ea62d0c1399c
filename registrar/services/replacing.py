"""Replace a course's sections, line items and findings by those of a new assessment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from django.db.models import QuerySet

from registrar.domain import facts
from registrar.domain.readiness import Assessment, LineItem, Severity, Status
from registrar.models import Course, Finding, Section
from registrar.models import LineItem as LineItemRow
from registrar.models.inserting import insert

Keys: TypeAlias = Mapping[tuple[int, int | None], int]
"""Of stored line items, by assignment and section."""


def are_stored(course: Course, found: facts.Course, result: Assessment) -> bool:
    """Whether the rows of this assessment are stored already, every value and in the same order.

    To look is quicker than to write: most of what is worked out again comes to the same.
    """
    keys = _stored_keys(course, [_row(course, found, item) for item in result.line_items])
    return (
        keys is not None
        and _same(Finding.objects.filter(course=course), _finding_rows(course, result.line_items, keys))
        and _same(Section.objects.filter(course=course), _section_rows(course, found.sections, result.line_items))
    )


def _stored_keys(course: Course, rows: Sequence[Mapping[str, Any]]) -> Keys | None:
    """Of the line items; None where others are stored than these."""
    names = list(rows[0]) if rows else []
    stored = list(LineItemRow.objects.filter(course=course).order_by("pk").values_list("pk", *names))
    if [values[1:] for values in stored] != [tuple(row.values()) for row in rows]:
        return None
    return {(row["assignment_id"], row["section"]): pk for row, (pk, *_) in zip(rows, stored, strict=True)}


def _same(stored: QuerySet[Any], rows: Sequence[Mapping[str, object]]) -> bool:
    if not rows:
        return not stored.exists()
    return list(stored.order_by("pk").values_list(*rows[0])) == [tuple(row.values()) for row in rows]


def replace_rows(course: Course, found: facts.Course, result: Assessment) -> None:
    """Within the caller's transaction."""
    # Nothing hangs on these rows but what goes with them, so Django need not read them first.
    for old in (Finding.objects.filter(course=course), LineItemRow.objects.filter(course=course)):
        old._raw_delete(old.db)
    _write_sections(course, found.sections, result.line_items)
    insert(LineItemRow, [_row(course, found, item) for item in result.line_items])
    if any(item.findings for item in result.line_items):
        known = LineItemRow.objects.filter(course=course).values_list("pk", "assignment_id", "section_id")
        keys: Keys = {(assignment_id, section_id): pk for pk, assignment_id, section_id in known}
        insert(Finding, _finding_rows(course, result.line_items, keys))


def _write_sections(course: Course, sections: Sequence[facts.Section], items: Sequence[LineItem]) -> None:
    rows = [Section(**row) for row in _section_rows(course, sections, items)]
    Section.objects.filter(course=course).exclude(pk__in=[row.pk for row in rows]).delete()
    # A section that was cross-listed away takes its key along to the other course.
    Section.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["canvas_id"],
        update_fields=[field.name for field in Section._meta.concrete_fields if not field.primary_key],
        batch_size=500,
    )


def _section_rows(
    course: Course, sections: Sequence[facts.Section], items: Sequence[LineItem]
) -> list[dict[str, Any]]:
    total = Counter(item.section.id for item in items if item.section)
    needing = Counter(item.section.id for item in items if item.section and item.status is Status.NEEDS_ACTION)
    excepted = Counter(item.section.id for item in items if item.section and item.status is Status.EXCEPTED)
    origins = _sis_ids_of_origins(sections)
    return [
        {
            "canvas_id": section.id,
            "course_id": course.pk,
            "term_id": course.term_id,
            "account_id": course.account_id,
            "name": section.name,
            "sis_id": section.sis_id or "",
            "origin_course_id": section.origin_course_id,
            "origin_course_sis_id": section.origin_course_sis_id or origins.get(section.origin_course_id, ""),
            "cross_listed": section.cross_listed,
            "start_at": section.start_at,
            "end_at": section.end_at,
            "restricts_dates": section.restricts_dates,
            "total_students": section.total_students,
            "items": total[section.id],
            "items_needing": needing[section.id],
            "items_excepted": excepted[section.id],
        }
        for section in sorted(sections, key=lambda one: one.id)
    ]


def _sis_ids_of_origins(sections: Sequence[facts.Section]) -> dict[int | None, str]:
    """Of courses that sections were cross-listed from, where only their number was told."""
    homes = (one.origin_course_id for one in sections if one.cross_listed and not one.origin_course_sis_id)
    untold = {id_ for id_ in homes if id_ is not None}
    return dict(Course.objects.filter(pk__in=untold).values_list("pk", "sis_id")) if untold else {}


def _row(course: Course, found: facts.Course, item: LineItem) -> dict[str, Any]:
    assignment, section, dates = item.assignment, item.section, item.effective
    return {
        "course": course.pk,
        "section": section.id if section else None,
        "term": course.term_id,
        "account": course.account_id,
        "assignment_id": assignment.id,
        "assignment_name": assignment.name,
        "assignment_group": assignment.group_name or "",
        "assignment_url": assignment.html_url,
        "points_possible": assignment.points_possible,
        "published": assignment.published and found.state != "unpublished",
        "due_at": dates.due_at.value,
        "unlock_at": dates.unlock_at.value,
        "lock_at": dates.lock_at.value,
        "due_at_source": dates.due_at.source,
        "unlock_at_source": dates.unlock_at.source,
        "lock_at_source": dates.lock_at.source,
        "in_sis_feed": item.in_sis_feed,
        "sis_due_at": item.sis_due_at,
        "student_exceptions": item.student_exceptions,
        "group_exceptions": item.group_exceptions,
        "needs_grading": assignment.needs_grading_count,
        "status": item.status,
        "warned": _is_warned(item),
        "excepted_until": item.excepted_until,
        "codes": [finding.code for finding in item.findings],
        "search": search_text(
            course.search, section.name if section else "", section.sis_id if section else "", assignment.name
        ),
    }


def search_text(*parts: str | None) -> str:
    return " ".join(part[:300] for part in parts if part).lower()


def _is_warned(item: LineItem) -> bool:
    """A warning that somebody accepted warns nobody any more."""
    return any(one.severity is Severity.WARNING and one.exemption is None for one in item.findings)


def _finding_rows(course: Course, items: Sequence[LineItem], keys: Keys) -> list[dict[str, object]]:
    return [row for item in items for row in _findings(course, item, keys)]


def _findings(course: Course, item: LineItem, keys: Keys) -> Iterator[dict[str, object]]:
    section_id = item.section.id if item.section else None
    for position, finding in enumerate(item.findings):
        yield {
            "line_item": keys[item.assignment.id, section_id],
            "course": course.pk,
            "section_id": section_id,
            "term": course.term_id,
            "account": course.account_id,
            "code": finding.code,
            "level": finding.level,
            "severity": finding.severity,
            "position": position,
            "params": dict(finding.params),
            "exemption": finding.exemption,
        }


def count(course: Course, items: Sequence[LineItem]) -> None:
    """Set on the course, and left for the caller to save."""
    needing = [item for item in items if item.status is Status.NEEDS_ACTION]
    course.items, course.items_needing = len(items), len(needing)
    course.items_excepted = sum(item.status is Status.EXCEPTED for item in items)
    course.items_warned = sum(_is_warned(item) for item in items)
    course.sections_total = len({item.section.id for item in items if item.section})
    course.sections_needing = len({item.section.id for item in needing if item.section})
