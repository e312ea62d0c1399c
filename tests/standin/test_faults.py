from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from canvas_api.standin import SMALL_NOW, Fault, Standin, University
from canvas_api.standin.faults import KINDS, read_faults
from canvas_api.standin.wire import Reply, Request

from .conftest import Api

LIST = "/api/v1/courses/1/assignments?per_page=2"


@pytest.fixture
def broken(university: University, sessions: list[Api]) -> Iterator[Any]:
    running: list[Standin] = []

    def start(kind: str, **fields: Any) -> Api:
        faults = [Fault(kind=kind, **fields)]
        running.append(Standin(university, clock=SMALL_NOW.timestamp, faults=faults).__enter__())
        sessions.append(Api(running[-1]))
        return sessions[-1]

    yield start
    for each in running:
        each.stop()


@pytest.mark.parametrize(
    ("kind", "status", "content", "part"),
    [
        ("500", 500, "json", "internal_server_error"),
        ("502", 502, "html", "Bad Gateway"),
        ("503", 503, "json", "Service Unavailable"),
        ("login_page", 200, "html", "Log In to Canvas"),
        ("throttled_403", 403, "text/plain", "403 Forbidden (Rate Limit Exceeded)"),
        ("throttled_429", 429, "text/plain", "429 Too Many Requests (Rate Limit Exceeded)"),
        ("revoked", 401, "json", "Revoked access token."),
        ("forbidden", 403, "json", "user not authorized"),
        ("not_enabled", 400, "json", "not_enabled"),
        ("unpublished", 400, "json", "unpublished_course"),
        ("invalid_json", 200, "json", '{"errors": [}'),
    ],
)
def test_it_answers_wrongly(broken: Any, kind: str, status: int, content: str, part: str) -> None:
    answer = broken(kind).get(LIST)
    assert answer.status_code == status
    assert content in answer.headers["Content-Type"]
    assert part in answer.text


@pytest.mark.parametrize("kind", ["503", "throttled_429"])
def test_it_says_when_to_come_back_if_told_to(broken: Any, kind: str) -> None:
    assert "Retry-After" not in broken(kind).get(LIST).headers
    assert broken(kind, retry_after="7").get(LIST).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("when", "statuses"),
    [
        ({}, [500, 500, 500, 500]),
        ({"nth": 2}, [200, 500, 200, 200]),
        ({"times": 2}, [500, 500, 200, 200]),
        ({"every": 2}, [200, 500, 200, 500]),
        ({"after": 1, "times": 1}, [200, 500, 200, 200]),
        ({"match": r"GET /api/v1/courses/2$"}, [200, 200, 200, 200]),
    ],
)
def test_it_fires_when_scripted(broken: Any, when: dict[str, Any], statuses: list[int]) -> None:
    api = broken("500", **when)
    assert [api.get(LIST).status_code for _ in range(4)] == statuses


def test_it_cuts_json_in_the_middle(broken: Any) -> None:
    answer = broken("truncated_json").get(LIST)
    with pytest.raises(ValueError, match=r".+"):
        answer.json()


def test_it_cuts_cached_rows_too(university: University, broken: Any) -> None:
    university.row_cache = {}
    assert broken("truncated_json").get(LIST).text.startswith("[{")


@pytest.mark.parametrize("kind", ["reset", "short_body", "lost_reply"])
def test_it_breaks_the_connection(broken: Any, kind: str) -> None:
    api = broken(kind)
    with pytest.raises(requests.RequestException):
        api.get(LIST)


def test_it_carries_out_what_it_never_answers(university: University, broken: Any) -> None:
    api = broken("lost_reply", match="PUT")
    with pytest.raises(requests.ConnectionError):
        api.put("/api/v1/courses/1/assignments/1", json={"assignment": {"post_to_sis": False}})
    assert university.assignments[1].post_to_sis is False
    assert api.canvas.requests[-1][2:] == (0, "admin")


def test_it_hangs_until_it_is_stopped(broken: Any) -> None:
    api = broken("hang")
    asking = threading.Thread(target=_ignoring_errors, args=(api,))
    asking.start()
    api.canvas.stop()
    asking.join(10)
    assert not asking.is_alive()


def _ignoring_errors(api: Api) -> None:
    try:
        api.get(LIST)
    except requests.ConnectionError:
        return


def test_it_delays(broken: Any) -> None:
    assert broken("delay", seconds=0.001).get(LIST).status_code == 200


