"""Every list page over all rows, against the same page over a tenth of them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.commands import python
from benchmarks.report import Report


def compare(tenth: Mapping[str, str], whole: Mapping[str, str], report: Report) -> None:
    """Environments that name two filled databases."""
    few, many = _visited(tenth), _visited(whole)
    rows = [(name, [f"{few[name]:.1f}", f"{many[name]:.1f}", f"{many[name] / few[name]:.2f}"]) for name in many]
    report.table("List pages, milliseconds", ["a tenth", "all rows", "ratio"], rows)


def _visited(environment: Mapping[str, str]) -> dict[str, float]:
    return python("-m", "benchmarks.visiting", environment=environment).result
