"""The gate that all processes with one token share: below Canvas's limit together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import pytest
import redis

from canvas_api.client import CanvasClient
from canvas_api.standin import Standin, big_university
from canvas_api.throttle import Lease
from registrar.gate import ASSUMED, FLOOR, FORGOTTEN_AFTER, LEAK, UPFRONT, RedisGate, shared_gate

pytestmark = pytest.mark.redis


class Time:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    made = redis.Redis.from_url(redis_url)
    yield made
    made.close()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def gate(server: redis.Redis, time: Time) -> RedisGate[Lease]:
    return made(server, time)


def made(server: redis.Redis, time: Time) -> RedisGate[Lease]:
    return RedisGate(server, "test", Lease, clock=time.clock, sleep=time.sleep)


def at_once(gate: RedisGate[Lease], time: Time) -> int:
    """How many it lets fly before it makes one wait."""
    count = 0
    while not time.slept and count < 50:
        gate.acquire()
        count += 1
    time.slept.clear()
    return count - 1


def test_it_lets_a_few_go_before_canvas_has_said_anything(gate: RedisGate[Lease], time: Time) -> None:
    assert at_once(gate, time) == (ASSUMED - FLOOR) // UPFRONT


@pytest.mark.parametrize("remaining", [600.0, 420.0, 150.0])
def test_it_lets_go_what_canvas_says_remains(gate: RedisGate[Lease], time: Time, remaining: float) -> None:
    gate.release(gate.acquire(), remaining, refused=False)
    assert at_once(gate, time) == (remaining - FLOOR) // UPFRONT


def test_it_waits_until_enough_has_leaked(gate: RedisGate[Lease], time: Time) -> None:
    gate.release(gate.acquire(), 600.0, refused=False)
    gate.release(gate.acquire(), 90.0, refused=False)
    gate.acquire()
    assert sum(time.slept) == pytest.approx((FLOOR + UPFRONT - 90) / LEAK)


def test_it_does_not_take_the_bucket_to_grow_while_nobody_asks(gate: RedisGate[Lease], time: Time) -> None:
    gate.release(gate.acquire(), 600.0, refused=False)
    time.now += 3600
    assert at_once(gate, time) == (600 - FLOOR) // UPFRONT


def test_it_counts_the_flights_of_other_processes(server: redis.Redis, time: Time) -> None:
    here, there = made(server, time), made(server, time)
    here.release(here.acquire(), 600.0, refused=False)
    for _ in range(4):
        there.acquire()
    assert at_once(here, time) == (600 - FLOOR) // UPFRONT - 4


def test_it_adds_back_only_what_was_in_flight_all_the_while(gate: RedisGate[Lease], time: Time) -> None:
    gate.release(gate.acquire(), 600.0, refused=False)
    gate.acquire()
    time.now += 1
    lease = gate.acquire()
    time.now += 1
    gate.acquire()
    gate.release(lease, 400.0, refused=False)
    # 50 of the 200 are the first one's; the last may not have arrived at Canvas when it counted.
    assert at_once(gate, time) == (400 + UPFRONT - FLOOR) // UPFRONT - 2


def test_it_forgets_the_flights_of_dead_processes(gate: RedisGate[Lease], time: Time) -> None:
    at_once(gate, time)
    time.now += FORGOTTEN_AFTER + 1
    assert at_once(gate, time) == (ASSUMED - FLOOR) // UPFRONT


def test_it_holds_everybody_up_longer_with_each_refusal(server: redis.Redis, time: Time) -> None:
    here, there = made(server, time), made(server, time)
    pauses = []
    for _ in range(7):
        here.release(here.acquire(), None, refused=True)
        time.slept.clear()
        there.release(there.acquire(), None, refused=False)
        pauses.append(round(sum(time.slept)))
    assert pauses == [2, 4, 8, 16, 30, 30, 30]
    here.release(here.acquire(), 600.0, refused=False)
    time.slept.clear()
    there.acquire()
    assert time.slept == []


def test_it_holds_nobody_up_where_redis_is_down(time: Time) -> None:
    away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    gate = made(away, time)
    lease = gate.acquire()
    gate.release(lease, 600.0, refused=False)
    assert time.slept == []


def test_it_is_shared_by_those_with_the_same_canvas_and_token(settings: object, redis_url: str) -> None:
    settings.CELERY_BROKER_URL = redis_url  # type: ignore[attr-defined]
    one, same, other = (shared_gate("https://a.edu", token, Lease) for token in ("t", "t", "u"))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one._keys == same._keys != other._keys
    assert "t" not in one._keys[0].split(":")
    settings.CELERY_BROKER_URL = "safefs://localhost"  # type: ignore[attr-defined]
    assert shared_gate("https://a.edu", "t", Lease) is None


def _read(url: str, token: str, redis_url: str, share: int) -> tuple[int, int]:
    """As one worker does: side by side, with a session and a gate of its own."""
    gate = RedisGate(redis.Redis.from_url(redis_url), "race", Lease)
    with CanvasClient(url, token, gate=gate) as client, ThreadPoolExecutor(10) as pool:
        courses = range(1 + share, 120, 2)
        list(pool.map(lambda number: list(client.assignments.of_course(number, include=("overrides",))), courses))
        return client.requests_made, client.refused


def test_it_is_never_refused_with_two_processes_at_full_speed(redis_url: str) -> None:
    with Standin(big_university(courses=120, assignments=600), latency=0.02) as standin:
        with get_context("spawn").Pool(2) as processes:
            asked = [(standin.url, standin.token, redis_url, share) for share in (0, 1)]
            results = processes.starmap(_read, asked)
        assert [refused for _, refused in results] == [0, 0]
        assert standin.refusals == 0
        assert sum(requests for requests, _ in results) == 119
