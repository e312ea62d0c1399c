"""Deliver: send what waits in the outbox, each message claimed before and confirmed after.

A claim without a confirmation is never sent again by itself: the message may have arrived. A person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from registrar.mail import Answer, Letter, Outcome, Sender
from registrar.models import Delivery, Subscription, reach_of

from .claiming import is_gone, owner_name
from .summarising import scope_of

State = Delivery.State
CLAIM_LASTS = timedelta(minutes=10)
"""Longer than any task may run: whoever claimed a message before that has lost it."""
AT_WORK = timedelta(minutes=2)
"""So long a claim on a machine that we cannot look into is taken for somebody's work on the outbox."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
TRIES = 25
"""With the pauses between them about three days; then it is shown as refused."""
BECOMES = {Outcome.SENT: State.SENT, Outcome.REFUSED: State.REFUSED, Outcome.UNKNOWN: State.UNCONFIRMED}
DIED = _lazy("Whoever was sending this message ended before the mail server answered.")


def deliver(
    *, clock: Callable[[], datetime], until: datetime | None = None, only: Collection[int] | None = None
) -> Counter[str]:
    """Send what is due, for a while. Returns how many came into which state.

    Where the mail server cannot be reached at all, the rest is left for the next time.
    """
    counts: Counter[str] = Counter({State.UNCONFIRMED: give_up_claims(clock())})
    with Sender() as sender:
        while (until is None or clock() < until) and (row := _claimed(clock(), only)) is not None:
            outcome = _carried(row, sender, clock)
            counts[row.state] += 1
            if outcome is Outcome.OFFLINE:
                break
    return +counts


def needs_a_worker(now: datetime) -> bool:
    """Whether anything is due and nobody at it: a mail server that is slow shall hold up one worker, not all."""
    claims = list(_claims())
    if any(_is_lost(row, now) for row in claims):
        return True
    if any(row.claimed_at and row.claimed_at > now - AT_WORK for row in claims):
        return False
    return Delivery.objects.filter(state=State.WAITING, not_before__lte=now).exists()


def give_up_claims(now: datetime) -> int:
    """Claims that nobody will confirm any more are shown as what they are."""
    lost = [row for row in _claims() if _is_lost(row, now)]
    return sum(_confirm(row, state=State.UNCONFIRMED, trouble=str(DIED)) for row in lost)


def _claims() -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=State.CLAIMED).only("state", "owner", "claimed_at")


def _is_lost(row: Delivery, now: datetime) -> bool:
    return is_gone(row.owner) or row.claimed_at is None or row.claimed_at < now - CLAIM_LASTS


def _claimed(now: datetime, only: Collection[int] | None) -> Delivery | None:
    """The next message that is due, which from here on is ours alone. Committed before a byte goes out."""
    due = Delivery.objects.filter(state=State.WAITING, not_before__lte=now).order_by("not_before", "pk")
    if only is not None:
        due = due.filter(pk__in=only)
    while (pk := due.values_list("pk", flat=True).first()) is not None:
        with transaction.atomic(durable=True):
            claim = {"state": State.CLAIMED, "owner": owner_name(), "claimed_at": now}
            taken = Delivery.objects.filter(pk=pk, state=State.WAITING).update(**claim)
        if taken:
            return Delivery.objects.select_related("person", "subscription").get(pk=pk)
    return None


def _carried(row: Delivery, sender: Sender, clock: Callable[[], datetime]) -> Outcome | None:
    """Send one claimed message and write down what became of it; None where it must not go out any more."""
    if why := _out_of_date(row):
        _confirm(row, state=State.DROPPED, trouble=why)
        return None
    try:
        answer = sender.send(_letter(row))
    except BaseException:
        _confirm(row, state=State.UNCONFIRMED, trouble=str(DIED))
        raise
    _record(row, answer, clock())
    return answer.outcome


def _out_of_date(row: Delivery) -> str:
    """Why it must not be sent any more, if so: people leave, and what they may see is cut."""
    if row.subscription is not None and row.subscription.unsubscribed_at is not None:
        return _("Unsubscribed before it was sent.")
    if row.subscription is not None and not _still_within(row.subscription, row):
        return _("Those it was made for, or by, may no longer see what it speaks of.")
    if row.person is None:
        return ""
    if not row.person.is_active:
        return _("The account was closed before it was sent.")
    if not Delivery.objects.within(reach_of(row.person)).filter(pk=row.pk).exists():
        return _("The addressee may no longer see what it speaks of.")
    return ""


def _still_within(subscription: Subscription, row: Delivery) -> bool:
    """Whoever set the report up, and whoever gets it, must still have a role and the reach."""
    scope = scope_of(subscription)
    return all(scope.holds(account.path) for account in row.accounts.all())


def _record(row: Delivery, answer: Answer, now: datetime) -> None:
    attempts = row.attempts + 1
    state = BECOMES.get(answer.outcome)
    if state is None and attempts >= TRIES:
        state = State.REFUSED
    if state is None:
        pause = min(FIRST_PAUSE * 2**row.attempts, LONGEST_PAUSE)
        _confirm(row, state=State.WAITING, trouble=answer.said, attempts=attempts, not_before=now + pause)
        return
    sent_at = now if state == State.SENT else None
    _confirm(row, state=state, trouble=answer.said, attempts=attempts, sent_at=sent_at)


def _confirm(row: Delivery, **outcome: object) -> bool:
    """Written only over one's own claim: a claim that was given up belongs to whoever decides about it now."""
    mine = Delivery.objects.filter(pk=row.pk, state=State.CLAIMED, owner=row.owner, claimed_at=row.claimed_at)
    taken = bool(mine.update(**outcome))
    for name, value in outcome.items():
        setattr(row, name, value)
    return taken


def _letter(row: Delivery) -> Letter:
    return Letter(
        address=row.address,
        subject=row.subject,
        text=row.text,
        html=row.html,
        message_id=row.message_id,
        headers=row.headers,
        attachment=None if row.attachment is None else bytes(row.attachment),
        attachment_name=row.attachment_name,
    )
