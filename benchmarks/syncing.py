"""A full and a quick sync, each against the same job done with ``canvasapi``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.commands import Failed, Took, manage
from benchmarks.others import Cost, read, thriftiest, usual
from benchmarks.report import Report
from benchmarks.served import Parsing, Served, Tally
from benchmarks.size import Size

THRIFTIEST_SAMPLE = 250
USUAL_SAMPLE = 25
MOST_MEMORY_MB = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    took: Took
    asked: Tally

    @property
    def cost(self) -> Cost:
        return Cost(requests=self.asked.requests, seconds=self.took.seconds, cpu=self.took.cpu)


def compare(size: Size, canvas: Served, environment: Mapping[str, str], report: Report) -> None:
    canvas.tally()
    took = fill(environment)
    if took.result["rows"] != size.line_items:
        raise Failed(f"{took.result['rows']:,} line items were stored, not {size.line_items:,}.")
    parsing = canvas.parse_again()
    full = Sync(took=took, asked=canvas.tally())
    changed = canvas.change_some()
    quick = Sync(took=fill(environment, "--quick"), asked=canvas.tally())
    others = [
        (
            f"canvasapi, thriftiest ({THRIFTIEST_SAMPLE} courses, scaled)",
            read(canvas, thriftiest, THRIFTIEST_SAMPLE),
        ),
        (f"canvasapi, usual ({USUAL_SAMPLE} courses, scaled)", read(canvas, usual, USUAL_SAMPLE)),
    ]
    _table(report, "Full sync", full, others)
    _table(report, f"Quick sync, {changed} courses changed", quick, others)
    _cpu(report, size, full, parsing)
    _bounds(report, size, full, quick, closely=changed + canvas.ambiguous())


def fill(environment: Mapping[str, str], *words: str) -> Took:
    return manage("sync", "--term", "all", "--json", *words, environment=environment)


def _table(report: Report, title: str, ours: Sync, others: Sequence[tuple[str, Cost]]) -> None:
    """canvasapi knows no quick way: whatever changed, it reads everything again."""
    rows = [("Preflight, stored and assessed", _cells(ours.cost, ours.cost))]
    rows += [(name, _cells(cost, ours.cost)) for name, cost in others]
    report.table(title, ["requests", "ratio", "seconds", "ratio", "own CPU s"], rows)


def _cells(cost: Cost, ours: Cost) -> list[str]:
    return [
        f"{cost.requests:,.0f}",
        f"{cost.requests / ours.requests:.2f}",
        f"{cost.seconds:,.1f}",
        f"{cost.seconds / ours.seconds:.2f}",
        f"{cost.cpu:,.1f}",
    ]


def _cpu(report: Report, size: Size, full: Sync, parsing: Parsing) -> None:
    rate, bare = size.line_items / full.took.cpu, size.line_items / parsing.cpu
    name = f"json.loads alone, the same {parsing.bytes / 1e6:,.0f} MB"
    report.table(
        "Full sync, processor time",
        ["seconds", "items/s", "ratio"],
        [
            ("Preflight, the whole process", [f"{full.took.cpu:,.1f}", f"{rate:,.0f}", "1.00"]),
            (name, [f"{parsing.cpu:,.1f}", f"{bare:,.0f}", f"{bare / rate:.2f}"]),
        ],
    )


def _bounds(report: Report, size: Size, full: Sync, quick: Sync, *, closely: int) -> None:
    report.say()
    report.bound("requests of a full sync", full.asked.requests, size.list_pages + 2 * size.courses)
    report.bound("requests of a quick sync", quick.asked.requests, size.list_pages + 3 * closely)
    report.bound("requests refused by the rate limit", full.asked.refused + quick.asked.refused, 0)
    report.bound("peak memory of the full sync", full.took.peak_mb, MOST_MEMORY_MB, " MB")
    report.bound("peak memory of the quick sync", quick.took.peak_mb, MOST_MEMORY_MB, " MB")
