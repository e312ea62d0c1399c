"""The routes under ``/api/sis`` (canvas-behaviour.md, sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Iterator

from .call import Call
from .courses import ends, starts
from .dates import base_due
from .entities import DATES, Account, Assignment, Course, Json, Override, Section
from .paging import paged
from .params import time_or_none, whole
from .wire import Refused, Reply, forbidden, sis_error, stamp

NOT_ENABLED = "A SIS integration is not configured and the bulk SIS Grade Export feature is not enabled"
UNPUBLISHED = "Grade data is not available for non-published courses"
PUBLISHED = ("available", "completed")


def of_account(call: Call) -> Reply:
    account = call.account()
    _gates(call, account)
    university = call.university
    asked = (account.id, call.params.get("starts_before"), call.params.get("ends_after"))
    held = university.selections.get(asked)
    if held is None or held[0] != university.revision.total:
        held = university.selections[asked] = (university.revision.total, _of_account(call, account))
    return _rows(call, held[1])


def of_course(call: Call) -> Reply:
    # Deleted courses are looked up too and fall to a gate.
    course: Course = call.find("courses", "course_id")
    _gates(call, course)
    if course.workflow_state not in PUBLISHED:
        raise sis_error("unpublished_course", UNPUBLISHED)
    return _rows(call, list(_flagged(call, course)))


def _gates(call: Call, context: Account | Course) -> None:
    if not call.may(context, "view_all_grades"):
        raise forbidden()
    if not call.university.exports_grades(context):
        raise sis_error("not_enabled", NOT_ENABLED)


def _of_account(call: Call, account: Account) -> list[Assignment]:
    university = call.university
    accounts = university.beneath(account.id)
    before, after = (time_or_none(call.params.get(name)) for name in ("starts_before", "ends_after"))
    found: list[Assignment] = []
    for course in sorted(university.courses.values(), key=lambda each: each.id):
        term = university.terms[course.enrollment_term_id]
        if course.account_id not in accounts or course.workflow_state not in PUBLISHED:
            continue
        if before is not None and not starts(course, term, lambda when: when < before):
            continue
        if after is not None and not ends(course, term, lambda when: when > after):
            continue
        found += _flagged(call, course)
    return found


def _flagged(call: Call, course: Course) -> list[Assignment]:
    rows = call.university.assignments_of(course.id)
    return sorted((a for a in rows if a.workflow_state == "published" and a.post_to_sis), key=lambda a: a.id)


def _rows(call: Call, rows: list[Assignment]) -> Reply:
    asked = call.params.get("include")
    students = isinstance(asked, list) and "student_overrides" in asked
    return paged(
        call, rows, lambda each: _row(call, each, students), key=lambda each: ((each.id, students), each.course_id)
    )


def _row(call: Call, assignment: Assignment, students: bool) -> Json:
    university = call.university
    shown: Json = {
        "id": assignment.id,
        "course_id": assignment.course_id,
        "name": assignment.name,
        "created_at": stamp(assignment.created_at),
        "due_at": stamp(base_due(university, assignment)),
        "unlock_at": stamp(assignment.unlock_at),
        "lock_at": stamp(assignment.lock_at),
        "points_possible": assignment.points_possible,
        "integration_id": assignment.integration_id,
        "integration_data": assignment.integration_data or {},
        "submission_types": list(assignment.submission_types),
        "include_in_final_grade": not assignment.omit_from_final_grade and assignment.grading_type != "not_graded",
    }
    group = university.assignment_groups.get(assignment.assignment_group_id or 0)
    if group is not None:
        shown["assignment_group"] = {
            "id": group.id,
            "name": group.name,
            "sis_source_id": group.sis_source_id,
            "integration_data": group.integration_data or {},
            "group_weight": group.group_weight,
        }
    overrides = university.overrides_of(assignment)
    shown["sections"] = list(_sections(call, assignment, overrides))
    if students:
        shown["user_overrides"] = [_students(call, o) for o in overrides if o.student_ids]
    return shown


def _sections(call: Call, assignment: Assignment, overrides: list[Override]) -> Iterator[Json]:
    """Unassigned sections are listed too; of several overrides for one section the first counts."""
    by_section: dict[int, Override] = {}
    for override in overrides:
        if override.set_type == "CourseSection":
            by_section.setdefault(override.set_id or 0, override)
    for section in call.university.sections_of(assignment.course_id):
        own = by_section.get(section.id)
        if own is not None or not assignment.only_visible_to_overrides:
            yield _section(call, section, own)


def _section(call: Call, section: Section, own: Override | None) -> Json:
    courses = call.university.courses
    origin = courses[section.nonxlist_course_id or section.course_id]
    shown: Json = {
        "id": section.id,
        "name": section.name,
        "sis_id": section.sis_section_id,
        "integration_id": section.integration_id,
        "origin_course": _course(origin),
    }
    if section.nonxlist_course_id is not None:
        shown["xlist_course"] = _course(courses[section.course_id])
    if own is not None:
        # A null here may mean "inherits" or "no date": Canvas does not tell.
        dates = {name: stamp(getattr(own, name)) for name in DATES}
        shown["override"] = {"id": own.id, "override_title": own.title, **dates}
    return shown


def _course(course: Course) -> Json:
    return {
        "id": course.id,
        "name": course.name,
        "sis_id": course.sis_course_id,
        "integration_id": course.integration_id,
    }


def _students(call: Call, override: Override) -> Json:
    users = call.university.users
    return {
        "id": override.id,
        "title": override.title,
        **{name: stamp(getattr(override, name)) for name in DATES},
        "students": [
            {"user_id": n, "sis_user_id": users[n].sis_user_id if n in users else None}
            for n in override.student_ids
        ],
    }


def disable(call: Call) -> Reply:
    """Works with every SIS feature off; takes undated assignments along; ignores overrides."""
    course: Course = call.living("courses", "course_id")
    if not call.may(course, "manage_assignments"):
        raise Refused(Reply(status=401, body=b""))
    asked = call.params.get("grading_period_id")
    rows = _flagged(call, course)
    # A blank id counts as absent: the whole course is cleared.
    if asked not in (None, ""):
        period = next((p for p in call.university.periods_of(course) if p.id == whole(asked)), None)
        if period is None:
            raise sis_error("not_found", "The Grading Period cannot be found")
        rows = [a for a in rows if a.due_at is None or period.start_date <= a.due_at <= period.end_date]
    for assignment in rows:
        assignment.post_to_sis = False
    return Reply(status=204, body=b"")
