"""What is done with one course of a proposal: read again, compare, write, follow Canvas's job, read back.

What is about to be written is recorded before it leaves, and Canvas's Progress before it is waited for. So whoever
comes after a crash knows that a date which already stands may be our own, and never sends what has arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db import transaction

from registrar.canvas import Canvas, ProgressFound
from registrar.domain import changes as rules
from registrar.domain import facts
from registrar.domain.changes import Plan, Standing
from registrar.domain.objections import Objection, Refusal, objections
from registrar.errors import CanvasTrouble
from registrar.models import Change, Proposal, ProposalCourse

from . import assessing
from .states import as_change, as_json
from .wording import objection_in_words

POLL_FIRST, POLL_LONGEST = 0.2, 10.0
"""Seconds between two looks at a Progress: the first, and the longest."""
ARRIVED_WITHIN = timedelta(seconds=10)
"""How long a write whose reply was lost may still be under way in Canvas before it counts as not arrived."""
TRIES = 3
"""How often a course's writes may get lost or be refused before it is given up."""

CHANGED = "Somebody changed this in Canvas after it was proposed, so nothing of the assignment was written."
SIBLING = "Another date of this assignment was changed in Canvas meanwhile, so this one was not written."
OTHERWISE = "Canvas now shows something else than what was to be written."
MOVED = "Canvas moved it to the end of its day by itself."
GONE = "The assignment is no longer in this course."
COURSE_GONE = "The course is no longer in Canvas."
NOT_TAKEN = "Canvas did not change it."
NOT_WRITTEN = "Not written: Canvas writes all of a course's dates or none, and refused another one."
UNCLEAR = "Canvas's job ended without doing it, and without saying why."
BESIDES = "Grade sync was turned off here as well, though that was not agreed to."
NOT_AGREED = "Canvas would now take other assignments than were agreed to, so nothing was turned off."


@dataclass(slots=True)
class Part:
    """One course that this worker holds."""

    row: ProposalCourse
    changes: list[Change]
    """Not settled yet."""
    read: facts.Course
    plan: Plan | None = None
    """None also where a worker that is gone made it: then what is left is found by reading again."""
    found: dict[int, facts.Assignment] = field(default_factory=dict)
    """The assignments as they were last read."""
    gone: set[int] = field(default_factory=set)
    spared: frozenset[int] = frozenset()
    """Flagged assignments that Canvas's blind switch was not to take."""
    job: ProgressFound | None = None
    """How Canvas's own job ended."""
    doubt_until: datetime | None = None
    """Until then a write whose outcome is unknown may still arrive."""
    doubtful: set[int] | None = None
    """The changes in that write; None: any of them."""
    errors: dict[int, str] = field(default_factory=dict)
    """What went wrong, by change."""
    final: bool = False
    """Everything has been written or given up: what is read now is the outcome."""
    tries: int = 0
    pause: float = POLL_FIRST
    since: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.read.time_zone)

    @property
    def course_id(self) -> int:
        return self.row.course_id

    @property
    def ids(self) -> set[int]:
        return {change.assignment_id for change in self.changes}

    @property
    def ours(self) -> bool:
        """Whether something was sent, so that what stands may be our own doing."""
        return self.row.sent_at is not None


Then = Callable[[Part, Any], None]
Otherwise = Callable[[Part, CanvasTrouble], None]
Found = dict[int, facts.Assignment]
Todo = tuple[str, Callable[[], None], int]
"""What it is called, how it is asked, the assignment it is about (0: all)."""


class Loop(Protocol):
    def ask(self, part: Part, ask: Callable[[], Any], then: Then, otherwise: Otherwise) -> None: ...
    def at(self, part: Part, seconds: float, act: Callable[[Part], None]) -> None: ...
    def still_mine(self, part: Part, **fields: Any) -> bool: ...
    def done(self, part: Part) -> None: ...
    def leave_running(self, part: Part) -> None: ...
    def postpone(self, part: Part, trouble: CanvasTrouble) -> None: ...


