"""A real Celery worker, killed with SIGKILL in the middle of a task."""

from __future__ import annotations

import json
import subprocess

import pytest

from canvas_api.standin import Standin
from tests.services.door import courses_read
from tests.tasks.conftest import Install, ask
from tests.tasks.process import Shell, kill, wait_until
from tests.tasks.test_crashes import done, found, undisturbed

BROKERS = ["safefs", pytest.param("redis", marks=pytest.mark.redis)]
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "warning")
ASK = """
import django; django.setup()
from datetime import UTC, datetime
from registrar import tasks
from registrar.services import syncing
tasks.work.delay(syncing.request(mode="full", by=None, trigger="schedule", now=datetime.now(UTC)).pk)
"""


@pytest.fixture(params=BROKERS)
def shell(request: pytest.FixtureRequest, install: Install, slow: Standin) -> Shell:
    if request.param == "safefs":
        return install(slow)
    return install(slow, CELERY_BROKER_URL=request.getfixturevalue("redis_url"))


def worker(shell: Shell) -> subprocess.Popen[str]:
    return shell.start("-m", "celery", "-A", "registrar", "worker", "-c", "1", *QUIET)


def ask_for_a_sync(shell: Shell) -> None:
    child = shell.start("-c", "import registrar.celery" + ASK)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 0, err


def states(shell: Shell) -> list[object]:
    return [state for (state,) in ask(shell.database, "SELECT state FROM registrar_run ORDER BY id")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_carries_on_what_a_killed_worker_held(shell: Shell, slow: Standin) -> None:
    ask_for_a_sync(shell)
    first = worker(shell)
    try:
        wait_until(lambda: states(shell) == ["reading"] and len(done(shell)) > 2)
    finally:
        kill(first)
    before = done(shell)
    assert len(before) < 24
    slow.requests.clear()
    second = worker(shell)
    try:
        wait_until(lambda: states(shell) == ["complete"])
    finally:
        kill(second)
    assert set(courses_read(slow)) == set(range(1, 25)) - before
    assert found(shell) == undisturbed(slow)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_works_beside_a_person_at_the_shell(shell: Shell, slow: Standin) -> None:
    busy = worker(shell)
    try:
        ask_for_a_sync(shell)
        result = json.loads(shell.done("sync", "--json").splitlines()[-1])
        assert result["complete"] is True
        wait_until(lambda: set(states(shell)) == {"complete"})
    finally:
        kill(busy)
    assert found(shell) == undisturbed(slow)
