"""Submit, release, approve, reject, send back, withdraw: each moves a proposal by an UPDATE of exactly one row.

Of two people who decide at once, one wins and the other is told.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from registrar.domain import changes as rules
from registrar.errors import Refused
from registrar.models import Account, Change, Proposal, ProposalCourse, Role, Step

from . import assessing
from .proposing import digests_of, rebased
from .rights import require
from .states import as_json, from_json

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def _step(proposal: Proposal, by: User | None, now: datetime, what: str, comment: str = "") -> None:
    Step.objects.create(proposal=proposal, by=by, at=now, what=what, comment=comment)


def submit(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    require(by, Role.REVIEWER, Role.APPROVER)
    if by.pk != proposal.proposed_by_id:
        raise Refused("Only the person who proposed it can submit it.")
    if not proposal.changes.filter(state=Change.State.PENDING).exists():
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
    require(by, Role.ADMINISTRATOR)
    _move(proposal, (Proposal.State.HELD,), Proposal.State.SUBMITTED)
    _step(proposal, by, now, "released", comment)


def approve(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Agree to exactly what was read. If Canvas has changed since, the new state is shown and asked about anew."""
    _require_other(by, proposal)
    if proposal.state == Proposal.State.HELD:
        raise Refused(
            "This proposal is over the threshold of its college: an administrator must release it first."
        )
    if moved := catch_up(proposal, now):
        raise Refused(
            f"Canvas has changed since this was proposed: {moved} of its changes now start from another state. "
            "Look at the new state, then decide again."
        )
    _decide(by, proposal, now, Proposal.State.APPROVED, comment)


def reject(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    _require_other(by, proposal)
    if not comment.strip():
        raise Refused("Say why it is rejected: the person who proposed it reads the comment.")
    _decide(by, proposal, now, Proposal.State.REJECTED, comment)


def send_back(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Back to the proposer as a draft, with a comment."""
    _require_other(by, proposal)
    _move(proposal, Proposal.WAITING, Proposal.State.DRAFT, submitted_at=None)
    _step(proposal, by, now, "sent back", comment)


def withdraw(*, by: User, proposal: Proposal, now: datetime, comment: str = "") -> None:
    """Before it is applied: taken back for good. While it is applied: stopped before the next course."""
    if by.pk != proposal.proposed_by_id:
        require(by, Role.APPROVER)
    if proposal.state == Proposal.State.APPLYING:
        Proposal.objects.filter(pk=proposal.pk, cancel_asked_at=None).update(cancel_asked_at=now)
        _step(proposal, by, now, "stop asked", comment)
        return
    before = (Proposal.State.DRAFT, *Proposal.WAITING, Proposal.State.APPROVED)
    _move(proposal, before, Proposal.State.WITHDRAWN)
    _step(proposal, by, now, "withdrawn", comment)


def _require_other(by: User, proposal: Proposal) -> None:
    require(by, Role.APPROVER)
    if by.pk == proposal.proposed_by_id:
        raise Refused("Nobody approves or rejects their own proposal. Ask another approver.")


def _decide(by: User, proposal: Proposal, now: datetime, state: Proposal.State, comment: str) -> None:
    try:
        _move(proposal, (Proposal.State.SUBMITTED,), state, decided_by=by, decided_at=now, comment=comment.strip())
    except IntegrityError:
        raise Refused("Nobody approves or rejects their own proposal. Ask another approver.") from None
    _step(proposal, by, now, state, comment)


def _move(proposal: Proposal, before: Collection[str], after: Proposal.State, **fields: Any) -> None:
    with transaction.atomic():
        moved = Proposal.objects.filter(pk=proposal.pk, state__in=before).update(state=after, **fields)
    proposal.refresh_from_db()
    if not moved:
        who = f" by {proposal.decided_by.get_username()}" if proposal.decided_by else ""
        state = proposal.get_state_display().lower()
        raise Refused(f"This is not possible any more: proposal {proposal.pk} is {state}{who}.")


def catch_up(proposal: Proposal, now: datetime) -> int:
    """Put the proposal upon the newest readings. Returns how many changes start from another state now."""
    around = assessing.surroundings(now=now)
    moved = 0
    for part in proposal.courses.select_related("course__term", "course__account"):
        digest = digests_of([part.course_id]).get(part.course_id, "")
        if digest != part.reading_digest:
            moved += _catch_up_course(proposal, part, around)
            ProposalCourse.objects.filter(pk=part.pk).update(reading_digest=digest)
    if moved:
        _step(proposal, None, now, "changed", f"{moved} changes start from another state in Canvas now.")
    return moved


def _catch_up_course(proposal: Proposal, part: ProposalCourse, around: assessing.Surroundings) -> int:
    read = assessing.facts_of(part.course_id, around)
    known = {assignment.id: assignment for assignment in read.assignments} if read else {}
    zone = ZoneInfo(read.time_zone if read else "UTC")
    moved = 0
    for row in proposal.changes.filter(course_id=part.course_id):
        if row.assignment_id not in known:
            continue
        now, before = rules.state_of(known[row.assignment_id], row.section_id), from_json(row.before)
        if not rules.is_same(now, before, zone):
            start, wish = rebased(now, before, from_json(row.after))
            Change.objects.filter(pk=row.pk).update(before=as_json(start), after=as_json(wish))
            moved += 1
    return moved
