"""Put a waiting proposal upon the newest readings, so that whoever decides sees what Canvas shows now."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import ngettext, override

from registrar.domain import changes as rules
from registrar.domain import facts, flags
from registrar.models import Change, Proposal, ProposalCourse, Step

from . import assessing
from .composing import Draft, digests_of, kept_words, objections_to, rows_of, with_unsynced
from .states import as_change, as_json
from .switching import flag_change


def catch_up(proposal: Proposal, now: datetime) -> int:
    """Returns how many changes start from another state now, or may be made no more, or may be made after all."""
    around = assessing.surroundings(now=now)
    moved = 0
    parts = list(proposal.courses.select_related("course__term", "course__account"))
    digests = digests_of([part.course_id for part in parts])
    for part in parts:
        digest = digests.get(part.course_id, "")
        if digest != part.reading_digest:
            with transaction.atomic():
                if not _is_undecided(proposal):
                    break
                moved += _catch_up(proposal, part, around)
                ProposalCourse.objects.filter(pk=part.pk).update(reading_digest=digest)
    if moved:
        Step.objects.create(proposal=proposal, at=now, what="changed", comment=_told(moved))
    return moved


def _told(moved: int) -> str:
    with override(settings.LANGUAGE_CODE):
        told = ngettext(
            "%(n)s change starts from another state in Canvas now.",
            "%(n)s changes start from another state in Canvas now.",
            moved,
        )
    return told % {"n": moved}


def _is_undecided(proposal: Proposal) -> bool:
    """Held until the end of the transaction: what somebody agrees to at this moment is not altered under them."""
    locked = Proposal.objects.select_for_update().get(pk=proposal.pk)
    return locked.state in (Proposal.State.DRAFT, *Proposal.WAITING)


def judge_again(proposal: Proposal, now: datetime) -> None:
    around = assessing.surroundings(now=now)
    for part in proposal.courses.select_related("course__term", "course__account"):
        read = assessing.facts_of(part.course_id, around)
        if read is not None:
            _judge(proposal, _draft(part, read), list(_rows(proposal, part)), now)


def _draft(part: ProposalCourse, read: facts.Course) -> Draft:
    return Draft(part.course, with_unsynced(read, part.unsynced))


def _rows(proposal: Proposal, part: ProposalCourse) -> list[Change]:
    open_states = (Change.State.PENDING, Change.State.REFUSED)
    return list(proposal.changes.filter(course_id=part.course_id, state__in=open_states))


def _catch_up(proposal: Proposal, part: ProposalCourse, around: assessing.Surroundings) -> int:
    read = assessing.facts_of(part.course_id, around)
    if read is None:
        return 0
    draft = _draft(part, read)
    taken = _take_again(proposal, draft) if proposal.kind == Proposal.Kind.SYNC_OFF_BLIND else 0
    rows = _rows(proposal, part)
    moved = {row.pk for row in rows if _rebase(row, draft)}
    return taken + len(moved | _judge(proposal, draft, rows, around.now))


def _rebase(row: Change, draft: Draft) -> bool:
    assignment = draft.assignments.get(row.assignment_id)
    if assignment is None:
        return False
    now, change = rules.state_of(assignment, row.section_id), as_change(row)
    if now == change.before:
        return False
    row.before, row.after = as_json(now), as_json(rules.rebased(now, change.before, change.after))
    row.save(update_fields=["before", "after"])
    return True


def _judge(proposal: Proposal, draft: Draft, rows: list[Change], now: datetime) -> set[int]:
    """Which changes became refused, or are no longer."""
    for row in rows:
        draft.add(as_change(row))
    closed_allowed = proposal.closed_allowed_by_id is not None
    against = objections_to({draft.course.pk: draft}, kind=proposal.kind, now=now, closed_allowed=closed_allowed)
    turned = set()
    for row in rows:
        objection = against.get((row.course_id, row.assignment_id, row.section_id))
        state = Change.State.REFUSED if objection else Change.State.PENDING
        if state != row.state:
            turned.add(row.pk)
        row.state, row.refusal = state, objection.refusal if objection else ""
        row.message = kept_words(objection, draft.read) if objection else ""
    Change.objects.bulk_update(rows, ["state", "refusal", "message"], batch_size=500)
    return turned


def _take_again(proposal: Proposal, draft: Draft) -> int:
    """What Canvas's blind switch would take now; the list shown to the approver is exactly that."""
    period = period_named(draft.read, proposal.period_id)
    if proposal.period_id is not None and period is None:
        return 0
    taken = {one.id: one for one in flags.taken_by_canvas(draft.read.assignments, period)}
    rows = proposal.changes.filter(course_id=draft.course.pk)
    known = set(rows.values_list("assignment_id", flat=True))
    gone, _ = rows.exclude(assignment_id__in=taken).delete()
    new = Draft(draft.course, draft.read)
    for id_ in taken.keys() - known:
        new.add(flag_change(taken[id_], False))
    Change.objects.bulk_create(rows_of(proposal, new, {}, {}))
    return gone + len(new.changes)


def period_named(read: facts.Course, period_id: int | None) -> facts.GradingPeriod | None:
    return next((period for period in read.periods if period.id == period_id), None)
