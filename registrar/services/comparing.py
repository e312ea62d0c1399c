"""Compare what Canvas shows with what was agreed to, and settle what that comes to, change by change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from registrar.domain import changes as rules
from registrar.domain import facts, flags
from registrar.domain.changes import Standing
from registrar.domain.objections import Objection, Refusal, objections
from registrar.models import Change, Proposal

from .composing import kept_words
from .holding import Found, Part, is_by_bulk
from .states import as_change, as_json

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ARRIVED_WITHIN = timedelta(seconds=10)
"""How long a write whose reply was lost may still be under way in Canvas before it counts as not arrived."""
QUEUED_WITHIN = timedelta(minutes=2)
"""So long a lost ``bulk_update`` is waited for while the dates still are as before: its job may have been queued.

A job that is queued longer gets a twin. That changes nothing by itself: a course's jobs run one after the other,
and both bring the same dates. Only an edit that somebody makes between the two would be lost, so we wait long.
"""

CHANGED = _lazy("Somebody changed this in Canvas after it was proposed, so nothing of the assignment was written.")
SIBLING = _lazy("Another date of this assignment was changed in Canvas meanwhile, so this one was not written.")
OTHERWISE = _lazy("Canvas now shows something else than what was to be written.")
MOVED = _lazy("Canvas moved it to the end of its day by itself.")
GONE = _lazy("The assignment is no longer in this course.")
COURSE_GONE = _lazy("The course is no longer in Canvas.")
NOT_TAKEN = _lazy("Canvas did not change it.")
NOT_WRITTEN = _lazy("Not written: Canvas writes all of a course's dates or none, and refused another one.")
UNCLEAR = _lazy("Canvas's job ended without doing it, and without saying why.")
BESIDES = _lazy("Grade sync was turned off here as well, though that was not agreed to.")
NOT_AGREED = _lazy("Canvas would now take other assignments than were agreed to, so nothing was turned off.")


class Judge:
    def __init__(self, proposal: Proposal, *, clock: Callable[[], datetime], queued_within: timedelta) -> None:
        self.proposal, self.clock = proposal, clock
        self.queued_within = queued_within

    def stands(self, part: Part, found: Found) -> dict[int, Standing]:
        return {row.pk: self.standing(part, row, found) for row in part.changes}

    def is_in_doubt(self, part: Part, stands: dict[int, Standing]) -> bool:
        """Whether a write of unknown outcome may still arrive. Where it shows, it has."""
        doubt = part.doubt
        if doubt is None:
            return False
        age = self.clock() - doubt.since
        for row in part.changes:
            if stands[row.pk] is Standing.AFTER or (doubt.rows is not None and row.pk not in doubt.rows):
                continue
            waits_in_queue = doubt.queued and stands[row.pk] is Standing.BEFORE and is_by_bulk(row)
            if age < (self.queued_within if waits_in_queue else ARRIVED_WITHIN):
                return True
        return False

    def standing(self, part: Part, row: Change, found: Found) -> Standing:
        assignment = found.get(row.assignment_id)
        return rules.standing(as_change(row), assignment, part.zone) if assignment else Standing.ELSEWHERE

    def is_settled(self, part: Part, row: Change, stands: Standing, apart: set[int]) -> bool:
        """Settles what needs no writing, or must not be written."""
        states = Change.State
        assignment = part.found.get(row.assignment_id)
        now = rules.state_of(assignment, row.section_id) if assignment else None
        shown = as_json(now) if now else None
        if stands is Standing.AFTER:
            moved = now != as_change(row).after
            state = states.VERIFIED if part.ours else states.ALREADY
            return self.settle(row, state, MOVED if moved else "", shown if moved else None)
        if assignment is None:
            return self.settle(row, states.DIFFERENT if part.final else states.CONFLICT, GONE)
        if assignment.overrides is None and row.section_id is not None:
            return self._refuse(row, Objection(refusal=Refusal.NOT_TOLD), part.read)
        if stands is Standing.ELSEWHERE:
            state, message = (states.DIFFERENT, OTHERWISE) if part.ours else (states.CONFLICT, CHANGED)
            return self.settle(row, state, message, shown)
        if part.final or (part.job and is_by_bulk(row)):
            return self.settle(row, states.FAILED, self._why(part, row), shown)
        if row.assignment_id in apart:
            return self.settle(row, states.CONFLICT, SIBLING, shown)
        return False

    def _why(self, part: Part, row: Change) -> StrOrPromise:
        """Why it still is as it was before."""
        if row.pk in part.errors:
            return part.errors[row.pk]
        if part.job is None or part.job.completed or not is_by_bulk(row):
            return NOT_TAKEN
        errors = [error for error in part.job.errors if error.assignment_id == row.assignment_id]
        own = rules.own_override(part.found[row.assignment_id], row.section_id) if row.section_id else None
        exact = [error for error in errors if error.override_id == (own.id if own else None)]
        for error in [*exact, *errors]:
            return _("Canvas refused it: %(why)s") % {"why": error.message}
        return NOT_WRITTEN if part.job.errors else part.job.message or UNCLEAR

    def allowed(self, part: Part, rows: list[Change]) -> list[Change]:
        """The rules once more, upon the state that was just read, until what is left may be written together."""
        known = {one.id: one for one in part.read.assignments} | part.found
        fresh = replace(part.read, assignments=tuple(known.values()))
        while rows:
            against = objections(
                fresh,
                [as_change(row) for row in rows],
                now=self.clock(),
                closed_allowed=self.proposal.closed_allowed_by_id is not None,
                restoring=self.proposal.kind == Proposal.Kind.RESTORE,
            )
            if not against:
                break
            for row in rows:
                if objection := against.get((row.assignment_id, row.section_id)):
                    self._refuse(row, objection, fresh)
            rows = [row for row in rows if (row.assignment_id, row.section_id) not in against]
        return rows

    def takes_just_these(self, part: Part, flagged: list[facts.Assignment]) -> bool:
        """Canvas's switch is blind: if it would take anything that was not agreed to, it is not thrown."""
        period = next((one for one in part.read.periods if one.id == self.proposal.period_id), None)
        known = self.proposal.period_id is None or period is not None
        taken = {one.id for one in flags.taken_by_canvas(flagged, period)} if known else None
        if taken == part.ids:
            part.spared = frozenset(one.id for one in flagged) - taken
            return True
        for row in part.changes:
            self.settle(row, Change.State.CONFLICT, NOT_AGREED)
        return False

    def tell_besides(self, part: Part, flagged: list[facts.Assignment]) -> None:
        """What lost its flag between our last look and Canvas's switch is told too, and can be put back."""
        for id_ in part.spared - {one.id for one in flagged}:
            known = next((one for one in part.read.assignments if one.id == id_), None)
            if known is not None:
                before = rules.state_of(known, None)
                after = replace(before, post_to_sis=False)
                Change.objects.create(
                    proposal=self.proposal,
                    course=part.row.course,
                    assignment_id=id_,
                    assignment_name=known.name,
                    before=as_json(before),
                    after=as_json(before),
                    found=as_json(after),
                    state=Change.State.DIFFERENT,
                    message=str(BESIDES),
                )

    def settle(
        self, row: Change, state: Change.State, message: StrOrPromise = "", found: Any = None, refusal: str = ""
    ) -> bool:
        row.state = state
        Change.objects.filter(pk=row.pk, state=Change.State.PENDING).update(
            state=state, message=str(message), found=found, refusal=refusal
        )
        return True

    def _refuse(self, row: Change, objection: Objection, read: facts.Course) -> bool:
        words = kept_words(objection, read)
        return self.settle(row, Change.State.REFUSED, words, refusal=objection.refusal)
