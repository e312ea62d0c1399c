"""Several workers that tell at once, and some that are killed at it: each piece of news is told once."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.tasks.conftest import ask
from tests.tasks.process import LIMIT, Shell, kill

PROPOSALS, KILLS = 8, 4
PREPARE = """
import django; django.setup()
from django.contrib.auth.models import User
from registrar.models import Proposal, Role, Step
from tests.pages import build
term, college = build.term(), build.account()
course = build.course(college, term, sections=[build.section()], assignments=[build.assignment("Lab")])
for name in ("ann", "ben"):
    build.person(name, Role.APPROVER)
for _ in range(%d):
    proposal = build.proposal(course, state="submitted")
    Step.objects.create(proposal=proposal, at=build.NOW, what="submitted")
User.objects.filter(username__in=("ann", "ben")).update(email="somebody@example.edu")
"""
TELL = """
import django; django.setup()
from datetime import UTC, datetime, timedelta
from registrar.services import announcing, telling
now = datetime.now(UTC) + timedelta(hours=%d)
print("ready", flush=True)
announcing.announce(now=now)
telling.tell(now=now)
"""


@pytest.fixture
def shell(database: str, tmp_path: Path) -> Shell:
    made = Shell(database=database, canvas="", token="", folder=tmp_path)
    child = made.start("-c", PREPARE % PROPOSALS)
    _, err = child.communicate(timeout=LIMIT)
    assert child.returncode == 0, err
    return made


def tell_all(shell: Shell, *, workers: int = 1, hours: int = 0) -> None:
    children = [shell.start("-c", TELL % hours) for _ in range(workers)]
    for child in children:
        _, err = child.communicate(timeout=LIMIT)
        assert child.returncode == 0, err


def killed(shell: Shell, chance: random.Random) -> None:
    """A moment after it has begun."""
    child = shell.start("-c", TELL % 0)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(chance.random() / 10)
    kill(child)


def check(shell: Shell) -> None:
    """Every approver has every step once, each in a message of theirs; no message without news."""
    told = ask(shell.database, "SELECT person_id, proposal_id, delivery_id FROM registrar_news")
    assert sorted(Counter((person, proposal) for person, proposal, _ in told).values()) == [1] * 2 * PROPOSALS
    written = dict(ask(shell.database, "SELECT id, person_id FROM registrar_delivery"))
    assert {(delivery, person) for person, _, delivery in told} == set(written.items())
    assert ask(shell.database, "SELECT count(*) FROM registrar_step WHERE told_at IS NULL") == [(0,)]


def test_it_tells_once_with_three_workers(shell: Shell) -> None:
    tell_all(shell, workers=3)
    tell_all(shell, hours=2)  # what was held back as a flood
    check(shell)


def test_it_tells_once_however_often_it_is_killed(shell: Shell) -> None:
    chance = random.Random(PROPOSALS)
    for _ in range(KILLS):
        killed(shell, chance)
    tell_all(shell, hours=2)
    check(shell)
