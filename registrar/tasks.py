"""Background work, each task a few lines: load, call one service, name what comes next.

A message is only a hint that there is work; the rows say what (design.md, section 7). Every task may run twice.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from celery import shared_task
from kombu.exceptions import OperationalError

from registrar.canvas import open_canvas
from registrar.errors import CanvasTrouble, RegistrarError
from registrar.models import Proposal, Run, RunItem, Sign
from registrar.services import (
    announcing,
    applying,
    checking,
    collecting,
    counting,
    delivering,
    exempting,
    mailing,
    pruning,
    reassessing,
    reporting,
    scheduling,
    syncing,
    telling,
    turning,
    working,
)

CHUNK = timedelta(seconds=120)
"""How long one task works on courses before it hands on to the next."""
MAIL_CHUNK = timedelta(seconds=60)
"""As `CHUNK`, for mail: the last message may take long over each of its steps (settings.EMAIL_TIMEOUT)."""
SURVEY_LIMIT = 840
"""Seconds: the survey cannot be handed on half-way, yet must end before a broker sends its message again."""

now = partial(datetime.now, UTC)


@shared_task
def tick() -> None:
    """What the timetable asks for, each minute."""
    checking.heard(Sign.Of.SCHEDULER, now=now())
    for run in scheduling.start_due(now()):
        work.delay(run.pk)


@shared_task
def answer() -> None:
    """Somebody asks whether a worker is there."""
    checking.heard(Sign.Of.WORKER, now=now())


@shared_task
def reassess() -> None:
    """Work the findings out again where an administrator decided otherwise what they follow from, for a while."""
    if reassessing.carry_on(clock=now, until=now() + CHUNK):
        reassess.delay()


@shared_task(soft_time_limit=SURVEY_LIMIT, time_limit=SURVEY_LIMIT + 30)
def work(run_id: int) -> None:
    """Carry a sync on for a while."""
    run = Run.objects.open().filter(pk=run_id).first()
    if run is None:
        return
    try:
        canvas = open_canvas()
    except RegistrarError as trouble:
        syncing.fail(run=run, message=trouble.message, now=now())
        return
    working.work(run, canvas, clock=now, until=now() + CHUNK)
    if run.state == Run.State.READING and run.items.filter(state=RunItem.State.TODO).exists():
        work.delay(run_id)


@shared_task
def apply_changes(proposal_id: int) -> None:
    """Carry an approved proposal on for a while."""
    proposal = Proposal.objects.filter(pk=proposal_id, state=Proposal.State.APPLYING).first()
    if proposal is None:
        return
    with suppress(CanvasTrouble):  # the sweep tries again; the page says since when nothing has moved
        applying.apply(proposal, open_canvas(), clock=now, until=now() + CHUNK)
        if proposal.state == Proposal.State.APPLYING:
            apply_changes.apply_async((proposal_id,), countdown=10)
        elif proposal.state in Proposal.FINISHED:
            tell()


def tell() -> None:
    """Have those concerned told what has just happened.

    What was done is done: a broker that is down costs half a minute, until the sweep, and nothing else.
    """
    with suppress(OperationalError, OSError):
        announce.apply_async(retry=False)


@shared_task
def announce() -> None:
    """Write the mails about what has happened; sending them is another task's."""
    announcing.announce(now=now())
    telling.tell(now=now())
    if delivering.needs_a_worker(now()):
        deliver.delay()


@shared_task
def deliver() -> None:
    """Send what waits in the outbox, for a while. A mail server that is down delays this and nothing else."""
    end = now() + MAIL_CHUNK
    if delivering.needs_a_worker(now()):
        delivering.deliver(clock=now, until=end)
        if now() >= end:
            deliver.delay()


@shared_task
def report() -> None:
    """The readiness reports whose hour has come."""
    if reporting.write_due(now=now()):
        deliver.delay()


@shared_task
def collect_bounces() -> None:
    """What came back of the mail, where a mailbox for it is set up."""
    if collecting.is_set_up():
        collecting.collect(clock=now, until=now() + MAIL_CHUNK)


@shared_task
def sweep() -> None:
    """Send again what lost its message: a worker died, or the broker forgot."""
    for run in Run.objects.open():
        if syncing.needs_a_worker(run, now()):
            work.delay(run.pk)
    reassessing.ask_by_the_clock(now=now())
    exempting.expire(now=now())
    if reassessing.waiting().exists():
        reassess.delay()
    for proposal in applying.idle(now()):
        apply_changes.delay(proposal.pk)
    announce.delay()


@shared_task
def count_again() -> None:
    """Between syncs: the pictures must not tell other numbers than the lists for long."""
    if counting.is_behind(now=now()):
        counting.count(now=now())


@shared_task
def keep_history() -> None:
    """The last count of the day, also where no sync ran; what is too old to be asked for goes."""
    counting.count(now=now())
    turning.prune(now=now())
    mailing.empty_old(now=now())
    pruning.prune_runs(now=now())
