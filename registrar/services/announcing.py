"""Announce: who hears of what has happened, namely those who can take the next step. `telling` writes the mails.

A step remembers that it was told, in the transaction that writes its news: told once, whoever dies in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, Q

from registrar.models import News, Proposal, Role, Run, Step, Wish, reach_of

from . import reviewing, wishing

State = Proposal.State
Kind = Wish.News
AFTER = {
    "submitted": State.SUBMITTED,
    "released": State.SUBMITTED,
    "held": State.HELD,
    "approved": State.APPROVED,
    "rejected": State.REJECTED,
    "sent back": State.DRAFT,
    "verified": State.VERIFIED,
    "problems": State.PROBLEMS,
    "cancelled": State.CANCELLED,
}
"""The steps that anybody is told of, and the state that each leads to."""
AT_ONCE = 500
STILL_BAD = timedelta(days=1)
"""A sync that goes on failing is news again after this."""
LOOK_BACK = timedelta(days=2)
BAD = (Run.State.FAILED, Run.State.INCOMPLETE)


def announce(*, now: datetime) -> int:
    """Write news of all that nobody was told yet. Returns how many pieces; the same is never written twice."""
    untold = Step.objects.filter(told_at=None).order_by("pk").select_related("proposal__proposed_by")
    told = sum(_tell_of_step(step, now) for step in list(untold[:AT_ONCE]))
    return told + sum(_tell_of_run(run, now) for run in _latest_runs(now))


def _tell_of_step(step: Step, now: datetime) -> int:
    with transaction.atomic():
        if not Step.objects.filter(pk=step.pk, told_at=None).update(told_at=now):
            return 0
        news = [
            News(
                person=person,
                kind=kind,
                key=f"step:{step.pk}",
                proposal=step.proposal,
                state=AFTER[step.what],
                at=now,
            )
            for person, kind in _hear_of(step)
        ]
        News.objects.bulk_create(news, ignore_conflicts=True)
    return len(news)


def _hear_of(step: Step) -> list[tuple[User, Kind]]:
    """Nobody hears of a step that the proposal has left behind: its next step is told."""
    if step.what not in AFTER or step.proposal.state != AFTER[step.what]:
        return []
    last = step.proposal.steps.filter(what__in=AFTER).order_by("-pk").values_list("pk", flat=True).first()
    if step.pk != last:
        return []
    return [(person, kind) for person, kind in concerned(step.proposal, step.by_id) if _wants(person, kind)]


def concerned(proposal: Proposal, by: int | None = None) -> list[tuple[User, Kind]]:
    """Whom the state of the proposal concerns, but for the person who has just brought it there."""
    if proposal.state == State.SUBMITTED:
        found = [(person, Kind.WAITING) for person in _others(proposal, Role.APPROVER)]
    elif proposal.state == State.HELD:
        found = [(person, Kind.WAITING) for person in _others(proposal, Role.ADMINISTRATOR)]
    elif proposal.state == State.APPROVED:
        approvers = [(person, Kind.WAITING) for person in _others(proposal, Role.APPROVER)]
        found = [*_proposer(proposal, Kind.DECIDED), *approvers]
    elif proposal.state in (State.DRAFT, State.REJECTED):
        found = _proposer(proposal, Kind.DECIDED)
    else:
        found = _proposer(proposal, Kind.FINISHED) if proposal.state in Proposal.FINISHED else []
    return [(person, kind) for person, kind in found if person.pk != by]


def _proposer(proposal: Proposal, kind: Kind) -> list[tuple[User, Kind]]:
    person = proposal.proposed_by
    return [(person, kind)] if person.is_active and _reaches(person, paths_of(proposal)) else []


def _others(proposal: Proposal, role: Role) -> list[User]:
    """The holders of a role who may see every course of the proposal, but for the person who proposed it."""
    paths = paths_of(proposal)
    return [
        person for person in _holders(role) if person.pk != proposal.proposed_by_id and _reaches(person, paths)
    ]


def _holders(role: Role) -> Iterable[User]:
    holds = Q(groups__name=role.value)
    if role is Role.ADMINISTRATOR:
        holds |= Q(is_superuser=True)
    return User.objects.filter(holds, is_active=True).distinct().order_by("pk")


def paths_of(proposal: Proposal) -> list[str]:
    """Of the sub-accounts that a proposal reaches into."""
    paths = proposal.courses.order_by().values_list("course__account__path", flat=True)
    return sorted(set(paths))


def _reaches(person: User, paths: Iterable[str]) -> bool:
    reach = reach_of(person)
    return all(reach.holds(path) for path in paths)


def _wants(person: User, kind: Kind) -> bool:
    return bool(person.email) and wishing.wishes_of(person)[kind] != Wish.How.NEVER


def _latest_runs(now: datetime) -> list[Run]:
    """Of each scope the last whole sync that came to an end by itself, where it did not end well."""
    ended = Run.objects.filter(state__in=(*BAD, Run.State.COMPLETE), finished_at__gte=now - LOOK_BACK)
    scopes = ended.exclude(mode=Run.Mode.COURSE).order_by().values("account_ref", "term_ref")
    latest = [each["latest"] for each in scopes.annotate(latest=Max("pk"))]
    return list(Run.objects.filter(pk__in=latest, state__in=BAD).select_related("account"))


def _tell_of_run(run: Run, now: datetime) -> int:
    """Administrators hear of it when it newly fails, and again when it still does after a day."""
    scope = {"account_ref": run.account_ref, "term_ref": run.term_ref}
    well = Run.objects.filter(**scope, state=Run.State.COMPLETE).exclude(mode=Run.Mode.COURSE)
    since = max(well.aggregate(last=Max("finished_at"))["last"] or now - STILL_BAD, now - STILL_BAD)
    told = News.objects.filter(
        kind=Kind.SYNC, run__account_ref=run.account_ref, run__term_ref=run.term_ref, state=run.state, at__gt=since
    )
    known = set(told.values_list("person", flat=True))
    news = [
        News(person=person, kind=Kind.SYNC, key=f"run:{run.pk}", run=run, state=run.state, at=now)
        for person in _holders(Role.ADMINISTRATOR)
        if person.pk not in known and reviewing.covers(reach_of(person), run) and _wants(person, Kind.SYNC)
    ]
    News.objects.bulk_create(news, ignore_conflicts=True)
    return len(news)
