from __future__ import annotations

import gzip
import json
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import responses
import urllib3
from requests.adapters import HTTPAdapter

from canvas_api import errors, transport
from canvas_api.client import CanvasClient
from canvas_api.transport import RequestInfo
from tests.client.conftest import TOKEN, Clock
from tests.client.server import RESET, FakeCanvas, Reply, Seen, as_json

Connect = Callable[..., CanvasClient]

COURSE = as_json({"id": 5, "name": "Biology"})
PAGE = Reply(body=b"<!DOCTYPE html><html>Log in</html>", headers={"Content-Type": "text/html"})
GATEWAY = Reply(status=502, body=b"<html>Bad Gateway</html>", headers={"Content-Type": "text/html"})
REFUSED_OLD = Reply(
    status=403, body=b"403 Forbidden (Rate Limit Exceeded)\n", headers={"Content-Type": "text/plain"}
)
REFUSED_NEW = Reply(status=429, body=b"429 Too Many Requests (Rate Limit Exceeded)\n")
HALF = Reply(raw=b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"id": 5,')
HALF_CHUNK = Reply(raw=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{"id": 5,')
BAD_GZIP = Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"})


def broken(error: Exception) -> requests.Session:
    class Adapter(HTTPAdapter):
        def send(self, *_args: object, **_options: object) -> requests.Response:
            raise error

    session = requests.Session()
    session.mount("http://", Adapter())
    return session


def test_it_says_who_asks_and_what_it_wants(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(COURSE)
    assert client.courses.one(5).name == "Biology"
    headers = canvas.seen[0].headers
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["User-Agent"].startswith("preflight/")
    assert headers["Accept"] == "application/json"


def test_it_is_not_misled_by_a_netrc_file(
    connect: Connect, canvas: FakeCanvas, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\ndefault login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    canvas.says(COURSE)
    connect().courses.one(5)
    assert canvas.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_it_keeps_the_connection_and_no_cookies(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json({"id": 5, "name": "A"}, Set_Cookie="session=1"), COURSE, COURSE)
    for _ in range(3):
        client.courses.one(5)
    assert next(canvas.connections) == 1
    assert all("Cookie" not in seen.headers for seen in canvas.seen)


def test_it_reads_compressed_and_chunked_answers(client: CanvasClient, canvas: FakeCanvas) -> None:
    body = b'{"id": 5, "name": "Biology"}'
    packed = Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
    chunked = Reply(
        raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
        + body[:5]
        + b"\r\n17\r\n"
        + body[5:]
        + b"\r\n0\r\n\r\n"
    )
    canvas.says(packed, chunked)
    assert client.courses.one(5) == client.courses.one(5)


@pytest.mark.parametrize(
    "trouble",
    [
        *(as_json({}, 500), GATEWAY, as_json({}, 503), as_json({}, 504)),
        *(RESET, HALF, HALF_CHUNK, BAD_GZIP, Reply(raw=b"")),
        *(PAGE, Reply(body=b'{"id": 5'), Reply(body=b"\xff"), Reply(body=b""), Reply(body=b'{"a":"\xff"}')),
        *(Reply(body=b"[" * 100_000), REFUSED_OLD, REFUSED_NEW),
    ],
)
def test_it_asks_again_where_a_repeat_is_harmless(
    client: CanvasClient, canvas: FakeCanvas, trouble: Reply
) -> None:
    canvas.says(trouble, COURSE)
    assert client.courses.one(5).id == 5
    assert client.requests_made == 2


@pytest.mark.parametrize(
    ("trouble", "kind", "sentence", "times"),
    [
        (
            as_json({"errors": [{"message": "An error occurred."}]}, 500),
            errors.ServerError,
            "Canvas failed: An error",
            3,
        ),
        (GATEWAY, errors.ServerError, "Canvas failed (GET /api/v1/courses/5, 502).", 5),
        (as_json({}, 501), errors.ServerError, "Canvas failed", 1),
        (RESET, errors.Unreachable, "Canvas cannot be reached: the connection broke off", 4),
        (HALF, errors.Unreachable, "Canvas cannot be reached: the answer broke off in the middle", 4),
        (HALF_CHUNK, errors.Unreachable, "Canvas cannot be reached: the answer broke off in the middle", 4),
        (BAD_GZIP, errors.Unreachable, "Canvas cannot be reached", 4),
        (PAGE, errors.NotCanvas, "A web page came instead of an answer from Canvas's API", 3),
        (Reply(body=b"{"), errors.BadAnswer, "it is not valid JSON", 3),
        (as_json([]), errors.BadAnswer, "$: Expected `object`, got `array`", 1),
        (REFUSED_OLD, errors.Throttled, "rate limit", 9),
        (REFUSED_NEW, errors.Throttled, "rate limit", 9),
        (as_json({"errors": [{"message": "No."}]}, 404), errors.NotFound, "Canvas does not have this: No", 1),
        (Reply(status=304), errors.BadAnswer, "cannot be used", 1),
    ],
)
def test_it_gives_up_with_one_clear_sentence(
    client: CanvasClient,
    canvas: FakeCanvas,
    trouble: Reply,
    kind: type[errors.CanvasError],
    sentence: str,
    times: int,
) -> None:
    canvas.answer = lambda _seen: trouble
    with pytest.raises(errors.CanvasError) as caught:
        client.courses.one(5)
    assert type(caught.value) is kind
    assert sentence in str(caught.value)
    assert not caught.value.maybe_done
    assert client.requests_made == len(canvas.seen) == times


@pytest.mark.parametrize("trouble", [as_json({}, 500), GATEWAY, as_json({}, 503), RESET, HALF, PAGE])
@pytest.mark.parametrize("act", ["create", "update", "delete"])
def test_it_never_repeats_a_change(client: CanvasClient, canvas: FakeCanvas, trouble: Reply, act: str) -> None:
    canvas.says(trouble)
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: client.assignments.create(5, {"name": "Essay"}),
        "update": lambda: client.assignments.update(5, 7, {"name": "Essay"}),
        "delete": lambda: client.assignments.delete(5, 7),
    }
    with pytest.raises(errors.CanvasError) as caught:
        calls[act]()
    assert caught.value.maybe_done
    assert len(canvas.seen) == 1


@pytest.mark.parametrize("refusal", [REFUSED_OLD, REFUSED_NEW])
def test_it_repeats_a_change_that_the_rate_limit_refused(
    client: CanvasClient, canvas: FakeCanvas, clock: Clock, refusal: Reply
) -> None:
    canvas.says(refusal, refusal, Reply(status=204))
    client.sis.disable_post_to_sis(5, 3)
    assert [json.loads(seen.body) for seen in canvas.seen] == [{"grading_period_id": 3}] * 3
    assert (client.requests_made, client.refused) == (3, 2)
    assert sum(clock.slept) > 1


def test_it_waits_as_long_as_canvas_says(client: CanvasClient, canvas: FakeCanvas, clock: Clock) -> None:
    canvas.says(as_json({}, 503, Retry_After="17"), COURSE)
    client.courses.one(5)
    assert 17 <= sum(clock.slept) < 19


def test_it_does_not_repeat_a_change_after_an_answer_that_names_a_time(
    client: CanvasClient, canvas: FakeCanvas
) -> None:
    canvas.says(as_json({}, 503, Retry_After="1"))
    with pytest.raises(errors.ServerError):
        client.assignments.delete(5, 7)


def test_it_does_not_wait_for_ever_for_an_answer(connect: Connect, canvas: FakeCanvas) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        canvas.url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = connect(timeout=(1, 0.05))
        with pytest.raises(errors.Unreachable, match="the answer took too long"):
            client.courses.one(5)
    assert client.requests_made == 4


def test_it_does_not_wait_for_ever_for_the_end_of_an_answer(
    connect: Connect, canvas: FakeCanvas, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "BODY_SECONDS", -1.0)
    canvas.answer = lambda _seen: COURSE
    with pytest.raises(errors.Unreachable, match="the answer took too long"):
        connect().courses.one(5)


def test_it_does_not_take_more_than_fits(
    connect: Connect, canvas: FakeCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "BODY_BYTES", 10)
    canvas.answer = lambda _seen: COURSE
    with pytest.raises(errors.Unreachable):
        connect().courses.one(5)


def test_it_repeats_even_a_change_that_was_never_sent(connect: Connect, canvas: FakeCanvas, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        canvas.url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    client = connect()
    with pytest.raises(errors.Unreachable, match=r"the connection was refused \(DELETE") as caught:
        client.assignments.delete(5, 7)
    assert not caught.value.maybe_done
    assert client.requests_made == 4


@pytest.mark.parametrize(
    ("raised", "kind", "sentence", "times"),
    [
        (requests.ConnectTimeout("x"), errors.Unreachable, "the connection took too long", 4),
        (requests.exceptions.ProxyError("x"), errors.Unreachable, "the proxy did not let us through", 4),
        (
            requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"),
            errors.Untrusted,
            "it could not be verified",
            1,
        ),
        (requests.exceptions.SSLError("x"), errors.Untrusted, "certificate was not accepted: SSLError", 1),
        (requests.exceptions.InvalidHeader(f"x {TOKEN}"), errors.Unreachable, "InvalidHeader", 4),
        (requests.ConnectionError(), errors.Unreachable, "the connection broke off", 4),
        (urllib3.exceptions.ProtocolError("x"), errors.Unreachable, "the connection broke off", 4),
        (urllib3.exceptions.ReadTimeoutError(None, "", "x"), errors.Unreachable, "the answer took too long", 4),  # type: ignore[arg-type]
        (urllib3.exceptions.LocationParseError("x"), errors.Unreachable, "LocationParseError", 4),
        (ssl.SSLError("x"), errors.Unreachable, "SSLError", 4),
        (OSError("x"), errors.Unreachable, "OSError", 4),
    ],
)
def test_it_lets_no_error_of_its_libraries_through(
    connect: Connect, raised: Exception, kind: type[errors.CanvasError], sentence: str, times: int
) -> None:
    client = connect(session=broken(raised))
    with pytest.raises(kind) as caught:
        client.courses.one(5)
    assert sentence in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert client.requests_made == times


def test_it_says_that_a_name_is_not_known(connect: Connect) -> None:
    reason = urllib3.exceptions.NameResolutionError("canvas", None, socket.gaierror("x"))  # type: ignore[arg-type]
    lost = requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", reason))  # type: ignore[arg-type]
    with pytest.raises(errors.Unreachable, match="its name is not known") as caught:
        connect(session=broken(lost)).assignments.delete(5, 7)
    assert not caught.value.maybe_done


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_follows_a_redirect_within_canvas(client: CanvasClient, canvas: FakeCanvas, status: int) -> None:
    override = as_json({"id": 3})
    canvas.says(
        Reply(status=status, headers={"Location": "/api/v1/courses/5/assignments/7/overrides/3"}), override
    )
    assert client.overrides.for_section(9, 7).id == 3
    assert [seen.method for seen in canvas.seen] == ["GET", "GET"]
    assert canvas.seen[1].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [307, 308])
def test_it_redirects_a_change_with_all_it_holds(client: CanvasClient, canvas: FakeCanvas, status: int) -> None:
    canvas.says(Reply(status=status, headers={"Location": f"{canvas.url}/moved?x=1"}), Reply(status=204))
    client.sis.disable_post_to_sis(5)
    assert [(seen.method, seen.target, seen.body) for seen in canvas.seen][1] == ("PUT", "/moved?x=1", b"{}")


@pytest.mark.parametrize("status", [301, 302, 303])
def test_it_does_not_turn_a_change_into_a_read(client: CanvasClient, canvas: FakeCanvas, status: int) -> None:
    canvas.says(Reply(status=status, headers={"Location": "/elsewhere"}))
    with pytest.raises(errors.BadAnswer, match=str(status)):
        client.sis.disable_post_to_sis(5)


@pytest.mark.parametrize(
    "address", ["https://evil.example/api", "//evil.example/", "http://127.0.0.1:1/api", "http://[", "http://a@b/"]
)
def test_it_takes_the_token_to_no_other_site(client: CanvasClient, canvas: FakeCanvas, address: str) -> None:
    canvas.says(Reply(status=302, headers={"Location": address}))
    with pytest.raises(errors.ForeignAddress, match="Canvas pointed to another site") as caught:
        client.courses.one(5)
    assert address in str(caught.value)
    assert client.requests_made == 1


def test_it_ends_a_circle_of_redirects(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.answer = lambda _seen: Reply(status=302, headers={"Location": "/round"})
    with pytest.raises(errors.BadAnswer, match="too many redirects"):
        client.courses.one(5)
    assert client.requests_made == 5


def test_it_takes_a_redirect_without_an_address_as_a_bad_answer(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(Reply(status=302))
    with pytest.raises(errors.BadAnswer):
        client.courses.one(5)


def test_it_tries_again_only_as_long_as_it_has_patience(connect: Connect, canvas: FakeCanvas) -> None:
    canvas.answer = lambda _seen: as_json({}, 503, Retry_After="3")
    hurried = connect(patience=9.0)
    with pytest.raises(errors.ServerError):
        hurried.courses.one(5)
    assert 2 <= hurried.requests_made <= 3
    with pytest.raises(errors.ServerError):
        hurried.courses.one(5)
    assert 4 <= hurried.requests_made <= 6, "each call has its own"


def test_it_reports_each_request(connect: Connect, canvas: FakeCanvas) -> None:
    told: list[RequestInfo] = []
    canvas.says(REFUSED_NEW, as_json({"id": 5, "name": "A"}, x_rate_limit_remaining="587.5"))
    connect(on_request=told.append).courses.one(5, include=("term",))
    assert [(info.status, info.refused, info.remaining) for info in told] == [
        (429, True, None),
        (200, False, 587.5),
    ]
    assert {info.path for info in told} == {"/api/v1/courses/5"}


def test_it_reports_a_request_that_was_not_answered(connect: Connect, canvas: FakeCanvas) -> None:
    told: list[RequestInfo] = []
    canvas.says(RESET, COURSE)
    connect(on_request=told.append).courses.one(5)
    assert [info.status for info in told] == [None, 200]


def test_it_names_the_last_request_of_each_thread_by_canvas_s_own_id(
    client: CanvasClient, canvas: FakeCanvas
) -> None:
    assert client.last_request is None
    canvas.says(as_json({"id": 5, "name": "A"}, x_request_context_id="r1"), RESET, COURSE)
    client.courses.one(5)
    first = client.last_request
    assert first is not None
    assert (first.method, first.status, first.request_id) == ("GET", 200, "r1")
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: client.last_request).result() is None
        other.submit(client.courses.one, 5).result()
    assert client.last_request is first


@pytest.mark.parametrize(
    "answer", [as_json([], x_request_context_id="r2"), as_json({}, 404, x_request_context_id="r2")]
)
def test_it_keeps_canvas_s_own_id_of_what_went_wrong(
    client: CanvasClient, canvas: FakeCanvas, answer: Reply
) -> None:
    canvas.says(answer)
    with pytest.raises(errors.CanvasError) as caught:
        client.courses.one(5)
    assert caught.value.request_id == "r2"


def test_it_never_shows_the_token(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json({"errors": [{"message": f"Bad {TOKEN}"}]}, 400))
    with pytest.raises(errors.Invalid, match="Bad") as caught:
        client.courses.one(5)
    assert TOKEN not in repr(vars(caught.value))
    assert TOKEN not in repr(client)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\n", "ü"])
def test_it_refuses_a_token_that_cannot_be_one(token: str) -> None:
    with pytest.raises(ValueError, match="the access token"):
        CanvasClient("https://canvas.example.edu", token)


def test_it_works_with_a_session_of_ones_own(clock: Clock) -> None:
    with responses.RequestsMock() as mock, requests.Session() as session:
        mock.get("https://canvas.example.edu/api/v1/users/self", json={"id": 1, "name": "Registrar"})
        client = CanvasClient("https://canvas.example.edu", TOKEN, session=session, sleep=clock.sleep)
        assert client.users.self_().name == "Registrar"
        assert mock.calls[0].request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_it_closes_its_connections(canvas: FakeCanvas) -> None:
    canvas.says(COURSE)
    with CanvasClient(canvas.url, TOKEN) as client:
        client.courses.one(5)
    assert canvas.seen[0] == Seen(
        method="GET", target="/api/v1/courses/5", headers=canvas.seen[0].headers, body=b""
    )
