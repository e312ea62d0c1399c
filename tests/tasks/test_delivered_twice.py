"""A message may arrive twice, after one another or at once: what it asks of Canvas is done once."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from canvas_api.standin import Standin
from tests.tasks.conftest import Install, ask, university
from tests.tasks.process import Shell, kill, wait_until
from tests.tasks.test_worker import worker

COURSES = 8
DUE = "2026-12-05T12:00:00Z"
PREPARE = """
import sys
import registrar.celery, django; django.setup()
from datetime import UTC, datetime
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from registrar.models import Proposal
from registrar.services import applying
for name, group in (("reviewer", "Reviewers"), ("approver", "Approvers")):
    User.objects.create(username=name).groups.add(Group.objects.get(name=group))
call_command("sync")
call_command("changes", "import", sys.argv[1], "--by", "reviewer", "--reason", "end of term")
call_command("changes", "submit", "1", "--by", "reviewer")
call_command("changes", "approve", "1", "--by", "approver")
applying.start(proposal=Proposal.objects.get(), now=datetime.now(UTC))
"""
DELIVER = (
    "import registrar.celery, django; django.setup(); from registrar import tasks; tasks.apply_changes.run(1)"
)
SEND_TWICE = """
import registrar.celery, django; django.setup()
from registrar import tasks
tasks.apply_changes.delay(1), tasks.apply_changes.delay(1)
"""


@pytest.fixture
def canvas() -> Iterator[Standin]:
    """Each course has a base date, a section's own dates and a section without."""
    with Standin(university(COURSES), latency=0.03, throttle=False) as standin:
        yield standin


@pytest.fixture
def writes(canvas: Standin) -> Counter[tuple[str, str, bytes]]:
    found: Counter[tuple[str, str, bytes]] = Counter()

    def note(request: Any, reply: Any) -> None:
        if request.method != "GET" and reply.status < 300:
            found[request.method, request.target, request.body] += 1

    canvas.after = note
    return found


def run(shell: Shell, program: str, *words: str) -> None:
    end(shell.start("-c", program, *words))


def end(child: subprocess.Popen[str]) -> None:
    _, err = child.communicate(timeout=120)
    assert child.returncode == 0, err


@pytest.fixture
def shell(install: Install, canvas: Standin) -> Shell:
    """With a proposal under way, and no worker at it yet."""
    made = install(canvas)
    rows = ["course_id,assignment_id,section_id,due_at,unlock_at,lock_at"]
    for course in range(1, COURSES + 1):
        first, new, own = 3 * course - 2, 2 * course - 1, 2 * course
        rows += [
            f"{course},{first},,{DUE},,",
            f"{course},{first},{new},{DUE},,",
            f"{course},{first},{own},{DUE},,",
        ]
    path = made.folder / "in.csv"
    path.write_text("\n".join(rows))
    run(made, PREPARE, str(path))
    return made


def state(shell: Shell) -> object:
    return ask(shell.database, "SELECT state FROM registrar_proposal")[0][0]


def is_done_once(writes: Counter[tuple[str, str, bytes]]) -> bool:
    """A new override and a job for each course, and none of them twice."""
    kinds = Counter(target.rpartition("/")[2] for _, target, _ in writes)
    return set(writes.values()) == {1} and kinds == {"overrides": COURSES, "bulk_update": COURSES}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_writes_once_when_it_is_delivered_again(
    shell: Shell, canvas: Standin, writes: Counter[tuple[str, str, bytes]]
) -> None:
    run(shell, DELIVER)
    assert state(shell) == "verified"
    assert is_done_once(writes)
    asked = canvas.request_count
    run(shell, DELIVER)
    assert (state(shell), canvas.request_count) == ("verified", asked)


def test_it_writes_once_when_it_is_delivered_to_two_workers_at_once(
    shell: Shell, writes: Counter[tuple[str, str, bytes]]
) -> None:
    for child in [shell.start("-c", DELIVER) for _ in range(2)]:
        end(child)
    if state(shell) != "verified":  # one of them looked before the other had ended, and asked for another turn
        run(shell, DELIVER)
    assert state(shell) == "verified"
    assert is_done_once(writes)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_writes_once_when_the_message_was_sent_twice(
    shell: Shell, writes: Counter[tuple[str, str, bytes]]
) -> None:
    run(shell, SEND_TWICE)
    workers = [worker(shell) for _ in range(2)]
    try:
        wait_until(lambda: state(shell) == "verified")
    finally:
        for one in workers:
            kill(one)
    assert is_done_once(writes)
