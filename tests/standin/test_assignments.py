from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from canvas_api.standin import SMALL_NOW, University

from .conftest import Api

RAW = "override_assignment_dates=false&include[]=overrides&include[]=all_dates"


def one(api: Api, number: int, query: str = RAW) -> Any:
    course = api.canvas.university.assignments[number].course_id
    return api.json(f"/api/v1/courses/{course}/assignments/{number}?{query}")


def times(*days: str) -> list[datetime]:
    return [datetime.fromisoformat(f"{day}T12:00:00+00:00") for day in days]


def test_it_tells_inherited_from_no_date(api: Api) -> None:
    overrides = one(api, 6)["overrides"]
    assert [set(each) & {"due_at", "unlock_at", "lock_at"} for each in overrides] == [{"due_at"}, {"due_at"}]
    assert overrides[0]["student_ids"] == [13, 14]
    assert (overrides[1]["due_at"], overrides[1]["course_section_id"]) == (None, 4)
    assert (overrides[1]["all_day"], overrides[1]["all_day_date"]) == (False, None)
    assert one(api, 7)["overrides"][0]["course_id"] == 3
    still_life = one(api, 5)["overrides"][0]
    assert (still_life["lock_at"], still_life["all_day"], still_life["all_day_date"]) == (None, True, "2026-11-20")


def test_it_drops_overrides_silently_without_the_right(as_token: Any) -> None:
    shown = one(as_token("no_overrides"), 6)
    assert "overrides" not in shown
    assert "has_overrides" not in shown


def test_it_shows_fields_by_right(university: University, as_token: Any) -> None:
    shown = one(as_token("no_sis"), 1)
    assert "integration_data" not in shown
    university.tokens["no_sis"].rights -= {"manage_grades"}
    assert "needs_grading_count" not in one(as_token("no_sis"), 1)
    university.assignments[1].quiz_id = 5
    assert (one(as_token("admin"), 1)["quiz_id"], one(as_token("admin"), 1)["is_quiz_assignment"]) == (5, True)


def test_it_collapses_dates_for_admins_unless_told_not_to(university: University, api: Api) -> None:
    assert one(api, 2)["due_at"] == "2026-11-07T06:59:59Z"
    assert one(api, 2, "")["due_at"] == "2026-11-14T06:59:59Z", "the later of section and base"
    assert one(api, 5, "")["due_at"] is None, "the base date has none and a section is not covered"
    university.add_override(assignment_id=5, course_section_id=4, due_at="2026-12-01T06:59:59Z")
    assert one(api, 5, "")["due_at"] == "2026-12-01T06:59:59Z"
    assert one(api, 7, "")["due_at"] == "2026-11-12T06:59:59Z", "an override for the course stands for the base"
    assert one(api, 1, "")["due_at"] == "2026-12-05T06:59:59Z"


def test_it_takes_the_earliest_unlock_and_any_null(university: University, api: Api) -> None:
    early, late = times("2026-10-01", "2026-10-05")
    university.add_override(assignment_id=1, course_section_id=1, unlock_at=late, lock_at=late)
    university.add_override(assignment_id=1, course_section_id=2, unlock_at=early, lock_at=None)
    shown = one(api, 1, "")
    assert (shown["unlock_at"], shown["lock_at"]) == ("2026-10-01T12:00:00Z", None)


def test_it_lists_all_dates(university: University, api: Api) -> None:
    rows = one(api, 2)["all_dates"]
    assert [(row.get("base"), row["title"]) for row in rows] == [(True, "Everyone else"), (None, "Drawing I 002")]
    assert "id" not in rows[0]
    assert rows[1]["set_type"] == "CourseSection"
    assert one(api, 1)["all_dates"][0]["title"] == "Everyone"
    assert [row.get("base") for row in one(api, 5)["all_dates"]] == [None], "not for everyone"
    assert [row.get("base") for row in one(api, 7)["all_dates"]] == [None], "an override for the course"
    university.add_override(assignment_id=2, course_section_id=1, unassign_item=True)
    assert [row["title"] for row in one(api, 2)["all_dates"]] == ["Drawing I 002"]
    edit = one(api, 2, "include[]=all_dates&include[]=can_edit")["all_dates"][0]
    assert (edit["can_edit"], edit["in_closed_grading_period"]) == (True, False)


def test_it_tells_no_dates_from_25_overrides_on(university: University, api: Api) -> None:
    for _ in range(24):
        university.add_override(assignment_id=2, student_ids=(11,))
    shown = one(api, 2)
    assert (shown["all_dates"], shown["all_dates_count"]) == ([], 25)
    assert len(shown["overrides"]) == 25


def test_it_counts_module_overrides_in_all_dates_only(university: University, api: Api) -> None:
    university.assignments[1].context_module_id = 77
    module = university.add_override(context_module_id=77, course_section_id=1)
    shown = one(api, 1)
    assert shown["overrides"] == []
    assert module.id in [row.get("id") for row in shown["all_dates"]]


def test_it_says_when_a_period_is_closed(university: University, api: Api) -> None:
    assert one(api, 1)["in_closed_grading_period"] is False
    university.assignments[1].due_at = times("2026-09-15")[0]
    assert one(api, 1)["in_closed_grading_period"] is True
    university.assignments[5].due_at = times("2026-09-15")[0]
    assert one(api, 5)["in_closed_grading_period"] is False, "its base date is for nobody"
    assert one(api, 9)["in_closed_grading_period"] is False, "no periods in that term"


