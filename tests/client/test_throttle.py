from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from canvas_api.throttle import (
    LONGEST_WAIT,
    Lease,
    LocalGate,
    Trouble,
    Wait,
    decide,
    is_throttled,
    jittered,
    remaining,
    retry_after,
)
from tests.client.conftest import Clock

HARMLESS = {Trouble.THROTTLED, Trouble.NOT_SENT}


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_it_repeats_only_what_was_not_carried_out_or_is_harmless(trouble: Trouble, method: str) -> None:
    repeats = decide(trouble, method=method, attempt=0) is not None
    assert repeats == (trouble in HARMLESS or method in {"GET", "HEAD"})


@pytest.mark.parametrize("trouble", Trouble)
def test_it_waits_longer_each_time_and_gives_up(trouble: Trouble) -> None:
    waits: list[float] = []
    while (wait := decide(trouble, method="GET", attempt=len(waits))) is not None:
        waits.append(wait.least)
    assert 2 <= len(waits) <= 10
    assert waits == sorted(waits)
    assert max(waits) <= LONGEST_WAIT / 2


def test_it_waits_as_long_as_it_was_told_within_reason() -> None:
    assert decide(Trouble.THROTTLED, method="PUT", attempt=0, retry_after=7.0) == Wait(7.0, 1.0)
    assert decide(Trouble.AWAY, method="GET", attempt=0, retry_after=86400.0) == Wait(LONGEST_WAIT, 1.0)
    assert decide(Trouble.AWAY, method="GET", attempt=4, retry_after=1.0) is None


def test_it_spreads_those_who_wait() -> None:
    waits = {jittered(Wait(2.0, 1.0)) for _ in range(50)}
    assert len(waits) > 1
    assert all(2.0 <= wait < 3.0 for wait in waits)


@pytest.mark.parametrize(
    ("status", "kind", "body", "expected"),
    [
        (429, "application/json", b'{"errors":[]}', True),
        (429, "text/plain", b"", True),
        (403, "text/plain; charset=utf-8", b"403 Forbidden (Rate Limit Exceeded)\n", True),
        (403, "", b"403 forbidden (rate limit exceeded)", True),
        (403, "application/json; charset=utf-8", b'{"message":"Rate Limit Exceeded"}', False),
        (403, "", b'{"message":"Rate Limit Exceeded"}', False),
        (403, "text/html", b"<h1>Forbidden</h1>", False),
        (400, "text/plain", b"Rate Limit Exceeded", False),
        (200, "text/plain", b"Rate Limit Exceeded", False),
    ],
)
def test_it_tells_a_throttle_from_a_missing_right(status: int, kind: str, body: bytes, expected: bool) -> None:
    assert is_throttled(status, {"Content-Type": kind}, body) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [("600.0", 600.0), ("-12.5", -12.5), ("", None), ("many", None), ("nan", None), ("inf", None)],
)
def test_it_reads_what_remains(header: str, expected: float | None) -> None:
    assert remaining({"X-Rate-Limit-Remaining": header}) == expected
    assert remaining({}) is None


def test_it_reads_a_time_to_come_back() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    date, later = format_datetime(now, usegmt=True), format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after({"Retry-After": "30"}) == 30
    assert retry_after({"Retry-After": later, "Date": date}) == 90
    assert retry_after({"Retry-After": date, "Date": later}) == 0
    assert retry_after({"Retry-After": later.replace("GMT", "-0000"), "Date": date}) == 90
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    for odd in ("", "soon", "-5", "1.5", "²"):
        assert retry_after({"Retry-After": odd}) is None


@pytest.fixture
def gate(clock: Clock) -> LocalGate:
    return LocalGate(most=6, clock=clock, sleep=clock.sleep)


def fly(gate: LocalGate, remaining: float | None = None, refused: bool = False) -> None:
    gate.release(gate.acquire(), remaining, refused)


def admitted(gate: LocalGate) -> list[Lease]:
    """As many as the gate lets fly at once."""
    leases: list[Lease] = []
    with ThreadPoolExecutor(1) as pool:
        while True:
            waiting = pool.submit(gate.acquire)
            try:
                leases.append(waiting.result(0.05))
            except TimeoutError:
                gate.release(leases.pop(), 600.0, False)
                leases.append(waiting.result(5))
                return leases


