"""When to go, when to wait, when to give up: canvas-behaviour.md, section 8."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from itertools import count
from typing import Protocol

UPFRONT = 50.0
"""What Canvas reserves for a request in flight."""

LEAK = 10.0
"""What flows out of Canvas's bucket each second."""

FLOOR = 50.0
"""What we leave to others on the same token, and to our own errors of estimation."""

SHORTEST_WAIT = 0.01
LONGEST_WAIT = 60.0


class Trouble(Enum):
    """Why a request has to be thought about again."""

    THROTTLED = auto()
    NOT_SENT = auto()
    CUT_OFF = auto()
    FAILED = auto()
    AWAY = auto()
    UNREADABLE = auto()


_TIMES = {
    Trouble.THROTTLED: 8,
    Trouble.NOT_SENT: 3,
    Trouble.CUT_OFF: 3,
    Trouble.FAILED: 2,
    Trouble.AWAY: 4,
    Trouble.UNREADABLE: 2,
}
FIRST_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Wait:
    """At least ``least`` seconds, and up to ``spread`` more so that many who wait do not return as one."""

    least: float
    spread: float


def decide(trouble: Trouble, *, method: str, attempt: int, retry_after: float | None = None) -> Wait | None:
    """None: give up. ``attempt`` counts how often this trouble was met before in the same call.

    A refused request was not carried out, and neither was one that was never sent. Anything else is repeated
    only where a repeat is harmless.
    """
    unharmed = trouble in {Trouble.THROTTLED, Trouble.NOT_SENT} or method in {"GET", "HEAD"}
    if not unharmed or attempt >= _TIMES[trouble]:
        return None
    if retry_after is not None:
        return Wait(min(retry_after, LONGEST_WAIT), 1.0)
    backoff = min(FIRST_WAIT * 2**attempt, LONGEST_WAIT / 2)
    return Wait(backoff, backoff / 2)


def jittered(wait: Wait) -> float:
    return wait.least + random.random() * wait.spread


def is_throttled(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """429, or the older 403 that says so in plain text; any other 403 is a missing right."""
    if status != 403:
        return status == 429
    json = "json" in headers.get("Content-Type", "").lower() or body[:1] in {b"{", b"["}
    return not json and b"rate limit exceeded" in body[:2000].lower()


def remaining(headers: Mapping[str, str]) -> float | None:
    try:
        value = float(headers["X-Rate-Limit-Remaining"])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; a date is measured against the server's own clock where it tells its time."""
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    until = _moment(told)
    if until is None:
        return None
    return max(0.0, (until - (_moment(headers.get("Date", "")) or datetime.now(UTC))).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to have one request in flight."""

    key: str


class Gate(Protocol):
    def acquire(self) -> Lease:
        """Blocks until one more request may go."""
        ...

    def release(self, lease: Lease, remaining: float | None, refused: bool) -> None:
        """``remaining`` is what the answer's header said; None where it said nothing, or no answer came."""
        ...


class LocalGate:
    """Keeps the requests of one process under the limit.

    What an answer says remains is taken as it is, though the others in flight may be counted in it already:
    counting them twice costs some speed, and never a refusal.
    """

    def __init__(
        self,
        *,
        most: int = 6,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._changed = threading.Condition()
        self._keys = count(1)
        self._in_flight: set[str] = set()
        self._window = 1.0
        self._starting = True
        self._remaining: float | None = None
        self._ceiling = FLOOR + UPFRONT
        self._told_at = 0.0
        self._blocked_until = -math.inf
        self._refusals = 0

    def acquire(self) -> Lease:
        with self._changed:
            while (pause := self._pause()) > 0:
                self._wait(pause)
            lease = Lease(str(next(self._keys)))
            self._in_flight.add(lease.key)
            return lease

    def release(self, lease: Lease, remaining: float | None, refused: bool) -> None:
        with self._changed:
            self._in_flight.discard(lease.key)
            if refused:
                self._shrink()
            else:
                self._learn(remaining)
            self._changed.notify_all()

    def _pause(self) -> float:
        if len(self._in_flight) >= int(self._window):
            return math.inf
        now = self._clock()
        return max(self._blocked_until - now, self._shortfall(now) / LEAK)

    def _shortfall(self, now: float) -> float:
        if self._remaining is None:
            return 0.0
        estimate = min(self._ceiling, self._remaining + (now - self._told_at) * LEAK)
        return FLOOR + UPFRONT * (len(self._in_flight) + 1) - estimate

    def _wait(self, pause: float) -> None:
        if self._in_flight:
            self._changed.wait(None if math.isinf(pause) else pause)
        else:
            # Nobody is in flight, so nobody needs the lock that is held while sleeping.
            self._sleep(min(max(pause, SHORTEST_WAIT), LONGEST_WAIT))

    def _shrink(self) -> None:
        now = self._clock()
        if now < self._blocked_until:
            return  # one of several that were in flight together: refused for the same cause
        self._blocked_until = now + min(2.0**self._refusals, LONGEST_WAIT / 2)
        self._refusals += 1
        self._starting = False
        self._window = max(1.0, self._window / 2)

    def _learn(self, remaining: float | None) -> None:
        self._refusals = 0
        self._window = min(self._most, self._window + (1.0 if self._starting else 1.0 / self._window))
        if remaining is not None:
            self._remaining = remaining
            self._ceiling = max(self._ceiling, remaining)
            self._told_at = self._clock()
