"""The public door for tests: sync and export over real HTTP, with waits that do not wait."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command

from canvas_api.client import CanvasClient
from canvas_api.standin import SMALL_NOW, Standin
from registrar.canvas import Canvas
from registrar.models import Run
from registrar.services import syncing, working

Row = dict[str, Any]


class Clock:
    """The services' time, which moves only when it is told to."""

    def __init__(self, now: datetime = SMALL_NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Waits:
    """The client's time: waiting moves it on, and costs next to nothing."""

    def __init__(self) -> None:
        self.waited = 0.0

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        time.sleep(0.001)

    def clock(self) -> float:
        return time.monotonic() + self.waited


def client(address: str, token: str, **changes: Any) -> CanvasClient:
    waits = Waits()
    usual = {"timeout": (0.5, 0.5), "sleep": waits.sleep, "clock": waits.clock}
    return CanvasClient(address, token, **{**usual, **changes})


def canvas_of(standin: Standin, token: str = "admin") -> Canvas:
    host = urlsplit(standin.url).hostname or ""
    return Canvas(client(standin.url, standin.token_of(token)), host=host)


def asked(clock: Callable[[], datetime], mode: str = "full", **scope: Any) -> Run:
    return syncing.request(mode=mode, by=None, trigger="shell", now=clock(), **scope)


def sync(
    standin: Standin,
    mode: str = "full",
    *,
    clock: Callable[[], datetime] | None = None,
    token: str = "admin",
    **scope: Any,
) -> Run:
    """One run carried to its end; the requests that the stand-in remembers are those of this run."""
    standin.requests.clear()
    clock = clock or Clock()
    run = asked(clock, mode, **scope)
    working.work(run, canvas_of(standin, token), clock=clock)
    return run


def exported(**options: Any) -> list[Row]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.jsonl"
        call_command("export_readiness", output=str(path), **options)
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def by_place(rows: list[Row]) -> dict[tuple[int, int | None], Row]:
    """Rows by assignment and section."""
    return {(row["assignment_id"], row["section_id"]): row for row in rows}


def but_times(rows: list[Row]) -> list[Row]:
    return [{**row, "read_at": None} for row in rows]


def courses_read(standin: Standin) -> list[int]:
    """The courses whose assignments were asked for, in order; each as often as it was asked."""
    paths = [urlsplit(target).path.split("/") for _, target, _, _ in standin.requests]
    return sorted(int(p[4]) for p in paths if p[1:4] == ["api", "v1", "courses"] and p[5:] == ["assignments"])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
