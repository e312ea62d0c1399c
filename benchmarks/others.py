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

Way: TypeAlias = Callable[[Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    requests: float
    seconds: float


def thriftiest(course: Any) -> None:
    list(course.get_assignments(include=["overrides"], override_assignment_dates=False, per_page=PER_PAGE))
    list(course.get_sections(include=["total_students"], per_page=PER_PAGE))


def usual(course: Any) -> None:
    for assignment in course.get_assignments(per_page=PER_PAGE):
        list(assignment.get_overrides(per_page=PER_PAGE))
    list(course.get_sections(include=["total_students"], per_page=PER_PAGE))


def read(canvas: Served, way: Way, sample: int) -> Cost:
    """The list of courses as it is; the courses by a sample, scaled to all of them."""
    canvas.tally()
    began = time.perf_counter()
    courses = _courses(canvas)
    listed, lists = time.perf_counter() - began, canvas.tally().requests
    began = time.perf_counter()
    for course in courses[:sample]:
        way(course)
    share = len(courses) / len(courses[:sample])
    spent = time.perf_counter() - began
    return Cost(requests=lists + share * canvas.tally().requests, seconds=listed + share * spent)


def _courses(canvas: Served) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have https
        client = Canvas(canvas.url, canvas.token)
    return list(client.get_account(1).get_courses(include=["term"], per_page=PER_PAGE))
