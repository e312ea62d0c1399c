"""Apply and verify an approved proposal: who does which course when. What is done with one is in ``writing``.

One worker holds one course at a time by a claim that must change exactly one row; a claim is free when its process
is gone or its heartbeat is old. Requests run in threads, the database is touched in the main one only.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from itertools import count
from time import sleep
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from registrar.canvas import Canvas
from registrar.domain import facts
from registrar.errors import CanvasTrouble, Refused
from registrar.models import Change, Proposal, ProposalCourse, Role, Step

from . import assessing
from .claiming import is_gone, owner_name
from .holding import Otherwise, Part, Then
from .rights import proposal_for, require
from .writing import Writer

if TYPE_CHECKING:
    from django.contrib.auth.models import User

THREADS = 6
CLAIM_LASTS = timedelta(seconds=15)
BEAT_EVERY = timedelta(seconds=2)
PATIENCE = timedelta(minutes=2)
"""How long one worker follows a job of Canvas. Then it looks whether the dates stand, else a later one goes on."""
UNANSWERED = 3
"""So many courses in a row that Canvas could not answer for, and it is taken to be down."""

_serial = count(1)


def start(*, proposal: Proposal, now: datetime, by: User | None = None) -> None:
    """Take an approved proposal up, or one that was begun and interrupted.

    ``by`` is None in a shell, where whoever may run the program may carry out what others have agreed to.
    """
    if by is not None:
        _require(by, proposal)
    moved = Proposal.objects.filter(pk=proposal.pk, state=Proposal.State.APPROVED).update(
        state=Proposal.State.APPLYING, started_at=now, applied_by=by
    )
    proposal.refresh_from_db()
    if moved:
        Step.objects.create(proposal=proposal, by=by, at=now, what="started")
    if proposal.state != Proposal.State.APPLYING and proposal.state not in Proposal.FINISHED:
        told = _("Proposal %(number)s is %(state)s: only an approved one is applied.")
        raise Refused(told % {"number": proposal.pk, "state": proposal.get_state_display().lower()})


def _require(by: User, proposal: Proposal) -> None:
    require(by, Role.APPROVER)
    proposal_for(by, proposal.pk)
    if by.pk == proposal.proposed_by_id:
        raise Refused(_("Nobody applies their own proposal. Ask another approver."))


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
    """Carry an applying proposal on until it has ended or time is up. Raises CanvasTrouble where Canvas could not
    answer for some course; what was begun is then taken up by the next call.

    Without ``until`` it waits for other workers on the same proposal too. Returns for how many courses Canvas's
    own job had not ended after ``patience``; they are followed on next time.
    """
    worker = Worker(proposal, canvas, clock=clock, until=until, patience=patience, pause=pause, tell=on_progress)
    try:
        worker.go()
    finally:
        proposal.refresh_from_db()
    return len(worker.left_running)


class Worker:
    def __init__(
        self,
        proposal: Proposal,
        canvas: Canvas,
        *,
        clock: Callable[[], datetime],
        until: datetime | None,
        patience: timedelta,
        pause: Callable[[float], None],
        tell: Callable[[Proposal], None],
    ) -> None:
        self.proposal, self.clock, self.until, self.pause, self.tell = proposal, clock, until, pause, tell
        self.around = assessing.surroundings(now=clock())
        self.writer = Writer(self, proposal, canvas, clock=clock, patience=patience, around=self.around)
        self.me = f"{owner_name()}:{next(_serial)}"
        self.held: dict[int, Part] = {}
        self.left_running: set[int] = set()
        self.put_off: set[int] = set()
        self.unanswered = 0
        self.trouble: CanvasTrouble | None = None
        self.stopping = False
        self.pending: dict[Future[Any], tuple[Part, Then, Otherwise]] = {}
        self.later: list[tuple[datetime, int, Part, Callable[[Part], None]]] = []
        self.order = count()
        self.beaten_at: datetime | None = None

    # The loop

    def go(self) -> None:
        with ThreadPoolExecutor(THREADS) as self.pool:
            try:
                self._beat()
                while self._has_work() and not self._time_is_up():
                    self._turn()
            finally:
                for future in self.pending:
                    future.cancel()
                self._release()
        self._end()
        if self.trouble is not None:
            raise self.trouble

    def _has_work(self) -> bool:
        if self.stopping:
            return bool(self.pending)
        self._fill()
        return bool(self.held) or (self.until is None and self._claimable().exclude(owner="").exists())

    def _time_is_up(self) -> bool:
        """A job that Canvas takes long over is left to the next worker, which finds its id in the row."""
        return self.until is not None and self.clock() >= self.until and not self.pending

    def _turn(self) -> None:
        self._wake()
        if self.pending:
            for future in wait(self.pending, timeout=0.2, return_when=FIRST_COMPLETED).done:
                self._take(future)
        elif self.later:
            self.pause(min(max((self.later[0][0] - self.clock()).total_seconds(), 0.01), 1.0))
        elif not self.held:
            self.pause(0.5)
        self._beat()

    def _wake(self) -> None:
        now = self.clock()
        while self.later and self.later[0][0] <= now and not self.stopping:
            _, _, part, act = heapq.heappop(self.later)
            if part.row.pk in self.held:
                act(part)

    def _take(self, future: Future[Any]) -> None:
        part, then, otherwise = self.pending.pop(future)
        if part.row.pk not in self.held:
            return  # somebody else has taken it over
        try:
            answer = future.result()
        except CanvasTrouble as trouble:
            otherwise(part, trouble)
        else:
            then(part, answer)

    def _beat(self) -> None:
        now = self.clock()
        if self.beaten_at and now - self.beaten_at < BEAT_EVERY:
            return
        self.beaten_at = now
        mine = ProposalCourse.objects.filter(pk__in=self.held, owner=self.me)
        if mine.update(heartbeat_at=now) < len(self.held):
            self.held = {pk: self.held[pk] for pk in mine.values_list("pk", flat=True)}
        Proposal.objects.filter(pk=self.proposal.pk).update(heartbeat_at=now)
        self.proposal.refresh_from_db()
        self._free_the_dead()
        self.tell(self.proposal)

    # What the writer asks of the loop

    def ask(self, part: Part, ask: Callable[[], Any], then: Then, otherwise: Otherwise) -> None:
        """In a thread. Nothing new is asked once we are stopping: the row tells the next worker enough."""
        if not self.stopping:
            self.pending[self.pool.submit(ask)] = (part, then, otherwise)

    def at(self, part: Part, seconds: float, act: Callable[[Part], None]) -> None:
        heapq.heappush(self.later, (self.clock() + timedelta(seconds=seconds), next(self.order), part, act))

    def still_mine(self, part: Part, **fields: Any) -> bool:
        """Asked before anything is written: a claim that was taken over must not write beside its new owner."""
        mine = ProposalCourse.objects.filter(pk=part.row.pk, owner=self.me)
        if mine.update(heartbeat_at=self.clock(), **fields):
            return True
        self.held.pop(part.row.pk, None)
        return False

    def done(self, part: Part) -> None:
        self.unanswered = 0
        self._let_go(part, stage=ProposalCourse.Stage.DONE)

    def leave_running(self, part: Part) -> None:
        self.left_running.add(part.row.pk)
        self._let_go(part)

    def postpone(self, part: Part, trouble: CanvasTrouble) -> None:
        """This course is for a later call; when that happens too often in a row, all the others too."""
        self.put_off.add(part.row.pk)
        self._let_go(part)
        self.trouble = trouble
        self.unanswered += 1
        self.stopping = self.stopping or self.unanswered >= UNANSWERED or trouble.kind == "unauthorized"

    def _let_go(self, part: Part, **fields: Any) -> None:
        self.held.pop(part.row.pk, None)
        ProposalCourse.objects.filter(pk=part.row.pk, owner=self.me).update(owner="", **fields)

    # Claims

    def _open(self) -> Any:
        return self.proposal.courses.exclude(stage=ProposalCourse.Stage.DONE)

    def _claimable(self) -> Any:
        """What this call may still work on. Once asked to stop, only what was begun is followed to its end."""
        known = self._open().exclude(pk__in=[*self.held, *self.left_running, *self.put_off])
        return known.filter(stage=ProposalCourse.Stage.WRITING) if self.proposal.cancel_asked_at else known

    def _free_the_dead(self) -> None:
        for owner in set(self._open().exclude(owner__in=("", self.me)).values_list("owner", flat=True)):
            if is_gone(owner):
                self._open().filter(owner=owner).update(owner="")

    def _fill(self) -> None:
        now = self.clock()
        room = THREADS - len(self.held)
        if room <= 0 or (self.until is not None and now >= self.until):
            return
        free = Q(owner="") | Q(heartbeat_at__lt=now - CLAIM_LASTS)
        for pk in list(self._claimable().filter(free).order_by("pk").values_list("pk", flat=True)[:room]):
            if (
                self._open()
                .filter(free, pk=pk)
                .update(owner=self.me, heartbeat_at=now, attempts=F("attempts") + 1)
            ):
                self._begin(ProposalCourse.objects.select_related("course__term", "course__account").get(pk=pk))

    def _begin(self, row: ProposalCourse) -> None:
        read = assessing.facts_of(row.course_id, self.around) or facts.Course(id=row.course_id, name="")
        pending = self.proposal.changes.filter(course_id=row.course_id, state=Change.State.PENDING)
        part = Part(row=row, changes=list(pending), read=read)
        self.held[row.pk] = part
        self.writer.begin(part)

    def _release(self) -> None:
        ProposalCourse.objects.filter(pk__in=self.held, owner=self.me).update(owner="")
        self.held.clear()

    def _end(self) -> None:
        """The last worker says how it ended. A course that was begun must first be followed to its own end."""
        left = self._open()
        if left.exclude(owner="").exists() or left.filter(stage=ProposalCourse.Stage.WRITING).exists():
            return
        if left.exists():
            if not self.proposal.cancel_asked_at:
                return
            state = Proposal.State.CANCELLED
        elif self.proposal.changes.astray().exists():
            state = Proposal.State.PROBLEMS
        else:
            state = Proposal.State.VERIFIED
        now = self.clock()
        ended = Proposal.objects.filter(pk=self.proposal.pk, state=Proposal.State.APPLYING)
        with transaction.atomic():
            if ended.update(state=state, finished_at=now):
                Step.objects.create(proposal=self.proposal, at=now, what=state)
