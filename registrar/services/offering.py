"""Offer: which steps a person may take with a proposal now, and which proposals wait for them.

The pages show these and no others. Every step is judged again by the service that takes it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet

from registrar.domain.objections import Refusal
from registrar.models import Change, Proposal, Reach, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Proposal.State


class Offer(StrEnum):
    SUBMIT = "submit"
    EDIT = "edit"
    RELEASE = "release"
    APPROVE = "approve"
    REJECT = "reject"
    SEND_BACK = "send_back"
    WITHDRAW = "withdraw"
    APPLY = "apply"
    STOP = "stop"
    RESTORE = "restore"
    AGAIN = "again"
    ALLOW_CLOSED = "allow_closed"


_PROPOSERS = frozenset({Role.REVIEWER, Role.APPROVER})
_UNDECIDED = (State.DRAFT, *Proposal.WAITING)
_BEFORE_RUNNING = (*_UNDECIDED, State.APPROVED)


def tally(proposal: Proposal) -> Mapping[str, int]:
    """How many changes stand in which state."""
    rows = proposal.changes.order_by().values_list("state").annotate(found=Count("pk"))
    return Counter(dict(rows))


def offers(*, by: User, roles: frozenset[Role], proposal: Proposal, found: Mapping[str, int]) -> frozenset[Offer]:
    own, state = proposal.proposed_by_id == by.pk, proposal.state
    approves = Role.APPROVER in roles and not own
    made: set[Offer] = set()
    if state == State.DRAFT and own and roles & _PROPOSERS:
        made |= {Offer.SUBMIT, Offer.EDIT} if found.get(Change.State.PENDING) else {Offer.EDIT}
    if state == State.HELD and Role.ADMINISTRATOR in roles and not own:
        made.add(Offer.RELEASE)
    if state in Proposal.WAITING and approves:
        made |= {Offer.REJECT, Offer.SEND_BACK} | ({Offer.APPROVE} if state == State.SUBMITTED else set())
    if state in _UNDECIDED and Role.ADMINISTRATOR in roles and _is_closed_out(proposal):
        made.add(Offer.ALLOW_CLOSED)
    if state == State.APPROVED and approves:
        made.add(Offer.APPLY)
    ends = Role.APPROVER in roles or (own and Role.REVIEWER in roles)
    # An approver rejects what waits; what is approved already only withdrawing stops.
    if (own and ends and state in _BEFORE_RUNNING) or (ends and state == State.APPROVED):
        made.add(Offer.WITHDRAW)
    if ends and state == State.APPLYING and proposal.cancel_asked_at is None:
        made.add(Offer.STOP)
    return frozenset(made | _afterwards(roles, proposal, found))


def _is_closed_out(proposal: Proposal) -> bool:
    """Whether anything is refused because its grading period is closed: for nothing else is there a permission."""
    return proposal.changes.filter(state=Change.State.REFUSED, refusal=Refusal.CLOSED_PERIOD).exists()


def _afterwards(roles: frozenset[Role], proposal: Proposal, found: Mapping[str, int]) -> set[Offer]:
    if proposal.state not in Proposal.FINISHED:
        return set()
    made: set[Offer] = set()
    if found.get(Change.State.VERIFIED) and roles & _PROPOSERS:
        made.add(Offer.RESTORE)
    undone = any(count for state, count in found.items() if state not in Change.GOOD)
    if Role.REVIEWER in roles and (undone or proposal.changes.drifted().exists()):
        made.add(Offer.AGAIN)
    return made


def waiting(*, by: User, roles: frozenset[Role], reach: Reach) -> QuerySet[Proposal]:
    """The proposals whose next step is this person's."""
    theirs = Q(pk__in=())
    if roles & _PROPOSERS:
        theirs |= Q(state=State.DRAFT, proposed_by=by)
    if Role.APPROVER in roles:
        theirs |= Q(state__in=(State.SUBMITTED, State.APPROVED)) & ~Q(proposed_by=by)
    if Role.ADMINISTRATOR in roles:
        theirs |= Q(state=State.HELD) & ~Q(proposed_by=by)
    return Proposal.objects.within(reach).filter(theirs)


def fingerprint(proposal: Proposal) -> str:
    """Of all that somebody who decides has read: two are equal only if every change is the same."""
    rows = proposal.changes.order_by("pk").values_list("pk", "before", "after", "state")
    text = json.dumps([proposal.reason, list(rows)], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
