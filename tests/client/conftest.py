from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from canvas_api.client import CanvasClient
from tests.client.server import FakeCanvas, serving

TOKEN = "7~secret-token"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def canvas() -> Iterator[FakeCanvas]:
    with serving() as server:
        yield server


@pytest.fixture
def connect(canvas: FakeCanvas, clock: Clock) -> Iterator[Callable[..., CanvasClient]]:
    made: list[CanvasClient] = []

    def build(**options: Any) -> CanvasClient:
        chosen: dict[str, Any] = {"clock": clock, "sleep": clock.sleep, "timeout": (3, 5), **options}
        client = CanvasClient(canvas.url, TOKEN, **chosen)
        made.append(client)
        return client

    yield build
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Callable[..., CanvasClient]) -> CanvasClient:
    return connect()
