"""A sync killed at any moment, carried by several workers: the same picture in the end, and no work twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections import Counter

import pytest

from canvas_api.standin import Standin
from tests.services.door import courses_read
from tests.tasks.conftest import Install, ask
from tests.tasks.process import LIMIT, Shell, kill, wait_until

KILLS = 5
SOAK_KILLS = 100


def start_and_catch(shell: Shell, standin: Standin, requests: int) -> bool:
    """Kills a sync at its so-many-th request. False: it had ended before."""
    aim = standin.request_count + requests
    child = shell.manage("sync")
    end = time.monotonic() + LIMIT
    while standin.request_count < aim and child.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    caught = child.poll() is None
    kill(child)
    return caught


def undisturbed(standin: Standin) -> list[dict[str, object]]:
    """What one sync without any trouble comes to: three assignments in two sections of each course."""
    expected = []
    for work in standin.university.assignments.values():
        for section in standin.university.sections_of(work.course_id):
            due = None if section.id % 2 == 0 else work.due_at
            expected.append((work.course_id, work.id, section.id, due and due.strftime("%Y-%m-%dT%H:%M:%SZ")))
    return [
        dict(zip(("course_id", "assignment_id", "section_id", "due_at"), row, strict=True)) for row in expected
    ]


def found(shell: Shell) -> list[dict[str, object]]:
    names = ("course_id", "assignment_id", "section_id", "due_at")
    return [{name: row[name] for name in names} for row in shell.exported()]


@pytest.mark.parametrize("kills", [KILLS, pytest.param(SOAK_KILLS, marks=pytest.mark.soak)])
def test_it_comes_to_the_same_however_often_it_is_killed(install: Install, slow: Standin, kills: int) -> None:
    shell = install(slow)
    chance = random.Random(kills)
    caught = sum(start_and_catch(shell, slow, chance.randint(1, 40)) for _ in range(kills))
    assert caught > kills // 2
    assert shell.sync()["complete"] is True
    assert found(shell) == undisturbed(slow)
    assert ask(shell.database, "SELECT count(*) FROM registrar_reading WHERE current") == [(24,)]


def test_it_goes_on_where_it_was_killed(install: Install, slow: Standin) -> None:
    shell = install(slow)
    child = shell.manage("sync")
    wait_until(lambda: len(done(shell)) > 2)
    kill(child)
    ((run_id, state),) = ask(shell.database, "SELECT id, state FROM registrar_run")
    assert state == "reading"
    before = done(shell)
    assert 2 < len(before) < 24
    slow.requests.clear()
    result = shell.sync()
    assert (result["run_id"], result["complete"]) == (run_id, True)
    assert set(courses_read(slow)) == set(range(1, 25)) - before
    assert found(shell) == undisturbed(slow)


def done(shell: Shell) -> set[object]:
    return {id_ for (id_,) in ask(shell.database, "SELECT course_id FROM registrar_runitem WHERE state = 'done'")}


def test_it_shares_a_run_between_two_processes(install: Install, slow: Standin) -> None:
    shell = install(slow)
    slow.latency = 0.6
    children = [shell.manage("sync", "--json") for _ in range(2)]
    owners = "SELECT DISTINCT owner FROM registrar_runitem WHERE owner <> ''"
    wait_until(lambda: len(ask(shell.database, owners)) == 2)
    slow.latency = 0.0
    results = [json.loads(_output(child).splitlines()[-1]) for child in children]
    assert results[0]["run_id"] == results[1]["run_id"]
    assert all(result["complete"] for result in results)
    assert Counter(courses_read(slow)) == Counter(range(1, 25))
    assert found(shell) == undisturbed(slow)


def _output(child: subprocess.Popen[str]) -> str:
    out, err = child.communicate(timeout=LIMIT)
    assert child.returncode == 0, err
    return out


def test_it_survives_the_death_of_one_of_two(install: Install, slow: Standin) -> None:
    shell = install(slow)
    slow.latency = 0.1
    first, second = shell.manage("sync", "--json"), shell.manage("sync", "--json")
    wait_until(lambda: slow.count(part="/sections?") >= 6)
    kill(first)
    assert json.loads(_output(second).splitlines()[-1])["complete"] is True
    assert found(shell) == undisturbed(slow)


def test_it_ends_cleanly_when_interrupted(install: Install, slow: Standin) -> None:
    shell = install(slow)
    slow.latency = 0.3
    child = shell.manage("sync")
    wait_until(lambda: slow.count(part="/sections?") >= 3)
    os.kill(child.pid, 2)
    _, err = child.communicate(timeout=LIMIT)
    slow.latency = 0.0
    assert child.returncode == 1
    assert "Interrupted." in err
    assert "Traceback" not in err
    assert shell.sync()["complete"] is True
    assert found(shell) == undisturbed(slow)


def test_it_says_in_one_sentence_that_the_database_is_not_prepared(
    slow: Standin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("new")
    shell = Shell(database=f"sqlite:///{folder}/none.sqlite3", canvas=slow.url, token=slow.token, folder=folder)
    for command in ("sync", "export_readiness"):
        child = shell.manage(command)
        _, err = child.communicate(timeout=LIMIT)
        assert child.returncode == 1
        assert len(err.splitlines()) == 1
        assert "manage.py migrate" in err
        assert slow.token not in err
