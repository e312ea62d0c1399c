from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from canvas_api.standin import SMALL_NOW, Fault, Standin, University

from .conftest import Api

PATH = "/api/v1/courses/{}/assignments/bulk_update"
DUE = "2026-12-02T06:59:59Z"
CLOSED = "2026-09-20T06:59:59Z"


def base(number: int, **dates: str | None) -> dict[str, Any]:
    return {"id": number, "all_dates": [{"base": True, **dates}]}


def send(api: Api, body: object, course: int = 1) -> Any:
    return api.put(PATH.format(course), json=body)


def finished(api: Api, body: object, course: int = 1) -> Any:
    """The Progress after two polls: running, then done."""
    started = send(api, body, course)
    assert started.status_code == 200
    running = api.json(started.json()["url"])
    assert (running["workflow_state"], "results" in running) == ("running", False)
    return api.json(started.json()["url"])


def shown(university: University, number: int) -> tuple[str, str, str]:
    assignment = university.assignments[number]
    dates = (assignment.due_at, assignment.unlock_at, assignment.lock_at)
    return tuple(when.isoformat()[:10] if when else "-" for when in dates)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({"id": 1}, 400, {"message": "expected array"}),
        ([{"all_dates": []}], 400, {"message": "missing assignment id"}),
        ([base(1), base(1)], 404, None),
        ([base(1), base(99)], 404, None),
        ([base(1), base(5)], 404, None),
        ([{"id": "sis_assignment_id:X"}], 404, None),
    ],
)
def test_it_checks_the_list_at_once(api: Api, body: object, status: int, answer: object) -> None:
    sent = send(api, body)
    assert sent.status_code == status
    if answer is not None:
        assert sent.json() == answer


def test_it_needs_the_right(as_token: Any) -> None:
    assert send(as_token("no_overrides"), "not even a list").status_code == 403


def test_it_needs_a_further_right_for_moderated_assignments(university: University, as_token: Any) -> None:
    university.assignments[1].moderated_grading, university.assignments[1].final_grader_id = True, 2
    assert send(as_token("teacher"), [base(1), base(2)]).status_code == 403
    assert send(as_token("admin"), [base(1)]).status_code == 200


def test_it_answers_with_a_progress_of_nobody(api: Api) -> None:
    progress = send(api, []).json()
    assert (progress["workflow_state"], progress["user_id"], progress["completion"]) == ("queued", None, None)
    assert (progress["tag"], progress["context_type"], progress["context_id"]) == (
        "assignment_bulk_update",
        "Course",
        1,
    )
    assert "results" not in progress


def test_it_changes_given_base_dates_only(university: University, api: Api) -> None:
    done = finished(api, [base(1, lock_at="2026-12-10T05:00:00Z"), base(2, due_at=None), base(3)])
    assert (done["workflow_state"], done["completion"], done["results"]) == (
        "completed",
        100.0,
        {"updated_count": 2},
    )
    assert shown(university, 1) == ("2026-12-05", "-", "2026-12-10")
    assert university.assignments[2].due_at is None
    assert university.assignments[1].updated_at == SMALL_NOW
    assert university.assignments[3].updated_at is None


def test_it_leaves_base_midnight_but_moves_that_of_overrides(university: University, api: Api) -> None:
    midnight = "2026-12-02T07:00:00Z"  # in Denver
    rows = [
        {"base": "false", "due_at": midnight},
        {"id": 1, "due_at": midnight, "unlock_at": midnight, "lock_at": midnight},
    ]
    assert finished(api, [{"id": 2, "all_dates": rows}])["results"] == {"updated_count": 1}
    override = university.overrides[1]
    assert university.assignments[2].due_at is not None
    assert university.assignments[2].due_at.isoformat() == "2026-12-02T07:00:00+00:00"
    assert [str(when)[:19] for when in (override.due_at, override.unlock_at, override.lock_at)] == [
        "2026-12-03 06:59:59",
        "2026-12-02 07:00:00",
        "2026-12-03 06:59:59",
    ]


def test_it_resets_absent_override_dates_to_inherit(university: University, api: Api) -> None:
    finished(api, [{"id": 5, "all_dates": [{"id": 2, "unlock_at": None}]}], course=2)
    override = university.overrides[2]
    assert (override.due_at, override.due_at_overridden) == (None, False)
    assert (override.unlock_at, override.unlock_at_overridden) == (None, True)
    assert override.lock_at_overridden is False


def test_it_counts_nothing_for_what_changes_nothing(api: Api) -> None:
    done = finished(api, [base(1, due_at="2026-12-05T06:59:59Z"), {"id": 2}, {"id": 3, "all_dates": []}])
    assert done["results"] == {"updated_count": 0}


def test_it_reads_nonsense_as_no_date(university: University, api: Api) -> None:
    finished(api, [base(1, due_at="soon")])
    assert university.assignments[1].due_at is None


