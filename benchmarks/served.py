"""The stand-in Canvas in a process of its own, so that it shares neither interpreter nor memory with the sync."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.size import Size
from canvas_api.standin import Standin, University, big_university
from canvas_api.standin.big import START
from canvas_api.standin.handling import answer
from canvas_api.standin.wire import Request

LATENCY = 0.02
CHANGED_EVERY = 100
AMBIGUOUS_EVERY = 200
UNDATED_EVERY = 10
_OF_A_COURSE = re.compile(r"/courses/\d+/")


@dataclass(frozen=True, slots=True)
class Tally:
    """What was asked since the tally before, and how much of it was refused."""

    requests: int
    of_courses: int
    refused: int


@dataclass(frozen=True, slots=True)
class Parsing:
    """``json.loads`` alone over every answer that was sent."""

    bytes: int
    cpu: float


class Served:
    def __init__(self, line: Connection) -> None:
        self._line = line
        self.url, self.token = line.recv()

    def tally(self) -> Tally:
        found: Tally = self._ask("tally")
        return found

    def parse_again(self) -> Parsing:
        found: Parsing = self._ask("parse_again")
        return found

    def change_some(self) -> int:
        found: int = self._ask("change_some")
        return found

    def ambiguous(self) -> int:
        found: int = self._ask("ambiguous")
        return found

    def _ask(self, name: str) -> Any:
        self._line.send(name)
        return self._line.recv()


@contextmanager
def served(size: Size) -> Iterator[Served]:
    """Canvas on 127.0.0.1 with its rate limit on, until the block ends."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, size), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Served(ours)
    finally:
        ours.close()
        process.join(10)
        process.terminate()


def _serve(line: Connection, size: Size) -> None:
    university = big_university(courses=size.courses, assignments=size.assignments)
    _make_ambiguous(university)
    _make_undated(university)
    with Standin(university, latency=LATENCY) as canvas:
        line.send((canvas.url, canvas.token))
        replies = _Replies(canvas)
        try:
            while True:
                reply: Callable[[], object] = getattr(replies, line.recv())
                line.send(reply())
        except (EOFError, KeyboardInterrupt):
            return


def _make_ambiguous(university: University) -> None:
    """A base date over a section override without one: the SIS route does not tell "inherits" from "no date"."""
    for course_id in range(1, len(university.courses) + 1, AMBIGUOUS_EVERY):
        first = university.assignments_of(course_id)[0]
        assert first.due_at is not None
        first.lock_at = first.due_at + timedelta(days=5)


def _make_undated(university: University) -> None:
    """Assignments without a date, so that there are findings to store."""
    for number, assignment in enumerate(university.assignments.values()):
        if number % UNDATED_EVERY == 1:
            assignment.due_at = None


class _Replies:
    def __init__(self, canvas: Standin) -> None:
        self._canvas = canvas

    def tally(self) -> Tally:
        with self._canvas.lock:
            asked = list(self._canvas.requests)
            self._canvas.requests.clear()
            refused, self._canvas.refusals = self._canvas.refusals, 0
        return Tally(len(asked), sum(bool(_OF_A_COURSE.search(target)) for _, target, _, _ in asked), refused)

    def parse_again(self) -> Parsing:
        """The remembered requests are answered once more within this process, and each answer parsed."""
        size, cpu = 0, 0.0
        for method, target, _, _ in list(self._canvas.requests):
            body = self._body(method, target)
            began = time.thread_time()
            json.loads(body)
            cpu += time.thread_time() - began
            size += len(body)
        return Parsing(size, cpu)

    def _body(self, method: str, target: str) -> bytes:
        headers = {
            "authorization": f"Bearer {self._canvas.token}",
            "host": self._canvas.url.removeprefix("http://"),
        }
        request = Request(method=method, target=target, headers=headers)
        request.token_name = "admin"
        with self._canvas.lock:
            return answer(self._canvas.university, request).encoded(string_ids=False)

    def change_some(self) -> int:
        """Moves one due date in every hundredth course; says in how many."""
        university = self._canvas.university
        chosen = range(3, len(university.courses) + 1, CHANGED_EVERY)
        with self._canvas.lock:
            for course_id in chosen:
                first = university.assignments_of(course_id)[0]
                first.due_at = (first.due_at or START) + timedelta(days=1)
        return len(chosen)

    def ambiguous(self) -> int:
        return len(range(1, len(self._canvas.university.courses) + 1, AMBIGUOUS_EVERY))
