"""Resend: the log of the outbox, and what a person decides where the mail server left it open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from registrar.errors import Missing, Refused
from registrar.models import Delivery, Reach, Role, reach_of, roles_of

from .auditing import note
from .rights import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Delivery.State
OPEN = (State.UNCONFIRMED, State.REFUSED, State.BOUNCED)
"""What is left to a person: perhaps sent, not taken, or come back."""
GONE_OUT = (State.SENT, State.UNCONFIRMED)
NO_BOUNCE = {"bounce": "", "bounced_at": None, "bounce_code": "", "bounce_said": ""}


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
    fields = {"state": State.WAITING, "not_before": now, "attempts": 0, "trouble": ""}
    _decide(by, pk, now, "mail sent again", fields | NO_BOUNCE, among=Q(state__in=OPEN, emptied_at=None))


def mark_arrived(*, by: User, pk: int, now: datetime) -> None:
    """Somebody has asked the addressee: it need not go out again."""
    with translation.override(settings.LANGUAGE_CODE):
        said = _("Marked as arrived by %(name)s.") % {"name": by.get_full_name() or by.get_username()}
    fields = {"state": State.SENT, "sent_at": F("claimed_at"), "trouble": said}
    _decide(by, pk, now, "mail marked as arrived", fields | NO_BOUNCE, among=Q(state__in=OPEN))


def mark_bounced(*, by: User, pk: int, reason: str, now: datetime) -> None:
    """Somebody has heard of it by another way than a notice that can be read."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("Say what came back, or who told you that it did not arrive."))
    fields = {
        "state": State.BOUNCED,
        "bounce": Delivery.Bounce.FAILED,
        "bounced_at": now,
        "bounce_code": "",
        "bounce_said": reason,
    }
    _decide(by, pk, now, "mail marked as bounced", fields, among=Q(state__in=GONE_OUT), reason=reason)


def _decide(
    by: User, pk: int, now: datetime, what: str, fields: Mapping[str, object], *, among: Q, reason: str = ""
) -> None:
    require(by, Role.ADMINISTRATOR)
    row = visible(by=by, roles=roles_of(by), reach=reach_of(by)).filter(pk=pk).first()
    if row is None:
        raise Missing(_("This mail is not there, or it is outside the part that you may see."))
    with transaction.atomic():
        if not Delivery.objects.filter(among, pk=pk).update(resent_by=by, **fields):
            raise Refused(_not_possible(Delivery.objects.get(pk=pk)))
        with translation.override(settings.LANGUAGE_CODE):
            subject = _("%(subject)s to %(address)s") % {"subject": row.subject, "address": row.address}
        note(by=by, what=what, subject=subject, before=row.state, after=fields["state"], reason=reason, now=now)


def _not_possible(row: Delivery) -> str:
    if row.emptied_at is not None:
        return _("This mail cannot go out again: its text was removed.")
    state = row.get_state_display().lower()
    return _("This is not possible any more: the mail is “%(state)s”.") % {"state": state}
