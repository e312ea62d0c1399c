from __future__ import annotations

import pytest

from canvas_api.client import CanvasClient
from canvas_api.ids import Ref, SisId, origin, path, within
from tests.client.server import FakeCanvas, as_json


@pytest.mark.parametrize(
    ("ref", "part"),
    [
        (42, "42"),
        (2**60 + 1, "1152921504606846977"),
        ("42", "42"),
        ("1~42", "1~42"),
        ("self", "self"),
        ("default", "default"),
        ("current", "current"),
        (SisId("course", "A/B 1"), "sis_course_id:A%2FB%201"),
        ("sis_course_id:A/B 1", "sis_course_id:A%2FB%201"),
        (SisId("term", "50%41"), "sis_term_id:50%2541"),
        (SisId("course", "BIO.101"), "sis_course_id:BIO.101"),
        (SisId("course", "Übung?#+;"), "sis_course_id:%C3%9Cbung%3F%23%2B%3B"),
        (SisId("course", "../x"), "sis_course_id:..%2Fx"),
        (SisId("course", ".."), "sis_course_id:.."),
        (SisId("course", "a:b"), "sis_course_id:a:b"),
        (SisId("course", "list.json"), "hex:sis_course_id:6c6973742e6a736f6e"),
        ("uuid:x.y", "uuid:x.y"),
        ("hex:sis_course_id:6c", "hex:sis_course_id:6c"),
    ],
)
def test_it_makes_one_segment_of_an_id(ref: Ref, part: str) -> None:
    assert path("/api/v1/courses/{}", ref) == f"/api/v1/courses/{part}"


def test_it_writes_a_dot_in_digits_where_canvas_does_not_route_one() -> None:
    assert path("/api/sis/courses/{}/assignments", SisId("course", "B.1")) == (
        "/api/sis/courses/hex:sis_course_id:422e31/assignments"
    )
    assert path("/api/sis/courses/{}/assignments", SisId("course", "B/1")).endswith(
        "sis_course_id:B%2F1/assignments"
    )
    assert "hex:sis_course_id:c3bc2e" in path("/api/sis/courses/{}/assignments", "sis_course_id:ü.")


@pytest.mark.parametrize("ref", ["", " ", ".", "..", 0, -1, True, "sis_course_id:"])
def test_it_refuses_what_is_no_id(ref: Ref) -> None:
    with pytest.raises(ValueError, match="not a Canvas id"):
        path("/api/v1/courses/{}", ref)


@pytest.mark.parametrize(
    "ref", [SisId("course", "A/B 1"), SisId("course", "50%41"), SisId("course", ".."), SisId("course", "Ü.~?#[]")]
)
def test_it_arrives_as_it_was_encoded(client: CanvasClient, canvas: FakeCanvas, ref: SisId) -> None:
    canvas.says(as_json({"id": 1, "name": "Biology"}))
    client.courses.one(ref)
    assert canvas.targets == [path("/api/v1/courses/{}", ref)]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://canvas.example.edu", "https://canvas.example.edu"),
        (" https://Canvas.Example.edu:443/ ", "https://canvas.example.edu"),
        ("https://canvas.example.edu/api/v1/", "https://canvas.example.edu"),
        ("https://canvas.example.edu/api", "https://canvas.example.edu"),
        ("https://canvas.example.edu:8443//", "https://canvas.example.edu:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://canvas.localhost", "http://canvas.localhost"),
        ("http://127.0.0.2:80/", "http://127.0.0.2"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_it_takes_the_address_as_people_paste_it(address: str, expected: str) -> None:
    assert origin(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "canvas.example.edu",
        "http://canvas.example.edu",
        "http://10.0.0.1",
        "ftp://canvas.example.edu",
        "https://",
        "https://me:secret@canvas.example.edu",
        "https://canvas.example.edu/login",
        "https://canvas.example.edu/?x=1",
        "https://canvas.example.edu/#x",
        "https://canvas.example.edu:x",
        "https://[canvas",
    ],
)
def test_it_refuses_an_address_that_is_not_canvas_alone(address: str) -> None:
    with pytest.raises(ValueError):
        origin(address)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://c.edu/api?page=2", "/api?page=2"),
        ("https://C.edu:443/api#x", "/api"),
        ("/api/v1/x%2Fy", "/api/v1/x%2Fy"),
        ("?page=3", "/here?page=3"),
        ("https://c.edu", "/"),
        ("https://c.edu?a=1", "/?a=1"),
        ("http://c.edu/api", None),
        ("https://c.edu:8443/api", None),
        ("https://c.edu.evil.com/api", None),
        ("//evil.com/api", None),
        ("https://c.edu@evil.com/api", None),
        ("https://me@c.edu/api", None),
        ("https://c.edu\\@evil.com/", None),
        ("https://[bad/", None),
        ("https://c.edu:99999/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_it_follows_only_addresses_of_the_same_canvas(address: str, expected: str | None) -> None:
    assert within("https://c.edu", "/here?x=1", address) == expected
