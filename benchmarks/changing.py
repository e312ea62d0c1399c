"""Ten thousand date changes applied and read back, against one PUT an assignment with ``canvasapi``."""

from __future__ import annotations

import csv
import json
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from canvasapi import Canvas
from canvasapi.assignment import Assignment

from benchmarks.commands import manage
from benchmarks.report import Report
from benchmarks.served import Served
from benchmarks.size import Size

SAMPLE = 250
MOST_A_COURSE = 4
COLUMNS = ("course_id", "assignment_id", "section_id", "due_at", "unlock_at", "lock_at")
PEOPLE = """
from django.contrib.auth.models import Group, User
for name, role in (("proposes", "Reviewers"), ("agrees", "Approvers")):
    User.objects.create_user(name).groups.add(Group.objects.get(name=role))
"""


def compare(size: Size, canvas: Served, environment: Mapping[str, str], report: Report) -> None:
    """The readings must be there already."""
    manage("shell", "-v", "0", "-c", PEOPLE, environment=environment)
    with tempfile.TemporaryDirectory() as folder:
        moved = _write(Path(folder), environment)
        made = manage(
            *("changes", "import", f"{folder}/changes.csv", "--by", "proposes", "--reason", "bench", "--json"),
            environment=environment,
        )
    number = str(made.result["id"])
    manage("changes", "submit", number, "--by", "proposes", environment=environment)
    manage("changes", "approve", number, "--by", "agrees", environment=environment)
    canvas.tally()
    took = manage("changes", "apply", number, "--json", environment=environment)
    asked = canvas.tally()
    states = {item["state"] for item in took.result["items"]}
    other = _one_by_one(canvas, moved)
    report.table(
        f"{len(moved):,} date changes over {size.courses:,} courses",
        ["requests", "seconds", "ratio"],
        [
            (
                "Preflight, compared, written and read back",
                [f"{asked.requests:,}", f"{took.seconds:,.1f}", "1.00"],
            ),
            (
                f"canvasapi, one PUT each ({SAMPLE}, scaled)",
                [f"{len(moved):,}", f"{other:,.1f}", f"{other / took.seconds:.2f}"],
            ),
        ],
    )
    report.say()
    report.bound("requests besides polling", asked.of_courses, MOST_A_COURSE * size.courses)
    report.bound("changes that were not verified", len(states - {"verified"}), 0)
    report.bound("requests refused by the rate limit", asked.refused, 0)


def _write(folder: Path, environment: Mapping[str, str]) -> dict[tuple[int, int], str]:
    """An hour earlier for every assignment that has a date, as a spreadsheet would ask for it."""
    manage("export_readiness", "--output", str(folder / "rows.jsonl"), environment=environment)
    moved = dict(_earlier(folder / "rows.jsonl"))
    with (folder / "changes.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows([*key, "", due, "", ""] for key, due in moved.items())
    return moved


def _earlier(path: Path) -> Iterator[tuple[tuple[int, int], str]]:
    with path.open() as rows:
        for row in map(json.loads, rows):
            due = row["due_at"] if row["due_at_source"] == "assignment" else None
            if due:
                earlier = datetime.fromisoformat(due) + timedelta(hours=-1)
                yield (row["course_id"], row["assignment_id"]), earlier.strftime("%Y-%m-%dT%H:%M:%SZ")


def _one_by_one(canvas: Served, moved: Mapping[tuple[int, int], str]) -> float:
    """Seconds for all, from a sample."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have https
        requester: Any = Canvas(canvas.url, canvas.token)._Canvas__requester
    sample = list(moved.items())[:SAMPLE]
    began = time.perf_counter()
    for (course, assignment), due in sample:
        Assignment(requester, {"id": assignment, "course_id": course}).edit(assignment={"due_at": due})
    return (time.perf_counter() - began) / len(sample) * len(moved)
