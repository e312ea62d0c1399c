"""Submit, release, approve, reject, send back, withdraw: each moves a proposal by an UPDATE of exactly one row.

Of two people who decide at once, one wins and the other is told. Role and reach are checked here, so that no road
leads past them; that nobody decides on their own is kept by the database too. A move and the step that records it
are one transaction: whoever is to be told is told by the step (`announcing`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from registrar.errors import Refused
from registrar.models import Change, Proposal, Role, Step

from .catching_up import catch_up, judge_again
from .limiting import excesses
from .offering import fingerprint
from .rights import proposal_for, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

OWN = _lazy("Nobody approves or rejects their own proposal. Ask another approver.")
NOT_SEEN = _lazy("This proposal changed after you opened it. Read it as it is now, then decide.")
HELD = _lazy("This proposal is over the threshold of its college: an administrator must release it first.")


def _step(proposal: Proposal, by: User | None, now: datetime, what: str, comment: str = "") -> None:
    Step.objects.create(proposal=proposal, by=by, at=now, what=what, comment=comment)


@transaction.atomic
def submit(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    _require(by, proposal, Role.REVIEWER, Role.APPROVER)
    if by.pk != proposal.proposed_by_id:
        raise Refused(_("Only the person who proposed it can submit it."))
    if proposal.state == Proposal.State.DRAFT and not proposal.changes.filter(state=Change.State.PENDING).exists():
        raise Refused(_("Every change of this proposal is refused, so there is nothing to submit."))
    state = Proposal.State.HELD if excesses(proposal) else Proposal.State.SUBMITTED
    _move(proposal, (Proposal.State.DRAFT,), state, submitted_at=now)
    _step(proposal, by, now, "submitted" if state == Proposal.State.SUBMITTED else "held", comment)


@transaction.atomic
def release(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Let a held proposal through to those who approve: an administrator's step, never on their own proposal."""
    _require(by, proposal, Role.ADMINISTRATOR)
    if by.pk == proposal.proposed_by_id:
        raise Refused(_("Nobody releases their own proposal. Ask another administrator."))
    _move(proposal, (Proposal.State.HELD,), Proposal.State.SUBMITTED)
    _step(proposal, by, now, "released", comment)


def allow_closed(*, by: User, proposal: Proposal, reason: str, now: datetime) -> None:
    """Let this proposal change due dates in closed grading periods; before it is approved, and with a reason."""
    _require(by, proposal, Role.ADMINISTRATOR)
    if not reason.strip():
        raise Refused(_("Say why dates in a closed grading period may be changed: the approver reads it."))
    state = Proposal.State(proposal.state)
    with transaction.atomic():
        _move(
            proposal,
            (Proposal.State.DRAFT, *Proposal.WAITING),
            state,
            closed_allowed_by=by,
            closed_allowed_reason=reason.strip(),
        )
        judge_again(proposal, now)
        _step(proposal, by, now, "closed allowed", reason.strip())


def approve(*, by: User, proposal: Proposal, now: datetime, comment: str = "", seen: str | None = None) -> None:
    """Agree to exactly what was read. If Canvas has changed since, the new state is shown and asked about anew.

    ``seen`` is the fingerprint of what a page showed; a shell has none.
    """
    _require_other(by, proposal)
    with transaction.atomic():
        # Nobody else may put it upon newer readings between the look and the decision.
        Proposal.objects.select_for_update().get(pk=proposal.pk)
        proposal.refresh_from_db()
        against = _against_approving(proposal, now, seen)
        if not against:
            agreed = proposal.changes.filter(state=Change.State.PENDING)
            _decide(by, proposal, (Proposal.State.SUBMITTED,), Proposal.State.APPROVED, now, comment)
            agreed.update(agreed=True)
    if against:
        raise Refused(against)


