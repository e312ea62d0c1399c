"""Reading assignments (canvas-behaviour.md, section 5)."""

from __future__ import annotations

from datetime import UTC, datetime

from .assignment_rows import assignment_json
from .call import Call
from .dates import as_admin, as_student
from .entities import DATES, Assignment, Course, User
from .paging import page_number, paged, per_page
from .params import many, truth, whole
from .wire import Reply, bad_request, not_found

BUCKETS = ("past", "overdue", "undated", "ungraded", "unsubmitted", "upcoming", "future")
LIMIT = 100
NEVER = datetime.max.replace(tzinfo=UTC)


def index(call: Call) -> Reply:
    course = call.course()
    return _list(call, course, call.university.assignments_of(course.id))


def of_group(call: Call) -> Reply:
    course = call.course()
    group = call.find("assignment_groups", "group_id")
    if group.course_id != course.id:
        raise not_found()
    rows = call.university.assignments_of(course.id)
    return _list(call, course, [a for a in rows if a.assignment_group_id == group.id])


def of_user(call: Call) -> Reply:
    """What this student has, with the dates this student sees."""
    student: User = call.find("users", "user_id")
    course = call.course()
    every = _chosen(call, call.university.assignments_of(course.id))
    rows = [a for a in every if as_student(call.university, a, student.id) is not None]
    published = [a for a in rows if a.workflow_state == "published"]
    return paged(call, published, lambda each: assignment_json(call, each, student_id=student.id))


def show(call: Call) -> Reply:
    course = call.course()
    return Reply(data=assignment_json(call, call.assignment(course.id)))


def group_members(call: Call) -> Reply:
    course = call.course()
    assignment, student = call.assignment(course.id), call.find("users", "user_id")
    groups = [
        group
        for group in call.university.student_groups.values()
        if group.group_category_id == assignment.group_category_id and student.id in group.student_ids
    ]
    users = call.university.users
    members = [users[number] for group in groups for number in group.student_ids]
    return Reply(data=[{"id": str(each.id), "name": each.name} for each in members])


def _list(call: Call, course: Course, rows: list[Assignment]) -> Reply:
    return paged(
        call, _chosen(call, rows), lambda each: assignment_json(call, each), key=lambda each: (each.id, course.id)
    )


def _chosen(call: Call, chosen: list[Assignment]) -> list[Assignment]:
    bucket = call.params.get("bucket")
    if bucket is not None and bucket not in BUCKETS:
        raise bad_request(f"bucket parameter must be one of {', '.join(BUCKETS)}")
    if bucket == "undated":
        chosen = [a for a in chosen if a.due_at is None]
    if "post_to_sis" in call.params:
        # An exact match: false leaves out what was never set.
        wanted = truth(call.params["post_to_sis"])
        chosen = [a for a in chosen if a.post_to_sis is wanted]
    text = str(call.params.get("search_term", "")).casefold()
    chosen = [a for a in chosen if text in a.name.casefold()]
    return _ordered(call, _by_ids(call, chosen))


def _by_ids(call: Call, rows: list[Assignment]) -> list[Assignment]:
    """Canvas counts the page against the ids, so a small page refuses good ids too."""
    asked = many(call.params.get("assignment_ids"))
    if len(asked) > LIMIT:
        raise bad_request(f"Request contains too many assignment_ids.  Limit {LIMIT}")
    if not asked:
        return rows
    wanted = {whole(each) for each in asked}
    found = [a for a in rows if a.id in wanted]
    start = (page_number(call) - 1) * per_page(call)
    shown = {a.id for a in found[start : start + per_page(call)]}
    if len(shown) < len(asked):
        missing = [str(each) for each in asked if whole(each) not in shown]
        raise bad_request(f"Invalid assignment_ids: {','.join(missing)}")
    return found


def _ordered(call: Call, rows: list[Assignment]) -> list[Assignment]:
    order = call.params.get("order_by")
    if order == "name":
        return sorted(rows, key=lambda a: (a.name.casefold(), a.id))
    if order == "due_at":
        return sorted(rows, key=lambda a: (_latest(call, a), a.name.casefold(), a.id))
    return rows


def _latest(call: Call, assignment: Assignment) -> datetime:
    return as_admin(call.university, assignment)[DATES[0]] or NEVER
