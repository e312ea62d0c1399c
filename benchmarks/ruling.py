"""A rule changes for the whole university: what the person waits for, and when one worker has done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.commands import Failed, Took, python
from benchmarks.report import Report
from benchmarks.site import WARMING, Site

NAME_LENGTH = "/administration/sub-accounts/{root}/limit/name_length/"
STEPS: Mapping[str, Mapping[str, str]] = {
    "a limit that changes no finding": {"value": "500", "source": "bench"},
    "a limit that every name breaks": {"value": "5", "source": "bench"},
    "and taken back": {"step": "clear", "reason": "bench"},
}


def fill(environment: Mapping[str, str]) -> Took:
    """A full sync that says how long storing and assessing took."""
    return python("-m", "benchmarks.carrying", "sync", environment=_ours(environment))


def compare(site: Site, filled: Took, report: Report) -> None:
    first = filled.result["seconds"]
    rows = [("the full sync, storing and assessing", ["", f"{first:,.1f}", "1.00"])]
    for name, form in STEPS.items():
        asked, done = _decided(site, form)
        rows.append((name, [f"{asked:.2f}", *_cells(done.result, first)]))
    report.table(
        "A rule changes, seconds", ["the request", "the worker", "ratio", "courses", "turns", "of turns"], rows
    )


def _cells(done: Mapping[str, Any], first: float) -> list[str]:
    return [
        f"{done['seconds']:,.1f}",
        f"{done['seconds'] / first:.2f}",
        f"{done['courses']:,}",
        f"{done['turns']:,}",
        f"{done['of_turns']:,.1f}",
    ]


def _decided(site: Site, form: Mapping[str, str]) -> tuple[float, Took]:
    address = NAME_LENGTH.format(**site.places)
    for _ in range(WARMING):
        site.get(address)
    asked = site.post(address, form)
    done = python("-m", "benchmarks.carrying", "reassess", environment=site.environment)
    if not done.result["courses"]:
        raise Failed("The rule was changed, and no course was to be assessed again.")
    return asked, done


def _ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "registrar.settings", **environment}
