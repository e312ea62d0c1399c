from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from canvas_api import errors
from canvas_api.client import CanvasClient
from tests.client.server import FakeCanvas, Reply, as_json

LONG = "x" * 5000

SHAPES: list[tuple[Any, str]] = [
    (
        {
            "errors": {
                "due_at": [{"attribute": "due_at", "type": "x", "message": "must be between availability dates"}]
            }
        },
        "due_at must be between availability dates",
    ),
    ({"errors": {"base": [{"attribute": "base", "type": "x", "message": "No such thing"}]}}, "No such thing"),
    ({"errors": {"base": [{"attribute": None, "type": "x", "message": "No such thing"}]}}, "No such thing"),
    ({"errors": [{"field": "name", "message": "is too long", "error_code": "x"}]}, "name is too long"),
    (
        {"errors": [{"message": "The specified resource does not exist."}]},
        "The specified resource does not exist.",
    ),
    ({"status": "unauthorized", "errors": [{"message": "user not authorized"}]}, "user not authorized"),
    ({"message": "expected array"}, "expected array"),
    ({"code": "not_found", "error": "The Grading Period cannot be found"}, "The Grading Period cannot be found"),
    ({"error": "invalid_grant", "error_description": "code not found"}, "code not found"),
    ({"error": "Forbidden", "message": "Send a valid user agent"}, "Send a valid user agent"),
    ({"errors": ["unknown section id 5"]}, "unknown section id 5"),
    ({"errors": [None, ["assignment not found"], None]}, "assignment not found"),
    ({"errors": "Invalid as_user_id"}, "Invalid as_user_id"),
    ({"status": "bad_request", "errors": [{"page": "Invalid page; restart"}]}, "Invalid page; restart"),
    ({"errors": [{"message": "Same."}, {"message": "Same."}, {"message": "Other."}]}, "Same.; Other."),
    ([], ""),
    ({}, ""),
    (None, ""),
    (5, ""),
]


@pytest.mark.parametrize(("body", "message"), SHAPES)
def test_it_finds_canvas_own_words_in_every_shape(body: Any, message: str) -> None:
    assert errors.canvas_message(body) == message


@pytest.mark.parametrize(
    ("reply", "kind", "sentence"),
    [
        (
            as_json({"errors": [{"message": "Revoked access token."}]}, 401, WWW_Authenticate="Bearer"),
            errors.Unauthorized,
            "Canvas does not accept the access token: Revoked access token (GET /api/v1/courses/5, 401).",
        ),
        (
            as_json({"errors": [{"message": "Expired access token.", "expired_at": "2026-01-01T00:00:00Z"}]}, 401),
            errors.Unauthorized,
            "Canvas does not accept the access token: Expired access token (GET /api/v1/courses/5, 401).",
        ),
        (
            as_json({"status": "unauthenticated", "errors": [{"message": "log in"}]}, 401),
            errors.Unauthorized,
            "log in",
        ),
        (Reply(status=401), errors.Unauthorized, "Canvas does not accept the access token (GET"),
        (
            as_json({"status": "unauthorized", "errors": [{"message": "no"}]}, 401),
            errors.Forbidden,
            "right to do this: no",
        ),
        (
            as_json({"errors": [{"message": "Insufficient scopes on access token."}]}, 401),
            errors.Forbidden,
            "scopes",
        ),
        (
            as_json({"status": "unauthorized", "errors": [{"message": "no"}]}, 403),
            errors.Forbidden,
            "right to do this: no",
        ),
        (as_json({"error": "Forbidden", "message": "user agent"}, 403), errors.Forbidden, "user agent"),
        (Reply(status=403, body=b"<html>", headers={"Content-Type": "text/html"}), errors.Forbidden, "a web page"),
        (Reply(status=404, body=b" <!doctype html>"), errors.NotFound, "is this the address of Canvas?"),
        (Reply(status=404, body=b"nothing here"), errors.NotFound, "Canvas does not have this: nothing here"),
        (
            as_json({"code": "not_enabled", "error": "off"}, 400),
            errors.NotEnabled,
            "Grade export is off in Canvas here: off",
        ),
        (
            as_json({"code": "unpublished_course", "error": "no"}, 400),
            errors.UnpublishedCourse,
            "is not published: no",
        ),
        (as_json({"code": "other", "error": "no"}, 400), errors.Invalid, "Canvas refused the request: no"),
        (as_json({"code": ["x"], "error": "no"}, 400), errors.Invalid, "Canvas refused the request: no"),
        (as_json([1], 422), errors.Invalid, "Canvas refused the request (GET"),
        (Reply(status=400, body=b"\xff\xfe"), errors.Invalid, "Canvas refused the request"),
        (Reply(status=400, body=b"a\r\nb\0c"), errors.Invalid, "Canvas refused the request: a b c (GET"),
        (as_json({"message": LONG}, 400), errors.Invalid, "x" * errors.LONGEST + "…"),
    ],
)
def test_it_says_what_is_wrong_in_one_sentence(
    client: CanvasClient, canvas: FakeCanvas, reply: Reply, kind: type[errors.CanvasError], sentence: str
) -> None:
    canvas.says(reply)
    with pytest.raises(errors.CanvasError) as caught:
        client.courses.one(5)
    text = str(caught.value)
    assert type(caught.value) is kind
    assert sentence in text
    assert len(text) < 600
    assert "<" not in text
    assert "\n" not in text
    assert text.endswith((".", "…."))
    assert (caught.value.method, caught.value.path, caught.value.status) == (
        "GET",
        "/api/v1/courses/5",
        reply.status,
    )
    assert not caught.value.maybe_done
    assert len(canvas.seen) == 1


