"""Submit, release, approve, reject, send back, withdraw: each moves a proposal by an UPDATE of exactly one row.

Of two people who decide at once, one wins and the other is told. Role and reach are checked here, so that no road
leads past them; that nobody decides on their own is kept by the database too.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from registrar.errors import Refused
from registrar.models import Account, Change, Proposal, Role, Step

from .catching_up import catch_up, judge_again
from .rights import proposal_for, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

OWN = "Nobody approves or rejects their own proposal. Ask another approver."


def _step(proposal: Proposal, by: User | None, now: datetime, what: str, comment: str = "") -> None:
    Step.objects.create(proposal=proposal, by=by, at=now, what=what, comment=comment)


def submit(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    _require(by, proposal, Role.REVIEWER, Role.APPROVER)
    if by.pk != proposal.proposed_by_id:
        raise Refused("Only the person who proposed it can submit it.")
    if proposal.state == Proposal.State.DRAFT and not proposal.changes.filter(state=Change.State.PENDING).exists():
        raise Refused("Every change of this proposal is refused, so there is nothing to submit.")
    state = Proposal.State.HELD if is_over_threshold(proposal) else Proposal.State.SUBMITTED
    _move(proposal, (Proposal.State.DRAFT,), state, submitted_at=now)
    _step(proposal, by, now, "submitted" if state == Proposal.State.SUBMITTED else "held", comment)


def is_over_threshold(proposal: Proposal) -> bool:
    """Whether in some sub-account more is changed at once than its administrator lets through."""
    accounts = Account.objects.in_bulk()
    touched: dict[int, int] = {}
    for account_id in proposal.changes.values_list("course__account_id", flat=True):
        at: Account | None = accounts.get(account_id)
        while at is not None and at.hold_above is None:
            at = accounts.get(at.parent_id) if at.parent_id is not None else None
        if at is not None:
            touched[at.pk] = touched.get(at.pk, 0) + 1
    return any(count > (accounts[pk].hold_above or 0) for pk, count in touched.items())


def release(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Let a held proposal through to those who approve."""
    _require(by, proposal, Role.ADMINISTRATOR)
    _move(proposal, (Proposal.State.HELD,), Proposal.State.SUBMITTED)
    _step(proposal, by, now, "released", comment)


def allow_closed(*, by: User, proposal: Proposal, reason: str, now: datetime) -> None:
    """Let this proposal change due dates in closed grading periods; before it is approved, and with a reason."""
    _require(by, proposal, Role.ADMINISTRATOR)
    if not reason.strip():
        raise Refused("Say why dates in a closed grading period may be changed: the approver reads it.")
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


def approve(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Agree to exactly what was read. If Canvas has changed since, the new state is shown and asked about anew."""
    _require_other(by, proposal)
    if proposal.state == Proposal.State.HELD:
        raise Refused(
            "This proposal is over the threshold of its college: an administrator must release it first."
        )
    if proposal.state == Proposal.State.SUBMITTED and (moved := catch_up(proposal, now)):
        raise Refused(
            f"Canvas has changed since this was proposed: {moved} of its changes now start from another state. "
            "Look at the new state, then decide again."
        )
    _decide(by, proposal, (Proposal.State.SUBMITTED,), Proposal.State.APPROVED, now, comment)


def reject(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    _require_other(by, proposal)
    if not comment.strip():
        raise Refused("Say why it is rejected: the person who proposed it reads the comment.")
    _decide(by, proposal, Proposal.WAITING, Proposal.State.REJECTED, now, comment)


def send_back(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Back to the proposer as a draft, with a comment."""
    _require_other(by, proposal)
    _move(proposal, Proposal.WAITING, Proposal.State.DRAFT, submitted_at=None)
    _step(proposal, by, now, "sent back", comment)


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
        raise Refused(OWN)


def _decide(
    by: User, proposal: Proposal, before: Collection[str], state: Proposal.State, now: datetime, comment: str
) -> None:
    try:
        _move(proposal, before, state, decided_by=by, decided_at=now, comment=comment.strip())
    except IntegrityError:
        raise Refused(OWN) from None
    _step(proposal, by, now, state, comment)


def _move(proposal: Proposal, before: Collection[str], after: Proposal.State, **fields: Any) -> None:
    with transaction.atomic():
        moved = Proposal.objects.filter(pk=proposal.pk, state__in=before).update(state=after, **fields)
    proposal.refresh_from_db()
    if not moved:
        who = f" by {proposal.decided_by.get_username()}" if proposal.decided_by else ""
        state = proposal.get_state_display().lower()
        raise Refused(f"This is not possible any more: proposal {proposal.pk} is {state}{who}.")
