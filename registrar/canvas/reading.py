"""From records to facts: what the services know of Canvas's own field names ends here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from canvas_api import records
from registrar.domain import facts

from .found import AccountFound, CourseFound, FeedPage, FeedPart, FeedRow, PeriodFound, TermFound


def clean(text: str | None) -> str:
    """NUL fits into no database; everything else a name may hold is kept as it is."""
    return (text or "").replace("\0", "\ufffd")


def account_of(found: records.AccountRecord) -> AccountFound:
    return AccountFound(
        id=found.id,
        name=clean(found.name),
        parent_id=found.parent_account_id,
        root_id=found.root_account_id,
        sis_id=_sis(found.sis_account_id),
        time_zone=_zone(given(found.default_time_zone)),
    )


def term_of(found: records.TermRecord) -> TermFound:
    return TermFound(
        id=found.id,
        name=clean(found.name),
        sis_id=_sis(found.sis_term_id),
        start_at=given(found.start_at),
        end_at=given(found.end_at),
        period_group_id=given(found.grading_period_group_id),
    )


def period_of(found: records.GradingPeriodRecord) -> PeriodFound:
    return PeriodFound(
        id=found.id,
        title=clean(found.title),
        start_at=found.start_date,
        end_at=found.end_date,
        close_at=given(found.close_date),
        group_id=given(found.grading_period_group_id),
    )


def given(value: Any) -> Any:
    """A value that Canvas left out counts as none."""
    return None if value is msgspec.UNSET else value


def _zone(name: str | None) -> str:
    """The name if it is a time zone that is known here; else empty, and the account's holds."""
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, OSError, ValueError):
        return ""


def _sis(value: Any) -> str | None:
    return clean(given(value)) or None


def course_of(found: records.CourseRecord) -> CourseFound:
    term = given(found.term)
    return CourseFound(
        id=found.id,
        name=clean(found.name),
        code=clean(found.course_code),
        account_id=found.account_id or 0,
        term_id=found.enrollment_term_id or (term.id if term else 0),
        sis_id=_sis(found.sis_course_id),
        state=found.workflow_state,
        concluded=bool(found.concluded) or found.workflow_state == "completed",
        start_at=found.start_at,
        end_at=found.end_at,
        restricts_dates=bool(found.restrict_enrollments_to_course_dates),
        time_zone=_zone(found.time_zone),
        teachers=tuple({"id": one.id, "name": clean(one.display_name)} for one in given(found.teachers) or ()),
        total_students=found.total_students,
        account_name=clean(found.account_name),
        term=term_of(term) if term else None,
    )


def section_of(found: records.SectionRecord) -> facts.Section:
    return facts.Section(
        id=found.id,
        name=clean(found.name),
        sis_id=_sis(found.sis_section_id),
        origin_course_id=found.nonxlist_course_id or found.course_id,
        cross_listed=found.nonxlist_course_id is not None,
        start_at=found.start_at,
        end_at=found.end_at,
        restricts_dates=bool(found.restrict_enrollments_to_section_dates),
        total_students=found.total_students,
    )


def assignment_of(found: records.AssignmentRecord) -> facts.Assignment:
    overrides = given(found.overrides)
    if overrides is None and found.has_overrides is False:
        overrides = ()
    return facts.Assignment(
        id=found.id,
        name=clean(found.name),
        dates=_dates(found),
        overrides=None if overrides is None else overrides_of(overrides),
        only_visible_to_overrides=bool(found.only_visible_to_overrides),
        published=found.published,
        post_to_sis=bool(found.post_to_sis),
        points_possible=found.points_possible,
        grading_type=found.grading_type or "points",
        submission_types=found.submission_types or (),
        in_final_grade=not found.omit_from_final_grade and found.grading_type != "not_graded",
        group_id=found.assignment_group_id,
        needs_grading_count=found.needs_grading_count,
        has_submissions=found.has_submitted_submissions,
        due_date_required=bool(found.due_date_required),
        max_name_length=found.max_name_length,
        in_closed_grading_period=found.in_closed_grading_period,
        html_url=found.html_url or "",
    )


def _dates(
    found: records.AssignmentRecord | records.SisAssignmentRecord | records.SisOverrideRecord,
) -> facts.Dates:
    return facts.Dates(due_at=found.due_at, unlock_at=found.unlock_at, lock_at=found.lock_at)


def overrides_of(found: Iterable[records.OverrideRecord]) -> tuple[facts.Override, ...]:
    """A module's overrides are listed too when asked for one assignment; they carry no dates."""
    rows = {one.id: _override(one) for one in found if one.context_module_id is None}
    return tuple(rows.values())


def _override(found: records.OverrideRecord) -> facts.Override:
    return facts.Override(
        id=found.id,
        target=_target(found),
        section_id=found.course_section_id,
        student_ids=found.student_ids or (),
        due_at=_override_date(found.due_at),
        unlock_at=_override_date(found.unlock_at),
        lock_at=_override_date(found.lock_at),
        unassigned=bool(found.unassign_item),
        title=clean(found.title),
    )


def _target(found: records.OverrideRecord) -> facts.Target:
    if found.course_section_id is not None:
        return facts.Target.SECTION
    if found.course_id is not None:
        return facts.Target.COURSE
    if found.noop_id is not None:
        return facts.Target.MASTERY_PATH
    return facts.Target.GROUP if found.group_id is not None else facts.Target.STUDENTS


def _override_date(value: datetime | msgspec.UnsetType | None) -> facts.OverrideDate:
    return facts.INHERIT if value is msgspec.UNSET else value


def feed_page_of(rows: Sequence[records.SisAssignmentRecord], total_pages: int | None) -> FeedPage:
    parts: list[FeedPart] = []
    for row in rows:
        if not parts or parts[-1].course_id != row.course_id:
            parts.append(FeedPart(course_id=row.course_id))
        part = parts[-1]
        part.seam = part.seam or row.id in part.assignments
        part.assignments[row.id] = _feed_row(row)
        for section in row.sections:
            if section.id not in part.sections:
                part.sections[section.id] = _feed_section(section)
    if not rows:
        return FeedPage(parts=[], total_pages=total_pages)
    first, last = rows[0], rows[-1]
    return FeedPage(
        parts=parts,
        total_pages=total_pages,
        first=(first.course_id, first.id),
        last=(last.course_id, last.id),
    )


def _feed_row(row: records.SisAssignmentRecord) -> FeedRow:
    group = row.assignment_group
    sections = sorted(row.sections, key=lambda section: section.id)
    said = msgspec.json.encode((msgspec.structs.replace(row, sections=()), sections))
    return FeedRow(
        feed=facts.Feed(
            dates=_dates(row),
            sections={one.id: _dates(one.override) if one.override else None for one in sections},
        ),
        digest=hashlib.blake2b(said, digest_size=8).hexdigest(),
        group_id=group.id if group else None,
        group_name=clean(group.name) if group else None,
        group_sis_id=clean(group.sis_source_id) or None if group else None,
    )


def _feed_section(found: records.SisSectionRecord) -> facts.Section:
    origin = found.origin_course
    return facts.Section(
        id=found.id,
        name=clean(found.name),
        sis_id=clean(found.sis_id) or None,
        origin_course_id=origin.id if origin else None,
        origin_course_sis_id=clean(origin.sis_id) or None if origin else None,
        cross_listed=found.xlist_course is not None,
    )
