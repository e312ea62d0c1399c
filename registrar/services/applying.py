"""Apply and verify an approved proposal: read again, compare, write, follow Canvas's job to its end, read back.

One worker holds one course at a time by a claim that must change exactly one row; a claim is free when its process
is gone or its heartbeat is old. Requests run in threads, the database is touched in the main one only.

What is about to be written is recorded before it leaves, and Canvas's Progress before it is waited for. So whoever
comes after a crash knows that a date which already stands may be our own, and never sends what has arrived.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from registrar.canvas import Canvas, ProgressFound
from registrar.domain import changes as rules
from registrar.domain import facts
from registrar.domain.changes import Plan, Standing
from registrar.errors import CanvasTrouble, Refused
from registrar.models import Change, Proposal, ProposalCourse, Step

from . import assessing
from .claiming import is_gone, owner_name
from .states import as_change, as_json
from .wording import objection_in_words

THREADS = 6
CLAIM_LASTS = timedelta(seconds=15)
ATTEMPTS = 50
POLL_FIRST, POLL_LONGEST = 0.2, 10.0
"""Seconds between two looks at a Progress: the first, and the longest."""
PATIENCE = timedelta(minutes=5)
"""How long one worker follows a job. Then it looks whether the dates stand, and leaves it to a later one."""
ARRIVED_WITHIN = timedelta(seconds=10)
"""How long a write whose reply was lost may still be under way in Canvas before it counts as not arrived."""

Then = Callable[["Part", Any], None]
Otherwise = Callable[["Part", CanvasTrouble], None]

NOT_WRITTEN = "Not written: Canvas writes all of a course's dates or none, and refused another one."


@dataclass(slots=True)
class Part:
    """One course that this worker holds."""

    row: ProposalCourse
    changes: list[Change]
    read: facts.Course
    writing: list[Change] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)
    own_ids: dict[tuple[int, int], int] = field(default_factory=dict)
    """Override id by assignment and section, to say which row Canvas's errors mean."""
    pause: float = POLL_FIRST
    since: datetime | None = None
    errors: dict[int, str] = field(default_factory=dict)
    """What went wrong, by change."""
    resumed: bool = False
    """Its job was sent by a worker that is gone; what else was planned is found out by reading again."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.read.time_zone)

    @property
    def course_id(self) -> int:
        return self.row.course_id

    @property
    def ids(self) -> set[int]:
        return {change.assignment_id for change in self.changes}


def start(*, proposal: Proposal, now: datetime, by: Any = None) -> None:
    """Take an approved proposal up, or one that was begun and interrupted."""
    moved = Proposal.objects.filter(pk=proposal.pk, state=Proposal.State.APPROVED).update(
        state=Proposal.State.APPLYING, started_at=now, applied_by=by
    )
    proposal.refresh_from_db()
    if moved:
        Step.objects.create(proposal=proposal, by=by, at=now, what="started")
    if proposal.state != Proposal.State.APPLYING and proposal.state not in Proposal.FINISHED:
        raise Refused(
            f"Proposal {proposal.pk} is {proposal.get_state_display().lower()}: only an approved one is applied."
        )


def idle(now: datetime) -> list[Proposal]:
    """Proposals under way of which no worker has shown a sign of life."""
    silent = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=now - 2 * CLAIM_LASTS)
    return list(Proposal.objects.filter(silent, state=Proposal.State.APPLYING))


def apply(
    proposal: Proposal,
    canvas: Canvas,
    *,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    patience: timedelta = PATIENCE,
    pause: Callable[[float], None] = sleep,
    on_progress: Callable[[Proposal], None] = lambda proposal: None,
) -> int:
    """Carry an applying proposal on until it has ended, time is up, or Canvas is in trouble (CanvasTrouble).

    Returns for how many courses Canvas's own job had not ended after ``patience``; they are followed on next time.
    """
    applier = Applier(
        proposal, canvas, clock=clock, until=until, patience=patience, pause=pause, on_progress=on_progress
    )
    applier.go()
    proposal.refresh_from_db()
    return len(applier.left_running)


class Applier:
    def __init__(
        self,
        proposal: Proposal,
        canvas: Canvas,
        *,
        clock: Callable[[], datetime],
        until: datetime | None,
        patience: timedelta,
        pause: Callable[[float], None],
        on_progress: Callable[[Proposal], None],
    ) -> None:
        self.proposal, self.canvas, self.clock, self.until, self.pause = proposal, canvas, clock, until, pause
        self.patience, self.on_progress = patience, on_progress
        self.left_running: set[int] = set()
        self.me = owner_name()
        self.around = assessing.surroundings(now=clock())
        self.held: dict[int, Part] = {}
        self.pending: dict[Future[Any], tuple[Part, Then, Otherwise]] = {}
        self.later: list[tuple[datetime, int, Part, Callable[[Part], None]]] = []
        self.order = count()
        self.beaten_at: datetime | None = None

    # The loop

    def go(self) -> None:
        self._free_the_dead()
        with ThreadPoolExecutor(THREADS) as self.pool:
            try:
                while (self._fill() or self.held) and not self._time_is_up():
                    self._turn()
            finally:
                for future in self.pending:
                    future.cancel()
                self._release()
        self._end()

    def _time_is_up(self) -> bool:
        """A job that Canvas takes long over is left to the next worker, which finds its id in the row."""
        return self.until is not None and self.clock() >= self.until and not self.pending

    def _turn(self) -> None:
        now = self.clock()
        while self.later and self.later[0][0] <= now:
            _, _, part, act = heapq.heappop(self.later)
            act(part)
        if self.pending:
            for future in wait(self.pending, timeout=0.5, return_when=FIRST_COMPLETED).done:
                self._take(future)
        elif self.later:
            self.pause(min(max((self.later[0][0] - now).total_seconds(), 0.01), 1.0))
        self._beat()

    def _take(self, future: Future[Any]) -> None:
        part, then, otherwise = self.pending.pop(future)
        try:
            answer = future.result()
        except CanvasTrouble as trouble:
            otherwise(part, trouble)
        else:
            then(part, answer)

    def _ask(
        self,
        part: Part,
        ask: Callable[[], Any],
        then: Callable[[Part, Any], None],
        otherwise: Callable[[Part, CanvasTrouble], None] | None = None,
    ) -> None:
        self.pending[self.pool.submit(ask)] = (part, then, otherwise or self._give_up)

    def _at(self, part: Part, seconds: float, act: Callable[[Part], None]) -> None:
        heapq.heappush(self.later, (self.clock() + timedelta(seconds=seconds), next(self.order), part, act))

    def _beat(self) -> None:
        now = self.clock()
        if self.beaten_at and now - self.beaten_at < timedelta(seconds=2):
            return
        self.beaten_at = now
        ProposalCourse.objects.filter(pk__in=[part.row.pk for part in self.held.values()], owner=self.me).update(
            heartbeat_at=now
        )
        Proposal.objects.filter(pk=self.proposal.pk).update(heartbeat_at=now)
        self.proposal.refresh_from_db()
        self.on_progress(self.proposal)

    # Claims

    def _open(self) -> Any:
        return self.proposal.courses.exclude(stage=ProposalCourse.Stage.DONE)

    def _free_the_dead(self) -> None:
        for owner in set(self._open().exclude(owner__in=("", self.me)).values_list("owner", flat=True)):
            if is_gone(owner):
                self._open().filter(owner=owner).update(owner="")

    def _fill(self) -> bool:
        """Claim courses while there is time and nobody has asked to stop."""
        now = self.clock()
        stop = self.until is not None and now >= self.until
        if stop or self.proposal.cancel_asked_at or len(self.held) >= THREADS:
            return False
        free = Q(owner="") | Q(heartbeat_at__lt=now - CLAIM_LASTS)
        wanted = self._open().filter(free).exclude(pk__in=[*self.held, *self.left_running]).order_by("pk")
        for pk in list(wanted.values_list("pk", flat=True)[: THREADS - len(self.held)]):
            claimed = self._open().filter(free, pk=pk)
            if claimed.update(owner=self.me, heartbeat_at=now, attempts=F("attempts") + 1):
                self._begin(ProposalCourse.objects.select_related("course__term", "course__account").get(pk=pk))
        return bool(self.held)

    def _release(self) -> None:
        rows = [part.row.pk for part in self.held.values()]
        ProposalCourse.objects.filter(pk__in=rows, owner=self.me).update(owner="")
        self.held.clear()

    def _begin(self, row: ProposalCourse) -> None:
        read = assessing.facts_of(row.course_id, self.around) or facts.Course(id=row.course_id, name="")
        pending = self.proposal.changes.filter(course_id=row.course_id, state=Change.State.PENDING)
        part = Part(row=row, changes=list(pending), read=read)
        self.held[row.pk] = part
        if not part.changes:
            self._close(part)
        elif row.progress_id is not None:
            part.writing, part.since, part.resumed = part.changes, self.clock(), True
            self._poll(part)
        else:
            self._read(part)

    # Read again and compare

    def _read(self, part: Part) -> None:
        self._ask(part, partial(self._read_now, part), self._judge)

    def _read_now(self, part: Part) -> tuple[dict[int, facts.Assignment], list[facts.Assignment]]:
        """The assignments as they stand; for a blind switching off, all that Canvas would take as well."""
        found = self.canvas.assignments(part.course_id, part.ids)
        blind = self.proposal.kind == Proposal.Kind.SYNC_OFF_BLIND
        return found, self.canvas.flagged_assignments(part.course_id) if blind else []

    def _judge(self, part: Part, answer: tuple[dict[int, facts.Assignment], list[facts.Assignment]]) -> None:
        """Equal to ``after``: already so. Equal to ``before``: to be written. Anything else: conflict.

        Nothing of an assignment in conflict is written.
        """
        found, flagged = answer
        stands = {change.pk: self._standing(part, change, found) for change in part.changes}
        apart = {change.assignment_id for change in part.changes if stands[change.pk] is Standing.ELSEWHERE}
        to_write: list[Change] = []
        for change in part.changes:
            if change.assignment_id in apart:
                self._conflict(part, change, found)
            elif stands[change.pk] is Standing.AFTER:
                ours = part.row.sent_at is not None
                self._settle(change, Change.State.VERIFIED if ours else Change.State.ALREADY)
            elif change.pk in part.errors:
                self._settle(change, Change.State.FAILED, part.errors[change.pk])
            else:
                to_write.append(change)
        if to_write and part.row.sent_at and self.clock() - part.row.sent_at < ARRIVED_WITHIN:
            # The reply was lost and the job may still be waiting in Canvas: sending it again would repeat it.
            part.changes = to_write
            self._at(part, 1.0, self._read)
            return
        to_write = self._allowed(part, to_write, found)
        self._write(part, to_write, found, flagged)

    def _standing(self, part: Part, change: Change, found: dict[int, facts.Assignment]) -> Standing:
        assignment = found.get(change.assignment_id)
        return rules.standing(as_change(change), assignment, part.zone) if assignment else Standing.ELSEWHERE

    def _conflict(self, part: Part, change: Change, found: dict[int, facts.Assignment]) -> None:
        assignment = found.get(change.assignment_id)
        if assignment is None:
            self._settle(change, Change.State.CONFLICT, "The assignment is no longer in this course.")
            return
        now = as_json(rules.state_of(assignment, change.section_id))
        message = "Somebody changed this assignment in Canvas after it was proposed, so nothing of it was written."
        self._settle(change, Change.State.CONFLICT, message, now)

    def _allowed(self, part: Part, rows: list[Change], found: dict[int, facts.Assignment]) -> list[Change]:
        """The rules once more, upon the state that was just read."""
        fresh = assessing.with_assignments(part.read, found.values())
        wanted = [as_change(row) for row in rows]
        against = rules.objections(
            fresh,
            wanted,
            now=self.clock(),
            closed_allowed=self.proposal.closed_allowed_by_id is not None
            or self.proposal.kind == Proposal.Kind.RESTORE,
        )
        allowed = []
        for row, change in zip(rows, wanted, strict=True):
            objection = against.get(change.key)
            if objection and self.proposal.kind != Proposal.Kind.RESTORE:
                self._settle(row, Change.State.REFUSED, objection_in_words(objection, fresh))
            else:
                allowed.append(row)
        return allowed

    # Write

    def _write(
        self,
        part: Part,
        rows: list[Change],
        found: dict[int, facts.Assignment],
        flagged: list[facts.Assignment],
    ) -> None:
        part.writing = rows
        part.own_ids = {
            (assignment.id, override.section_id): override.id
            for assignment in found.values()
            for override in assignment.overrides or ()
            if override.section_id is not None
        }
        if not rows:
            self._close(part)
            return
        if self.proposal.kind == Proposal.Kind.SYNC_OFF_BLIND and not self._takes_just_these(part, rows, flagged):
            return
        part.plan = rules.plan(found, [as_change(row) for row in rows])
        now = self.clock()
        ProposalCourse.objects.filter(pk=part.row.pk).update(sent_at=now, stage=ProposalCourse.Stage.WRITING)
        part.row.sent_at = now
        self._create(part)

    def _takes_just_these(self, part: Part, rows: list[Change], flagged: list[facts.Assignment]) -> bool:
        """Canvas's switch is blind: if it would take anything that was not agreed to, it is not thrown."""
        period = next((one for one in part.read.periods if one.id == self.proposal.period_id), None)
        if self.proposal.period_id is not None and period is None:
            taken = {-1}
        else:
            taken = {one.id for one in rules.taken_by_canvas(flagged, period)}
        if taken == {row.assignment_id for row in rows}:
            return True
        message = "Canvas would now take other assignments than were agreed to, so nothing was turned off."
        for row in rows:
            self._settle(row, Change.State.CONFLICT, message)
        self._close(part)
        return False

    def _create(self, part: Part) -> None:
        if not part.plan.creates:
            self._update(part)
            return
        ask = partial(self.canvas.create_overrides, part.course_id, part.plan.creates)
        self._ask(part, ask, self._created, self._create_refused)

    def _created(self, part: Part, _: None) -> None:
        self._receipt(part, "POST overrides", count=len(part.plan.creates))
        self._update(part)

    def _create_refused(self, part: Part, trouble: CanvasTrouble) -> None:
        if self._is_lost(part, trouble):
            return
        made = {(one.assignment_id, one.section_id) for one in part.plan.creates}
        self._note(part, trouble.message, lambda row: (row.assignment_id, row.section_id) in made)
        self._update(part)

    def _update(self, part: Part) -> None:
        if not part.plan.bulk:
            self._others(part)
            return
        self._ask(
            part,
            partial(self.canvas.update_dates, part.course_id, part.plan.bulk),
            self._sent,
            self._update_refused,
        )

    def _sent(self, part: Part, progress: ProgressFound) -> None:
        ProposalCourse.objects.filter(pk=part.row.pk).update(progress_id=progress.id)
        part.row.progress_id, part.since = progress.id, self.clock()
        self._receipt(part, "PUT bulk_update", progress=progress.id, count=len(part.plan.bulk))
        self._polled(part, progress)

    def _update_refused(self, part: Part, trouble: CanvasTrouble) -> None:
        if self._is_lost(part, trouble):
            return
        entries = {one.assignment_id for one in part.plan.bulk}
        self._note(part, trouble.message, lambda row: row.assignment_id in entries)
        self._others(part)

    def _is_lost(self, part: Part, trouble: CanvasTrouble) -> bool:
        """Whether it is unknown if the write arrived; then Canvas itself is looked at."""
        if not trouble.maybe_done:
            if trouble.passing or trouble.kind == "unauthorized":
                raise trouble
            return False
        part.changes = part.writing
        self._at(part, 1.0, self._read)
        return True

    # Follow

    def _poll(self, part: Part) -> None:
        self._ask(part, partial(self.canvas.progress, part.row.progress_id or 0), self._polled, self._poll_failed)

    def _polled(self, part: Part, progress: ProgressFound) -> None:
        if not progress.ended:
            assert part.since is not None
            if self.clock() - part.since > self.patience:
                self._ask(part, partial(self.canvas.assignments, part.course_id, part.ids), self._leave_running)
                return
            part.pause = min(part.pause * 1.5, POLL_LONGEST)
            self._at(part, part.pause, self._poll)
            return
        self._receipt(
            part, "Progress", progress=progress.id, completed=progress.completed, message=progress.message
        )
        if not progress.completed:
            self._job_failed(part, progress)
        if part.resumed:
            self._read(part)
        else:
            self._others(part)

    def _leave_running(self, part: Part, found: dict[int, facts.Assignment]) -> None:
        if all(self._standing(part, row, found) is Standing.AFTER for row in part.writing):
            self._compare(part, found)
            return
        self.left_running.add(part.row.pk)
        ProposalCourse.objects.filter(pk=part.row.pk, owner=self.me).update(owner="")
        self.held.pop(part.row.pk)

    def _poll_failed(self, part: Part, trouble: CanvasTrouble) -> None:
        if trouble.passing:
            self._at(part, POLL_LONGEST / 2, self._poll)
        else:
            self._look_back(part, trouble.message)

    def _job_failed(self, part: Part, progress: ProgressFound) -> None:
        named = {(error.assignment_id, error.override_id): error.message for error in progress.errors}
        for row in part.writing:
            own = part.own_ids.get((row.assignment_id, row.section_id)) if row.section_id else None
            message = named.get((row.assignment_id, own)) or named.get((row.assignment_id, None))
            part.errors[row.pk] = f"Canvas refused it: {message}" if message else (progress.message or NOT_WRITTEN)

    def _look_back(self, part: Part, message: str) -> None:
        self._note(part, message, lambda row: True)
        self._verify(part)

    # The rest of the writes: overrides that go, and flags

    def _others(self, part: Part) -> None:
        todo: list[tuple[str, Callable[[], None], int]] = [
            (
                "DELETE override",
                partial(self.canvas.delete_override, part.course_id, assignment, override),
                assignment,
            )
            for assignment, override in part.plan.deletes
        ]
        if self.proposal.kind == Proposal.Kind.SYNC_OFF_BLIND:
            turn_off = partial(self.canvas.turn_off, part.course_id, self.proposal.period_id)
            todo.append(("PUT disable_post_to_sis", turn_off, 0))
        else:
            todo += [
                ("PUT post_to_sis", partial(self.canvas.set_flag, part.course_id, assignment, wanted), assignment)
                for assignment, wanted in part.plan.flags
            ]
        self._next(part, todo)

    def _next(self, part: Part, todo: list[tuple[str, Callable[[], None], int]]) -> None:
        if not todo:
            self._verify(part)
            return
        (what, ask, assignment), rest = todo[0], todo[1:]

        def done(part: Part, _: None) -> None:
            self._receipt(part, what, assignment=assignment or None)
            self._next(part, rest)

        def refused(part: Part, trouble: CanvasTrouble) -> None:
            if not self._is_lost(part, trouble):
                self._note(part, trouble.message, lambda row: assignment in (0, row.assignment_id))
                self._next(part, rest)

        self._ask(part, ask, done, refused)

    # Verify

    def _verify(self, part: Part) -> None:
        self._ask(part, partial(self.canvas.assignments, part.course_id, part.ids), self._compare)

    def _compare(self, part: Part, found: dict[int, facts.Assignment]) -> None:
        for row in part.writing:
            stands = self._standing(part, row, found)
            assignment = found.get(row.assignment_id)
            now = as_json(rules.state_of(assignment, row.section_id)) if assignment else None
            if stands is Standing.AFTER:
                self._settle(row, Change.State.VERIFIED)
            elif stands is Standing.BEFORE:
                self._settle(row, Change.State.FAILED, part.errors.get(row.pk, "Canvas did not change it."), now)
            else:
                message = "Canvas now shows something else than what was written."
                self._settle(row, Change.State.DIFFERENT, message, now)
        assessing.keep_written(part.row.course, found, self.around)
        self._close(part)

    # Outcomes

    def _note(self, part: Part, message: str, concerns: Callable[[Change], bool]) -> None:
        for row in part.writing:
            if concerns(row):
                part.errors.setdefault(row.pk, message)

    def _settle(self, row: Change, state: Change.State, message: str = "", found: Any = None) -> None:
        row.state = state
        Change.objects.filter(pk=row.pk).update(state=state, message=message, found=found)

    def _receipt(self, part: Part, what: str, **details: Any) -> None:
        part.row.receipts.append({"at": self.clock().isoformat(), "what": what} | details)
        ProposalCourse.objects.filter(pk=part.row.pk).update(receipts=part.row.receipts)

    def _close(self, part: Part) -> None:
        ProposalCourse.objects.filter(pk=part.row.pk, owner=self.me).update(
            stage=ProposalCourse.Stage.DONE, owner=""
        )
        self.held.pop(part.row.pk, None)

    def _give_up(self, part: Part, trouble: CanvasTrouble) -> None:
        """Reading failed. What passes is tried again later by whoever comes; what does not ends this course."""
        if trouble.passing or trouble.kind == "unauthorized":
            raise trouble
        for row in part.changes:
            if row.state == Change.State.PENDING:
                self._settle(row, Change.State.FAILED, trouble.message)
        self._close(part)

    def _end(self) -> None:
        if self.proposal.cancel_asked_at:
            state = Proposal.State.CANCELLED
        elif self._open().exists():
            return
        elif self.proposal.changes.exclude(state__in=Change.GOOD).exists():
            state = Proposal.State.PROBLEMS
        else:
            state = Proposal.State.VERIFIED
        now = self.clock()
        ended = Proposal.objects.filter(pk=self.proposal.pk, state=Proposal.State.APPLYING).update(
            state=state, finished_at=now
        )
        if ended:
            Step.objects.create(proposal=self.proposal, at=now, what=state)
