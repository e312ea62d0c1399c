from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import time_machine

from canvas_api.standin import SMALL_NOW, Standin, small_university
from registrar.canvas import door as canvas_door
from tests.services import door


@pytest.fixture
def standin() -> Iterator[Standin]:
    """The small university at its own time."""
    with Standin(small_university(), clock=SMALL_NOW.timestamp, throttle=False) as server:
        yield server


@pytest.fixture
def at_small_now() -> Iterator[None]:
    with time_machine.travel(SMALL_NOW, tick=True):
        yield


@pytest.fixture
def configured(settings: Any, monkeypatch: pytest.MonkeyPatch, at_small_now: None) -> Callable[[Standin], None]:
    """Points the commands to a stand-in, with a client that does not wait long."""

    def point(standin: Standin, token: str = "admin") -> None:
        settings.CANVAS_BASE_URL, settings.CANVAS_TOKEN = standin.url, standin.token_of(token)
        monkeypatch.setattr(canvas_door, "_opened", {})
        monkeypatch.setattr(canvas_door, "CanvasClient", partial(door.client))

    return point
