"""What is done with one course of a proposal: read again, compare, write, follow Canvas's job, read back.

What is about to be written is recorded before it leaves, and Canvas's Progress before it is waited for. So whoever
comes after a crash knows that a date which already stands may be our own, and never sends what has arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from registrar.canvas import Answered, Canvas, ProgressFound
from registrar.domain import changes as rules
from registrar.domain.changes import Plan, Standing
from registrar.errors import CanvasTrouble
from registrar.models import Change, Proposal, ProposalCourse

from . import assessing
from .comparing import COURSE_GONE, QUEUED_WITHIN, Judge
from .fetching import facts_of_periods
from .holding import POLL_FIRST, POLL_LONGEST, Doubt, Found, Loop, Part, Seen, Then, is_by_bulk
from .recording import BULK, about_to_send, answered, doubt_left
from .states import as_change

TRIES = 3
"""How often a course's writes may get lost or be refused before it is given up."""

Todo = tuple[str, Callable[[], Answered], int]
"""What it is called, how it is asked, the assignment it is about (0: all)."""


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
        self.judge = Judge(proposal, clock=clock, queued_within=min(QUEUED_WITHIN, patience))
        self.blind = proposal.kind == Proposal.Kind.SYNC_OFF_BLIND

    def begin(self, part: Part) -> None:
        if not part.changes:
            self.loop.done(part)
        elif part.row.progress_id is not None:
            part.since = self.clock()
            self._poll(part)
        else:
            part.doubt = doubt_left(part.row)
            self._read(part)

    # Read and compare

    def _read(self, part: Part) -> None:
        self.loop.ask(part, partial(self._read_now, part), self._judge, self._not_read)

    def _read_now(self, part: Part) -> Seen:
        """The assignments as they stand; for a blind switching off, whatever Canvas would go by too."""
        found = self.canvas.assignments(part.course_id, part.ids)
        if not self.blind:
            return Seen(found, [], None)
        flagged = self.canvas.flagged_assignments(part.course_id)
        by_period = self.proposal.period_id is not None
        periods = self.canvas.periods_of_course(part.course_id) if by_period else None
        return Seen(found, flagged, None if periods is None else facts_of_periods(periods))

    def _not_read(self, part: Part, trouble: CanvasTrouble) -> None:
        if trouble.passing or trouble.kind == "unauthorized":
            self.loop.postpone(part, trouble)
            return
        gone = trouble.kind == "not_found"
        state = Change.State.CONFLICT if gone and not part.ours else Change.State.FAILED
        for row in part.changes:
            self.judge.settle(row, state, COURSE_GONE if gone else trouble.message)
        self.loop.done(part)

    def _judge(self, part: Part, seen: Seen) -> None:
        """Equal to ``after``: already so. Equal to ``before``: to be written. Anything else: conflict.

        Nothing of an assignment in conflict is written.
        """
        found, flagged = seen.found, seen.flagged
        if seen.periods is not None:
            part.read = replace(part.read, periods=seen.periods)
        part.gone |= part.ids - found.keys()
        part.found = {id_: one for id_, one in (part.found | found).items() if id_ not in part.gone}
        stands = self.judge.stands(part, found)
        if self.judge.is_in_doubt(part, stands):
            self._later(part, self._read)
            return
        apart = {row.assignment_id for row in part.changes if stands[row.pk] is Standing.ELSEWHERE}
        with transaction.atomic():
            rest = [row for row in part.changes if not self.judge.is_settled(part, row, stands[row.pk], apart)]
            part.changes = self.judge.allowed(part, rest)
            if not part.changes:
                self.judge.tell_besides(part, flagged)
                self._finish(part)
                return
        if self.blind and not self.judge.takes_just_these(part, flagged):
            self._finish(part)
        else:
            self._write(part)

    def _later(self, part: Part, act: Callable[[Part], None]) -> None:
        part.pause = min(part.pause * 1.5, POLL_LONGEST)
        self.loop.at(part, part.pause, act)

    # Write

    def _write(self, part: Part) -> None:
        now = self.clock()
        if not self.loop.still_mine(part, sent_at=now, stage=ProposalCourse.Stage.WRITING):
            return
        part.row.sent_at = now
        part.plan = rules.plan(part.found, [as_change(row) for row in part.changes])
        part.job = part.doubt = None
        self._create(part, part.plan)

    def _create(self, part: Part, plan: Plan) -> None:
        if not plan.creates:
            self._update(part, plan)
            return
        keys = {(one.assignment_id, one.section_id) for one in plan.creates}
        self._send(
            part,
            "POST overrides",
            partial(self.canvas.create_overrides, part.course_id, plan.creates),
            partial(self._update, plan=plan),
            concerns=lambda row: (row.assignment_id, row.section_id) in keys,
            count=len(plan.creates),
        )

    def _update(self, part: Part, plan: Plan) -> None:
        if not plan.bulk:
            self._others(part, plan)
            return
        entries = {one.assignment_id for one in plan.bulk}
        self._send(
            part,
            BULK,
            partial(self.canvas.update_dates, part.course_id, plan.bulk),
            partial(self._others, plan=plan),
            concerns=lambda row: row.assignment_id in entries and is_by_bulk(row),
            then=self._started,
            assignments=len(entries),
        )

    def _started(self, part: Part, progress: ProgressFound) -> None:
        part.row.progress_id, part.since, part.pause = progress.id, self.clock(), POLL_FIRST
        answered(part, progress.answered, progress=progress.id)
        self._polled(part, progress)

    def _send(
        self,
        part: Part,
        what: str,
        ask: Callable[[], Any],
        goes_on: Callable[[Part], None],
        *,
        concerns: Callable[[Change], bool],
        then: Then | None = None,
        **details: Any,
    ) -> None:
        """One write. Recorded before it leaves: if nothing more is heard of it, the next worker is in doubt."""
        about_to_send(part, what, self.clock(), **details)
        if not self.loop.still_mine(part, receipts=part.row.receipts):
            return

        def went_well(part: Part, answer: Answered) -> None:
            answered(part, answer)
            goes_on(part)

        def refused(part: Part, trouble: CanvasTrouble) -> None:
            answer = Answered(status=trouble.status, request_id=trouble.request_id)
            answered(part, answer, message=trouble.message, maybe_done=trouble.maybe_done)
            if self._goes_on(part, trouble, concerns, queued=what == BULK):
                goes_on(part)

        self.loop.ask(part, ask, then or went_well, refused)

    def _goes_on(
        self, part: Part, trouble: CanvasTrouble, concerns: Callable[[Change], bool], *, queued: bool
    ) -> bool:
        """After a write that went wrong: whether the writes after it are to be made, or Canvas is read first."""
        if not trouble.maybe_done and (trouble.passing or trouble.kind == "unauthorized"):
            self.loop.postpone(part, trouble)
            return False
        part.tries += 1
        if trouble.maybe_done:
            self._doubt(part, concerns, queued=queued)
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

    def _doubt(self, part: Part, concerns: Callable[[Change], bool], *, queued: bool = False) -> None:
        rows = frozenset(row.pk for row in part.changes if concerns(row))
        part.doubt, part.pause = Doubt(self.clock(), queued, rows), POLL_FIRST

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
            about_to_send(part, "GET progress", self.clock())
            answered(
                part,
                progress.answered,
                progress=progress.id,
                result="completed" if progress.completed else "failed",
                message=progress.message,
            )
            self._job_ended(part, progress)
        elif self._is_out_of_patience(part):
            ask = partial(self.canvas.assignments, part.course_id, part.ids)
            self.loop.ask(part, ask, self._look, self.loop.postpone)
        else:
            self._later(part, self._poll)

    def _is_out_of_patience(self, part: Part) -> bool:
        return part.since is not None and self.clock() - part.since > self.patience

    def _look(self, part: Part, found: Found) -> None:
        """The job has not ended for long; perhaps it did its work all the same."""
        by_bulk = [row for row in part.changes if is_by_bulk(row)]
        if all(self.judge.standing(part, row, found) is Standing.AFTER for row in by_bulk):
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
            self._doubt(part, is_by_bulk)
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
        self._send(
            part,
            what,
            ask,
            partial(self._next, todo=rest),
            concerns=lambda row: assignment in (0, row.assignment_id),
            assignment=assignment or None,
        )

    def _finish(self, part: Part) -> None:
        """What was read last becomes part of the reading, so that whoever proposes next starts from there."""
        assessing.keep_written(part.row.course, part.found, self.around, gone=part.gone, proposal=self.proposal)
        self.loop.done(part)