def test_it_fails_as_a_whole_for_a_foreign_override(university: University, api: Api) -> None:
    done = finished(api, [base(1, due_at=DUE), {"id": 2, "all_dates": [{"id": 3, "due_at": DUE}]}])
    assert done["workflow_state"] == "failed"
    assert done["results"] == {"message": "invalid assignment override id 3 for assignment 2"}
    assert shown(university, 1)[0] == "2026-12-05"


def test_it_takes_deleted_overrides_too(university: University, api: Api) -> None:
    university.overrides[1].workflow_state = "deleted"
    assert finished(api, [{"id": 2, "all_dates": [{"id": 1, "due_at": DUE}]}])["results"] == {"updated_count": 1}


def test_it_fails_when_an_assignment_goes_meanwhile(university: University, api: Api) -> None:
    started = send(api, [base(1, due_at=DUE)]).json()
    university.assignments[1].workflow_state = "deleted"
    api.get(started["url"])
    assert api.json(started["url"])["results"] == {"message": "invalid assignment id 1"}


def test_it_saves_nothing_when_one_date_is_wrong(university: University, api: Api) -> None:
    body = [
        base(1, unlock_at="2026-12-09T00:00:00Z"),
        base(3, due_at=DUE),
        base(4, lock_at="2026-11-01T00:00:00Z"),
    ]
    done = finished(api, body)
    error = {"attribute": "due_at", "type": "must be between availability dates"}
    error["message"] = error["type"]
    assert done["workflow_state"] == "failed"
    assert done["completion"] < 100
    assert done["results"] == [{"assignment_id": n, "errors": {"due_at": [error]}} for n in (1, 4)]
    assert university.assignments[3].due_at is None


def test_it_checks_no_order_once_there_was_any_override(university: University, api: Api) -> None:
    university.overrides[1].workflow_state = "deleted"
    assert finished(api, [base(2, unlock_at="2026-12-09T00:00:00Z")])["workflow_state"] == "completed"
    rows = [{"id": 1, "due_at": DUE, "lock_at": "2026-11-01T00:00:00Z"}]
    assert finished(api, [{"id": 2, "all_dates": rows}])["workflow_state"] == "completed"


def test_it_requires_due_dates_where_the_account_does(university: University, api: Api) -> None:
    names = ("sis_syncing", "sis_require_assignment_due_date")
    university.root.settings = {name: {"value": True, "locked": False} for name in names}
    done = finished(api, [base(1, due_at=None), base(3, due_at=None)])
    messages = done["results"][0]["errors"]["due_at"]
    assert [each["message"] for each in messages] == ["cannot be blank when Post to Sis is checked"]
    done = finished(api, [{"id": 2, "all_dates": [{"id": 1, "due_at": None}]}])
    messages = done["results"][0]["errors"]["due_at"]
    assert [each["message"] for each in messages] == [
        "cannot be blank for any assignees when Post to Sis is checked"
    ]
    university.assignments[1].grading_type = "not_graded"
    assert finished(api, [base(1, due_at=None)])["workflow_state"] == "completed"


def test_it_checks_titles_on_the_way(university: University, api: Api) -> None:
    university.assignments[1].name = "x" * 256
    done = finished(api, [base(1, due_at=DUE)])
    message = done["results"][0]["errors"]["title"][0]["message"]
    assert message == "The title cannot be longer than 255 characters"


# Closed periods


def messages(done: Any) -> list[str]:
    return [each["errors"]["due_at"][0]["message"] for each in done["results"]]


def test_it_lets_admins_into_closed_periods(university: University, api: Api) -> None:
    assert finished(api, [base(1, due_at=CLOSED)])["workflow_state"] == "completed"


def test_it_keeps_teachers_out_of_closed_periods(university: University, as_token: Any) -> None:
    teacher = as_token("teacher")
    assert messages(finished(teacher, [base(1, due_at=CLOSED)])) == [
        "Cannot change the due date to a date within a closed grading period"
    ]
    university.assignments[1].due_at = university.grading_periods[1].end_date
    assert messages(finished(teacher, [base(1, due_at=DUE)])) == [
        "Cannot change the due date when due in a closed grading period"
    ]
    done = finished(teacher, [{"id": 2, "all_dates": [{"id": 1, "due_at": CLOSED}]}])
    assert done["results"][0]["assignment_override_id"] == 1
    assert messages(done) == ["Cannot change an override due date to a date within a closed grading period"]
    university.overrides[1].due_at = university.grading_periods[1].end_date
    assert messages(finished(teacher, [{"id": 2, "all_dates": [{"id": 1}]}])) == [
        "Cannot change the due date of an override in a closed grading period"
    ]


