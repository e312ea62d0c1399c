"""A readiness report in one line: its subject."""

from __future__ import annotations

from datetime import datetime, tzinfo

from registrar.domain.calendar import days_left
from registrar.domain.summary import Summary


def subject(
    term: str, summary: Summary, *, whole: bool, deadline: datetime | None, now: datetime, zone: tzinfo
) -> str:
    """ "Fall 2026: 31 sections not ready, 6 days to grade deadline"."""
    said = [standing(summary, whole=whole), countdown(deadline, now=now, zone=zone)]
    return f"{' '.join(term.split())}: {', '.join(filter(None, said))}"


def standing(summary: Summary, *, whole: bool, of_all: bool = False) -> str:
    """``whole``: every blocking rule was asked for, so that nothing found means that all is ready."""
    open_ = "not ready" if whole else "to look at"
    if summary.sections and of_all:
        return f"{summary.sections:,} of {counted(summary.total, 'section')} {open_}"
    if summary.sections:
        return f"{counted(summary.sections, 'section')} {open_}"
    if summary.items:
        return f"{counted(summary.items, 'line item')} {open_}"
    if not summary.total:
        return "nothing to get ready"
    if not whole:
        return f"nothing found in {counted(summary.total, 'section')}"
    return "the one section is ready" if summary.total == 1 else f"all {summary.total:,} sections ready"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def countdown(deadline: datetime | None, *, now: datetime, zone: tzinfo) -> str:
    if deadline is None:
        return ""
    if deadline <= now:
        return "grade deadline has passed"
    days = days_left(now, deadline, zone)
    if days < 2:
        return f"grade deadline {'tomorrow' if days else 'today'}"
    return f"{days} days to grade deadline"
