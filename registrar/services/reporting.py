"""Report: what is due now, made once and written to the outbox once, however often and wherever this runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from registrar.domain import schedule as schedules
from registrar.domain.calendar import local_day
from registrar.domain.schedule import Schedule
from registrar.domain.summary import OnlyIf, Summary, is_worth_sending, remembered
from registrar.models import Delivery, Round, Subscription, Term

from . import mailing, rendering, summarising
from .summarising import Around

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The hour has come to look at one term for one subscription."""

    subscription: Subscription
    term: Term
    slot: datetime
    around: Around

    @property
    def key(self) -> str:
        return f"{summarising.key_prefix(self.subscription, self.term)}{self.slot:%Y-%m-%dT%H:%MZ}"


def write_due(*, now: datetime, not_before: datetime | None = None) -> list[Delivery]:
    """Everything that is due goes to the outbox. What was silent is remembered and not looked at again.

    ``not_before`` is when it may be sent, where ``now`` is made up.
    """
    written = []
    for one in due(now=now):
        try:
            found = write(one, now=now, not_before=not_before)
        except Exception:  # the others have nothing to do with it, and this one is tried again
            logger.exception("The report of subscription %s about term %s", one.subscription.pk, one.term.pk)
        else:
            written += [found] if found is not None else []
    return written


def due(*, now: datetime) -> list[Due]:
    live = Subscription.objects.filter(paused_at=None, unsubscribed_at=None).order_by("pk")
    rows = live.select_related("person", "made_by").prefetch_related("terms", "rounds")
    slots = [(row, schedules.pending(schedule_of(row), since=row.since, now=now)) for row in rows]
    around = summarising.around() if slots else None
    return [one for row, slot in slots if slot and around for one in _of(row, slot, around, now)]


def made(one: Due, *, now: datetime) -> rendering.Report | None:
    """The report, or nothing where nobody may see it, the day is not one of its days, or it says nothing."""
    subscription, around = one.subscription, one.around
    schedule, scope = schedule_of(subscription), summarising.scope_of(subscription)
    if scope == summarising.NOTHING or not rendering.address_of(subscription):
        return None
    deadline = around.deadline_in(scope, one.term, now)
    if not schedule.asks_for(local_day(one.slot, schedule.zone), deadline):
        return None
    found = summarising.picture(subscription=subscription, term=one.term, scope=scope, around=around, now=now)
    if is_silent(subscription, found.summary):
        return None
    return rendering.report(subscription=subscription, found=found, now=now)


def is_silent(subscription: Subscription, summary: Summary) -> bool:
    """Of a term that has nothing to get ready nothing is ever sent."""
    empty = not summary.total and not summary.findings
    return empty or not is_worth_sending(summary, OnlyIf(subscription.only_if))


def schedule_of(subscription: Subscription) -> Schedule:
    return Schedule(
        hour=subscription.hour,
        zone=ZoneInfo(subscription.time_zone),
        days_before=frozenset(subscription.days_before),
        daily=subscription.daily,
        weekday=subscription.weekday,
    )


def upcoming(subscription: Subscription, around: Around, *, now: datetime) -> datetime | None:
    """The next time that it is looked at; whether it is sent depends on what is found then."""
    schedule, scope = schedule_of(subscription), summarising.scope_of(subscription)
    slots = (
        schedules.upcoming(schedule, after=now, deadline=around.deadline_in(scope, term, now))
        for term in around.terms_of(subscription, now)
    )
    return min((slot for slot in slots if slot is not None), default=None)


def _of(subscription: Subscription, slot: datetime, around: Around, now: datetime) -> Iterator[Due]:
    """Each term whose slot nobody has seen to."""
    seen = {one.term_id: one.slot for one in subscription.rounds.all()}
    for term in around.terms_of(subscription, now):
        if term.pk not in seen or seen[term.pk] < slot:
            yield Due(subscription=subscription, term=term, slot=slot, around=around)


def write(one: Due, *, now: datetime, not_before: datetime | None = None) -> Delivery | None:
    """One report, unless somebody else has seen to it meanwhile."""
    report = made(one, now=now)
    with transaction.atomic():
        if not _claimed(one) or report is None:
            return None
        return mailing.write(
            kind=Delivery.Kind.REPORT,
            key=one.key,
            address=report.address,
            subject=report.subject,
            text=report.text,
            html=report.html,
            now=now,
            not_before=not_before,
            person=one.subscription.person,
            subscription=one.subscription,
            account_paths=report.account_paths,
            headers=report.headers,
            attachment=report.attachment,
            attachment_name=report.attachment_name,
            summary=remembered(report.summary, scope=report.scope_digest, now=now),
        )


def _claimed(one: Due) -> bool:
    """Of several who come at once one gets it, and the row waits for what that one does."""
    row, _ = Round.objects.get_or_create(
        subscription=one.subscription, term=one.term, defaults={"slot": one.subscription.since}
    )
    return Round.objects.filter(pk=row.pk, slot__lt=one.slot).update(slot=one.slot) == 1
