from __future__ import annotations

from typing import Any

import pytest

from canvas_api.standin import University

from .conftest import Api

COURSES = "/api/v1/accounts/1/courses"


def test_it_lists_courses_of_all_accounts_beneath(api: Api) -> None:
    assert api.ids(COURSES) == [1, 2, 3, 4, 5, 6]
    assert api.ids("/api/v1/accounts/3/courses") == [3, 4, 5]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("published=true", [1, 2, 3, 4]),
        ("published=false", [5, 6]),
        ("completed=true", [6]),
        ("completed=false", [1, 2, 3, 4, 5]),
        ("state[]=completed&state[]=claimed", [5, 6]),
        ("state[]=all", [1, 2, 3, 4, 5, 6]),
        ("enrollment_term_id=sis_term_id:2027SP", [5]),
        ("enrollment_term_id[]=2&enrollment_term_id[]=3", [1, 2, 3, 4, 5, 6]),
        ("enrollment_term_id[]=99", []),
        ("by_subaccounts[]=2", [1, 2]),
        ("by_subaccounts[]=99", []),
        ("search_term=chem", [3, 4]),
        ("starts_before=2026-08-24T06:00:00Z", [1, 2, 3, 4, 6]),
        ("starts_before=2026-08-24T05:59:59Z", []),
        ("ends_after=2026-12-13T06:59:59Z", [1, 2, 3, 4, 5, 6]),
        ("ends_after=2027-01-01T00:00:00Z", [5]),
        ("ends_after=nonsense", [1, 2, 3, 4, 5, 6]),
        ("with_enrollments=true", [1, 2, 3, 4, 6]),
        ("with_enrollments=", [1, 2, 3, 4, 5, 6]),
        ("enrollment_type[]=teacher", [1, 2, 3, 4, 6]),
        ("enrollment_type[]=student", [1, 2, 3]),
        ("enrollment_workflow_state[]=active", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_it_filters_courses(api: Api, query: str, ids: list[int]) -> None:
    assert api.ids(f"{COURSES}?{query}") == ids


def test_it_compares_course_or_term_dates(university: University, api: Api) -> None:
    university.courses[1].start_at = university.terms[3].start_at
    university.courses[1].enrollment_term_id = 1
    university.courses[2].enrollment_term_id = 1
    # A course without any date passes both; a late course in a term without dates does not start before.
    assert api.ids(f"{COURSES}?starts_before=2026-12-01T00:00:00Z") == [2, 3, 4, 6]


@pytest.mark.parametrize(
    ("query", "status"),
    [("search_term=ch", 400), ("enrollment_workflow_state[]=odd", 400), ("enrollment_term_id=99", 404)],
)
def test_it_refuses_bad_filters(api: Api, query: str, status: int) -> None:
    assert api.get(f"{COURSES}?{query}").status_code == status


def test_it_needs_the_right_to_list_courses(as_token: Any) -> None:
    assert as_token("teacher").get(COURSES).status_code == 403


def test_it_shows_unpublished_and_deleted_courses_as_canvas_does(university: University, api: Api) -> None:
    assert api.json("/api/v1/courses/5")["workflow_state"] == "unpublished"
    university.courses[6].workflow_state = "deleted"
    assert api.get("/api/v1/courses/6").status_code == 404
    assert api.ids(f"{COURSES}?state[]=all") == [1, 2, 3, 4, 5, 6]


def test_it_includes_what_is_asked_for(api: Api) -> None:
    asked = "include[]=term&include[]=teachers&include[]=total_students&include[]=concluded&include[]=account_name"
    shown = api.json(f"/api/v1/courses/1?{asked}&include[]=sections&include[]=permissions")
    assert shown["term"]["sis_term_id"] == "2026FA"
    assert shown["teachers"][0]["display_name"] == "Ada Okafor"
    assert (shown["total_students"], shown["concluded"], shown["account_name"]) == (2, False, "College of Arts")
    assert [each["id"] for each in shown["sections"]] == [1, 2]
    assert "permissions" not in shown


def test_it_strips_includes_for_a_key_that_may_not(as_token: Any) -> None:
    assert "term" not in as_token("no_include").json("/api/v1/courses/1?include[]=term")


def test_it_hides_sis_ids_without_the_right(as_token: Any) -> None:
    without = as_token("no_sis")
    assert "sis_course_id" not in without.json("/api/v1/courses/sis_course_id:ART-101")
    assert "sis_section_id" not in without.json("/api/v1/courses/1/sections")[0]


def test_it_keeps_teachers_to_their_courses(as_token: Any) -> None:
    teacher = as_token("teacher")
    assert teacher.json("/api/v1/courses/1")["id"] == 1
    answer = teacher.get("/api/v1/courses/3")
    assert answer.status_code == 403
    assert answer.json() == {
        "status": "unauthorized",
        "errors": [{"message": "user not authorized to perform that action"}],
    }


def test_it_lists_active_sections_by_name(university: University, api: Api) -> None:
    rows = api.json("/api/v1/courses/3/sections?include[]=total_students&include[]=passback_status")
    assert [(row["id"], row["nonxlist_course_id"], row["total_students"]) for row in rows] == [
        (5, None, 1),
        (6, 4, 1),
    ]
    assert rows[1]["sis_course_id"] == "CHEM-110", "the course it is in now"
    university.sections[5].workflow_state = "deleted"
    assert api.ids("/api/v1/courses/3/sections") == [6]
    assert api.get("/api/v1/sections/5").status_code == 404


def test_it_shows_one_section(university: University, api: Api) -> None:
    university.sections[1].total_students = 40
    assert api.json("/api/v1/sections/sis_section_id:ART-101-001?include[]=total_students")["total_students"] == 40
    assert api.json("/api/v1/courses/1/sections/1")["id"] == 1
    assert api.get("/api/v1/courses/2/sections/1").status_code == 404


def test_it_takes_periods_of_the_term(api: Api) -> None:
    shown = api.json("/api/v1/courses/1/grading_periods")
    assert [(each["id"], each["is_closed"]) for each in shown["grading_periods"]] == [(1, True), (2, False)]
    assert shown["grading_periods"][0]["close_date"] == "2026-10-24T05:59:59Z"
    assert shown["meta"]["pagination"] == {"page": 1, "per_page": 10, "count": 2}
    assert shown["grading_periods_read_only"] is True


def test_it_lets_periods_of_a_course_replace_those_of_the_term(university: University, api: Api) -> None:
    for title, start, end in (("A", "2026-09-01", "2026-10-01"), ("B", "2026-10-01", "2026-12-01")):
        university.add_grading_period(
            course_id=1,
            title=title,
            start_date=f"{start}T00:00:00Z",
            end_date=f"{end}T00:00:00Z",
            close_date="2027-01-01T00:00:00Z",
        )
    shown = api.json("/api/v1/courses/1/grading_periods")["grading_periods"]
    assert [each["title"] for each in shown] == ["A", "B"]
    assert len({each["grading_period_group_id"] for each in shown}) == 1
    assert shown[0]["close_date"] == shown[0]["end_date"], "forced for a course's own periods"
    assert len(api.json("/api/v1/courses/2/grading_periods")["grading_periods"]) == 2


def test_it_lists_periods_of_the_root(api: Api, as_token: Any) -> None:
    assert len(api.json("/api/v1/accounts/1/grading_periods")["grading_periods"]) == 2
    assert api.json("/api/v1/accounts/2/grading_periods")["grading_periods"] == []
    assert as_token("nobody").get("/api/v1/accounts/1/grading_periods").status_code == 403


def test_it_lists_assignment_groups(api: Api) -> None:
    rows = api.json("/api/v1/courses/3/assignment_groups?include[]=assignments")
    assert [(row["name"], row["sis_source_id"]) for row in rows] == [("Labs", "LAB")]
    assert [each["id"] for each in rows[0]["assignments"]] == [7, 8]
    assert "assignments" not in api.json("/api/v1/courses/3/assignment_groups")[0]