def test_it_starts_with_one_in_flight(gate: LocalGate) -> None:
    assert len(admitted(gate)) == 1


def test_it_grows_to_what_was_allowed(gate: LocalGate, clock: Clock) -> None:
    for _ in range(10):
        fly(gate, 600.0)
    assert len(admitted(gate)) == 6
    assert clock.slept == []


def test_it_grows_without_a_header_too(gate: LocalGate, clock: Clock) -> None:
    for _ in range(10):
        fly(gate)
    assert len(admitted(gate)) == 6
    assert clock.slept == []


def test_it_waits_until_enough_has_leaked(gate: LocalGate, clock: Clock) -> None:
    fly(gate, 600.0)
    fly(gate, 40.0)
    fly(gate, 600.0)
    assert sum(clock.slept) == pytest.approx(6.0)
    fly(gate, -500.0)
    fly(gate, 600.0)
    assert sum(clock.slept) == pytest.approx(66.0)


def test_it_never_waits_for_more_than_there_can_be(gate: LocalGate, clock: Clock) -> None:
    fly(gate, 20.0)
    fly(gate, 20.0)
    assert sum(clock.slept) == pytest.approx(8.0)


def test_it_backs_off_longer_with_each_refusal(gate: LocalGate, clock: Clock) -> None:
    for _ in range(7):
        fly(gate, refused=True)
    fly(gate, 600.0)
    assert clock.slept == [1, 2, 4, 8, 16, 30, 30]


def test_it_takes_refusals_of_one_moment_as_one(gate: LocalGate, clock: Clock) -> None:
    for _ in range(10):
        fly(gate, 600.0)
    leases = [gate.acquire() for _ in range(4)]
    for lease in leases:
        gate.release(lease, None, True)
    fly(gate, 600.0)
    assert clock.slept == [1]
    assert len(admitted(gate)) == 3


def test_it_grows_slowly_after_a_refusal(gate: LocalGate, clock: Clock) -> None:
    fly(gate, refused=True)
    for _ in range(3):
        fly(gate, 600.0)
    assert len(admitted(gate)) == 2
    for _ in range(40):
        fly_beside(gate)
    assert sum(clock.slept) == 1


def fly_beside(gate: LocalGate) -> None:
    gate.release(Lease("another"), 600.0, False)


def test_it_waits_for_those_in_flight_rather_than_for_the_clock(clock: Clock) -> None:
    gate = LocalGate(most=6, clock=clock, sleep=clock.sleep)
    for _ in range(5):
        fly(gate, 120.0)
    clock.slept.clear()
    first = gate.acquire()
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(gate.acquire)
        gate.release(first, 600.0, False)
        gate.release(second.result(5), 600.0, False)
    assert clock.slept == []


class Bucket:
    """Canvas's leaky bucket as canvas-behaviour.md, section 8 tells it."""

    def __init__(self, clock: Callable[[], float], high: float = 600.0) -> None:
        self.clock, self.high, self.level, self.at = clock, high, 0.0, clock()
        self.lock = threading.Lock()

    def arrive(self) -> bool:
        with self.lock:
            now = self.clock()
            self.level = max(0.0, self.level - (now - self.at) * 10)
            self.at = now
            if self.level + 50 >= self.high:
                return False
            self.level += 50
            return True

    def leave(self, cost: float) -> float:
        with self.lock:
            self.level = max(0.0, self.level - 50 + cost)
            return self.high - self.level


@pytest.mark.parametrize("cost", [0.1, 3.0, 40.0])
@pytest.mark.parametrize("high", [600.0, 200.0])
def test_it_is_never_refused_in_good_weather(clock: Clock, cost: float, high: float) -> None:
    gate, bucket, refused = LocalGate(most=6, clock=clock, sleep=clock.sleep), Bucket(clock, high), []
    flying: list[Lease] = []

    def land() -> None:
        gate.release(flying.pop(0), bucket.leave(cost), False)

    for _ in range(300):
        while flying and gate._pause() > 0:
            land()
        flying.append(gate.acquire())
        refused.append(not bucket.arrive())
    assert not any(refused)
