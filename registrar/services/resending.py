"""Resend: the log of the outbox, and what a person decides where the mail server left it open."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q, QuerySet

from registrar.errors import Missing, Refused
from registrar.models import Delivery, Reach, Role, reach_of, roles_of

from .auditing import note
from .rights import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Delivery.State
OPEN = (State.UNCONFIRMED, State.REFUSED)
"""What is left to a person: perhaps sent, or not taken."""


def visible(*, by: User, roles: Collection[Role], reach: Reach) -> QuerySet[Delivery]:
    """Administrators see all within their reach, others what was sent to them or by their subscriptions."""
    rows = Delivery.objects.within(reach)
    own = Q(person=by) | Q(subscription__made_by=by)
    if Role.ADMINISTRATOR not in roles:
        return rows.filter(own)
    if reach.paths is None:
        return rows
    spoken_of = Delivery.accounts.through._default_manager.values("delivery_id")
    return rows.filter(own | Q(pk__in=spoken_of))


def send_again(*, by: User, pk: int, now: datetime) -> None:
    """Let it go out once more, though it may have arrived: whoever decides this knows, and is recorded."""
    _decide(by, pk, now, "mail sent again", state=State.WAITING, not_before=now, attempts=0, trouble="")


def mark_arrived(*, by: User, pk: int, now: datetime) -> None:
    """Somebody has asked the addressee: it need not go out again."""
    said = f"Marked as arrived by {by.get_full_name() or by.get_username()}."
    _decide(by, pk, now, "mail marked as arrived", state=State.SENT, sent_at=F("claimed_at"), trouble=said)


def _decide(by: User, pk: int, now: datetime, what: str, **fields: object) -> None:
    require(by, Role.ADMINISTRATOR)
    row = visible(by=by, roles=roles_of(by), reach=reach_of(by)).filter(pk=pk).first()
    if row is None:
        raise Missing("This mail is not there, or it is outside the part that you may see.")
    with transaction.atomic():
        if not Delivery.objects.filter(pk=pk, state__in=OPEN).update(resent_by=by, **fields):
            state = Delivery.objects.get(pk=pk).get_state_display().lower()
            raise Refused(f"This is not possible any more: the mail is “{state}”.")
        note(
            by=by,
            what=what,
            subject=f"{row.subject} to {row.address}",
            before=row.state,
            after=fields["state"],
            now=now,
        )
