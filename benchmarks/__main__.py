"""``python -m benchmarks``: run by hand; prints ratios of things measured in the same run, and bounds."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import changing, interactions, pages, ruling, syncing
from benchmarks.commands import Failed, database, manage, settle
from benchmarks.report import Report
from benchmarks.served import LATENCY, Served, served
from benchmarks.site import Site, site
from benchmarks.size import LARGE, WHOLE, Size


@dataclass(frozen=True, slots=True)
class Setting:
    canvas: Served
    environment: dict[str, str]


PARTS = ("changes", "sync", "pages")


def main() -> int:
    options = _options()
    report = Report()
    parts = dict(zip(PARTS, (_changes, _sync, _pages), strict=True))
    try:
        for name in (options.only,) if options.only else parts:
            parts[name](options.small, report)
    except Failed as failure:
        report.say(f"FAIL  {failure}")
        return 1
    return 1 if report.broken else 0


def _changes(small: bool, report: Report) -> None:
    size = WHOLE.tenth.tenth if small else WHOLE.tenth
    with _setting(size) as setting:
        syncing.fill(setting.environment)
        changing.compare(size, setting.canvas, setting.environment, report)


def _sync(small: bool, report: Report) -> None:
    size = WHOLE.tenth if small else WHOLE
    with _setting(size) as setting:
        _head(report, size, setting.environment["DATABASE_URL"])
        syncing.compare(size, setting.canvas, setting.environment, report)


def _pages(small: bool, report: Report) -> None:
    size = LARGE.tenth if small else LARGE
    with _looked_at(size.tenth, Report(quiet=True)) as few:
        tenth = pages.waits(few)
    with _looked_at(size, report) as many:
        pages.compare(tenth, pages.waits(many), report)
        interactions.compare(many, report)


@contextmanager
def _looked_at(size: Size, report: Report) -> Iterator[Site]:
    """Filled, with a history and a proposal to look at, and served."""
    with _setting(size) as setting:
        _head(report, size, setting.environment["DATABASE_URL"])
        filled = ruling.fill(setting.environment)
        with site(setting.environment) as served_site:
            ruling.compare(served_site, filled, report)
            pages.propose(served_site)
            settle(setting.environment["DATABASE_URL"])
            yield served_site


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
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
