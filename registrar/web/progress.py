"""How far a sync is, told to one person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from registrar.models import Run, RunItem
from registrar.models.runs import RunQuerySet
from registrar.services import reviewing, syncing

from .access import Visit

LINGERS = timedelta(minutes=2)
"""So long the end of a run stays in sight where it was watched."""


def latest(runs: RunQuerySet, now: datetime) -> Run | None:
    """The run to be shown beside what it reads: one that goes on, has just ended, or did not end well."""
    found = runs.open().first() or runs.order_by("-created_at", "-pk").first()
    if found is None or found.is_open or found.state in (Run.State.FAILED, Run.State.INCOMPLETE):
        return found
    return found if found.finished_at is not None and now - found.finished_at < LINGERS else None


def told(visit: Visit, run: Run | None, now: datetime) -> dict[str, Any]:
    """Of a run that goes beyond this person's part, only what concerns that part."""
    if run is None:
        return {"run": None}
    whole = reviewing.covers(visit.reach, run)
    counts = reviewing.run_counts(visit.reach, run)
    return {
        "run": run,
        "whole": whole,
        "done": run.done if whole else counts[RunItem.State.DONE],
        "failures": run.failed if whole else counts[RunItem.State.FAILED],
        "total": run.total if whole else sum(counts.values()),
        "pace": syncing.pace(run, now) if run.is_open and whole else None,
    }
