from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest

from canvas_api.standin import Standin, University

from .conftest import Api


def raw(canvas: Standin, target: str, **headers: str) -> tuple[int, bytes]:
    """Sends a target that no library has touched."""
    connection = http.client.HTTPConnection(urlsplit(canvas.url).netloc, timeout=10)
    connection.putrequest("GET", target, skip_accept_encoding=True)
    sent = {"Authorization": f"Bearer {canvas.token}", "User-Agent": "test", **headers}
    for name, value in sent.items():
        if value:
            connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/v1/courses/sis_course_id:ART%2F201.A", 200),
        ("/api/v1/courses/sis_course_id:ART/201.A", 404),
        ("/api/v1/courses/sis_course_id:ART-101.json", 200),
        ("/api/v1/courses/hex:sis_course_id:4152542f3230312e41", 200),
        ("/api/v1/courses/hex:sis_course_id:415", 404),
        ("/api/v1/courses/uuid:c" + "0" * 38 + "1", 200),
        ("/api/v1/courses/uuid:none", 404),
        ("/api/v1/courses/sis_course_id:", 404),
        ("/api/v1/courses/sis_integration_id:none", 404),
        ("/api/v1/courses/sis_account_id:ARTS", 404),
        ("/api/v1/courses/12345678901234567890", 404),
        ("/api/v1/courses/99", 404),
        ("/api/v1/courses/drawing", 404),
        ("/api/v1/nothing", 404),
        ("/api/sis/courses/hex:sis_course_id:4152542f3230312e41/assignments", 200),
        ("/api/sis/courses/sis_course_id:ART%2F201%2EA/assignments", 200),
        ("/api/sis/courses/sis_course_id:ART%2F201.A/assignments", 404),
        ("/api/sis/courses/1/assignments.json", 200),
    ],
)
def test_it_routes_the_raw_path(canvas: Standin, target: str, status: int) -> None:
    assert raw(canvas, target)[0] == status


def test_it_takes_ids_with_spaces_percents_and_other_letters(university: University, canvas: Standin) -> None:
    university.courses[1].sis_course_id = "Zürich 100% a+b?"
    assert raw(canvas, "/api/v1/courses/sis_course_id:Z%C3%BCrich%20100%25%20a+b%3F")[0] == 200


def test_it_says_404_with_canvas_words(api: Api) -> None:
    answer = api.get("/api/v1/courses/99")
    assert answer.json() == {"errors": [{"message": "The specified resource does not exist."}]}


def test_it_wants_a_user_agent(canvas: Standin) -> None:
    status, body = raw(canvas, "/api/v1/accounts/1", **{"User-Agent": ""})
    assert status == 403
    assert b'"error":"Forbidden"' in body


def test_it_keeps_ids_above_two_to_the_53(university: University, api: Api) -> None:
    number = 2**53 + 1
    university.add_course(id=number, name="Far away")
    assert university.add_course(name="Next").id == number + 1
    assert api.json(f"/api/v1/courses/{number}")["id"] == number


def test_it_writes_ids_as_strings_when_asked(api: Api) -> None:
    headers = {"Accept": "application/json+canvas-string-ids"}
    shown = api.get("/api/v1/courses/2/assignments/6?include[]=overrides", headers=headers).json()
    assert (shown["id"], shown["course_id"], shown["position"]) == ("6", "2", 2)
    assert shown["overrides"][0]["student_ids"] == ["13", "14"]
    assert shown["quiz_id"] is None if "quiz_id" in shown else True


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [("revoked", 401, "Revoked access token."), ("expired", 401, "Expired access token.")],
)
def test_it_refuses_dead_tokens(as_token: Any, token: str, status: int, message: str) -> None:
    answer = as_token(token).get("/api/v1/accounts/1")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (status, message)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'


def test_it_refuses_unknown_and_missing_tokens(canvas: Standin) -> None:
    assert b"Invalid access token." in raw(canvas, "/api/v1/accounts/1", Authorization="Bearer nonsense")[1]
    for header in ("", f"bearer {canvas.token}"):
        status, body = raw(canvas, "/api/v1/accounts/1", Authorization=header)
        assert (status, b"unauthenticated" in body) == (401, True)
    assert raw(canvas, f"/api/v1/accounts/1?access_token={canvas.token}", Authorization="")[0] == 200


def test_it_enforces_scopes(university: University, api: Api) -> None:
    university.tokens["admin"].scopes = frozenset({"url:GET|/api/v1/accounts"})
    assert api.get("/api/v1/accounts").status_code == 200
    answer = api.get("/api/v1/accounts/1")
    assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (401, False)


def test_it_masquerades_for_nobody(api: Api) -> None:
    answer = api.get("/api/v1/accounts/1?as_user_id=2")
    assert (answer.status_code, answer.json()) == (401, {"errors": "Invalid as_user_id"})


def test_it_refuses_broken_json(api: Api) -> None:
    answer = api.put("/api/v1/courses/1/assignments/1", data=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
