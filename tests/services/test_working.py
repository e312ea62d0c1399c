"""Claims, cancelling, messages that come twice: the row is the truth."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canvas_api.standin import Fault, Standin, big_university
from registrar import tasks
from registrar.models import CLAIM_LASTS, Run, RunItem
from registrar.services import syncing, working
from tests.services.door import Clock, asked, canvas_of, courses_read, exported, sync

pytestmark = pytest.mark.django_db

DEAD = "elsewhere.example.edu:1:1:x"
"""A process on another machine, of which nothing is certain."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def begun(standin: Standin, clock: Clock) -> Run:
    """A run whose survey is done, and of whose courses none is read."""
    run = asked(clock)
    working.work(run, canvas_of(standin), clock=clock, until=clock())
    assert run.state == Run.State.READING
    assert set(run.items.values_list("state", flat=True)) == {RunItem.State.TODO}
    standin.requests.clear()
    return run


def carry_on(run: Run, standin: Standin, clock: Callable[[], datetime]) -> None:
    working.work(run, canvas_of(standin), clock=clock)


def test_it_stops_when_its_time_is_up_and_goes_on_later(begun: Run, standin: Standin, clock: Clock) -> None:
    carry_on(begun, standin, clock)
    assert begun.state == Run.State.COMPLETE
    assert standin.count(part="/accounts/") == 0
    assert courses_read(standin) == [1, 2, 3, 4, 5, 6]


def test_it_leaves_alone_what_another_holds(begun: Run, standin: Standin, clock: Clock) -> None:
    begun.items.filter(course_id__in=(1, 2)).update(state="claimed", owner=DEAD, heartbeat_at=clock())
    carry_on(begun, standin, clock)
    assert begun.state == Run.State.READING
    assert courses_read(standin) == [3, 4, 5, 6]


def test_it_takes_over_a_claim_without_a_sign_of_life(begun: Run, standin: Standin, clock: Clock) -> None:
    begun.items.filter(course_id__in=(1, 2)).update(state="claimed", owner=DEAD, heartbeat_at=clock(), attempts=1)
    clock.now += CLAIM_LASTS + timedelta(seconds=1)
    carry_on(begun, standin, clock)
    assert begun.state == Run.State.COMPLETE
    assert courses_read(standin) == [1, 2, 3, 4, 5, 6]


def test_it_takes_over_a_survey_without_a_sign_of_life(standin: Standin, clock: Clock) -> None:
    run = asked(clock)
    Run.objects.filter(pk=run.pk).update(state="surveying", owner=DEAD, heartbeat_at=clock())
    carry_on(run, standin, clock)
    assert run.state == Run.State.SURVEYING
    assert not standin.requests
    clock.now += CLAIM_LASTS + timedelta(seconds=1)
    carry_on(run, standin, clock)
    assert run.state == Run.State.COMPLETE


def test_it_gives_up_a_course_that_brings_every_worker_down(begun: Run, standin: Standin, clock: Clock) -> None:
    begun.items.filter(course_id=3).update(attempts=working.ATTEMPTS)
    carry_on(begun, standin, clock)
    assert begun.state == Run.State.INCOMPLETE
    assert begun.message.startswith("1 of 6 courses could not be read. The first: Reading this course brought")
    assert courses_read(standin) == [1, 2, 4, 5, 6]


def test_it_reads_suspects_after_the_others_and_one_by_one(begun: Run, standin: Standin, clock: Clock) -> None:
    begun.items.filter(course_id__in=(1, 2)).update(attempts=working.SUSPECT)
    carry_on(begun, standin, clock)
    assert begun.state == Run.State.COMPLETE
    order = [target.split("/")[4] for _, target, _, _ in standin.requests]
    assert order[-4:] == ["1", "1", "2", "2"]


def test_it_stops_between_courses_when_it_is_cancelled(begun: Run, standin: Standin, clock: Clock) -> None:
    syncing.ask_cancel(run=begun, now=clock())
    clock.forward(seconds=10)
    carry_on(begun, standin, clock)
    assert begun.state == Run.State.CANCELLED
    assert not begun.items.filter(state=RunItem.State.CLAIMED).exists()
    assert {row["course_id"] for row in exported()} <= {1, 2, 3, 4, 5, 6}


def test_it_ends_at_once_when_nobody_has_begun(standin: Standin, clock: Clock) -> None:
    run = asked(clock)
    syncing.ask_cancel(run=run, now=clock())
    carry_on(run, standin, clock)
    assert run.state == Run.State.CANCELLED
    assert not standin.requests