def test_it_tells_the_sis_rules_per_assignment(university: University, api: Api) -> None:
    def on(value: object) -> dict[str, object]:
        return {"value": value, "locked": False}

    assert (one(api, 1)["due_date_required"], one(api, 1)["max_name_length"]) == (False, 255)
    university.root.settings = {
        "sis_syncing": on(True),
        "sis_require_assignment_due_date": on(True),
        "sis_assignment_name_length": on(True),
        "sis_assignment_name_length_input": on("30"),
    }
    assert (one(api, 1)["due_date_required"], one(api, 1)["max_name_length"]) == (True, 30)
    assert one(api, 3)["due_date_required"] is False, "not flagged"
    university.root.settings = university.root.settings | {"sis_assignment_name_length_input": on("")}
    assert one(api, 1)["max_name_length"] == 0


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [1, 2, 3, 4]),
        ("post_to_sis=true", [1, 2, 4]),
        ("post_to_sis=false", [3]),
        ("post_to_sis=", [3]),
        ("search_term=sketch", [2]),
        ("order_by=name", [3, 1, 2, 4]),
        ("order_by=due_at", [2, 4, 1, 3]),
        ("bucket=undated", [3]),
        ("bucket=future", [1, 2, 3, 4]),
        ("assignment_ids[]=2&assignment_ids[]=1", [1, 2]),
    ],
)
def test_it_lists_and_filters(api: Api, query: str, ids: list[int]) -> None:
    assert api.ids(f"/api/v1/courses/1/assignments?{query}") == ids


def test_it_leaves_out_what_was_never_flagged_either_way(university: University, api: Api) -> None:
    university.assignments[3].post_to_sis = None
    assert api.ids("/api/v1/courses/1/assignments?post_to_sis=false") == []


def test_it_refuses_bad_filters(api: Api) -> None:
    path = "/api/v1/courses/1/assignments"
    assert api.get(f"{path}?bucket=bad").status_code == 400
    many = "&".join(f"assignment_ids[]={n}" for n in range(101))
    answer = api.get(f"{path}?{many}")
    assert answer.json() == {"message": "Request contains too many assignment_ids.  Limit 100"}
    assert api.get(f"{path}?assignment_ids[]=1&assignment_ids[]=99").json() == {
        "message": "Invalid assignment_ids: 99"
    }
    small = api.get(f"{path}?assignment_ids[]=1&assignment_ids[]=2&per_page=1")
    assert small.status_code == 400, "good ids, but the page is too small for them"


def test_it_lists_a_group(api: Api) -> None:
    assert api.ids("/api/v1/courses/3/assignment_groups/3/assignments") == [7, 8]
    assert api.get("/api/v1/courses/1/assignment_groups/3/assignments").status_code == 404


def test_it_hides_deleted_and_foreign_assignments(university: University, api: Api) -> None:
    assert api.get("/api/v1/courses/1/assignments/5").status_code == 404
    university.assignments[1].workflow_state = "deleted"
    assert api.get("/api/v1/courses/1/assignments/1").status_code == 404
    assert api.ids("/api/v1/courses/1/assignments") == [2, 3, 4]


# As one student sees it


def seen(api: Api, student: int, course: int) -> dict[int, Any]:
    rows = api.json(f"/api/v1/users/{student}/courses/{course}/assignments")
    return {row["id"]: (row["unlock_at"], row["due_at"], row["lock_at"]) for row in rows}


def test_it_shows_a_student_the_dates_that_reach_them(university: University, api: Api) -> None:
    assert seen(api, 12, 1)[2][1] == "2026-11-14T06:59:59Z"
    assert seen(api, 11, 1)[2][1] == "2026-11-07T06:59:59Z"
    assert 4 not in seen(api, 11, 1), "unpublished"
    assert 5 not in seen(api, 14, 2), "only for the other section"
    assert seen(api, 14, 2)[6][1] == "2026-12-04T06:59:59Z", "one's own date goes before that of the section"
    assert seen(api, 15, 3)[7][1] == "2026-11-12T06:59:59Z"
    university.overrides[1].unassign_item = True
    assert 2 not in seen(api, 12, 1)


def test_it_gives_groups_their_dates(university: University, api: Api) -> None:
    group = university.add_student_group(course_id=1, name="Blue", group_category_id=9, student_ids=(11,))
    university.assignments[1].group_category_id = 9
    university.add_override(assignment_id=1, group_id=group.id, due_at="2026-12-08T06:59:59Z")
    assert seen(api, 11, 1)[1][1] == "2026-12-08T06:59:59Z"
    assert seen(api, 12, 1)[1][1] == "2026-12-05T06:59:59Z"
    override = one(api, 1)["overrides"][0]
    assert (override["group_id"], override["group_category_id"]) == (group.id, 9)
    assert api.json("/api/v1/courses/1/assignments/1/users/11/group_members") == [
        {"id": "11", "name": "Student 11"}
    ]


def test_it_ignores_unlock_dates_of_overrides_already_locked(university: University, api: Api) -> None:
    yesterday = SMALL_NOW - timedelta(days=1)
    university.add_override(assignment_id=1, course_section_id=1, unlock_at=yesterday, lock_at=yesterday)
    assert seen(api, 11, 1)[1] == (None, "2026-12-05T06:59:59Z", "2026-11-22T12:00:00Z")