def test_it_keeps_what_helps_to_ask_canvas_people(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json({"errors": [None, ["override not found"]]}, 400, X_Request_Context_Id="abc-1"))
    with pytest.raises(errors.Invalid) as caught:
        client.overrides.batch_update(5, [{"id": 1}, {"id": 2}])
    assert caught.value.request_id == "abc-1"
    assert caught.value.details == [None, ["override not found"]]


def test_it_is_a_sentence_without_any_fact() -> None:
    assert str(errors.CanvasError()) == "Canvas gave an error."
    assert str(errors.Unreachable("no name.")) == "Canvas cannot be reached: no name."


def test_it_travels_between_processes() -> None:
    error = errors.NotFound("gone", method="GET", path="/x", status=404, details=[1])
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.details) == (str(error), [1])


def test_it_draws_every_error_in_the_tree_and_words_it() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CanvasError)
    ]
    assert [kind.__name__ for kind in kinds if kind.__name__ not in (errors.__doc__ or "")] == []
    plain = [kind for kind in kinds if "lead" not in vars(kind)]
    assert plain == [errors.Invalid, errors.ProgressError]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a":"\xff"}'])
def test_it_takes_what_is_not_json_as_nothing(body: bytes) -> None:
    assert errors.decoded(body) is None


@pytest.mark.parametrize(
    ("rows", "field", "what"),
    [
        ([{"id": 1}], "$[0].name", "missing"),
        ([{"id": 1, "name": "a"}, {"name": "b"}], "$[1].id", "missing"),
        ([{"id": "x", "name": "a"}], "$[0].id", "Expected `int`, got `str`"),
        ([{"id": None, "name": "a"}], "$[0].id", "Expected `int`, got `null`"),
        ([{"id": 1, "name": 5}], "$[0].name", "Expected `str | null`, got `int`"),
        ([{"id": 1, "name": "a", "start_at": "soon"}], "$[0].start_at", "Invalid RFC3339 encoded datetime"),
        ([{"id": 1, "name": "a", "start_at": 5}], "$[0].start_at", "Expected `datetime | null`, got `int`"),
        ([{"id": 1, "name": "a", "term": {"id": 2}}], "$[0].term.name", "missing"),
        (None, "$", "Expected `array`, got `null`"),
        ([None], "$[0]", "Expected `object`, got `null`"),
    ],
)
def test_it_names_the_field_that_is_not_as_documented(
    client: CanvasClient, canvas: FakeCanvas, rows: Any, field: str, what: str
) -> None:
    canvas.says(Reply(body=json.dumps(rows).encode()))
    with pytest.raises(errors.BadAnswer) as caught:
        list(client.courses.of_account("self"))
    assert caught.value.field == field
    assert f"{field}: {what}" in str(caught.value)
    assert len(canvas.seen) == 1
