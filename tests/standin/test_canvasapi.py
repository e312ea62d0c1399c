"""A client that nobody here wrote drives the stand-in."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from canvasapi import Canvas
from canvasapi.exceptions import Forbidden, InvalidAccessToken, ResourceDoesNotExist, Unauthorized

from canvas_api.standin import Standin, University

DUE = "2026-12-02T06:59:59Z"


def client(canvas: Standin, token: str = "admin") -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have https
        return Canvas(canvas.url, canvas.token_of(token))


@pytest.fixture
def them(canvas: Standin) -> Any:
    made = client(canvas)
    yield made
    made._Canvas__requester._session.close()


def test_it_walks_accounts_terms_and_courses(them: Any) -> None:
    account = them.get_account(1)
    assert [each.id for each in them.get_accounts()] == [1]
    assert [each.sis_account_id for each in account.get_subaccounts(recursive=True)] == ["ARTS", "SCI"]
    assert [each.name for each in account.get_enrollment_terms()] == ["Default Term", "Spring 2027", "Fall 2026"]
    assert [each.id for each in account.get_courses(per_page=4, include=["term"])] == [1, 2, 3, 4, 5, 6]
    assert them.get_course("ART-101", use_sis_id=True).id == 1
    assert them.get_current_user().id == 1


def test_it_reads_a_course(them: Any) -> None:
    course = them.get_course(2)
    assert [each.sis_section_id for each in course.get_sections()] == ["ART/201.A-001", "ART/201.A-002"]
    assert course.get_section(3).course_id == 2
    assert [each.title for each in course.get_grading_periods()] == ["First half", "Second half"]
    assert [each.name for each in course.get_assignment_groups()] == ["Assignments"]
    rows = course.get_assignments(include=["overrides", "all_dates"], override_assignment_dates=False, per_page=1)
    assert [[o.id for o in each.overrides] for each in rows] == [[2], [3, 4]]


def test_it_edits_an_assignment(university: University, them: Any) -> None:
    course = them.get_course(1)
    assignment = course.get_assignment(1)
    edited = assignment.edit(assignment={"due_at": DUE, "post_to_sis": False})
    assert (edited.due_at, edited.post_to_sis) == (DUE, False)
    made = course.create_assignment({"name": "Quiz", "submission_types": ["online_quiz"], "published": True})
    assert university.assignments[made.id].workflow_state == "published"
    made.delete()
    assert university.assignments[made.id].workflow_state == "deleted"


def test_it_manages_overrides(university: University, them: Any) -> None:
    assignment = them.get_course(1).get_assignment(1)
    made = assignment.create_override(assignment_override={"course_section_id": 1, "due_at": DUE})
    assert [each.id for each in assignment.get_overrides()] == [made.id]
    assert made.edit(assignment_override={"lock_at": DUE}).lock_at == DUE
    assert university.overrides[made.id].due_at_overridden is False
    made.delete()
    assert list(assignment.get_overrides()) == []
    assert them.get_section(2).get_assignment_override(2).id == 1


def test_it_works_in_batches(them: Any) -> None:
    course = them.get_course(1)
    made = list(
        course.create_assignment_overrides(
            [
                {"assignment_id": 1, "course_section_id": 1, "due_at": DUE},
                {"assignment_id": 1, "student_ids": [12], "title": "One"},
            ]
        )
    )
    assert [each.assignment_id for each in made] == [1, 1]
    changed = list(course.update_assignment_overrides([{"id": made[0].id, "assignment_id": 1, "lock_at": DUE}]))
    assert changed[0].lock_at == DUE
    found = course.get_assignment_overrides([{"id": made[1].id, "assignment_id": 1}])
    assert [each.student_ids for each in found] == [[12]]


def test_it_waits_for_a_bulk_update(university: University, canvas: Standin, them: Any) -> None:
    requester = them._Canvas__requester
    body = [{"id": 1, "all_dates": [{"base": True, "due_at": DUE}]}]
    started = requester._session.put(
        f"{canvas.url}/api/v1/courses/1/assignments/bulk_update",
        json=body,
        headers={"Authorization": f"Bearer {canvas.token}", "User-Agent": "canvasapi"},
    ).json()
    progress = them.get_progress(started["id"])
    assert progress.workflow_state == "running"
    assert progress.query().workflow_state == "completed"
    assert str(university.assignments[1].due_at) == "2026-12-02 06:59:59+00:00"


@pytest.mark.parametrize(
    ("token", "number", "error"),
    [
        ("nobody", 1, Forbidden),
        ("revoked", 1, InvalidAccessToken),
        ("admin", 99, ResourceDoesNotExist),
    ],
)
def test_it_makes_them_raise_the_right_errors(
    canvas: Standin, token: str, number: int, error: type[Exception]
) -> None:
    them = client(canvas, token)
    with pytest.raises(error):
        them.get_course(number)
    them._Canvas__requester._session.close()


def test_it_knows_their_name_for_missing_scopes(university: University, them: Any) -> None:
    university.tokens["admin"].scopes = frozenset()
    with pytest.raises(Unauthorized):
        them.get_account(1)
