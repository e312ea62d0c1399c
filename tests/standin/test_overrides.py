from __future__ import annotations

from typing import Any

import pytest

from canvas_api.standin import University

from .conftest import Api

PATH = "/api/v1/courses/1/assignments/1/overrides"
DUE = "2026-12-02T06:59:59Z"


def post(api: Api, **fields: object) -> Any:
    return api.post(PATH, json={"assignment_override": fields})


def test_it_lists_overrides_without_pages(university: University, api: Api, as_token: Any) -> None:
    university.assignments[1].context_module_id = 77
    module = university.add_override(context_module_id=77, course_section_id=1)
    for number in range(12):
        university.add_override(assignment_id=1, student_ids=(11,), title=f"O {number}")
    answer = api.get(PATH)
    assert len(answer.json()) == 13
    assert "Link" not in answer.headers
    own = next(each for each in answer.json() if each["id"] == module.id)
    assert (own["context_module_id"], "assignment_id" in own) == (77, False)
    assert len(as_token("teacher").json(PATH)) == 12


def test_it_creates_with_201_and_moves_midnight(university: University, api: Api) -> None:
    answer = post(api, course_section_id=1, due_at="2026-12-02T00:00:00-07:00", unlock_at=None)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["due_at"], made["unlock_at"], "lock_at" in made) == ("2026-12-03T06:59:59Z", None, False)
    assert (made["title"], made["course_section_id"], made["all_day"]) == ("Drawing I 001", 1, True)
    assert api.json(f"{PATH}/{made['id']}") == made


def test_it_reads_forms_too(api: Api) -> None:
    data = {"assignment_override[student_ids][]": ["11", "12"], "assignment_override[due_at]": "2026-12-02 12:00"}
    made = api.post(PATH, data=data).json()
    assert (made["student_ids"], made["title"]) == ([11, 12], "2 students")
    assert made["due_at"] == "2026-12-02T19:00:00Z", "without an offset in the course's own zone"


def test_it_takes_every_kind_of_target(university: University, api: Api) -> None:
    group = university.add_student_group(course_id=1, name="Blue", group_category_id=9, student_ids=(11,))
    university.assignments[1].group_category_id = 9
    assert post(api, course_id=1).json()["course_id"] == 1
    assert post(api, noop_id=1, title="Path").json()["noop_id"] == 1
    assert post(api, group_id=group.id).json()["group_id"] == group.id
    assert (
        post(api, course_section_id="sis_section_id:ART-101-002", unassign_item=True).json()["unassign_item"]
        is True
    )
    assert post(api, student_ids=["sis_user_id:S11"]).json()["student_ids"] == [11]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "one of student_ids, group_id, or course_section_id is required"),
        ({"course_section_id": 3}, "unknown section id '3'"),
        ({"course_section_id": 99}, "unknown section id '99'"),
        ({"group_id": 1}, "group_id is not valid"),
        ({"student_ids": "11"}, 'invalid student_ids "11"'),
        ({"student_ids": [99]}, "unknown student ids: ['99']"),
        ({"course_section_id": 1, "due_at": "soon"}, 'invalid due_at "soon"'),
    ],
)
def test_it_refuses_bad_input(api: Api, fields: dict[str, object], message: str) -> None:
    answer = post(api, **fields)
    assert (answer.status_code, answer.json()) == (400, {"errors": [message]})


def test_it_refuses_unknown_groups(university: University, api: Api) -> None:
    university.assignments[1].group_category_id = 9
    assert post(api, group_id=1).json() == {"errors": ["unknown group id '1'"]}


def test_it_refuses_what_the_model_refuses(api: Api) -> None:
    post(api, course_section_id=1)
    taken = post(api, course_section_id=1)
    assert taken.status_code == 400
    assert taken.json()["errors"]["set_id"][0]["message"] == "taken"
    post(api, student_ids=[11])
    assert "assignment_override_students" in post(api, student_ids=[11, 12]).json()["errors"]
    assert "assignment_override_students" in post(api, student_ids=[15]).json()["errors"], "not enrolled here"


def test_it_wants_the_parameter_and_the_right(api: Api, as_token: Any) -> None:
    assert api.post(PATH).json() == {"errors": [{"message": "assignment_override is missing"}]}
    assert post(as_token("no_overrides"), course_section_id=1).status_code == 403


def test_it_clears_dates_that_a_put_leaves_out(university: University, api: Api) -> None:
    path = "/api/v1/courses/2/assignments/5/overrides/2"
    changed = api.put(path, json={"assignment_override": {"due_at": DUE, "course_section_id": 4}}).json()
    assert (changed["due_at"], "unlock_at" in changed, changed["course_section_id"]) == (DUE, False, 3)
    assert university.overrides[2].lock_at_overridden is False


def test_it_exchanges_students_titles_and_unassignment(university: University, api: Api) -> None:
    path = "/api/v1/courses/2/assignments/6/overrides/3"
    body = {"student_ids": [13], "title": "One", "unassign_item": True}
    changed = api.put(path, json={"assignment_override": body}).json()
    assert (changed["student_ids"], changed["title"], changed["unassign_item"]) == ([13], "One", True)
    assert api.put(path, json={"assignment_override": {"student_ids": [99]}}).status_code == 400
    assert api.put(path, json={"assignment_override": {"student_ids": [11]}}).status_code == 400


def test_it_gives_back_what_it_deletes(university: University, api: Api) -> None:
    path = "/api/v1/courses/1/assignments/2/overrides/1"
    answer = api.delete(path)
    assert (answer.status_code, answer.json()["id"]) == (200, 1)
    assert api.get(path).status_code == 404
    assert university.overrides[1].workflow_state == "deleted"


def test_it_redirects_aliases(university: University, api: Api) -> None:
    answer = api.get("/api/v1/sections/2/assignments/2/override", allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/api/v1/courses/1/assignments/2/overrides/1")
    assert api.json("/api/v1/sections/2/assignments/2/override")["id"] == 1
    assert api.get("/api/v1/sections/1/assignments/2/override").status_code == 404
    group = university.add_student_group(course_id=1, name="Blue", group_category_id=9)
    made = university.add_override(assignment_id=1, group_id=group.id)
    assert api.json(f"/api/v1/groups/{group.id}/assignments/1/override")["id"] == made.id