def test_it_stops_the_survey_when_it_is_cancelled(standin: Standin, clock: Clock) -> None:
    run = asked(clock)

    def cancel(_request: Any) -> None:
        clock.forward(seconds=10)

    standin.before = cancel
    syncing.ask_cancel(run=run, now=clock())
    Run.objects.filter(pk=run.pk).update(state="waiting")
    carry_on(run, standin, clock)
    assert run.state == Run.State.CANCELLED
    assert not courses_read(standin)


def test_it_starts_nothing_twice(clock: Clock) -> None:
    first = asked(clock)
    assert asked(clock).pk == first.pk
    assert asked(clock, "quick").pk != first.pk
    clock.now += syncing.TOO_OLD + timedelta(minutes=1)
    Run.objects.filter(pk=first.pk).update(heartbeat_at=clock())
    assert asked(clock).pk == first.pk
    Run.objects.filter(pk=first.pk).update(heartbeat_at=clock() - syncing.TOO_OLD - timedelta(minutes=1))
    assert asked(clock).pk != first.pk
    first.refresh_from_db()
    assert first.state == Run.State.FAILED


def test_it_asks_canvas_again_when_somebody_runs_it_again(standin: Standin, clock: Clock) -> None:
    run = sync(standin, clock=clock, term_ref="2")
    again = syncing.again(run=run, by=None, now=clock())
    assert (again.mode, again.term_ref, again.state) == (run.mode, "2", Run.State.WAITING)
    assert again.pk != run.pk


def test_it_says_in_the_log_and_in_one_sentence_what_nobody_foresaw(
    begun: Run, standin: Standin, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(working, "fetch_course", broken)
    carry_on(begun, standin, clock)
    assert begun.state == Run.State.INCOMPLETE
    assert begun.message.endswith("An unexpected error, which is in the log of the worker.")
    assert "ZeroDivisionError" in caplog.text


# Messages


@pytest.fixture
def here(standin: Standin, configured: Callable[[Standin], None], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tasks, with a queue that only remembers."""
    sent: list[int] = []
    configured(standin)
    monkeypatch.setattr(tasks.work, "delay", sent.append)
    return sent


def ask(mode: str) -> None:
    run = syncing.request(mode=mode, by=None, trigger="schedule", now=datetime.now(UTC))
    tasks.work.delay(run.pk)


def test_it_does_nothing_the_second_time_a_message_comes(here: list[int], standin: Standin) -> None:
    ask("full")
    (run_id,) = here
    tasks.work(run_id)
    tasks.work(run_id)
    assert Counter(courses_read(standin)) == Counter(range(1, 7))
    assert Run.objects.get().state == Run.State.COMPLETE
    assert here == [run_id]


def test_it_hands_on_when_its_time_is_up(
    here: list[int], standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "CHUNK", timedelta(seconds=-1))
    ask("full")
    tasks.work(here[0])
    assert here == [here[0]] * 2
    assert Run.objects.get().state == Run.State.READING
    monkeypatch.setattr(tasks, "CHUNK", timedelta(minutes=1))
    tasks.work(here[0])
    assert Run.objects.get().state == Run.State.COMPLETE


def test_it_sends_again_what_lost_its_message(here: list[int], standin: Standin) -> None:
    ask("quick")
    here.clear()
    tasks.sweep()
    assert here == [Run.objects.get().pk]
    tasks.work(here[0])
    tasks.sweep()
    assert len(here) == 1


def test_it_ends_a_run_when_no_canvas_is_configured(here: list[int], settings: Any) -> None:
    settings.CANVAS_TOKEN = ""
    ask("full")
    tasks.work(here[0])
    assert Run.objects.get().message == "No Canvas is configured: set CANVAS_TOKEN and start again."


# Size


def test_it_holds_few_courses_at_a_time(clock: Clock) -> None:
    """A survey of 2,000 courses, each of which is large in the feed, takes no more memory than a part of them."""
    university = big_university(courses=2000, assignments=8000)
    with Standin(university, throttle=False, faults=[Fault(kind="revoked", match="/api/v1/courses/")]) as standin:
        run = asked(clock)
        canvas = canvas_of(standin)
        before = _fill(standin, canvas)
        tracemalloc.start()
        try:
            working.work(run, canvas, clock=clock, until=clock())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert run.items.count() == 2000
    assert before > 0
    assert peak < 12_000_000, f"{peak:,} bytes"


def _fill(standin: Standin, canvas: Any) -> int:
    """The stand-in serves each row once before the measuring begins, for it remembers them in this process."""
    rows = sum(len(page.parts) for page in canvas.feed_pages(1, ends_after=None))
    return rows + sum(1 for _ in canvas.courses(1, None))
