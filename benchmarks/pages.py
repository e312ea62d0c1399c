"""Time to first byte over HTTP, signed in and warm: every page over all rows, against a tenth of them."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import manage, python
from benchmarks.report import Report
from benchmarks.site import WARMING, Site

MOST_MS = 100
RUNS = 3
VISITS = 20
BARE = "a bare answer of the same server"
PAGES = {
    BARE: "/healthz",
    "overview": "/?term={term}",
    "courses": "/courses/",
    "courses, needing action": "/courses/?state=needs_action&term={term}",
    "sections": "/sections/",
    "sections, needing action": "/sections/?state=needs_action&term={term}",
    "line items": "/line-items/",
    "line items, needing action": "/line-items/?state=needs_action&term={term}",
    "line items, needing action, all terms": "/line-items/?state=needs_action",
    "line items, one rule": "/line-items/?rule=due_missing",
    "line items, one college": "/line-items/?account={college}",
    "line items, by course": "/line-items/?sort=course",
    "line items, of a course by words": "/line-items/?q=course+42",
    "line items, page 100": "/line-items/?page=100",
    "search, one word": "/search/?q=course",
    "search, an assignment": "/search/?q=assignment+4242",
    "search, two characters": "/search/?q=42",
    "search, nothing": "/search/?q=zzzz",
    "a course": "/courses/{course}/",
    "a section": "/sections/{section}/",
    "why a date": "/courses/{course}/why/{assignment}/{section}/due_at/",
    "proposals": "/proposals/",
    "a proposal of 1,000 changes": "/proposals/1/",
    "history": "/history/?term={term}",
    "calendar": "/calendar/{term}/",
    "exemptions": "/exemptions/",
    "sync runs": "/runs/",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Milliseconds to the first byte."""

    first: float
    median: float
    high: float
    """Nineteen of twenty came sooner."""


def propose(site: Site) -> None:
    """One proposal, the first of its database."""
    path = Path(site.environment["BENCH_FOLDER"]) / "changes.csv"
    python("-m", "benchmarks.visitor", str(path), environment=site.environment)
    words = ("changes", "import", str(path), "--by", "visitor", "--reason", "bench", "--json")
    manage(*words, environment=site.environment)


def compare(tenth: dict[str, Wait], whole: dict[str, Wait], report: Report) -> None:
    bare, rows = whole[BARE].median, []
    for name, wait in whole.items():
        cells = [f"{wait.median:.0f}", f"{wait.high:.0f}", f"{wait.first:.0f}", f"{wait.median / bare:.1f}"]
        rows.append((name, [*cells, f"{wait.median / tenth[name].median:.2f}", report.kept(wait.median, MOST_MS)]))
    columns = ["median", "95 %", "first", "to bare", "to a tenth", f"{MOST_MS} ms"]
    report.table("Time to first byte, milliseconds", columns, rows)
    report.say(f"  load of the machine: {_load()}")


def waits(site: Site) -> dict[str, Wait]:
    """Page by page in turn, several times over, so that a busy moment does not fall upon one page alone."""
    addresses = {name: address.format(**site.places) for name, address in PAGES.items()}
    first = {name: _asked(site, address, WARMING)[0] for name, address in addresses.items()}
    found: dict[str, list[float]] = {name: [] for name in addresses}
    for _ in range(RUNS):
        for name, address in addresses.items():
            found[name] += _asked(site, address, VISITS)
    return {
        name: Wait(first=first[name], median=statistics.median(took), high=statistics.quantiles(took, n=20)[-1])
        for name, took in found.items()
    }


def _asked(site: Site, address: str, times: int) -> list[float]:
    return [site.get(address) * 1000 for _ in range(times)]


def _load() -> str:
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())