def test_it_strips_includes(broken: Any) -> None:
    shown = broken("strip_include").json("/api/v1/courses/1/assignments/2?include[]=overrides")
    assert "overrides" not in shown


def test_it_names_a_next_page_elsewhere(broken: Any) -> None:
    answer = broken("foreign_next").get(LIST)
    assert answer.links["next"]["url"].startswith("http://127.0.0.2:1/api/v1/courses/1/")
    unpaged = broken("foreign_next", url="https://elsewhere.example").get("/api/v1/courses/1")
    assert unpaged.links["next"]["url"] == "https://elsewhere.example/api/v1/courses/1"


def test_it_goes_on_for_ever(broken: Any) -> None:
    api, address = broken("endless"), LIST
    for number in range(1, 5):
        answer = api.get(address)
        assert answer.json()
        assert "last" not in answer.links
        address = answer.links["next"]["url"]
        assert f"page={number + 1}" in address


def test_it_names_the_same_page_again(broken: Any) -> None:
    api = broken("same_next")
    assert api.get(LIST + "&page=2").links["next"]["url"].endswith("per_page=2&page=2")


def test_it_shows_an_empty_page_with_a_next_one(broken: Any) -> None:
    answer = broken("empty_with_next", nth=1).get(LIST)
    assert (answer.json(), "page=2" in answer.links["next"]["url"]) == ([], True)


def test_it_repeats_a_row(broken: Any) -> None:
    assert broken("duplicate").ids(LIST) == [1, 2, 2]
    assert broken("duplicate").json("/api/v1/courses/1")["id"] == 1


def test_it_repeats_a_row_on_the_next_page(broken: Any) -> None:
    api = broken("overlap")
    assert [api.ids(f"{LIST}&page={page}") for page in (1, 2, 3)] == [[1, 2], [2, 3, 4], []]
    assert broken("overlap").ids(f"{LIST}&page=2") == [3, 4]


def test_it_hides_the_total(broken: Any) -> None:
    answer = broken("no_total").get(LIST)
    assert ("last" in answer.links, "next" in answer.links) == (False, True)


def test_it_knows_its_kinds(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown kind of fault: bad"):
        Fault(kind="bad")
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": kind, "match": "GET"} for kind in sorted(KINDS)]))
    assert {fault.kind for fault in read_faults(file)} == KINDS
    file.write_text('[{"kind": "500", "path": "x"}]')
    with pytest.raises(ValueError, match="unknown fields of a fault: path"):
        read_faults(file)


# Hooks


def test_it_lets_rows_move_between_pages(university: University, canvas: Standin, api: Api) -> None:
    def unpublish_the_first(request: Request) -> None:
        if "?page=2" in request.target:
            university.assignments[1].workflow_state = "deleted"

    canvas.before = unpublish_the_first
    first = api.get(LIST)
    second = api.get(first.links["next"]["url"])
    assert [row["id"] for row in first.json() + second.json()] == [1, 2, 4], "the third was never shown"


def test_it_lets_a_teacher_edit_after_a_read(university: University, canvas: Standin, api: Api) -> None:
    def rename(request: Request, reply: Reply) -> None:
        university.assignments[1].name = f"after {reply.status} for {request.token_name}"

    canvas.after = rename
    assert api.json(LIST)[0]["name"] == "Portfolio"
    canvas.after = None
    assert api.json(LIST)[0]["name"] == "after 200 for admin"


# The server itself


def test_it_remembers_requests(canvas: Standin, api: Api) -> None:
    api.get(LIST)
    api.get("/api/v1/courses/sis_course_id:ART%2F201.A")
    assert list(canvas.requests) == [
        ("GET", LIST, 200, "admin"),
        ("GET", "/api/v1/courses/sis_course_id:ART%2F201.A", 200, "admin"),
    ]
    assert (canvas.request_count, canvas.count("GET", "ART"), canvas.count("PUT")) == (2, 1, 0)


def test_it_closes_when_asked(api: Api) -> None:
    assert api.get(LIST, headers={"Connection": "close"}).status_code == 200
    assert api.get(LIST).status_code == 200


def test_it_answers_head_requests_without_a_body(api: Api) -> None:
    assert api.head(LIST).content == b""


def test_it_answers_500_to_what_it_did_not_expect(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    answer = api.put("/api/v1/courses/1/assignments/1", json={"assignment": {"points_possible": "many"}})
    assert (answer.status_code, answer.json()["errors"][0]["error_code"]) == (500, "internal_server_error")
    assert "ValueError" in capsys.readouterr().err
