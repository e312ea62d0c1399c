"""One course in the hands of a worker: what is known of it while it is read, written and read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from registrar.canvas import ProgressFound
from registrar.domain import facts
from registrar.domain.changes import Plan
from registrar.errors import CanvasTrouble
from registrar.models import Change, ProposalCourse

from .states import as_change

POLL_FIRST, POLL_LONGEST = 0.2, 10.0
"""Seconds between two looks at the same thing: the first, and the longest."""


Found = dict[int, facts.Assignment]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A write whose outcome is not known: it may still arrive."""

    since: datetime
    queued: bool = False
    """Whether Canvas may have put it into its queue without our knowing the job."""
    rows: frozenset[int] | None = None
    """The changes in that write; None: any of them."""


@dataclass(slots=True)
class Part:
    """One course that this worker holds."""

    row: ProposalCourse
    changes: list[Change]
    """Not settled yet."""
    read: facts.Course
    plan: Plan | None = None
    """None also where a worker that is gone made it: then what is left is found by reading again."""
    found: dict[int, facts.Assignment] = field(default_factory=dict)
    """The assignments as they were last read."""
    gone: set[int] = field(default_factory=set)
    spared: frozenset[int] = frozenset()
    """Flagged assignments that Canvas's blind switch was not to take."""
    job: ProgressFound | None = None
    """How Canvas's own job ended."""
    doubt: Doubt | None = None
    errors: dict[int, str] = field(default_factory=dict)
    """What went wrong, by change."""
    final: bool = False
    """Everything has been written or given up: what is read now is the outcome."""
    tries: int = 0
    pause: float = POLL_FIRST
    since: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.read.time_zone)

    @property
    def course_id(self) -> int:
        return self.row.course_id

    @property
    def ids(self) -> set[int]:
        return {change.assignment_id for change in self.changes}

    @property
    def ours(self) -> bool:
        """Whether something was sent, so that what stands may be our own doing."""
        return self.row.sent_at is not None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of a course before a write, and after it."""

    found: Found
    flagged: list[facts.Assignment]
    """All of the course's, where Canvas's blind switch may take them."""
    periods: tuple[facts.GradingPeriod, ...] | None
    """As Canvas has them now, where that switch goes by one of them."""


Then = Callable[[Part, Any], None]
Otherwise = Callable[[Part, CanvasTrouble], None]


class Loop(Protocol):
    def ask(self, part: Part, ask: Callable[[], Any], then: Then, otherwise: Otherwise) -> None: ...
    def at(self, part: Part, seconds: float, act: Callable[[Part], None]) -> None: ...
    def still_mine(self, part: Part, **fields: Any) -> bool: ...
    def done(self, part: Part) -> None: ...
    def leave_running(self, part: Part) -> None: ...
    def postpone(self, part: Part, trouble: CanvasTrouble) -> None: ...


def is_by_bulk(row: Change) -> bool:
    """Whether Canvas's job makes the change. New overrides, those that go, and flags have their own requests."""
    change = as_change(row)
    return bool(change.fields) and change.before.exists and change.after.exists
