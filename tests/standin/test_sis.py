from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from canvas_api.standin import SMALL_NOW, University

from .conftest import Api

ALL = "/api/sis/accounts/1/assignments"
TOP = {
    "id",
    "course_id",
    "name",
    "created_at",
    "due_at",
    "unlock_at",
    "lock_at",
    "points_possible",
    "integration_id",
    "integration_data",
    "submission_types",
    "include_in_final_grade",
    "assignment_group",
    "sections",
}


def row(api: Api, course_id: int, assignment_id: int, query: str = "") -> Any:
    rows = api.json(f"/api/sis/courses/{course_id}/assignments{query}")
    return next(each for each in rows if each["id"] == assignment_id)


def test_it_lists_flagged_published_assignments_of_the_tree(api: Api) -> None:
    """Concluded courses too, unpublished ones not; by course, then assignment."""
    assert api.ids(ALL) == [1, 2, 5, 6, 7, 8, 10]
    assert api.ids("/api/sis/accounts/sis_account_id:ARTS/assignments") == [1, 2, 5, 6]
    assert api.ids("/api/sis/accounts/3/assignments") == [7, 8]


def test_it_counts_pages_and_links_by_number(api: Api) -> None:
    first = api.get("/api/sis/accounts/self/assignments?per_page=3")
    assert len(first.json()) == 3
    assert first.links["last"]["url"].endswith("/api/sis/accounts/1/assignments?page=3&per_page=3")
    assert api.json(f"{ALL}?per_page=3&page=4") == []


def test_it_has_the_documented_keys(university: University, api: Api) -> None:
    shown = row(api, 3, 7)
    assert set(shown) == TOP
    assert shown["assignment_group"] == {
        "id": 3,
        "name": "Labs",
        "sis_source_id": "LAB",
        "integration_data": {},
        "group_weight": 40.0,
    }
    university.assignments[7].assignment_group_id = None
    assert "assignment_group" not in row(api, 3, 7)


def test_it_shows_the_base_date_and_an_ambiguous_null(api: Api) -> None:
    shown = row(api, 2, 6)
    assert shown["due_at"] == "2026-12-01T06:59:59Z"
    assert "override" not in shown["sections"][0]
    assert shown["sections"][1]["override"] == {
        "id": 4,
        "override_title": "Painting 002",
        "due_at": None,
        "unlock_at": None,
        "lock_at": None,
    }


def test_it_lists_only_overridden_sections_of_an_override_only_assignment(
    university: University, api: Api
) -> None:
    assert [each["id"] for each in row(api, 2, 5)["sections"]] == [3]
    university.assignments[7].only_visible_to_overrides = True
    assert row(api, 3, 7)["sections"] == [], "an override for the course lists no section"


def test_it_shows_unassigned_sections_and_hides_deleted_overrides(university: University, api: Api) -> None:
    university.overrides[1].unassign_item = True
    assert "override" in row(api, 1, 2)["sections"][1]
    university.overrides[1].workflow_state = "deleted"
    assert "override" not in row(api, 1, 2)["sections"][1]


def test_it_tells_where_a_section_comes_from(api: Api) -> None:
    own, foreign = row(api, 3, 7)["sections"]
    assert (own["origin_course"]["id"], "xlist_course" in own) == (3, False)
    assert (foreign["origin_course"]["sis_id"], foreign["xlist_course"]["sis_id"]) == ("CHEM-110B", "CHEM-110")


def test_it_takes_the_mastery_date_only_without_a_base_date(university: University, api: Api) -> None:
    for number in (7, 8):
        university.add_override(assignment_id=number, noop_id=1, due_at="2026-11-30T00:00:00Z")
    assert row(api, 3, 7)["due_at"] == "2026-11-10T06:59:59Z"
    assert row(api, 3, 8)["due_at"] == "2026-11-30T00:00:00Z"


def test_it_includes_students_only_when_asked_by_an_array(university: University, api: Api, as_token: Any) -> None:
    assert "user_overrides" not in row(api, 2, 6)
    assert "user_overrides" not in row(api, 2, 6, "?include=student_overrides")
    assert row(api, 2, 5, "?include[]=student_overrides")["user_overrides"] == []
    university.overrides[3].student_ids = (13, 16, 999)
    students = row(api, 2, 6, "?include[]=student_overrides")["user_overrides"][0]["students"]
    assert [each["sis_user_id"] for each in students] == ["S13", None, None]
    stripped = row(as_token("no_include"), 2, 6, "?include[]=student_overrides")
    assert "user_overrides" not in stripped


