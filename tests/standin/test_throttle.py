from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_api.standin import SMALL_NOW, Standin, University
from canvas_api.standin.bucket import Bucket

from .conftest import Api


def bucket(clock: Callable[[], float] = lambda: 0.0) -> Bucket:
    return Bucket(clock=clock)


def test_it_admits_eleven_at_once_and_refuses_the_twelfth() -> None:
    one = bucket()
    assert [one.arrive() for _ in range(12)] == [True] * 11 + [False]
    assert one.remaining == 50


def test_it_gives_back_what_was_reserved() -> None:
    one = bucket()
    one.arrive()
    one.leave(1.5)
    assert one.remaining == 598.5


def test_it_leaks_ten_a_second() -> None:
    now = [0.0]
    one = bucket(lambda: now[0])
    for _ in range(11):
        one.arrive()
    now[0] = 20.0
    assert one.arrive()
    assert one.remaining == 600 - (550 - 200 + 50)


def test_it_says_less_than_nothing_when_overdrawn() -> None:
    one = bucket()
    for _ in range(11):
        one.arrive()
    one.leave(900)
    assert one.remaining == -200


@settings(max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 500), st.floats(0, 60))))
def test_it_stays_between_empty_and_full(steps: list[tuple[bool, float, float]]) -> None:
    now = [0.0]
    one = bucket(lambda: now[0])
    for arriving, cost, pause in steps:
        now[0] += pause
        if arriving:
            one.arrive()
        else:
            one.leave(cost)
        assert 0 <= one.level <= 800


def test_it_tells_cost_and_remaining(api: Api) -> None:
    answer = api.get("/api/v1/accounts/1")
    assert float(answer.headers["X-Request-Cost"]) > 0
    assert 599 < float(answer.headers["x-rate-limit-remaining"]) < 600


@pytest.mark.parametrize(("refusal", "words"), [(403, "403 Forbidden"), (429, "429 Too Many Requests")])
def test_it_refuses_in_either_style(university: University, sessions: list[Api], refusal: int, words: str) -> None:
    with Standin(university, clock=SMALL_NOW.timestamp, refusal=refusal, high_water=50) as canvas:
        sessions.append(Api(canvas))
        answer = sessions[-1].get("/api/v1/accounts/1")
    assert (answer.status_code, answer.text) == (refusal, f"{words} (Rate Limit Exceeded)\n")
    assert answer.headers["Content-Type"] == "text/plain"
    assert "X-Request-Cost" not in answer.headers
    assert "Retry-After" not in answer.headers
    assert float(answer.headers["X-Rate-Limit-Remaining"]) > 0
    assert (canvas.refusals, canvas.request_count) == (1, 1)


def test_it_has_a_bucket_for_each_token(university: University, sessions: list[Api]) -> None:
    with Standin(university, clock=SMALL_NOW.timestamp, high_water=60, cost=lambda request, reply: 20.0) as canvas:
        statuses = []
        for name in ("admin", "admin", "no_sis"):
            sessions.append(Api(canvas, name))
            statuses.append(sessions[-1].get("/api/v1/accounts/1").status_code)
    assert statuses == [200, 429, 200]


def test_it_counts_requests_in_flight(university: University, sessions: list[Api]) -> None:
    with Standin(university, clock=SMALL_NOW.timestamp, latency=60, cost=lambda request, reply: 0.0) as canvas:
        sessions += [Api(canvas), Api(canvas)]
        first = threading.Thread(target=_ignoring_errors, args=(sessions[0],))
        first.start()
        while not _reserved(canvas):
            pass
        canvas.latency = 0.0
        answer = sessions[1].get("/api/v1/accounts/1")
    first.join()
    assert float(answer.headers["X-Rate-Limit-Remaining"]) == 550


def _reserved(canvas: Standin) -> float:
    with canvas.lock:
        return sum(each.level for each in canvas.buckets.values())


def _ignoring_errors(api: Api) -> None:
    try:
        api.get("/api/v1/accounts/1")
    except requests.ConnectionError:
        return


def test_it_tells_nothing_when_it_does_not_throttle(university: University, sessions: list[Api]) -> None:
    with Standin(university, throttle=False, latency=0.001) as canvas:
        sessions.append(Api(canvas))
        answers = [sessions[-1].get("/api/v1/accounts/1") for _ in range(15)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("X-Rate-Limit-Remaining" in answer.headers for answer in answers)
