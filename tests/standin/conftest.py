from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from canvas_api.standin import SMALL_NOW, Standin, University, small_university


class Api:
    """Speaks to a stand-in with one token of its university."""

    def __init__(self, canvas: Standin, token: str = "admin") -> None:
        self.canvas = canvas
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {canvas.token_of(token)}"

    def __getattr__(self, verb: str) -> Any:
        def send(path: str, **options: Any) -> requests.Response:
            address = path if path.startswith("http") else self.canvas.url + path
            options.setdefault("timeout", 10)
            return self.session.request(verb.upper(), address, **options)

        return send

    def json(self, path: str, **options: Any) -> Any:
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, path: str, **options: Any) -> list[int]:
        return [row["id"] for row in self.json(path, **options)]


@pytest.fixture
def university() -> University:
    return small_university()


@pytest.fixture
def canvas(university: University) -> Iterator[Standin]:
    with Standin(university, clock=SMALL_NOW.timestamp) as running:
        yield running


@pytest.fixture
def sessions() -> Iterator[list[Api]]:
    opened: list[Api] = []
    yield opened
    for each in opened:
        each.session.close()


@pytest.fixture
def api(canvas: Standin, sessions: list[Api]) -> Api:
    sessions.append(Api(canvas))
    return sessions[-1]


@pytest.fixture
def as_token(canvas: Standin, sessions: list[Api]) -> Any:
    def make(name: str) -> Api:
        sessions.append(Api(canvas, name))
        return sessions[-1]

    return make
