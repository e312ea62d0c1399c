"""``python -m benchmarks.carrying sync|reassess``: the work of one worker, and how long its heart took.

``sync`` is a full sync of which the storing and assessing is timed; ``reassess`` works off what waits for it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from registrar.models import Finding, Turn  # noqa: E402
from registrar.services import assessing, reassessing, turning  # noqa: E402


class Watch:
    """Seconds spent within some calls."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            with self.running():
                return call(*args, **options)

        return timed

    @contextmanager
    def running(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began


def sync() -> dict[str, Any]:
    watch = Watch()
    assessing.store_reading = watch.around(assessing.store_reading)
    call_command("sync", term="all")
    return {"seconds": watch.seconds, "findings": Finding.objects.count()}


def reassess() -> dict[str, Any]:
    """Turns are told of by what is found before and after, and written."""
    watch, turns, courses = Watch(), Turn.objects.count(), reassessing.waiting().count()
    turning._findings = watch.around(turning._findings)
    turning._write = watch.around(turning._write)
    began = time.perf_counter()
    reassessing.carry_on(clock=partial(datetime.now, UTC), until=None)
    return {
        "seconds": time.perf_counter() - began,
        "courses": courses,
        "turns": Turn.objects.count() - turns,
        "of_turns": watch.seconds,
    }


if __name__ == "__main__":
    print(json.dumps({"sync": sync, "reassess": reassess}[sys.argv[1]]()))
