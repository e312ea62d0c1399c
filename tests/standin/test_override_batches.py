from __future__ import annotations

from typing import Any

import pytest

from canvas_api.standin import University

from .conftest import Api

PATH = "/api/v1/courses/1/assignments/overrides"
DUE = "2026-12-02T06:59:59Z"


def post(api: Api, *entries: object) -> Any:
    return api.post(PATH, json={"assignment_overrides": list(entries)})


def put(api: Api, *entries: object) -> Any:
    return api.put(PATH, json={"assignment_overrides": list(entries)})


def test_it_retrieves_in_order_with_null_for_the_unknown(api: Api) -> None:
    pairs = [("9", "2"), ("1", "2"), ("1", "1"), ("3", "6"), ("1", "99")]
    query = "&".join(f"assignment_overrides[][id]={o}&assignment_overrides[][assignment_id]={a}" for o, a in pairs)
    assert [each and each["id"] for each in api.json(f"{PATH}?{query}")] == [None, 1, None, None, None]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "no assignment_overrides values present"),
        ("assignment_overrides[]=1", "must specify an array with entry format { id, assignment_id }"),
        ("assignment_overrides=1", "must specify an array with entry format { id, assignment_id }"),
        ("assignment_overrides[][id]=1", "must specify an array with entry format { id, assignment_id }"),
    ],
)
def test_it_wants_pairs(api: Api, query: str, message: str) -> None:
    assert api.get(f"{PATH}?{query}").json() == {"errors": [message]}


def test_it_creates_all_with_200(api: Api) -> None:
    answer = post(
        api,
        {"assignment_id": 1, "course_section_id": 1, "due_at": DUE},
        {"assignment_id": 2, "course_section_id": 1, "lock_at": None},
    )
    assert answer.status_code == 200
    assert [(each["assignment_id"], each.get("due_at"), "lock_at" in each) for each in answer.json()] == [
        (1, DUE, False),
        (2, None, True),
    ]


def test_it_creates_nothing_when_one_is_bad(university: University, api: Api) -> None:
    before = university.snapshot(whole=True)
    answer = post(
        api,
        {"assignment_id": 1, "course_section_id": 1},
        {"course_section_id": 1},
        "nonsense",
        {"assignment_id": 1, "id": 4},
        {"assignment_id": 5, "course_section_id": 1},
        {"assignment_id": 1, "course_section_id": 3},
    )
    assert answer.status_code == 400
    assert answer.json() == {
        "errors": [
            None,
            ["must specify an assignment id"],
            ["must specify an assignment id"],
            ["may not specify an override id"],
            ["assignment not found"],
            ["unknown section id '3'"],
        ]
    }
    assert university.snapshot(whole=True) == before


def test_it_reports_at_save_time_in_place(university: University, api: Api) -> None:
    before = university.snapshot(whole=True)
    errors = post(
        api, {"assignment_id": 1, "course_section_id": 1}, {"assignment_id": 2, "course_section_id": 2}
    ).json()["errors"]
    assert errors[0] is None
    assert errors[1]["errors"]["set_id"][0]["message"] == "taken"
    assert university.snapshot(whole=True) == before


def test_it_notices_the_same_target_twice_in_one_batch(api: Api) -> None:
    assert post(api, *[{"assignment_id": 1, "course_section_id": 1}] * 2).status_code == 400
    students = {"assignment_id": 1, "student_ids": [11]}
    assert post(api, students, students).status_code == 400
    assert post(api, students, {"assignment_id": 1, "student_ids": [12]}).status_code == 200


def test_it_updates_all_and_clears_what_is_left_out(university: University, api: Api) -> None:
    university.add_override(assignment_id=1, student_ids=(11,), due_at=DUE, lock_at=None)
    answer = put(api, {"assignment_id": 2, "id": 1, "lock_at": DUE}, {"assignment_id": 1, "id": 6, "due_at": None})
    assert answer.status_code == 200
    first, second = answer.json()
    assert (first["lock_at"], "due_at" in first) == (DUE, False)
    assert (second["due_at"], second["student_ids"], "lock_at" in second) == (None, [11], False)


def test_it_updates_nothing_when_one_is_bad(university: University, api: Api) -> None:
    before = university.snapshot(whole=True)
    answer = put(
        api,
        {"assignment_id": 2, "id": 1, "due_at": DUE},
        {"id": 1},
        {"assignment_id": 2},
        {"assignment_id": 99, "id": 1},
        {"assignment_id": 1, "id": 1},
        {"assignment_id": 2, "id": 1, "due_at": "soon"},
    )
    assert answer.json() == {
        "errors": [
            None,
            ["must specify an assignment id"],
            ["must specify an override id"],
            ["assignment not found"],
            ["override not found"],
            ['invalid due_at "soon"'],
        ]
    }
    assert university.snapshot(whole=True) == before


def test_it_checks_students_of_updates(university: University, api: Api) -> None:
    university.add_override(assignment_id=1, student_ids=(11,))
    answer = put(api, {"assignment_id": 1, "id": 6, "student_ids": [15]})
    assert "assignment_override_students" in answer.json()["errors"][0]["errors"]


def test_it_wants_a_list_and_the_right(api: Api, as_token: Any) -> None:
    assert api.post(PATH).json() == {"errors": ["no assignment override data present"]}
    assert api.put(PATH, json={"assignment_overrides": {"id": 1}}).json() == {
        "errors": ["must specify an array of overrides"]
    }
    assert post(as_token("no_overrides"), {}).status_code == 403