def test_it_exempts_what_is_ungraded_unchanged_or_for_overrides_only(
    university: University, as_token: Any
) -> None:
    teacher = as_token("teacher")
    university.assignments[1].grading_type = "not_graded"
    assert finished(teacher, [base(1, due_at=CLOSED)])["workflow_state"] == "completed"
    assert finished(teacher, [base(5, due_at=CLOSED)], course=2)["workflow_state"] == "completed"
    assert finished(teacher, [base(2, lock_at=DUE)])["workflow_state"] == "completed"
    assert finished(teacher, [{"id": 2, "all_dates": [{"id": 1, "due_at": DUE}]}])["workflow_state"] == "completed"
    assert finished(teacher, [base(2, due_at="2026-12-03T06:59:59Z")])["workflow_state"] == "completed"


def test_it_puts_no_due_date_into_the_last_period(university: University, as_token: Any) -> None:
    university.grading_periods[2].close_date = university.grading_periods[1].end_date
    assert messages(finished(as_token("teacher"), [base(3, due_at=CLOSED)])) == [
        "Cannot change the due date when due in a closed grading period"
    ]


# The job


@pytest.fixture
def scripted(university: University, sessions: list[Api]) -> Iterator[Any]:
    running: list[Standin] = []

    def start(kind: str) -> Api:
        canvas = Standin(
            university, clock=SMALL_NOW.timestamp, faults=[Fault(kind=kind, match="bulk_update", nth=1)]
        )
        running.append(canvas.__enter__())
        sessions.append(Api(canvas))
        return sessions[-1]

    yield start
    for each in running:
        each.stop()


@pytest.mark.parametrize(
    ("kind", "state"),
    [("job_hang", "running"), ("job_waiting", "waiting_for_external_tool"), ("job_stay_queued", "queued")],
)
def test_it_hangs_as_scripted_and_holds_up_the_next_job(scripted: Any, kind: str, state: str) -> None:
    api = scripted(kind)
    stuck, behind = send(api, [base(1, due_at=DUE)]).json(), send(api, [base(2, due_at=DUE)]).json()
    other = send(api, [base(5, due_at=DUE)], course=2).json()
    for _ in range(4):
        assert api.json(stuck["url"])["workflow_state"] == state
        assert api.json(behind["url"])["workflow_state"] == "queued"
        api.json(other["url"])
    assert api.json(other["url"])["workflow_state"] == "completed"


def test_it_vanishes_as_scripted(scripted: Any) -> None:
    api = scripted("job_vanish")
    assert api.get(send(api, []).json()["url"]).status_code == 404


def test_it_crashes_between_two_assignments(university: University, scripted: Any) -> None:
    done = finished(scripted("job_crash"), [base(1, due_at=DUE), base(2, due_at=DUE)])
    assert (done["workflow_state"], "results" in done) == ("failed", False)
    assert done["message"].startswith("Unexpected error, ID: ")
    assert [shown(university, n)[0] for n in (1, 2)] == ["2026-12-02", "2026-11-07"]


def test_it_is_canceled_as_scripted(university: University, scripted: Any) -> None:
    assert finished(scripted("job_canceled"), [base(1, due_at=DUE)])["workflow_state"] == "canceled"
    assert shown(university, 1)[0] == "2026-12-05"


def test_it_does_the_job_by_itself_in_time(university: University, sessions: list[Api]) -> None:
    now = [SMALL_NOW.timestamp()]
    with Standin(university, clock=lambda: now[0]) as canvas:
        sessions.append(Api(canvas))
        started = [send(sessions[-1], [base(n, due_at=DUE)]).json() for n in (1, 2)]
        sessions[-1].get("/api/v1/accounts/1")
        assert shown(university, 1)[0] == "2026-12-05"
        now[0] += 1
        sessions[-1].get("/api/v1/accounts/1")
        assert [shown(university, n)[0] for n in (1, 2)] == ["2026-12-02", "2026-12-02"]
        assert sessions[-1].json(started[0]["url"])["workflow_state"] == "completed"


def test_it_lets_nobody_cancel_a_bulk_update(university: University, api: Api) -> None:
    progress = send(api, []).json()
    path = f"/api/v1/progress/{progress['id']}/cancel"
    assert api.post(path).status_code == 403
    university.progresses[progress["id"]].user_id = 1
    assert api.post(path, data={"message": "enough"}).json()["message"] == "enough"
    assert api.json(progress["url"])["workflow_state"] == "failed"
    assert api.post(path).json()["message"] is None, "again, though it has ended"


def test_it_shows_progress_to_those_who_read_the_course(api: Api, as_token: Any) -> None:
    progress = send(api, [], course=3).json()
    assert as_token("teacher").get(progress["url"]).status_code == 403
    assert api.get("/api/v1/progress/99").status_code == 404
    assert api.get("/api/v1/progress/x").status_code == 404
