"""Sync: ask for a run, look at its pace, cancel it, run it again. `working` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from registrar.models import Course, Run, RunItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User


TOO_OLD = timedelta(hours=1)
"""A run interrupted this long ago is not taken up again: what it had read of the lists is no longer true."""


@dataclass(frozen=True, slots=True)
class Pace:
    per_second: float | None
    seconds_left: float | None
    share: float


def pace(run: Run, now: datetime) -> Pace:
    """How fast a run goes and how long it will take: courses a second; None until there is a rate."""
    ended = run.done + run.failed
    share = min(ended / run.total, 1.0) if run.total else float(not run.is_open)
    if not run.is_open or run.read_from is None or ended == 0:
        return Pace(None, None, share)
    rate = ended / max((now - run.read_from).total_seconds(), 0.001)
    return Pace(rate, max(run.total - ended, 0) / rate, share)


def request(
    *,
    mode: str,
    by: User | None,
    trigger: str,
    now: datetime,
    account_ref: str = "",
    term_ref: str = "",
    course: Course | None = None,
    course_ref: str = "",
) -> Run:
    """A new run, or the one of the same scope that is still open: asking twice starts nothing twice."""
    scope = {
        "mode": Run.Mode.COURSE if course or course_ref else mode,
        "account_ref": account_ref or settings.CANVAS_ACCOUNT,
        "term_ref": term_ref,
        "course_ref": str(course.pk) if course else course_ref,
    }
    with override(settings.LANGUAGE_CODE):
        interrupted = _("It was interrupted and not taken up again.")
    with transaction.atomic():
        _one_at_a_time()
        Run.objects.open().filter(created_at__lt=now - TOO_OLD).exclude(heartbeat_at__gte=now - TOO_OLD).update(
            state=Run.State.FAILED, finished_at=now, doing="", message=interrupted
        )
        if open_run := Run.objects.open().filter(**scope, cancel_asked_at=None).first():
            return open_run
        account = course.account if course else None
        return Run.objects.create(**scope, account=account, requested_by=by, trigger=trigger, created_at=now)


def _one_at_a_time() -> None:
    """Until this transaction ends. SQLite's are alone from their start (settings.SQLITE_OPTIONS)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('registrar.services.syncing.request'))")


def again(*, run: Run, by: User | None, now: datetime) -> Run:
    """The same scope once more."""
    return request(
        mode=run.mode,
        by=by,
        trigger="person",
        now=now,
        account_ref=run.account_ref,
        term_ref=run.term_ref,
        course_ref=run.course_ref,
    )


def ask_cancel(*, run: Run, now: datetime) -> None:
    """The worker stops before the next course; what has been read stays. A run nobody has begun ends at once."""
    Run.objects.open().filter(pk=run.pk, cancel_asked_at=None).update(cancel_asked_at=now)
    Run.objects.filter(pk=run.pk, state=Run.State.WAITING).update(state=Run.State.CANCELLED, finished_at=now)


def fail(*, run: Run, message: str, now: datetime) -> None:
    Run.objects.open().filter(pk=run.pk).update(state=Run.State.FAILED, message=message, finished_at=now, doing="")


def needs_a_worker(run: Run, now: datetime) -> bool:
    """Whether a message should be sent again: nobody shows a sign of life, or there is work for another."""
    if run.heartbeat_at is None or (now - run.heartbeat_at).total_seconds() > 20:
        return True
    return run.state == Run.State.READING and run.items.filter(state=RunItem.State.TODO).count() > 50
