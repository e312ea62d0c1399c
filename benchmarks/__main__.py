"""``python -m benchmarks``: run by hand; prints ratios of things measured in the same run, and bounds."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import changing, lists, syncing
from benchmarks.commands import Failed, database, manage
from benchmarks.report import Report
from benchmarks.served import LATENCY, Served, served
from benchmarks.size import WHOLE, Size


@dataclass(frozen=True, slots=True)
class Setting:
    canvas: Served
    environment: dict[str, str]


def main() -> int:
    options = _options()
    size, report = WHOLE.tenth if options.small else WHOLE, Report()
    try:
        if options.only in (None, "changes"):
            _changes(size.tenth, report)
        if options.only == "changes":
            return 1 if report.broken else 0
        with _setting(size) as setting:
            _head(report, size, setting.environment["DATABASE_URL"])
            if options.only == "lists":
                syncing.fill(setting.environment)
            else:
                syncing.compare(size, setting.canvas, setting.environment, report)
            if options.only != "sync":
                _lists(size.tenth, setting, report)
    except Failed as failure:
        report.say(f"FAIL  {failure}")
        return 1
    return 1 if report.broken else 0


def _changes(size: Size, report: Report) -> None:
    with _setting(size) as setting:
        syncing.fill(setting.environment)
        changing.compare(size, setting.canvas, setting.environment, report)


def _lists(tenth: Size, whole: Setting, report: Report) -> None:
    with _setting(tenth) as few:
        syncing.fill(few.environment)
        lists.compare(few.environment, whole.environment, report)


@contextmanager
def _setting(size: Size) -> Iterator[Setting]:
    with database() as address, served(size) as canvas:
        environment = {"DATABASE_URL": address, "CANVAS_BASE_URL": canvas.url, "CANVAS_TOKEN": canvas.token}
        manage("migrate", "--verbosity", "0", environment=environment)
        yield Setting(canvas, environment)


def _head(report: Report, size: Size, address: str) -> None:
    report.say(
        f"{size.courses:,} courses, {size.assignments:,} flagged assignments, {size.line_items:,} line items; "
        f"{LATENCY * 1000:.0f} ms a request; {address.partition(':')[0]}; Python {platform.python_version()}; "
        f"{os.cpu_count()} processors"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    parser.add_argument("--only", choices=("sync", "lists", "changes"), help="one part alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
