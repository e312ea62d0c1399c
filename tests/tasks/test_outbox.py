"""``kill -9`` while mail is sent, and two workers at once: nothing twice, and nothing lost without a word."""

from __future__ import annotations

import random
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.services.mail.server import Mailroom, started
from tests.tasks.conftest import ask
from tests.tasks.process import LIMIT, Shell, kill

KILLS = 5
SOAK_KILLS = 50
SETUP = "import django; django.setup(); from datetime import UTC, datetime; "
WRITE = SETUP + (
    "from registrar.services.mailing import write; "
    "[write(kind='report', key=f'{n}', address=f'dean{n}@example.edu', subject='Fall', text='Hello', "
    "now=datetime.now(UTC)) for n in range(%d)]"
)
DELIVER = SETUP + (
    "from registrar.services.delivering import deliver; print(deliver(clock=lambda: datetime.now(UTC)).total())"
)
Written = Callable[[int], Shell]


@pytest.fixture
def room() -> Iterator[Mailroom]:
    room = Mailroom()
    server = started(room)
    yield room
    server.stop()


@pytest.fixture
def written(database: str, tmp_path: Path, room: Mailroom) -> Written:
    """An installation with so many messages in its outbox, and a mail server that takes them."""

    def made(count: int) -> Shell:
        mail = {"EMAIL_URL": f"smtp://127.0.0.1:{room.port}"}
        shell = Shell(database=database, canvas="", token="", folder=tmp_path, extra=mail)
        done(shell.start("-c", WRITE % count))
        return shell

    return made


def done(child: subprocess.Popen[str]) -> str:
    out, err = child.communicate(timeout=LIMIT)
    assert child.returncode == 0, err
    return out


def states(shell: Shell) -> dict[object, object]:
    return dict(ask(shell.database, "SELECT message_id, state FROM registrar_delivery"))


def killed_somewhere(shell: Shell, room: Mailroom, chance: random.Random) -> bool:
    """A worker killed after some messages: before or after the server takes one, or a moment later."""
    child = shell.start("-c", DELIVER)
    stage, left, later = (
        chance.choice(("recipient", "message", "taken")),
        chance.randint(1, 4),
        chance.random() / 50,
    )

    def at(now: str) -> None:
        nonlocal left
        left -= now == stage
        if left == 0 and now == stage:
            threading.Timer(chance.choice((0, later)), child.kill).start()
            left -= 1

    room.at = at
    child.wait(timeout=LIMIT)
    room.at = lambda stage: None
    kill(child)
    return child.returncode == -9


@pytest.mark.parametrize(
    "kills", [KILLS, pytest.param(SOAK_KILLS, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_it_sends_nothing_twice_and_loses_nothing_unseen(written: Written, room: Mailroom, kills: int) -> None:
    shell, chance = written(6 * kills), random.Random(kills)
    caught = sum(killed_somewhere(shell, room, chance) for _ in range(kills))
    done(shell.start("-c", DELIVER))
    found, arrived = states(shell), Counter(room.ids)
    assert caught > kills // 2
    assert max(arrived.values()) == 1, "nothing twice"
    assert set(found.values()) <= {"sent", "unconfirmed"}
    assert {key for key, state in found.items() if state == "sent"} <= set(arrived), (
        "what is called sent has arrived"
    )
    assert set(found) - set(arrived) <= {key for key, state in found.items() if state == "unconfirmed"}
    assert list(found.values()).count("unconfirmed") <= caught, "one message a kill, and no more"
    assert len(found) == 6 * kills

    done(shell.start("-c", DELIVER))
    assert Counter(room.ids) == arrived, "and never again by itself"


def test_it_sends_each_message_once_with_two_workers(written: Written, room: Mailroom) -> None:
    shell = written(40)
    room.pace = 0.05
    workers = [shell.start("-c", DELIVER) for _ in range(2)]
    counts = [int(done(worker)) for worker in workers]
    assert sum(counts) == 40
    assert Counter(room.ids) == Counter(list(states(shell)))
    assert set(states(shell).values()) == {"sent"}
    assert all(counts), "each has had its share"
