"""Following Canvas's background jobs: canvas-behaviour.md, section 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import UNSET

from canvas_api.errors import ProgressError, ProgressFailed, ProgressTimeout, canvas_message
from canvas_api.records import ProgressRecord
from canvas_api.transport import Transport

SLOWEST = 10.0


class ReadsProgress(Protocol):
    def one(self, progress_id: int) -> ProgressRecord: ...


class Client(Protocol):
    @property
    def transport(self) -> Transport: ...
    @property
    def progress(self) -> ReadsProgress: ...


def wait(
    client: Client,
    progress_id: int,
    *,
    timeout: float = 900.0,
    poll: float = 1.0,
    on_poll: Callable[[ProgressRecord], None] | None = None,
) -> ProgressRecord:
    """The completed job. Asks every ``poll`` seconds, then less often; all times in seconds.

    Raises ProgressFailed with the job's ``results``, or ProgressTimeout, after which it may be called again.
    """
    clock, sleep = client.transport.clock, client.transport.sleep
    deadline = clock() + timeout
    while True:
        progress = client.progress.one(progress_id)
        if on_poll is not None:
            on_poll(progress)
        if progress.workflow_state == "completed":
            return progress
        if progress.workflow_state in {"failed", "canceled"}:
            raise _error(ProgressFailed, progress)
        if clock() + poll > deadline:
            raise _error(ProgressTimeout, progress)
        sleep(poll)
        poll = min(poll * 1.5, max(poll, SLOWEST))


def _error(kind: type[ProgressError], progress: ProgressRecord) -> ProgressError:
    results = None if progress.results is UNSET else progress.results
    said = filter(None, (progress.message, canvas_message(results)))
    error = kind("; ".join(said) or f"it is {progress.workflow_state}", path=f"/api/v1/progress/{progress.id}")
    error.progress_id = progress.id
    error.results = results
    return error
