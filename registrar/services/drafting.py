"""Draft: what the proposer may still alter before it is submitted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from registrar.errors import Refused
from registrar.models import Proposal, Role, Step

from .rights import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def reword(*, by: User, proposal: Proposal, reason: str, now: datetime) -> None:
    if not reason.strip():
        raise Refused(_("A reason is required: the person who approves reads it, and so will others later."))
    with transaction.atomic():
        _locked(by, proposal)
        Proposal.objects.filter(pk=proposal.pk).update(reason=reason.strip())
        Step.objects.create(proposal=proposal, by=by, at=now, what="reworded", comment=reason.strip())


def remove(*, by: User, proposal: Proposal, changes: Collection[int], now: datetime) -> None:
    """Take changes out of a draft; a course without any left leaves it too."""
    with transaction.atomic():
        _locked(by, proposal)
        leaving = proposal.changes.filter(pk__in=changes)
        if not leaving.exists():
            raise Refused(_("Tick the changes to remove first."))
        if not proposal.changes.exclude(pk__in=changes).exists():
            raise Refused(_("That would leave nothing. Withdraw the proposal instead."))
        gone = leaving.delete()[0]
        proposal.courses.exclude(course__in=proposal.changes.values("course")).delete()
        with override(settings.LANGUAGE_CODE):
            told = ngettext("%(n)s removed", "%(n)s removed", gone) % {"n": gone}
        Step.objects.create(proposal=proposal, by=by, at=now, what="removed", comment=told)


def _locked(by: User, proposal: Proposal) -> None:
    """Nobody may submit it between the look and the change."""
    require(by, Role.REVIEWER, Role.APPROVER)
    found = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if by.pk != found.proposed_by_id:
        raise Refused(_("Only the person who proposed it can change the draft."))
    if found.state != Proposal.State.DRAFT:
        told = _("Only a draft can be changed; this proposal is %(state)s.")
        raise Refused(told % {"state": found.get_state_display().lower()})
