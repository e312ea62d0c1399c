"""What comes after a decision: the findings that follow from it are worked out again, and the person is told."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.utils.formats import number_format

from registrar import tasks
from registrar.services import reassessing
from registrar.web.access import Visit


def follow_up(visit: Visit, count: int, now: datetime) -> None:
    """Few courses at once; many in the background, while the person goes on."""
    messages.success(visit, f"Kept.{_worked_out(count, now) if count else ''}")


def _worked_out(count: int, now: datetime) -> str:
    if reassessing.at_once(count, now=now):
        return f" The findings of {_courses(count)} are worked out again."
    transaction.on_commit(tasks.reassess.delay)
    return f" The findings of {_courses(count)} are worked out again in the background; that takes some minutes."


def _courses(count: int) -> str:
    return f"{number_format(count, use_l10n=True, force_grouping=True)} course{'' if count == 1 else 's'}"
