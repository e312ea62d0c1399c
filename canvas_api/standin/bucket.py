"""Canvas's leaky bucket, one for each token (canvas-behaviour.md, section 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

HIGH_WATER = 600.0
MAXIMUM = 800.0
OUTFLOW = 10.0
UP_FRONT = 50.0


@dataclass(slots=True, kw_only=True)
class Bucket:
    """``arrive`` reserves 50 units and says whether the request may go; ``leave`` gives them back for its cost."""

    clock: Callable[[], float]
    high_water: float = HIGH_WATER
    level: float = 0.0
    touched: float | None = field(default=None)

    def arrive(self) -> bool:
        self._leak()
        if self.level + UP_FRONT >= self.high_water:
            return False
        self._set(self.level + UP_FRONT)
        return True

    def leave(self, cost: float) -> None:
        self._leak()
        self._set(self.level - UP_FRONT + cost)

    @property
    def remaining(self) -> float:
        """What ``X-Rate-Limit-Remaining`` says: others in flight are counted, and it may be negative."""
        return self.high_water - self.level

    def _leak(self) -> None:
        now = self.clock()
        if self.touched is not None:
            self._set(self.level - (now - self.touched) * OUTFLOW)
        self.touched = now

    def _set(self, level: float) -> None:
        self.level = min(MAXIMUM, max(0.0, level))
