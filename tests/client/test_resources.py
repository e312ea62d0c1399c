"""Every endpoint: what is asked, and what comes of the answer. The paths are those of Canvas's documentation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from canvas_api import errors
from canvas_api.client import CanvasClient
from canvas_api.ids import SisId
from canvas_api.records import BulkDates, BulkItem
from tests.client.server import FakeCanvas, Reply, as_json

Act = Callable[[CanvasClient], Any]

NAMED = {"id": 1, "name": "a"}
DATED = NAMED | {"due_at": None, "unlock_at": None, "lock_at": None}
SECTION = NAMED | {"course_id": 5}
PERIOD = {"id": "1", "title": "Q1", "start_date": "2026-01-01T00:00:00Z", "end_date": "2026-02-01T00:00:00Z"}
SIS = DATED | {"course_id": 5, "sections": []}
PROGRESS = {"id": 1, "workflow_state": "queued"}
BASE = [("override_assignment_dates", "false")]
PAGED = [("per_page", "100")]
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))

LISTS: list[tuple[Act, str, list[tuple[str, str]], Any]] = [
    (lambda c: c.accounts.managed(), "/api/v1/accounts", [], [NAMED]),
    (lambda c: c.accounts.sub_accounts(3), "/api/v1/accounts/3/sub_accounts", [("recursive", "true")], [NAMED]),
    (lambda c: c.accounts.sub_accounts(3, recursive=False), "/api/v1/accounts/3/sub_accounts", [], [NAMED]),
    (
        lambda c: c.terms.of_account("self", state=("active", "deleted")),
        "/api/v1/accounts/self/terms",
        [("workflow_state[]", "active"), ("workflow_state[]", "deleted")],
        {"enrollment_terms": [NAMED]},
    ),
    (
        lambda c: c.courses.of_account(3, term_ids=(7, SisId("term", "F 26"))),
        "/api/v1/accounts/3/courses",
        [("enrollment_term_id[]", "7"), ("enrollment_term_id[]", "sis_term_id:F 26")],
        [NAMED],
    ),
    (
        lambda c: c.courses.of_account(3, term_ids=(7,)),
        "/api/v1/accounts/3/courses",
        [("enrollment_term_id", "7")],
        [NAMED],
    ),
    (
        lambda c: c.sections.of_course(5, include=("total_students",)),
        "/api/v1/courses/5/sections",
        [("include[]", "total_students")],
        [SECTION],
    ),
    (
        lambda c: c.assignments.of_course(5, post_to_sis=True, include=("overrides",)),
        "/api/v1/courses/5/assignments",
        [*BASE, ("post_to_sis", "true"), ("include[]", "overrides")],
        [DATED],
    ),
    (
        lambda c: c.assignments.of_course(5, post_to_sis=False, override_assignment_dates=True),
        "/api/v1/courses/5/assignments",
        [("override_assignment_dates", "true"), ("post_to_sis", "false")],
        [DATED],
    ),
    (
        lambda c: c.assignments.of_course(5, assignment_ids=(7, 8)),
        "/api/v1/courses/5/assignments",
        [*BASE, ("assignment_ids[]", "7"), ("assignment_ids[]", "8")],
        [DATED],
    ),
    (lambda c: c.assignments.of_group(5, 9), "/api/v1/courses/5/assignment_groups/9/assignments", BASE, [DATED]),
    (lambda c: c.assignments.of_user("self", 5), "/api/v1/users/self/courses/5/assignments", BASE, [DATED]),
    (
        lambda c: c.assignments.group_members(5, 7, 2),
        "/api/v1/courses/5/assignments/7/users/2/group_members",
        [],
        [NAMED],
    ),
    (
        lambda c: c.assignment_groups.of_course(5, include=("assignments",)),
        "/api/v1/courses/5/assignment_groups",
        [("include[]", "assignments"), *BASE],
        [NAMED | {"assignments": [DATED]}],
    ),
    (
        lambda c: c.grading_periods.of_account(3),
        "/api/v1/accounts/3/grading_periods",
        [],
        {"grading_periods": [PERIOD]},
    ),
    (
        lambda c: c.grading_periods.of_course(5),
        "/api/v1/courses/5/grading_periods",
        [],
        {"grading_periods": [PERIOD]},
    ),
    (lambda c: pages(c.sis.of_account("self")), "/api/sis/accounts/self/assignments", [], [SIS]),
    (
        lambda c: pages(c.sis.of_account(3, starts_before=NOON, ends_after=NOON, student_overrides=True)),
        "/api/sis/accounts/3/assignments",
        [
            ("starts_before", "2026-01-01T10:00:00Z"),
            ("ends_after", "2026-01-01T10:00:00Z"),
            ("include[]", "student_overrides"),
        ],
        [SIS | {"user_overrides": []}],
    ),
    (
        lambda c: pages(c.sis.of_course("sis_course_id:B.1")),
        "/api/sis/courses/hex:sis_course_id:422e31/assignments",
        [],
        [SIS],
    ),
]

ONES: list[tuple[Act, str, list[tuple[str, str]], Any]] = [
    (lambda c: c.accounts.self_(), "/api/v1/accounts/self", [], NAMED),
    (lambda c: c.accounts.one("sis_account_id:A/B"), "/api/v1/accounts/sis_account_id:A%2FB", [], NAMED),
    (lambda c: c.terms.one("self", "current"), "/api/v1/accounts/self/terms/current", [], NAMED),
    (lambda c: c.courses.one(5, include=("term",)), "/api/v1/courses/5", [("include[]", "term")], NAMED),
    (
        lambda c: c.assignments.one(5, 7, include=("overrides",)),
        "/api/v1/courses/5/assignments/7",
        [*BASE, ("include[]", "overrides")],
        DATED,
    ),
    (lambda c: c.overrides.one(5, 7, 1), "/api/v1/courses/5/assignments/7/overrides/1", [], {"id": 1}),
    (lambda c: c.overrides.for_section(2, 7), "/api/v1/sections/2/assignments/7/override", [], {"id": 1}),
    (lambda c: c.overrides.for_group(2, 7), "/api/v1/groups/2/assignments/7/override", [], {"id": 1}),
    (lambda c: c.progress.one(1), "/api/v1/progress/1", [], PROGRESS),
    (lambda c: c.users.self_(), "/api/v1/users/self", [], NAMED),
]

ASSIGNMENT = "/api/v1/courses/5/assignments/7"
ITEM = BulkItem(id=7, all_dates=(BulkDates(base=True, due_at=None),))
WRITES: list[tuple[Act, str, str, Any, Any]] = [
    (
        lambda c: c.assignments.create(5, {"name": "a"}),
        "POST",
        "/api/v1/courses/5/assignments",
        {"assignment": {"name": "a"}},
        DATED,
    ),
    (
        lambda c: c.assignments.update(5, 7, {"due_at": NOON.astimezone(UTC)}),
        "PUT",
        ASSIGNMENT,
        {"assignment": {"due_at": "2026-01-01T10:00:00Z"}},
        DATED,
    ),
    (lambda c: c.assignments.delete(5, 7), "DELETE", ASSIGNMENT, None, DATED),
    (lambda c: c.assignments.duplicate(5, 7), "POST", f"{ASSIGNMENT}/duplicate", None, DATED),
    (
        lambda c: c.assignments.bulk_update(5, [ITEM]),
        "PUT",
        "/api/v1/courses/5/assignments/bulk_update",
        [{"id": 7, "all_dates": [{"base": True, "due_at": None}]}],
        PROGRESS,
    ),
    (
        lambda c: c.overrides.create(5, 7, {"course_section_id": 2}),
        "POST",
        f"{ASSIGNMENT}/overrides",
        {"assignment_override": {"course_section_id": 2}},
        {"id": 1},
    ),
    (
        lambda c: c.overrides.update(5, 7, 1, {"due_at": None}),
        "PUT",
        f"{ASSIGNMENT}/overrides/1",
        {"assignment_override": {"due_at": None}},
        {"id": 1},
    ),
    (lambda c: c.overrides.delete(5, 7, 1), "DELETE", f"{ASSIGNMENT}/overrides/1", None, {"id": 1}),
]


def pages(source: Iterator[Any]) -> Iterator[Any]:
    return (row for page in source for row in page.rows)


def asked(canvas: FakeCanvas) -> tuple[str, str, list[tuple[str, str]]]:
    (seen,) = canvas.seen
    parts = urlsplit(seen.target)
    return seen.method, parts.path, parse_qsl(parts.query)


@pytest.mark.parametrize(("act", "path", "query", "body"), LISTS)
def test_it_reads_a_list(
    client: CanvasClient, canvas: FakeCanvas, act: Act, path: str, query: list[tuple[str, str]], body: Any
) -> None:
    canvas.says(as_json(body))
    assert [row.id for row in act(client)] == [1]
    assert asked(canvas) == ("GET", path, query + PAGED)


@pytest.mark.parametrize(("act", "path", "query", "body"), ONES)
def test_it_reads_one(
    client: CanvasClient, canvas: FakeCanvas, act: Act, path: str, query: list[tuple[str, str]], body: Any
) -> None:
    canvas.says(as_json(body))
    assert act(client).id == 1
    assert asked(canvas) == ("GET", path, query)


@pytest.mark.parametrize(("act", "method", "path", "sent", "body"), WRITES)
def test_it_writes(
    client: CanvasClient, canvas: FakeCanvas, act: Act, method: str, path: str, sent: Any, body: Any
) -> None:
    canvas.says(as_json(body))
    assert act(client).id == 1
    assert asked(canvas) == (method, path, [])
    assert (json.loads(canvas.seen[0].body) if canvas.seen[0].body else None) == sent
    assert canvas.seen[0].headers.get("Content-Type") == (None if sent is None else "application/json")


def test_it_reads_all_overrides_at_once(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json([{"id": 1}, {"id": 2}]))
    assert [override.id for override in client.overrides.of_assignment(5, 7)] == [1, 2]
    assert canvas.targets == ["/api/v1/courses/5/assignments/7/overrides"]


def test_it_retrieves_overrides_in_order_with_gaps(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json([{"id": 11}, None] * 25), as_json([{"id": 3}]))
    found = client.overrides.batch_retrieve(5, [(7, 11), (8, 12)] * 25 + [(9, 3)])
    assert [override and override.id for override in found] == [11, None] * 25 + [3]
    assert len(canvas.targets[0]) < 8000
    assert parse_qsl(urlsplit(canvas.targets[0]).query)[:4] == [
        ("assignment_overrides[][id]", "11"),
        ("assignment_overrides[][assignment_id]", "7"),
        ("assignment_overrides[][id]", "12"),
        ("assignment_overrides[][assignment_id]", "8"),
    ]


@pytest.mark.parametrize(("verb", "method"), [("batch_create", "POST"), ("batch_update", "PUT")])
def test_it_writes_overrides_in_one_call(client: CanvasClient, canvas: FakeCanvas, verb: str, method: str) -> None:
    canvas.says(as_json([{"id": 1}, {"id": 2}]))
    written = getattr(client.overrides, verb)(5, [{"assignment_id": 7}, {"assignment_id": 8}])
    assert [override.id for override in written] == [1, 2]
    assert asked(canvas) == (method, "/api/v1/courses/5/assignments/overrides", [])
    assert json.loads(canvas.seen[0].body) == {
        "assignment_overrides": [{"assignment_id": 7}, {"assignment_id": 8}]
    }


def test_it_asks_for_no_more_assignments_than_canvas_allows(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.answer = lambda seen: as_json([DATED | {"id": seen.target.count("assignment_ids")}])
    assert [row.id for row in client.assignments.of_course(5, assignment_ids=range(1, 251))] == [100, 100, 50]


@pytest.mark.parametrize(("period", "sent"), [(None, {}), (4, {"grading_period_id": 4})])
def test_it_turns_grade_sync_off(client: CanvasClient, canvas: FakeCanvas, period: int | None, sent: Any) -> None:
    canvas.says(Reply(status=204))
    client.sis.disable_post_to_sis("sis_course_id:B.1", period)
    assert asked(canvas) == ("PUT", "/api/sis/courses/hex:sis_course_id:422e31/disable_post_to_sis", [])
    assert json.loads(canvas.seen[0].body) == sent


@pytest.mark.parametrize("period", [0, -1, "", " ", "4", False, True, 4.0])
def test_it_never_sends_a_blank_period(client: CanvasClient, canvas: FakeCanvas, period: Any) -> None:
    with pytest.raises(ValueError, match="not a grading period"):
        client.sis.disable_post_to_sis(5, period)
    assert canvas.seen == []


def test_it_knows_that_a_silent_401_is_a_missing_right_here(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(Reply(status=401, headers={"X-Request-Context-Id": "r1"}))
    with pytest.raises(errors.Forbidden, match="lacks the right") as caught:
        client.sis.disable_post_to_sis(5)
    assert (caught.value.status, caught.value.request_id) == (401, "r1")


def test_it_tells_a_bad_token_from_a_missing_right(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json({"errors": [{"message": "Invalid access token."}]}, 401))
    with pytest.raises(errors.Unauthorized, match="Invalid access token"):
        client.sis.disable_post_to_sis(5)


def test_it_lists_the_features_that_are_on(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json(["post_grades", "x"]))
    assert client.features.enabled("accounts", "self") == {"post_grades", "x"}
    assert asked(canvas)[1] == "/api/v1/accounts/self/features/enabled"


def test_it_reads_a_feature_flag(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json({"feature": "post_grades", "state": "on"}))
    assert client.features.flag("courses", 5, "post_grades").state == "on"
    assert asked(canvas)[1] == "/api/v1/courses/5/features/flags/post_grades"
