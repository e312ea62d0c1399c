"""``python -m benchmarks``: run by hand; prints ratios of things measured in the same run, and bounds."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from benchmarks import syncing
from benchmarks.commands import Failed, database, manage
from benchmarks.report import Report
from benchmarks.served import LATENCY, served
from benchmarks.size import SMALL, WHOLE, Size


def main() -> int:
    options = _options()
    size, report = SMALL if options.small else WHOLE, Report()
    try:
        with database() as address, served(size) as canvas:
            _head(report, size, address)
            environment = {"DATABASE_URL": address, "CANVAS_BASE_URL": canvas.url, "CANVAS_TOKEN": canvas.token}
            manage("migrate", "--verbosity", "0", environment=environment)
            syncing.compare(size, canvas, environment, report)
    except Failed as failure:
        report.say(f"FAIL  {failure}")
        return 1
    return 1 if report.broken else 0


def _head(report: Report, size: Size, address: str) -> None:
    report.say(
        f"{size.courses:,} courses, {size.assignments:,} flagged assignments, {size.line_items:,} line items; "
        f"{LATENCY * 1000:.0f} ms a request; {address.partition(':')[0]}; Python {platform.python_version()}; "
        f"{os.cpu_count()} processors"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