class Writer:
    def __init__(
        self,
        loop: Loop,
        proposal: Proposal,
        canvas: Canvas,
        *,
        clock: Callable[[], datetime],
        patience: timedelta,
        around: assessing.Surroundings,
    ) -> None:
        self.loop, self.proposal, self.canvas, self.clock = loop, proposal, canvas, clock
        self.patience, self.around = patience, around
        self.blind = proposal.kind == Proposal.Kind.SYNC_OFF_BLIND

    def begin(self, part: Part) -> None:
        if not part.changes:
            self.loop.done(part)
        elif part.row.progress_id is not None:
            part.since = self.clock()
            self._poll(part)
        else:
            if part.row.sent_at is not None:
                part.doubt_until = part.row.sent_at + ARRIVED_WITHIN
            self._read(part)

    # Read and compare

    def _read(self, part: Part) -> None:
        self.loop.ask(part, partial(self._read_now, part), self._judge, self._not_read)

    def _read_now(self, part: Part) -> tuple[Found, list[facts.Assignment]]:
        """The assignments as they stand; for a blind switching off, all that Canvas would take as well."""
        found = self.canvas.assignments(part.course_id, part.ids)
        return found, self.canvas.flagged_assignments(part.course_id) if self.blind else []

    def _not_read(self, part: Part, trouble: CanvasTrouble) -> None:
        if trouble.passing or trouble.kind == "unauthorized":
            self.loop.postpone(part, trouble)
            return
        gone = trouble.kind == "not_found"
        state = Change.State.CONFLICT if gone and not part.ours else Change.State.FAILED
        for row in part.changes:
            self._settle(row, state, COURSE_GONE if gone else trouble.message)
        self.loop.done(part)

    def _judge(self, part: Part, answer: tuple[Found, list[facts.Assignment]]) -> None:
        """Equal to ``after``: already so. Equal to ``before``: to be written. Anything else: conflict.

        Nothing of an assignment in conflict is written.
        """
        found, flagged = answer
        part.gone |= part.ids - found.keys()
        part.found = {id_: one for id_, one in (part.found | found).items() if id_ not in part.gone}
        stands = {row.pk: self._standing(part, row, found) for row in part.changes}
        if self._is_in_doubt(part, stands):
            self.loop.at(part, 1.0, self._read)
            return
        apart = {row.assignment_id for row in part.changes if stands[row.pk] is Standing.ELSEWHERE}
        with transaction.atomic():
            rest = [row for row in part.changes if not self._is_settled(part, row, stands[row.pk], apart)]
            part.changes = self._allowed(part, rest)
            if not part.changes:
                self._tell_besides(part, flagged)
                self._finish(part)
                return
        if not self.blind or self._takes_just_these(part, flagged):
            self._write(part)

    def _is_in_doubt(self, part: Part, stands: dict[int, Standing]) -> bool:
        """Whether a write of unknown outcome may still arrive. Where it shows, it has."""
        if part.doubt_until is None or self.clock() >= part.doubt_until:
            return False
        of = stands.keys() if part.doubtful is None else stands.keys() & part.doubtful
        return any(stands[pk] is not Standing.AFTER for pk in of)

    def _standing(self, part: Part, row: Change, found: Found) -> Standing:
        assignment = found.get(row.assignment_id)
        return rules.standing(as_change(row), assignment, part.zone) if assignment else Standing.ELSEWHERE

    def _is_settled(self, part: Part, row: Change, stands: Standing, apart: set[int]) -> bool:
        """Settles what needs no writing, or must not be written."""
        states = Change.State
        assignment = part.found.get(row.assignment_id)
        now = rules.state_of(assignment, row.section_id) if assignment else None
        shown = as_json(now) if now else None
        if stands is Standing.AFTER:
            moved = now != as_change(row).after
            state = states.VERIFIED if part.ours else states.ALREADY
            return self._settle(row, state, MOVED if moved else "", shown if moved else None)
        if assignment is None:
            return self._settle(row, states.DIFFERENT if part.final else states.CONFLICT, GONE)
        if assignment.overrides is None and row.section_id is not None:
            untold = objection_in_words(Objection(refusal=Refusal.NOT_TOLD), part.read)
            return self._settle(row, states.REFUSED, untold)
        if stands is Standing.ELSEWHERE:
            state, message = (states.DIFFERENT, OTHERWISE) if part.ours else (states.CONFLICT, CHANGED)
            return self._settle(row, state, message, shown)
        if part.final or (part.job and _is_by_bulk(row)):
            return self._settle(row, states.FAILED, self._why(part, row), shown)
        if row.assignment_id in apart:
            return self._settle(row, states.CONFLICT, SIBLING, shown)
        return False

    def _why(self, part: Part, row: Change) -> str:
        """Why it still is as it was before."""
        if row.pk in part.errors:
            return part.errors[row.pk]
        if part.job is None or part.job.completed or not _is_by_bulk(row):
            return NOT_TAKEN
        errors = [error for error in part.job.errors if error.assignment_id == row.assignment_id]
        own = rules.own_override(part.found[row.assignment_id], row.section_id) if row.section_id else None
        exact = [error for error in errors if error.override_id == (own.id if own else None)]
        for error in [*exact, *errors]:
            return f"Canvas refused it: {error.message}"
        return NOT_WRITTEN if part.job.errors else part.job.message or UNCLEAR

    def _allowed(self, part: Part, rows: list[Change]) -> list[Change]:
        """The rules once more, upon the state that was just read, until what is left may be written together."""
        fresh = replace(part.read, assignments=tuple(part.found.values()))
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
                    self._settle(row, Change.State.REFUSED, objection_in_words(objection, fresh))
            rows = [row for row in rows if (row.assignment_id, row.section_id) not in against]
        return rows

    def _takes_just_these(self, part: Part, flagged: list[facts.Assignment]) -> bool:
        """Canvas's switch is blind: if it would take anything that was not agreed to, it is not thrown."""
        period = next((one for one in part.read.periods if one.id == self.proposal.period_id), None)
        known = self.proposal.period_id is None or period is not None
        taken = {one.id for one in rules.taken_by_canvas(flagged, period)} if known else None
        if taken == part.ids:
            part.spared = frozenset(one.id for one in flagged) - taken
            return True
        for row in part.changes:
            self._settle(row, Change.State.CONFLICT, NOT_AGREED)
        self._finish(part)
        return False

    def _tell_besides(self, part: Part, flagged: list[facts.Assignment]) -> None:
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
                    message=BESIDES,
                )

    # Write

    def _write(self, part: Part) -> None:
        now = self.clock()
        if not self.loop.still_mine(part, sent_at=now, stage=ProposalCourse.Stage.WRITING):
            return
        part.row.sent_at = now
        part.plan = rules.plan(part.found, [as_change(row) for row in part.changes])
        part.job = part.doubt_until = None
        self._create(part, part.plan)

    def _create(self, part: Part, plan: Plan) -> None:
        if not plan.creates:
            self._update(part, plan)
            return

        def made(part: Part, _: None) -> None:
            self._receipt(part, "POST overrides", count=len(plan.creates))
            self._update(part, plan)

        def refused(part: Part, trouble: CanvasTrouble) -> None:
            keys = {(one.assignment_id, one.section_id) for one in plan.creates}
            if self._goes_on(part, trouble, lambda row: (row.assignment_id, row.section_id) in keys):
                self._update(part, plan)

        ask = partial(self.canvas.create_overrides, part.course_id, plan.creates)
        self.loop.ask(part, ask, made, refused)

    def _update(self, part: Part, plan: Plan) -> None:
        if not plan.bulk:
            self._others(part, plan)
            return
        if not self.loop.still_mine(part):
            return

        def refused(part: Part, trouble: CanvasTrouble) -> None:
            entries = {one.assignment_id for one in plan.bulk}
            if self._goes_on(part, trouble, lambda row: row.assignment_id in entries and _is_by_bulk(row)):
                self._others(part, plan)

        self.loop.ask(part, partial(self.canvas.update_dates, part.course_id, plan.bulk), self._started, refused)

    def _started(self, part: Part, progress: ProgressFound) -> None:
        ProposalCourse.objects.filter(pk=part.row.pk).update(progress_id=progress.id)
        part.row.progress_id, part.since, part.pause = progress.id, self.clock(), POLL_FIRST
        self._receipt(part, "PUT bulk_update", progress=progress.id)
        self._polled(part, progress)

    def _goes_on(self, part: Part, trouble: CanvasTrouble, concerns: Callable[[Change], bool]) -> bool:
        """After a write that went wrong: whether the writes after it are to be made, or Canvas is read first."""
        if not trouble.maybe_done and (trouble.passing or trouble.kind == "unauthorized"):
            self.loop.postpone(part, trouble)
            return False
        self._receipt(part, "trouble", message=trouble.message)
        part.tries += 1
        if trouble.maybe_done:
            self._doubt(part, concerns)
            if part.tries >= TRIES:
                self._note(part, trouble.message, lambda row: True)
                part.final = True
            self.loop.at(part, 0.5, self._read)
            return False
        if trouble.kind != "forbidden" and part.tries == 1:
            # Something may have vanished or appeared since it was read: then the others must not suffer for it.
            self._read(part)
            return False
        self._note(part, trouble.message, concerns)
        return True

    def _doubt(self, part: Part, concerns: Callable[[Change], bool]) -> None:
        part.doubt_until = self.clock() + ARRIVED_WITHIN
        part.doubtful = {row.pk for row in part.changes if concerns(row)}

    def _note(self, part: Part, message: str, concerns: Callable[[Change], bool]) -> None:
        for row in part.changes:
            if concerns(row):
                part.errors.setdefault(row.pk, message)

    # Follow

    def _poll(self, part: Part) -> None:
        ask = partial(self.canvas.progress, part.row.progress_id or 0)
        self.loop.ask(part, ask, self._polled, self._not_polled)

    def _polled(self, part: Part, progress: ProgressFound) -> None:
        if progress.ended:
            self._receipt(
                part, "Progress", progress=progress.id, completed=progress.completed, message=progress.message
            )
            self._job_ended(part, progress)
        elif self._is_out_of_patience(part):
            ask = partial(self.canvas.assignments, part.course_id, part.ids)
            self.loop.ask(part, ask, self._look, self.loop.postpone)
        else:
            part.pause = min(part.pause * 1.5, POLL_LONGEST)
            self.loop.at(part, part.pause, self._poll)

    def _is_out_of_patience(self, part: Part) -> bool:
        return part.since is not None and self.clock() - part.since > self.patience

    def _look(self, part: Part, found: Found) -> None:
        """The job has not ended for long; perhaps it did its work all the same."""
        by_bulk = [row for row in part.changes if _is_by_bulk(row)]
        if all(self._standing(part, row, found) is Standing.AFTER for row in by_bulk):
            self._job_ended(part, ProgressFound(id=part.row.progress_id or 0, ended=True, completed=True))
        else:
            self.loop.leave_running(part)

    def _not_polled(self, part: Part, trouble: CanvasTrouble) -> None:
        if trouble.kind == "unauthorized" or (trouble.passing and self._is_out_of_patience(part)):
            self.loop.postpone(part, trouble)
        elif trouble.passing:
            self.loop.at(part, POLL_LONGEST / 2, self._poll)
        else:
            failed = ProgressFound(
                id=part.row.progress_id or 0, ended=True, completed=False, message=trouble.message
            )
            self._job_ended(part, failed)

    def _job_ended(self, part: Part, progress: ProgressFound) -> None:
        part.job = progress
        if not progress.completed and not progress.errors:
            # Gone, or cancelled: it may be running on unseen.
            self._doubt(part, _is_by_bulk)
        if part.plan is None:
            self._read(part)
        else:
            self._others(part, part.plan)

    # The rest of the writes: overrides that go, and flags

    def _others(self, part: Part, plan: Plan) -> None:
        todo: list[Todo] = [
            ("DELETE override", partial(self.canvas.delete_override, part.course_id, one, override), one)
            for one, override in plan.deletes
        ]
        if self.blind:
            todo.append(
                (
                    "PUT disable_post_to_sis",
                    partial(self.canvas.turn_off, part.course_id, self.proposal.period_id),
                    0,
                )
            )
        else:
            todo += [
                ("PUT post_to_sis", partial(self.canvas.set_flag, part.course_id, one, wanted), one)
                for one, wanted in plan.flags
            ]
        self._next(part, todo)

    def _next(self, part: Part, todo: list[Todo]) -> None:
        if not todo:
            part.final = True
            self._read(part)
            return
        (what, ask, assignment), rest = todo[0], todo[1:]
        if not self.loop.still_mine(part):
            return

        def done(part: Part, _: None) -> None:
            self._receipt(part, what, assignment=assignment or None)
            self._next(part, rest)

        def refused(part: Part, trouble: CanvasTrouble) -> None:
            if self._goes_on(part, trouble, lambda row: assignment in (0, row.assignment_id)):
                self._next(part, rest)

        self.loop.ask(part, ask, done, refused)

    # Outcomes

    def _settle(self, row: Change, state: Change.State, message: str = "", found: Any = None) -> bool:
        row.state = state
        Change.objects.filter(pk=row.pk, state=Change.State.PENDING).update(
            state=state, message=message, found=found
        )
        return True

    def _receipt(self, part: Part, what: str, **details: Any) -> None:
        part.row.receipts.append({"at": self.clock().isoformat(), "what": what} | details)
        ProposalCourse.objects.filter(pk=part.row.pk).update(receipts=part.row.receipts)

    def _finish(self, part: Part) -> None:
        """What was read last becomes part of the reading, so that whoever proposes next starts from there."""
        assessing.keep_written(part.row.course, part.found, self.around, gone=part.gone, proposal=self.proposal)
        self.loop.done(part)


def _is_by_bulk(row: Change) -> bool:
    """Whether Canvas's job makes the change. New overrides, those that go, and flags have their own requests."""
    change = as_change(row)
    return bool(change.fields) and change.before.exists and change.after.exists