def _against_approving(proposal: Proposal, now: datetime, seen: str | None) -> str:
    """Why it cannot be approved as it is; what was found on the way is kept."""
    if proposal.state == Proposal.State.SUBMITTED:
        if moved := catch_up(proposal, now):
            return _moved(moved)
        if seen is not None and seen != fingerprint(proposal):
            return str(NOT_SEEN)
        if not proposal.changes.filter(state=Change.State.PENDING).exists():
            return _("Every change of this proposal is refused by now, so there is nothing to approve.")
        _hold_again(proposal, now)
    return str(HELD) if proposal.state == Proposal.State.HELD else ""


def _moved(count: int) -> str:
    told = ngettext(
        "Canvas has changed since this was proposed: %(n)s of its changes now starts from another state. "
        "Look at the new state, then decide again.",
        "Canvas has changed since this was proposed: %(n)s of its changes now start from another state. "
        "Look at the new state, then decide again.",
        count,
    )
    return told % {"n": count}


def _hold_again(proposal: Proposal, now: datetime) -> None:
    """It may have grown over a threshold since it was submitted, or the threshold may have been lowered."""
    released = proposal.steps.filter(what="released", at__gte=proposal.submitted_at or now)
    if not released.exists() and excesses(proposal):
        _move(proposal, (Proposal.State.SUBMITTED,), Proposal.State.HELD)
        _step(proposal, None, now, "held")


@transaction.atomic
def reject(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    _require_other(by, proposal)
    if not comment.strip():
        raise Refused(_("Say why it is rejected: the person who proposed it reads the comment."))
    _decide(by, proposal, Proposal.WAITING, Proposal.State.REJECTED, now, comment)


@transaction.atomic
def send_back(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Back to the proposer as a draft, with a comment."""
    _require_other(by, proposal)
    _move(proposal, Proposal.WAITING, Proposal.State.DRAFT, submitted_at=None)
    _step(proposal, by, now, "sent back", comment)


@transaction.atomic
def withdraw(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Before it is applied: taken back for good. While it is applied: stopped before the next course."""
    own = by.pk == proposal.proposed_by_id
    _require(by, proposal, Role.APPROVER, *([Role.REVIEWER] if own else []))
    stopped = Proposal.objects.filter(pk=proposal.pk, state=Proposal.State.APPLYING, cancel_asked_at=None)
    if stopped.update(cancel_asked_at=now):
        proposal.refresh_from_db()
        _step(proposal, by, now, "stop asked", comment)
        return
    before = (Proposal.State.DRAFT, *Proposal.WAITING, Proposal.State.APPROVED)
    _move(proposal, before, Proposal.State.WITHDRAWN)
    _step(proposal, by, now, "withdrawn", comment)


def _require(by: User, proposal: Proposal, *roles: Role) -> None:
    require(by, *roles)
    proposal_for(by, proposal.pk)


def _require_other(by: User, proposal: Proposal) -> None:
    _require(by, proposal, Role.APPROVER)
    if by.pk == proposal.proposed_by_id:
        raise Refused(str(OWN))


def _decide(
    by: User, proposal: Proposal, before: Collection[str], state: Proposal.State, now: datetime, comment: str
) -> None:
    try:
        _move(proposal, before, state, decided_by=by, decided_at=now, comment=comment.strip())
    except IntegrityError:
        raise Refused(str(OWN)) from None
    _step(proposal, by, now, state, comment)


def _move(proposal: Proposal, before: Collection[str], after: Proposal.State, **fields: Any) -> None:
    with transaction.atomic():
        moved = Proposal.objects.filter(pk=proposal.pk, state__in=before).update(state=after, **fields)
    proposal.refresh_from_db()
    if not moved:
        by = proposal.decided_by.get_username() if proposal.decided_by else ""
        told = (
            _("This is not possible any more: proposal %(number)s is %(state)s by %(person)s.")
            if by
            else _("This is not possible any more: proposal %(number)s is %(state)s.")
        )
        state = proposal.get_state_display().lower()
        raise Refused(told % {"number": proposal.pk, "state": state, "person": by})
