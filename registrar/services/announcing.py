"""Announce: who is told by mail about a step, namely those who can take the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse

from registrar import mail
from registrar.models import Change, Proposal, Role, Term, reach_of

if TYPE_CHECKING:
    from collections.abc import Iterable

State = Proposal.State
TO_PROPOSER = (State.DRAFT, State.REJECTED, *Proposal.FINISHED)


def announce(*, proposal: Proposal, state: str) -> int:
    """Tell those concerned that a proposal has come into this state. Returns how many were told.

    A proposal that has moved on meanwhile is not announced: its next step is.
    """
    if proposal.state != state:
        return 0
    addresses = [person.email for person in concerned(proposal)]
    return mail.send(to=addresses, template="proposal", context=_context(proposal))


def concerned(proposal: Proposal) -> list[User]:
    """Those with an address whom the state of the proposal concerns."""
    return [person for person in _concerned(proposal) if person.email]


def _concerned(proposal: Proposal) -> list[User]:
    if proposal.state == State.SUBMITTED:
        return _others(proposal, Role.APPROVER)
    if proposal.state == State.HELD:
        return _others(proposal, Role.ADMINISTRATOR)
    if proposal.state == State.APPROVED:
        return [*_proposer(proposal), *_others(proposal, Role.APPROVER)]
    return _proposer(proposal) if proposal.state in TO_PROPOSER else []


def _proposer(proposal: Proposal) -> list[User]:
    return [proposal.proposed_by] if proposal.proposed_by.is_active else []


def _others(proposal: Proposal, role: Role) -> list[User]:
    """The holders of a role who may see every course of the proposal, but for the person who proposed it."""
    holds = Q(groups__name=role.value)
    if role is Role.ADMINISTRATOR:
        holds |= Q(is_superuser=True)
    people = User.objects.filter(holds, is_active=True).exclude(pk=proposal.proposed_by_id).distinct()
    paths = set(proposal.courses.values_list("course__account__path", flat=True))
    return [person for person in people.order_by("pk") if _reaches(person, paths)]


def _reaches(person: User, paths: Iterable[str]) -> bool:
    reach = reach_of(person)
    return all(reach.holds(path) for path in paths)


def _context(proposal: Proposal) -> dict[str, object]:
    """Numbers and the name of the term: no student, no course, no instructor is named in a mail."""
    terms = Term.objects.filter(courses__in=proposal.courses.values("course")).distinct()
    problems = proposal.changes.exclude(state__in=Change.GOOD).count()
    return {
        "proposal": proposal,
        "term": ", ".join(term.name for term in terms[:3]),
        "count": proposal.changes.exclude(state=Change.State.REFUSED).count(),
        "problems": problems,
        "address": settings.SITE_URL + reverse("proposals:proposal", args=[proposal.pk]),
    }
