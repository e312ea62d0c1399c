"""The same reading with PyPI's ``canvasapi``, one request after another, and nothing stored."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from canvasapi import Canvas

from benchmarks.served import Served
from benchmarks.size import PER_PAGE

Way: TypeAlias = Callable[[Any], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    requests: float
    seconds: float
    cpu: float
    """Seconds of the client's own processor time."""

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            requests=self.requests + other.requests,
            seconds=self.seconds + other.seconds,
            cpu=self.cpu + other.cpu,
        )

    def __mul__(self, times: float) -> Cost:
        return Cost(requests=self.requests * times, seconds=self.seconds * times, cpu=self.cpu * times)


def thriftiest(course: Any) -> None:
    list(course.get_assignments(include=["overrides"], override_assignment_dates=False, per_page=PER_PAGE))
    list(course.get_sections(include=["total_students"], per_page=PER_PAGE))


def usual(course: Any) -> None:
    for assignment in course.get_assignments(per_page=PER_PAGE):
        list(assignment.get_overrides(per_page=PER_PAGE))
    list(course.get_sections(include=["total_students"], per_page=PER_PAGE))


def read(canvas: Served, way: Way, sample: int) -> Cost:
    """The list of courses as it is; the courses by a sample, scaled to all of them."""
    courses, listed = _cost(canvas, lambda: _courses(canvas))
    chosen = courses[:sample]
    _, spent = _cost(canvas, lambda: [way(course) for course in chosen])
    return listed + spent * (len(courses) / len(chosen))


def _cost(canvas: Served, work: Callable[[], list[Any]]) -> tuple[list[Any], Cost]:
    canvas.tally()
    began, cpu = time.perf_counter(), time.process_time()
    made = work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return made, Cost(requests=canvas.tally().requests, seconds=seconds, cpu=cpu)


def _courses(canvas: Served) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have https
        client = Canvas(canvas.url, canvas.token)
    return list(client.get_account(1).get_courses(include=["term"], per_page=PER_PAGE))
