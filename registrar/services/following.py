"""Follow a finished proposal by another: put back what it changed, or propose again what it left undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from registrar.domain import changes as rules
from registrar.errors import Missing, Refused
from registrar.models import Change, Proposal, Role

from . import assessing
from .composing import Draft, draft_of, objections_to, store
from .rights import courses_for, require
from .states import from_json

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def propose_restore(*, by: User, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """A new proposal that puts back what this one changed, whatever it was, and nothing else."""
    require(by, Role.APPROVER, Role.REVIEWER)
    if proposal.state not in Proposal.FINISHED:
        told = _("Proposal %(number)s has not been applied, so there is nothing to put back.")
        raise Refused(told % {"number": proposal.pk})
    states = [Change.State.VERIFIED]
    if proposal.kind == Proposal.Kind.SYNC_OFF_BLIND:
        states.append(Change.State.DIFFERENT)
    done = proposal.changes.filter(state__in=states)
    wanted = [(row, from_json(row.found or row.after), from_json(row.before)) for row in done]
    return _following(by, proposal, reason, now, wanted, Proposal.Kind.RESTORE)


def propose_rest(*, by: User, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """What was not done, or was undone in Canvas since, once more, from the state that Canvas is in now."""
    require(by, Role.REVIEWER)
    if proposal.state not in Proposal.FINISHED:
        raise Refused(_("Proposal %(number)s is not finished yet.") % {"number": proposal.pk})
    rest = proposal.changes.exclude(state__in=Change.GOOD, drifted_at=None)
    kind = Proposal.Kind(proposal.kind)
    if kind == Proposal.Kind.SYNC_OFF_BLIND:
        kind = Proposal.Kind.SYNC_OFF
    wanted = [(row, from_json(row.before), from_json(row.after)) for row in rest]
    return _following(by, proposal, reason, now, wanted, kind)


def _following(
    by: User,
    proposal: Proposal,
    reason: str,
    now: datetime,
    rows: Sequence[tuple[Change, rules.State, rules.State]],
    kind: Proposal.Kind,
) -> Proposal:
    around = assessing.surroundings(now=now)
    courses = courses_for(by, {row.course_id for row, _, _ in rows})
    drafts: dict[int, Draft] = {}
    for row, was, wanted in rows:
        draft = drafts.get(row.course_id) or draft_of(courses.get(row.course_id), around)
        if draft is None:
            told = _("Course %(course)s is not known, or not within your reach.")
            raise Missing(told % {"course": row.course_id})
        drafts[row.course_id] = draft
        known = draft.assignments.get(row.assignment_id)
        if kind != Proposal.Kind.RESTORE and known is not None:
            now_is = rules.state_of(known, row.section_id)
            was, wanted = now_is, rules.rebased(now_is, was, wanted)
        draft.add(
            rules.Change(assignment_id=row.assignment_id, section_id=row.section_id, before=was, after=wanted)
        )
    against = objections_to(drafts, kind=kind, now=now)
    names = {
        (row.course_id, row.assignment_id, row.section_id): (row.assignment_name, row.section_name)
        for row, _, _ in rows
    }
    on = proposal.courses.exclude(unsynced=None) if kind == Proposal.Kind.SYNC_ON else ()
    return store(
        drafts,
        against,
        kind=kind,
        by=by,
        reason=reason,
        now=now,
        follows=proposal,
        names=names,
        unsynced={part.course_id: part.unsynced for part in on if part.unsynced},
    )
