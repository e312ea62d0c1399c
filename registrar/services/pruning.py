"""Prune: what a sync run keeps of each course is dropped after a time. The run itself, with its numbers, stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from registrar.models import Run, RunItem

CHUNK = 5_000
"""Rows deleted in one transaction: others write in between."""


def prune_runs(*, now: datetime) -> int:
    """The courses of runs that finished long ago; returns how many rows went. It may stop anywhere."""
    if not (days := settings.KEEP_RUNS_DAYS):
        return 0
    finished = Run.objects.exclude(state__in=Run.OPEN).filter(finished_at__lt=now - timedelta(days=days))
    old = RunItem.objects.filter(run__in=finished).order_by("pk")
    gone = 0
    while chunk := list(old.values_list("pk", flat=True)[:CHUNK]):
        gone += RunItem.objects.filter(pk__in=chunk).delete()[0]
    return gone
