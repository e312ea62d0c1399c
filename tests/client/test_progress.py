from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canvas_api import errors, progress
from canvas_api.client import CanvasClient
from canvas_api.records import ProgressRecord
from tests.client.conftest import Clock
from tests.client.server import FakeCanvas, Reply, as_json

Connect = Callable[..., CanvasClient]


def job(state: str, **fields: Any) -> Reply:
    return as_json({"id": 12, "workflow_state": state, "completion": None, "message": None} | fields)


def test_it_waits_for_the_end(client: CanvasClient, canvas: FakeCanvas, clock: Clock) -> None:
    seen: list[ProgressRecord] = []
    canvas.says(job("queued"), job("running", completion=50.0), job("waiting_for_external_tool"))
    canvas.says(job("completed", completion=100, results={"updated_count": 3}))
    done = progress.wait(client, 12, poll=1.0, on_poll=seen.append)
    assert done.results == {"updated_count": 3}
    assert [record.workflow_state for record in seen][-1] == "completed"
    assert canvas.targets == ["/api/v1/progress/12"] * 4
    assert clock.slept == [1.0, 1.5, 2.25]


def test_it_asks_less_often_but_often_enough(client: CanvasClient, canvas: FakeCanvas, clock: Clock) -> None:
    canvas.says(*[job("running")] * 12, job("completed"))
    progress.wait(client, 12, poll=1.0)
    assert max(clock.slept) == progress.SLOWEST


def test_it_keeps_to_a_slow_pace_that_was_asked_for(
    client: CanvasClient, canvas: FakeCanvas, clock: Clock
) -> None:
    canvas.says(job("running"), job("running"), job("completed"))
    progress.wait(client, 12, poll=30.0)
    assert clock.slept == [30, 30]


ERRORS = [{"assignment_id": 3, "errors": {"due_at": [{"attribute": "due_at", "type": "x", "message": "is bad"}]}}]


@pytest.mark.parametrize(
    ("reply", "sentence", "results"),
    [
        (job("failed", results=ERRORS), "Canvas's background job failed: due_at is bad", ERRORS),
        (job("failed", message="Unexpected error, ID: 7"), "Unexpected error, ID: 7", None),
        (job("failed", results={"message": "invalid assignment id 3"}), "invalid assignment id 3", None),
        (job("canceled"), "Canvas's background job failed: it is canceled", None),
    ],
)
def test_it_says_why_a_job_failed(
    client: CanvasClient, canvas: FakeCanvas, reply: Reply, sentence: str, results: object
) -> None:
    canvas.says(reply)
    with pytest.raises(errors.ProgressFailed) as caught:
        progress.wait(client, 12)
    assert sentence in str(caught.value)
    assert caught.value.progress_id == 12
    assert results is None or caught.value.results == results


def test_it_stops_waiting_and_can_wait_again(client: CanvasClient, canvas: FakeCanvas, clock: Clock) -> None:
    canvas.answer = lambda _seen: job("running")
    with pytest.raises(errors.ProgressTimeout, match="has not ended yet: it is running"):
        progress.wait(client, 12, timeout=60)
    assert sum(clock.slept) <= 60
    canvas.answer = lambda _seen: job("completed")
    assert progress.wait(client, 12).workflow_state == "completed"


def test_it_passes_on_that_the_job_is_unknown(client: CanvasClient, canvas: FakeCanvas) -> None:
    canvas.says(as_json({"errors": []}, 404))
    with pytest.raises(errors.NotFound):
        progress.wait(client, 12)
