"""``python -m canvas_api.standin``: serves a university until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from . import Standin, demo_university, small_university
from .faults import read_faults


def announce(canvas: Standin) -> None:
    print(f"Canvas stand-in: {canvas.url}", f"Token: {canvas.token}", sep="\n", flush=True)


def main(argv: Sequence[str] | None = None, *, ready: Callable[[Standin], None] = announce) -> int:
    """Returns when a signal says so; ``ready`` is called once requests are answered."""
    options = _options(argv)
    now = options.now or datetime.now(UTC)
    offset = now.timestamp() - time.time()
    university = small_university(seed=options.seed) if options.small else demo_university(options.seed, now)
    if options.token:
        university.tokens["admin"].value = options.token
    faults = read_faults(options.faults) if options.faults else []
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Standin(
        university,
        faults=faults,
        latency=options.latency / 1000,
        throttle=not options.no_throttle,
        refusal=options.refusal,
        clock=lambda: time.time() + offset,
        port=options.port,
    ) as canvas:
        ready(canvas)
        stop.wait()
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m canvas_api.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=8099, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--token", help="the admin's access token; by default it follows from the seed")
    parser.add_argument("--now", type=_moment, help="the university's today, an ISO time")
    parser.add_argument("--faults", type=Path, help="a JSON list of faults")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds for each request")
    parser.add_argument(
        "--refusal", type=int, choices=(403, 429), default=429, help="status of a throttled request"
    )
    parser.add_argument("--no-throttle", action="store_true")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--small", action="store_true", help="six courses")
    size.add_argument("--demo", action="store_true", help="some 400 courses (the default)")
    return parser.parse_args(argv)


def _moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
