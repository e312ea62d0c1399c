from __future__ import annotations

from typing import Any

import pytest

from canvas_api.standin import SMALL_NOW, University

from .conftest import Api

LIST = "/api/v1/courses/1/assignments"
DUE = "2026-12-02T06:59:59Z"
CLOSED = "2026-09-20T06:59:59Z"


def put(api: Api, number: int, **fields: object) -> Any:
    course = api.canvas.university.assignments[number].course_id
    return api.put(f"/api/v1/courses/{course}/assignments/{number}", json={"assignment": fields})


def test_it_changes_what_is_named(university: University, api: Api) -> None:
    before = university.snapshot()["assignments"][1]
    fields = {"post_to_sis": False, "points_possible": "", "published": False, "submission_types": ["on_paper"]}
    shown = put(api, 1, **fields).json()
    assert (shown["post_to_sis"], shown["points_possible"], shown["published"]) == (False, None, False)
    after = university.snapshot()["assignments"][1]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"post_to_sis", "points_possible", "workflow_state", "submission_types"}
    assert university.assignments[1].updated_at == SMALL_NOW


def test_it_moves_midnight_to_the_end_of_the_day(university: University, api: Api) -> None:
    midnight = "2026-12-02T00:00:00-07:00"
    shown = put(api, 1, due_at=midnight, lock_at=midnight, unlock_at="2026-12-01T00:00:00-07:00").json()
    assert (shown["due_at"], shown["lock_at"]) == ("2026-12-03T06:59:59Z", "2026-12-03T06:59:59Z")
    assert shown["unlock_at"] == "2026-12-01T07:00:00Z"


@pytest.mark.parametrize("text", ["2026-12-02", "2 December", "2026-12-02 10:00:00"])
def test_it_wants_strict_dates(api: Api, text: str) -> None:
    answer = put(api, 1, due_at=text)
    assert answer.status_code == 400
    assert answer.json()["errors"]["assignment[due_at]"][0]["message"] == "Invalid datetime for due_at"


def test_it_clears_a_date(university: University, api: Api) -> None:
    assert put(api, 1, due_at="").json()["due_at"] is None
    assert university.assignments[1].due_at is None


def test_it_opens_an_override_only_assignment_when_its_base_date_changes(university: University, api: Api) -> None:
    put(api, 5, name="Still life II")
    assert university.assignments[5].only_visible_to_overrides is True
    put(api, 5, due_at=DUE, only_visible_to_overrides=True)
    assert university.assignments[5].only_visible_to_overrides is True
    put(api, 5, due_at="2026-12-03T06:59:59Z")
    assert university.assignments[5].only_visible_to_overrides is False


def test_it_turns_the_flag_off_for_what_is_never_graded(university: University, api: Api) -> None:
    put(api, 1, submission_types=["not_graded"], post_to_sis=True)
    assert university.assignments[1].post_to_sis is False


def test_it_replaces_the_whole_set_of_overrides(university: University, api: Api) -> None:
    entries = [{"id": 4, "due_at": DUE}, {"course_section_id": 3, "lock_at": None}]
    assert put(api, 6, assignment_overrides=entries).status_code == 200
    active = [o for o in university.override_rows(6) if o.workflow_state == "active"]
    assert [(o.id, o.set_id, o.due_at_overridden) for o in active] == [(4, 4, True), (6, 3, False)]
    assert university.overrides[3].workflow_state == "deleted"


@pytest.mark.parametrize(
    "entries",
    [
        [{"course_section_id": 3, "due_at": "soon"}],
        [{"id": 4, "title": "Changed"}, {"course_section_id": 4}],
        [{"course_section_id": 3}, {}],
    ],
)
def test_it_keeps_the_overrides_when_one_is_refused(
    university: University, api: Api, entries: list[object]
) -> None:
    before = university.snapshot(whole=True)
    assert put(api, 6, assignment_overrides=entries).status_code == 400
    assert university.snapshot(whole=True) == before


def test_it_checks_the_model(university: University, api: Api) -> None:
    assert "due_at" in put(api, 1, unlock_at="2026-12-09T00:00:00Z").json()["errors"]
    assert "title" in put(api, 1, name="x" * 256).json()["errors"]
    for points in (-1, 1_000_000_000):
        assert "points_possible" in put(api, 1, points_possible=points).json()["errors"]
    university.assignments[1].points_possible = -1.0
    assert put(api, 1, name="Portfolio 2").status_code == 200, "unchanged points are not looked at"


def test_it_refuses_teachers_in_closed_periods_with_403(university: University, as_token: Any) -> None:
    teacher = as_token("teacher")
    refused = put(teacher, 1, due_at=CLOSED)
    assert refused.status_code == 403
    assert "due_at" in refused.json()["errors"]
    university.assignments[1].due_at = university.grading_periods[1].end_date
    assert "name" in put(teacher, 1, name="New").json()["errors"]
    assert put(teacher, 1, post_to_sis=False).status_code == 200
    assert put(as_token("admin"), 1, name="New").status_code == 200
    university.assignments[1].grading_type = "not_graded"
    assert put(teacher, 1, name="Newer").status_code == 200


def test_it_creates_unpublished_with_201(university: University, api: Api) -> None:
    answer = api.post(LIST, json={"assignment": {"name": "New", "due_at": DUE, "points_possible": 5}})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["name"], shown["published"], shown["post_to_sis"], shown["points_possible"]) == (
        "New",
        False,
        False,
        5,
    )
    assert shown["id"] in api.ids(LIST)
    assert api.post(LIST, json={"assignment": {"published": True}}).json()["name"] == "Unnamed"


def test_it_takes_the_account_default_only_without_grade_export(university: University, api: Api) -> None:
    university.root.settings = {"sis_default_grade_export": {"value": True, "locked": False}}

    def created(**fields: object) -> bool:
        return bool(api.post(LIST, json={"assignment": {"name": "New", **fields}}).json()["post_to_sis"])

    assert created() is False
    university.root.features = frozenset()
    assert created() is True
    assert created(post_to_sis=False) is False


def test_it_creates_nothing_that_it_refuses(university: University, api: Api) -> None:
    before = university.snapshot(whole=True)
    assert api.post(LIST, json={"assignment": {"name": "x" * 300}}).status_code == 400
    assert api.post(LIST).json() == {"errors": [{"message": "assignment is missing"}]}
    assert university.snapshot(whole=True) == before


def test_it_deletes(university: University, api: Api) -> None:
    shown = api.delete(f"{LIST}/1").json()
    assert (shown["id"], shown["workflow_state"]) == (1, "deleted")
    assert api.ids(LIST) == [2, 3, 4]


def test_it_duplicates_without_the_flag(api: Api) -> None:
    shown = api.post(f"{LIST}/1/duplicate").json()
    assert (shown["name"], shown["post_to_sis"], shown["published"]) == ("Portfolio Copy", False, False)
    assert shown["due_at"] == "2026-12-05T06:59:59Z"


def test_it_needs_the_right_to_write(as_token: Any) -> None:
    without = as_token("no_overrides")
    assert put(without, 1, name="New").status_code == 403
    assert without.delete(f"{LIST}/1").status_code == 403
