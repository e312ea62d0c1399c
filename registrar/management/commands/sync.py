"""``manage.py sync``: one fetch and assessment in the foreground."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from registrar.canvas import open_canvas
from registrar.errors import RegistrarError, database_trouble
from registrar.models import Run
from registrar.services import syncing, working

now = partial(datetime.now, UTC)


class Command(BaseCommand):
    help = "Read Canvas and assess what was read: the watched terms, one term, or one course."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--account", default="", metavar="REF", help="account whose tree is read (CANVAS_ACCOUNT)"
        )
        parser.add_argument("--term", default="", metavar="REF", help="one term, or “all”; else the watched terms")
        parser.add_argument("--course", default="", metavar="REF", help="this course only")
        parser.add_argument("--quick", action="store_true", help="read closely only what changed")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        run: Run | None = None
        try:
            canvas = open_canvas()
            run = syncing.request(
                mode=Run.Mode.QUICK if options["quick"] else Run.Mode.FULL,
                by=None,
                trigger="shell",
                now=now(),
                account_ref=options["account"],
                term_ref=options["term"],
                course_ref=options["course"],
            )
            self._carry(run, canvas)
            message = "" if run.state == Run.State.COMPLETE else run.message or f"Run {run.pk} is {run.state}."
        except RegistrarError as trouble:
            message = trouble.message
        except DatabaseError as error:
            message = database_trouble(error)
        except KeyboardInterrupt:
            message = "Interrupted. Start again and it goes on where it stopped."
        for warning in run.warnings if run else ():
            self.stderr.write(f"Note: {warning}")
        if options["json"]:
            self.stdout.write(json.dumps(_result(run)))
        if message:
            self.stderr.write(message)
            sys.exit(1)

    def _carry(self, run: Run, canvas: Any) -> None:
        """Until the run has ended; another worker may hold a part of it, which is waited for."""
        bar = _Bar(sys.stderr)
        while run.is_open:
            working.work(run, canvas, clock=now, on_progress=bar.show)
            if run.is_open:
                time.sleep(1)
        bar.clear()


class _Bar:
    """A progress bar, when somebody is looking."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.shown = stream.isatty()

    def show(self, run: Run) -> None:
        if not self.shown:
            return
        if run.state != Run.State.READING:
            text = f"Reading {run.doing}"
        else:
            pace = syncing.pace(run, now())
            filled = "█" * int(pace.share * 30)
            left = f", {pace.seconds_left:.0f} s left" if pace.seconds_left is not None else ""
            text = f"{filled:·<30} {run.done + run.failed:,} of {run.total:,} courses{left}"
        self.stream.write(f"\r\x1b[K{text}")
        self.stream.flush()

    def clear(self) -> None:
        if self.shown:
            self.stream.write("\r\x1b[K")


_COUNTS = ("accounts", "courses", "sections", "assignments", "rows", "findings")


def _result(run: Run | None) -> dict[str, object]:
    counts = run.counts if run else {}
    return {
        "run_id": run.pk if run else None,
        "complete": bool(run and run.state == Run.State.COMPLETE),
        **{name: counts.get(name, 0) for name in _COUNTS},
        "requests": run.requests if run else 0,
        "seconds": round(run.seconds, 3) if run else 0,
        "warnings": run.warnings if run else [],
    }
