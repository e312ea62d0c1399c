from __future__ import annotations

from collections.abc import Iterator

import pytest

from canvas_api.standin import Standin, small_university
from tests.services.door import Clock

from .house import House


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standin(clock: Clock) -> Iterator[Standin]:
    """The small university, whose jobs take their time by the test's clock."""
    with Standin(small_university(), clock=lambda: clock().timestamp(), throttle=False) as server:
        yield server


@pytest.fixture
def house(db: None, standin: Standin, clock: Clock) -> House:
    made = House(standin, clock)
    made.sync()
    return made
