"""``kill -9`` at any moment, lost replies, two workers: the same end, and no write that arrived is repeated."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from canvas_api.standin import Fault, Standin, University

ROOT = Path(__file__).parents[3]
DUE, LATER, LOCK = "2026-12-02T06:59:59Z", "2026-12-04T06:59:59Z", "2026-12-09T06:59:59Z"
COURSES, KILLS = 8, 10
PATIENCE = ("--json", "--patience", "10")
"""A write that a killed worker never sent is not waited for as long as Canvas may need to work off its queue."""
PROGRAM = {"DEBUG": "1", "SECRET_KEY": "only-for-tests", "DJANGO_SETTINGS_MODULE": "registrar.settings"}


def university() -> University:
    """In each course: a base date, a section's own dates, and a section without its own."""
    made = University()
    made.root.features = frozenset({"post_grades"})
    for number in range(1, COURSES + 1):
        course = made.add_course(name=f"Course {number}", sis_course_id=f"C{number}", time_zone="America/Denver")
        one, two = (
            made.add_section(course_id=course.id, name=f"S{n}", sis_section_id=f"{number}-{n}") for n in (1, 2)
        )
        for name in ("Essay", "Exam"):
            assignment = made.add_assignment(
                course_id=course.id, name=name, post_to_sis=True, due_at="2026-11-20T06:59:59Z"
            )
        made.add_override(
            assignment_id=assignment.id, course_section_id=two.id, due_at="2026-11-22T06:59:59Z", lock_at=None
        )
        assert one.id < two.id
    return made


def wishes() -> list[str]:
    rows = ["course_id,assignment_id,section_id,due_at,unlock_at,lock_at"]
    for course in range(1, COURSES + 1):
        essay, exam, one, two = 2 * course - 1, 2 * course, 2 * course - 1, 2 * course
        rows += [
            f"{course},{essay},,{DUE},,",
            f"{course},{essay},{one},{LATER},,{LOCK}",
            f"{course},{exam},{two},{LATER},,",
        ]
    return rows


class Office:
    """A database and a Canvas; every command is a process of its own."""

    def __init__(self, folder: Path, standin: Standin) -> None:
        self.standin, self.folder = standin, folder
        self.database = folder / "office.sqlite3"
        self.carried_out: Counter[tuple[str, str, bytes]] = Counter()
        self.env = (
            os.environ
            | PROGRAM
            | {
                "DATABASE_URL": f"sqlite:///{self.database}",
                "CANVAS_BASE_URL": standin.url,
                "CANVAS_TOKEN": standin.token,
                "PYTHONPATH": str(ROOT),
            }
        )
        standin.after = self._note

    def _note(self, request: Any, reply: Any) -> None:
        if request.method != "GET" and reply.status < 300:
            self.carried_out[request.method, request.target, request.body] += 1

    def prepare(self, source: object) -> None:
        program = [sys.executable, str(Path(__file__).with_name("prepare.py")), str(source)]
        done = subprocess.run(program, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

    def start(self, proposal: int) -> subprocess.Popen[str]:
        program = [sys.executable, str(ROOT / "manage.py"), "changes", "apply", str(proposal), *PATIENCE]
        return subprocess.Popen(
            program, env=self.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def finish(self, proposal: int) -> dict[str, Any]:
        with self.start(proposal) as process:
            out, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        assert {item["state"] for item in found["items"]} == {"verified"}
        return found

    def killed(self, proposal: int, chance: random.Random) -> bool:
        """One worker, killed at some request: before it is carried out, before its answer, or a moment later."""
        process = self.start(proposal)
        left, where, later = (
            chance.randint(1, 14),
            chance.choice(("before", "after", "later")),
            chance.random() / 20,
        )

        def at(moment: str) -> None:
            nonlocal left
            left -= moment == "before"
            if left == 0 and moment == where:
                os.kill(process.pid, signal.SIGKILL)
            elif left == 0 and where == "later" and moment == "after":
                threading.Timer(later, process.kill).start()

        def after(request: Any, reply: Any) -> None:
            self._note(request, reply)
            at("after")

        self.standin.before, self.standin.after = lambda request: at("before"), after
        try:
            process.communicate(timeout=120)
        finally:
            self.standin.before, self.standin.after = None, self._note
        return process.returncode == -signal.SIGKILL

    def unfinished(self, proposal: int) -> bool:
        with sqlite3.connect(self.database) as rows:
            (state,) = rows.execute("select state from registrar_proposal where id = ?", [proposal]).fetchone()
        rows.close()
        return state in ("approved", "applying")


@contextmanager
def opened(folder: Path) -> Iterator[Office]:
    with Standin(university(), throttle=False, latency=0.01) as standin:
        office = Office(folder, standin)
        (folder / "in.csv").write_text("\n".join(wishes()))
        office.prepare(folder / "in.csv")
        office.standin.requests.clear()
        yield office


def is_done(made: University) -> bool:
    for course in range(1, COURSES + 1):
        essay, exam = made.assignments[2 * course - 1], made.assignments[2 * course]
        (new,), (own,) = (made.overrides_of(one) for one in (essay, exam))
        shown = [_iso(each) for each in (essay.due_at, essay.lock_at, new.due_at, new.lock_at, own.due_at)]
        kept = (new.unlock_at_overridden, own.unlock_at_overridden, own.lock_at_overridden, own.lock_at)
        if shown != [DUE, None, LATER, LOCK, LATER] or kept != (False, False, True, None):
            return False
    return True


def _iso(when: Any) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def killed_often(folder: Path, seed: int, kills: int) -> int:
    """Apply under kills, then put back under kills. Returns how many there were."""
    chance, count = random.Random(seed), 0
    with opened(folder) as office:
        before = office.standin.university.snapshot()
        for proposal in (1, 2):
            if proposal == 2:
                office.prepare(1)
            office.standin.faults = [Fault(kind="lost_reply", match="^(PUT|POST|DELETE)", every=7)]
            for _ in range(kills // 2):
                if office.unfinished(proposal):
                    count += office.killed(proposal, chance)
            office.finish(proposal)
            if proposal == 1:
                assert is_done(office.standin.university)
        assert office.standin.university.snapshot() == before
        assert [write for write, times in office.carried_out.items() if times > 1] == []
    return count


def test_it_survives_being_killed_at_any_moment(tmp_path: Path) -> None:
    assert killed_often(tmp_path, seed=random.randrange(10**6), kills=KILLS) >= 4


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_it_survives_a_hundred_kills(tmp_path: Path) -> None:
    count, seed = 0, 0
    while count < 100:
        folder = tmp_path / str(seed)
        folder.mkdir()
        count, seed = count + killed_often(folder, seed, KILLS), seed + 1


def test_it_shares_a_proposal_between_two_workers(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        workers = [office.start(1) for _ in range(2)]
        for worker in workers:
            _, error = worker.communicate(timeout=120)
            assert worker.returncode == 0, error
        assert is_done(office.standin.university)
        assert [write for write, times in office.carried_out.items() if times > 1] == []
        with sqlite3.connect(office.database) as rows:
            attempts = {number for (number,) in rows.execute("select attempts from registrar_proposalcourse")}
        rows.close()
        assert attempts == {1}


def test_it_does_nothing_where_there_is_nothing_left_to_do(tmp_path: Path) -> None:
    """Every task is delivered twice: the second finds it done."""
    with opened(tmp_path) as office:
        office.finish(1)
        asked = office.standin.request_count
        office.finish(1)
        assert office.standin.request_count == asked
