"""The front door: ``CanvasClient("https://canvas.example.edu", token).accounts.self_()``."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Self

import requests

from canvas_api.resources.accounts import Accounts
from canvas_api.resources.assignment_groups import AssignmentGroups
from canvas_api.resources.assignments import Assignments
from canvas_api.resources.courses import Courses
from canvas_api.resources.features import Features
from canvas_api.resources.grading_periods import GradingPeriods
from canvas_api.resources.overrides import Overrides
from canvas_api.resources.progress import Progress
from canvas_api.resources.sections import Sections
from canvas_api.resources.sis import Sis
from canvas_api.resources.terms import Terms
from canvas_api.resources.users import Users
from canvas_api.throttle import Gate, LocalGate
from canvas_api.transport import RequestInfo, Transport

USER_AGENT = "preflight/1"


class CanvasClient:
    """One Canvas, one token; may be used by several threads, and is built anew after a fork.

    ``concurrency`` is how many pages of one long list are read side by side, and how many requests the
    default gate lets fly at once. Times are in seconds; ``timeout`` is for connecting and for each read, and
    ``patience`` how long one call may go on trying again.
    Raises ValueError for an address or a token that cannot be one; every call may raise CanvasError.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        gate: Gate | None = None,
        timeout: tuple[float, float] = (3.05, 30.0),
        user_agent: str = USER_AGENT,
        on_request: Callable[[RequestInfo], None] | None = None,
        concurrency: int = 6,
        patience: float = math.inf,
    ) -> None:
        self.transport = Transport(
            base_url=base_url,
            token=token,
            gate=gate or LocalGate(most=concurrency, clock=clock, sleep=sleep),
            session=session,
            clock=clock,
            sleep=sleep,
            timeout=timeout,
            user_agent=user_agent,
            on_request=on_request,
            concurrency=concurrency,
            patience=patience,
        )
        self.accounts = Accounts(self.transport)
        self.terms = Terms(self.transport)
        self.courses = Courses(self.transport)
        self.sections = Sections(self.transport)
        self.assignments = Assignments(self.transport)
        self.assignment_groups = AssignmentGroups(self.transport)
        self.overrides = Overrides(self.transport)
        self.progress = Progress(self.transport)
        self.grading_periods = GradingPeriods(self.transport)
        self.sis = Sis(self.transport)
        self.features = Features(self.transport)
        self.users = Users(self.transport)

    @property
    def requests_made(self) -> int:
        """Every HTTP request sent, refused and repeated ones too."""
        return self.transport.requests_made

    @property
    def refused(self) -> int:
        """How many of them Canvas's rate limit refused."""
        return self.transport.refused

    @property
    def last_request(self) -> RequestInfo | None:
        """The last one that this thread has sent."""
        return self.transport.last_request

    def close(self) -> None:
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CanvasClient({self.transport.origin!r})"
