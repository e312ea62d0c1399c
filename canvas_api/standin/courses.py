"""Courses, sections, grading periods and assignment groups (canvas-behaviour.md, section 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from .accounts import term_ids, term_json
from .assignment_rows import assignment_json
from .call import Call
from .dates import close_date
from .entities import Course, GradingPeriod, Json, Section, Term
from .paging import page_number, paged, per_page
from .params import many, time_or_none, truth, whole
from .references import uuid
from .wire import Reply, bad_request, not_found, stamp

USUAL_STATES = ("created", "claimed", "available", "completed")
ENROLLMENT_STATES = ("active", "invited", "creation_pending", "deleted", "rejected", "completed", "inactive")


def concluded(course: Course, term: Term, now: datetime) -> bool:
    past = any(when is not None and when < now for when in (course.conclude_at, term.end_at))
    return course.workflow_state == "completed" or past


def course_json(call: Call, course: Course) -> Json:
    university = call.university
    term = university.terms[course.enrollment_term_id]
    unpublished = course.workflow_state in ("created", "claimed")
    shown: Json = {
        "id": course.id,
        "name": course.name,
        "course_code": course.course_code,
        "account_id": course.account_id,
        "root_account_id": university.root.id,
        "uuid": uuid("courses", course.id),
        "created_at": stamp(course.created_at),
        "start_at": stamp(course.start_at),
        "end_at": stamp(course.conclude_at),
        "enrollment_term_id": course.enrollment_term_id,
        "grading_standard_id": None,
        "workflow_state": "unpublished" if unpublished else course.workflow_state,
        "restrict_enrollments_to_course_dates": course.restrict_enrollments_to_course_dates,
        "time_zone": course.time_zone,
        "default_view": "modules",
        "is_public": False,
    }
    if call.may(course, "read_sis"):
        shown |= {"sis_course_id": course.sis_course_id, "integration_id": course.integration_id}
    for name in call.include & INCLUDED.keys():
        shown |= {name: INCLUDED[name](call, course, term)}
    return shown


def _teachers(call: Call, course: Course, _term: Term) -> list[Json]:
    users = call.university.users
    return [{"id": n, "display_name": users[n].name, "pronouns": None} for n in course.teacher_ids]


INCLUDED: dict[str, Callable[[Call, Course, Term], object]] = {
    "term": lambda call, course, term: term_json(call, term),
    "concluded": lambda call, course, term: concluded(course, term, call.now),
    "total_students": lambda call, course, term: sum(map(headcount, call.university.sections_of(course.id))),
    "teachers": _teachers,
    "account_name": lambda call, course, term: call.university.accounts[course.account_id].name,
}


def show(call: Call) -> Reply:
    course = call.course()
    shown = course_json(call, course)
    if "sections" in call.include:
        shown["sections"] = [{"id": s.id, "name": s.name} for s in call.university.sections_of(course.id)]
    return Reply(data=shown)


def of_account(call: Call) -> Reply:
    """In the order of ids; the total is not known."""
    account = call.account()
    call.require(account, "read_course_list")
    rows = sorted(_matching(call, call.university.beneath(account.id)), key=lambda each: each.id)
    return paged(call, rows, lambda each: course_json(call, each), counted=False)


def _matching(call: Call, accounts: set[int]) -> Iterator[Course]:
    tests = [*_state_tests(call), *_date_tests(call), *_people_tests(call), *_text_tests(call)]
    below = [whole(each) for each in many(call.params.get("by_subaccounts"))]
    if below:
        accounts = accounts & set().union(*(call.university.beneath(n) for n in below if n in accounts))
    wanted = term_ids(call)
    for course in call.university.courses.values():
        in_term = not wanted or course.enrollment_term_id in wanted
        if course.account_id in accounts and in_term and all(test(course) for test in tests):
            yield course


def _state_tests(call: Call) -> Iterator[Callable[[Course], bool]]:
    asked = {str(each) for each in many(call.params.get("state"))} or set(USUAL_STATES)
    states = {*USUAL_STATES, "deleted"} if "all" in asked else asked
    yield lambda course: course.workflow_state in states
    if "published" in call.params:
        # Not the opposite of unpublished: concluded courses fall out.
        published = call.flag("published")
        yield lambda course: (course.workflow_state == "available") is published
    if "completed" in call.params:
        done, terms = call.flag("completed"), call.university.terms
        yield lambda course: concluded(course, terms[course.enrollment_term_id], call.now) is done


def _date_tests(call: Call) -> Iterator[Callable[[Course], bool]]:
    terms = call.university.terms
    before, after = (time_or_none(call.params.get(name)) for name in ("starts_before", "ends_after"))
    if before is not None:
        yield lambda c: starts(c, terms[c.enrollment_term_id], lambda when: when <= before)
    if after is not None:
        yield lambda c: ends(c, terms[c.enrollment_term_id], lambda when: when >= after)


def starts(course: Course, term: Term, test: Callable[[datetime], bool]) -> bool:
    """Either date will do, or neither is set: an OR, no fallback."""
    held = [when for when in (course.start_at, term.start_at) if when is not None]
    return not held or any(map(test, held))


def ends(course: Course, term: Term, test: Callable[[datetime], bool]) -> bool:
    held = [when for when in (course.conclude_at, term.end_at) if when is not None]
    return not held or any(map(test, held))


def _people_tests(call: Call) -> Iterator[Callable[[Course], bool]]:
    university = call.university
    states = {str(each) for each in many(call.params.get("enrollment_workflow_state"))}
    if not states <= set(ENROLLMENT_STATES):
        raise bad_request("invalid enrollment_workflow_state")
    kinds = {str(each) for each in many(call.params.get("enrollment_type"))}
    if kinds:
        yield (
            lambda c: (
                ("teacher" in kinds and bool(c.teacher_ids))
                or ("student" in kinds and bool(university.student_ids(c.id)))
            )
        )
    if truth(call.params.get("with_enrollments", "")):
        yield lambda c: bool(c.teacher_ids or university.student_ids(c.id))


def _text_tests(call: Call) -> Iterator[Callable[[Course], bool]]:
    text = str(call.params.get("search_term", "")).casefold()
    if not text:
        return
    if len(text) < 3:
        raise bad_request("search_term of 3 or more characters is required")
    yield lambda c: text in c.name.casefold() or text in c.course_code.casefold()


# Sections


def headcount(section: Section) -> int:
    return len(section.student_ids) if section.total_students is None else section.total_students


def section_json(call: Call, section: Section) -> Json:
    course = call.university.courses[section.course_id]
    shown: Json = {
        "id": section.id,
        "name": section.name,
        "course_id": section.course_id,
        "nonxlist_course_id": section.nonxlist_course_id,
        "start_at": stamp(section.start_at),
        "end_at": stamp(section.end_at),
        "restrict_enrollments_to_section_dates": section.restrict_enrollments_to_section_dates,
    }
    if call.may(course, "read_sis"):
        shown |= {
            "sis_section_id": section.sis_section_id,
            "sis_course_id": course.sis_course_id,
            "integration_id": section.integration_id,
        }
    if "total_students" in call.include:
        shown["total_students"] = headcount(section)
    if "passback_status" in call.include:
        shown["passback_status"] = None
    return shown


def sections(call: Call) -> Reply:
    course = call.course()
    rows = sorted(call.university.sections_of(course.id), key=lambda s: (s.name.casefold(), s.id))
    return paged(call, rows, lambda each: section_json(call, each), key=lambda each: (each.id, course.id))


def section(call: Call) -> Reply:
    found = call.section()
    if "course_id" in call.path and call.course().id != found.course_id:
        raise not_found()
    call.require(call.university.courses[found.course_id], "read")
    return Reply(data=section_json(call, found))


# Grading periods


def period_json(call: Call, period: GradingPeriod) -> Json:
    return {
        "id": period.id,
        "grading_period_group_id": period.grading_period_group_id,
        "title": period.title,
        "start_date": stamp(period.start_date),
        "end_date": stamp(period.end_date),
        "close_date": stamp(close_date(period)),
        "weight": period.weight,
        "is_closed": call.now > close_date(period),
        "permissions": dict.fromkeys(("read", "create", "update", "delete"), call.is_admin),
    }


def periods_of_course(call: Call) -> Reply:
    return _periods(call, call.university.periods_of(call.course()), read_only=True)


def periods_of_account(call: Call) -> Reply:
    account = call.account()
    call.require(account, "read")
    root = account.parent_account_id is None
    rows = [p for p in call.university.grading_periods.values() if root and p.course_id is None]
    return _periods(call, sorted(rows, key=lambda p: (p.start_date, p.id)), read_only=False)


def _periods(call: Call, rows: list[GradingPeriod], *, read_only: bool) -> Reply:
    reply = paged(call, rows, lambda each: period_json(call, each))
    pagination = {"page": page_number(call), "per_page": per_page(call), "count": len(rows)}
    reply.data = {
        "grading_periods": reply.data,
        "meta": {"pagination": pagination, "primaryCollection": "grading_periods"},
        "can_create_grading_periods": call.is_admin and not read_only,
        "grading_periods_read_only": read_only,
    }
    return reply


# Assignment groups


def assignment_groups(call: Call) -> Reply:
    course = call.course()
    return paged(call, call.university.groups_of(course.id), lambda each: _group_json(call, course, each.id))


def _group_json(call: Call, course: Course, group_id: int) -> Json:
    group = call.university.assignment_groups[group_id]
    shown: Json = {
        "id": group.id,
        "name": group.name,
        "position": group.position,
        "group_weight": group.group_weight,
        "sis_source_id": group.sis_source_id,
        "integration_data": group.integration_data,
        "rules": {},
    }
    if "assignments" in call.include:
        rows = call.university.assignments_of(course.id)
        shown["assignments"] = [assignment_json(call, a) for a in rows if a.assignment_group_id == group_id]
    return shown