def test_it_shows_sis_ids_without_the_right(as_token: Any) -> None:
    assert row(as_token("no_sis"), 1, 1)["sections"][0]["sis_id"] == "ART-101-001"


@pytest.mark.parametrize(
    ("graded", "omitted", "counted"),
    [("points", False, True), ("points", True, False), ("not_graded", False, False)],
)
def test_it_says_what_counts(university: University, api: Api, graded: str, omitted: bool, counted: bool) -> None:
    university.assignments[1].grading_type, university.assignments[1].omit_from_final_grade = graded, omitted
    assert row(api, 1, 1)["include_in_final_grade"] is counted


def test_it_asks_for_the_right_then_the_feature_then_publication(
    university: University, api: Api, as_token: Any
) -> None:
    assert as_token("no_grades").get(ALL).status_code == 403
    unpublished = api.get("/api/sis/courses/5/assignments")
    assert (unpublished.status_code, unpublished.json()["code"]) == (400, "unpublished_course")
    university.courses[6].workflow_state = "deleted"
    assert api.get("/api/sis/courses/6/assignments").json()["code"] == "unpublished_course"
    university.root.features = frozenset()
    for path in (ALL, "/api/sis/courses/5/assignments"):
        assert api.get(path).json()["code"] == "not_enabled"


def test_it_opens_the_course_route_alone_by_a_course_feature(university: University, api: Api) -> None:
    university.root.features = frozenset()
    university.courses[1].features = frozenset({"post_grades"})
    assert api.get(ALL).status_code == 400
    assert api.ids("/api/sis/courses/1/assignments") == [1, 2]
    university.accounts[2].grade_export_tool = True
    assert api.ids("/api/sis/accounts/2/assignments") == [1, 2, 5, 6]


def test_it_filters_by_course_or_term_dates_strictly(university: University, api: Api) -> None:
    end = "2026-12-13T06:59:59Z"
    assert api.ids(f"{ALL}?ends_after={end}") == []
    assert api.ids(f"{ALL}?ends_after=2026-12-13T06:59:58Z") == [1, 2, 5, 6, 7, 8, 10]
    university.courses[1].conclude_at = SMALL_NOW + timedelta(days=90)
    university.courses[3].enrollment_term_id = 1
    assert api.ids(f"{ALL}?ends_after={end}") == [1, 2, 7, 8], "an OR, and no dates at all passes"
    university.courses[1].start_at = SMALL_NOW + timedelta(days=30)
    assert api.ids(f"{ALL}?starts_before=2026-09-01T00:00:00Z") == [1, 2, 5, 6, 7, 8, 10]
    assert api.ids(f"{ALL}?starts_before=2026-08-24T06:00:00Z") == [7, 8]
    assert api.ids(f"{ALL}?starts_before=soon&ends_after=") == [1, 2, 5, 6, 7, 8, 10]
    assert api.ids("/api/sis/courses/1/assignments?ends_after=2030-01-01") == [1, 2]


# disable_post_to_sis


def disabled(api: Api, query: str = "", course: int = 1) -> tuple[int, bytes]:
    answer = api.put(f"/api/sis/courses/{course}/disable_post_to_sis{query}")
    return answer.status_code, answer.content


def test_it_clears_a_period_and_what_has_no_date(university: University, api: Api) -> None:
    university.root.features = frozenset()
    university.assignments[1].due_at = university.grading_periods[1].end_date
    assert disabled(api, "?grading_period_id=1") == (204, b"")
    assert not university.assignments[1].post_to_sis, "to the second, ends included"
    assert university.assignments[2].post_to_sis
    assert university.assignments[4].post_to_sis, "unpublished ones stay"
    assert disabled(api, "?grading_period_id=1", course=3) == (204, b"")
    assert not university.assignments[8].post_to_sis, "no base date, though an override may have one"
    assert university.assignments[7].post_to_sis


def test_it_clears_the_whole_course_for_a_blank_period(university: University, api: Api) -> None:
    before = university.assignments[1].updated_at
    assert disabled(api, "?grading_period_id=") == (204, b"")
    assert not university.assignments[1].post_to_sis
    assert not university.assignments[2].post_to_sis
    assert university.assignments[1].updated_at == before
    assert disabled(api) == (204, b""), "also when nothing matches"


def test_it_refuses_an_unknown_period(api: Api) -> None:
    answer = api.put("/api/sis/courses/1/disable_post_to_sis", json={"grading_period_id": 99})
    assert answer.status_code == 400
    assert answer.json() == {"code": "not_found", "error": "The Grading Period cannot be found"}


def test_it_answers_401_with_nothing_where_a_right_is_missing(as_token: Any) -> None:
    assert disabled(as_token("no_overrides")) == (401, b"")
