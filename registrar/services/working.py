"""Carry a sync run to its end. Any number of workers may carry the same run at once.

One worker surveys; then the courses are claimed one by one by whoever has time. A claim is an UPDATE that must
change exactly one row, and it is free again when its process is gone or its heartbeat is old. So a worker may die
at any moment: the next one takes up what it held, and every course keeps its last whole reading.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from registrar.canvas import Canvas, FeedPart
from registrar.domain import facts
from registrar.errors import CanvasTrouble, RegistrarError
from registrar.models import CLAIM_LASTS, Account, Course, Finding, LineItem, Run, RunItem, Section

from . import assessing, counting, keeping, surveying
from .claiming import is_gone, owner_name
from .fetching import Fetched, Order, fetch_course

logger = logging.getLogger(__name__)

THREADS = 10
"""Courses read at once by one worker; the gate admits fewer where Canvas has less to give."""
SUSPECT = 2
"""A course at which a worker ended this often is read by itself, so that no other is blamed for what it does."""
ATTEMPTS = SUSPECT + 3
"""A course that took its worker down this often is given up, or it would do so for ever."""
SECTIONS_REFUSED = "Canvas does not let the access token list the course's sections."
"""Kept with a course as a code; what people read of it stands among the run's warnings."""
PATIENCE = 8
"""So many courses in a row that Canvas could not answer for, and it is taken to be down."""
BEAT_EVERY = timedelta(seconds=5)
SHOWN_EVERY = timedelta(seconds=0.25)
"""Pages of a list come faster than anybody reads how many there are."""
BATCH = 500


class Stopped(Exception):
    """The run was cancelled, or another worker has taken it over."""


def work(
    run: Run,
    canvas: Canvas,
    *,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    on_progress: Callable[[Run], None] = lambda run: None,
) -> None:
    """Carry the run on until it ends or time is up; its row says what became of it."""
    with override(settings.LANGUAGE_CODE):
        _work(Worker(run, canvas, clock=clock, until=until, on_progress=on_progress))


def _work(worker: Worker) -> None:
    run = worker.run
    try:
        if worker.claim_survey():
            worker.survey()
        worker.read()
    except Stopped:
        worker.end_if_cancelled()
    except RegistrarError as trouble:
        worker.fail(trouble.message)
    except Exception:
        logger.exception("run %s", run.pk)
        said = _("An unexpected error stopped run %(number)s; the log says which. What was read stays as it is.")
        worker.fail(said % {"number": run.pk})
    finally:
        worker.count_requests()
        run.refresh_from_db()


class Worker:
    def __init__(
        self,
        run: Run,
        canvas: Canvas,
        *,
        clock: Callable[[], datetime],
        until: datetime | None,
        on_progress: Callable[[Run], None],
    ) -> None:
        self.run, self.canvas, self.clock, self.until, self.on_progress = run, canvas, clock, until, on_progress
        self.me = owner_name()
        self.counted = canvas.requests
        self.beaten_at: datetime | None = None
        self.unanswered = 0

    # The row

    def _mine(self) -> Q:
        return Q(pk=self.run.pk, state__in=Run.OPEN)

    def beat(self, doing: str = "", *, survey: bool = False) -> None:
        """A sign of life, at most every few seconds; it is also where a request to cancel is noticed."""
        now = self.clock()
        if self._was_just_said(doing, now):
            return
        self.beaten_at = now
        mine = Run.objects.filter(self._mine(), cancel_asked_at=None)
        if survey:
            mine = mine.filter(owner=self.me)
        changes = {"doing": doing} if doing else {}
        if not mine.update(heartbeat_at=now, **changes):
            raise Stopped
        self.run.items.filter(state=RunItem.State.CLAIMED, owner=self.me).update(heartbeat_at=now)
        self.count_requests()
        self.run.refresh_from_db()
        self.on_progress(self.run)

    def _was_just_said(self, doing: str, now: datetime) -> bool:
        """Whether the last sign of life is recent, and this one would say the same but for a number."""
        same = not doing or doing.partition(":")[0] == self.run.doing.partition(":")[0]
        every = SHOWN_EVERY if doing else BEAT_EVERY
        return same and self.beaten_at is not None and now - self.beaten_at < every

    def count_requests(self) -> None:
        made = self.canvas.requests
        Run.objects.filter(pk=self.run.pk).update(requests=F("requests") + made - self.counted)
        self.counted = made

    def fail(self, message: str) -> None:
        now = self.clock()
        Run.objects.filter(self._mine()).update(
            state=Run.State.FAILED, message=message, finished_at=now, doing="", seconds=self._seconds(now)
        )
        self._release()

    def _seconds(self, now: datetime) -> float:
        return (now - (self.run.started_at or now)).total_seconds()

    def end_if_cancelled(self) -> None:
        self._release()
        Run.objects.filter(self._mine(), cancel_asked_at__isnull=False).update(
            state=Run.State.CANCELLED, finished_at=self.clock(), doing="", message=_("Stopped on request.")
        )

    def _release(self) -> None:
        self.run.items.filter(state=RunItem.State.CLAIMED, owner=self.me).update(
            state=RunItem.State.TODO, owner=""
        )

    # The survey

    def claim_survey(self) -> bool:
        now = self.clock()
        self.run.refresh_from_db()
        free = Q(owner="") | Q(owner=self.me) | Q(heartbeat_at__lt=now - CLAIM_LASTS)
        if self.run.owner and is_gone(self.run.owner):
            free |= Q(owner=self.run.owner)
        states = (Run.State.WAITING, Run.State.SURVEYING)
        claimed = Run.objects.filter(free, pk=self.run.pk, state__in=states).update(
            state=Run.State.SURVEYING,
            owner=self.me,
            heartbeat_at=now,
            started_at=self.run.started_at or now,
            warnings=[],
        )
        self.run.refresh_from_db()
        return claimed == 1

    def survey(self) -> None:
        def beat(doing: str) -> None:
            self.beat(doing, survey=True)

        now = self.clock()
        if self.run.mode == Run.Mode.COURSE:
            surveying.survey_course(self.run, self.canvas, now=now, beat=beat)
        else:
            surveying.survey(self.run, self.canvas, now=now, beat=beat)
        beat("courses")
        Run.objects.filter(self._mine(), owner=self.me).update(
            state=Run.State.READING,
            read_from=self.clock(),
            total=self.run.items.exclude(state=RunItem.State.SKIPPED).count(),
            warnings=self.run.warnings,
        )
        self.run.refresh_from_db()

    # The courses

    def read(self) -> None:
        self.run.refresh_from_db()
        if self.run.state != Run.State.READING:
            return
        self.around = assessing.surroundings(now=self.clock())
        self._release()
        self._free_the_dead()
        pending: dict[Future[Fetched], RunItem] = {}
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                while self._fill(pool, pending) or pending:
                    for future in wait(pending, timeout=1, return_when=FIRST_COMPLETED).done:
                        self._take(pending.pop(future), future)
                    self.beat()
            finally:
                for future in pending:
                    future.cancel()
        self._release()
        if not self.run.items.unfinished().exists():
            self._finish()

    def _free_the_dead(self) -> None:
        claimed = self.run.items.filter(state=RunItem.State.CLAIMED)
        for owner in set(claimed.exclude(owner=self.me).values_list("owner", flat=True)):
            if is_gone(owner):
                claimed.filter(owner=owner).update(state=RunItem.State.TODO, owner="")

    def _fill(self, pool: ThreadPoolExecutor, pending: dict[Future[Fetched], RunItem]) -> bool:
        """Claim as many courses as there are free threads."""
        if self.until is not None and self.clock() >= self.until:
            return False
        items = self._claim(2 * THREADS - len(pending), Q(attempts__lt=SUSPECT))
        if not items and not pending:
            items = self._claim(1, Q(attempts__gte=SUSPECT))
        for item in items:
            if item.attempts > ATTEMPTS:
                said = _("Reading this course brought the worker down every time.")
                self._settle(item, RunItem.State.FAILED, said)
            else:
                pending[pool.submit(fetch_course, self.canvas, self._order(item), now=self.clock())] = item
        return bool(items or pending)

    def _claim(self, count: int, which: Q) -> list[RunItem]:
        now = self.clock()
        free = self.run.items.claimable(now).filter(which)
        ids = list(free.order_by("id").values_list("pk", flat=True)[: max(count, 0)])
        mine = [
            pk
            for pk in ids
            if free.filter(pk=pk).update(
                state=RunItem.State.CLAIMED, owner=self.me, heartbeat_at=now, attempts=F("attempts") + 1
            )
        ]
        chosen = RunItem.objects.filter(pk__in=mine).select_related("course__term", "course__account")
        return list(chosen.prefetch_related("course__own_periods"))

    def _order(self, item: RunItem) -> Order:
        course = item.course
        own = [assessing.period_facts(period) for period in course.own_periods.all()]
        feed_open = self.run.feed_open or item.feed is not None
        part = FeedPart.unpacked(item.feed) if item.feed is not None else FeedPart(course_id=course.pk)
        return Order(
            header=assessing.header(course, self.around, own),
            feed=part if feed_open else None,
            known_sections=self._known_sections(item) if item.reason == "ambiguous" else (),
            ask_feed=item.reason == "asked",
            ask_periods=item.reason == "asked" or bool(own),
        )

    def _known_sections(self, item: RunItem) -> tuple[facts.Section, ...]:
        stored = assessing.facts_of(item.course_id, self.around)
        return stored.sections if stored else ()

    def _take(self, item: RunItem, future: Future[Fetched]) -> None:
        try:
            fetched = future.result()
        except CanvasTrouble as trouble:
            self._trouble(item, trouble)
        except Exception:
            logger.exception("course %s could not be read", item.course_id)
            said = _("An unexpected error, which is in the log of the worker.")
            self._settle(item, RunItem.State.FAILED, said)
        else:
            self.unanswered = 0
            self._store(item, fetched)

    def _store(self, item: RunItem, fetched: Fetched) -> None:
        course = item.course
        if fetched.own_periods is not None:
            keeping.keep_own_periods(course, fetched.own_periods)
        course.feed_digest = item.feed_digest
        found = keeping.with_origins(fetched.course)
        self.around = assessing.renewed(self.around, now=self.clock())
        assessing.store_reading(course, found, self.around, sections_read=fetched.sections_read)
        item.stripped, item.untold = fetched.includes_stripped, fetched.untold
        self._settle(item, RunItem.State.DONE, SECTIONS_REFUSED if fetched.sections_refused else "")

    def _trouble(self, item: RunItem, trouble: CanvasTrouble) -> None:
        if trouble.kind == "unauthorized":
            raise trouble
        if trouble.kind == "not_found" and self._is_gone(item.course):
            keeping.mark_gone(item.course, self.clock())
            self._settle(item, RunItem.State.DONE, _("The course is no longer in Canvas."))
            return
        self.unanswered = self.unanswered + 1 if trouble.passing else 0
        if self.unanswered >= PATIENCE:
            said = _("Canvas stopped answering: %(said)s") % {"said": trouble.message}
            raise CanvasTrouble(said, passing=True)
        Course.objects.filter(pk=item.course_id).update(trouble=trouble.message, trouble_at=self.clock())
        self._settle(item, RunItem.State.FAILED, trouble.message)

    def _is_gone(self, course: Course) -> bool:
        """A page of a course may be missing for other reasons."""
        try:
            return keeping.still_there(course, self.canvas) is None
        except CanvasTrouble:
            return False

    def _settle(self, item: RunItem, state: RunItem.State, message: str = "") -> None:
        """The end of one course. Counted only by the worker that still holds the claim."""
        settled = RunItem.objects.filter(pk=item.pk, state=RunItem.State.CLAIMED, owner=self.me).update(
            state=state,
            message=message,
            finished_at=self.clock(),
            feed=None,
            stripped=item.stripped,
            untold=item.untold,
        )
        count = "done" if state == RunItem.State.DONE else "failed"
        Run.objects.filter(pk=self.run.pk).update(**{count: F(count) + settled})

    # The end

    def _finish(self) -> None:
        self._reassess_the_others()
        failed = self.run.items.filter(state=RunItem.State.FAILED)
        count = failed.count()
        first = failed.first()
        message = ""
        if first is not None:
            said = ngettext(
                "%(n)s of %(all)s courses could not be read. The first: %(said)s",
                "%(n)s of %(all)s courses could not be read. The first: %(said)s",
                count,
            )
            message = said % {"n": count, "all": self.run.total, "said": first.message}
        now = self.clock()
        ended = Run.objects.filter(self._mine(), state=Run.State.READING).update(
            state=Run.State.INCOMPLETE if count else Run.State.COMPLETE,
            message=message,
            done=self.run.items.filter(state=RunItem.State.DONE).count(),
            failed=count,
            finished_at=now,
            seconds=self._seconds(now),
            warnings=self.run.warnings + self._warnings(),
            counts=self._counts(),
            doing="",
        )
        if ended and self.run.mode != Run.Mode.COURSE:
            counting.count(now=now)

    def _reassess_the_others(self) -> None:
        """Courses that were not read may still have new findings: a term moved, a period closed, time passed."""
        others = self.run.items.filter(state=RunItem.State.SKIPPED).values("course_id")
        courses = Course.objects.filter(pk__in=others).select_related("term", "account")
        for batch in surveying.batches(courses.prefetch_related("own_periods").iterator(BATCH), BATCH):
            digests = assessing.current_digests(batch)
            self.around = assessing.renewed(self.around, now=self.clock())
            for course in batch:
                self.beat()
                assessing.reassess(course, self.around, digest=digests.get(course.pk))

    def _warnings(self) -> list[str]:
        told: list[str] = []
        if self.run.items.filter(stripped=True).exists():
            told.append(
                _(
                    "The token's key, or a missing right, strips what is asked for with include[]; section dates "
                    "were asked for one assignment at a time."
                )
            )
        if untold := self.run.items.aggregate(n=Sum("untold"))["n"]:
            said = ngettext(
                "Canvas did not tell the dates of %(n)s assignments' sections: those dates are unknown.",
                "Canvas did not tell the dates of %(n)s assignments' sections: those dates are unknown.",
                untold,
            )
            told.append(said % {"n": untold})
        if refused := self.run.items.filter(message=SECTIONS_REFUSED).count():
            said = ngettext(
                "The access token may not list the sections of %(n)s courses: they are known only as far as "
                "the SIS feed names them, without dates of their own.",
                "The access token may not list the sections of %(n)s courses: they are known only as far as "
                "the SIS feed names them, without dates of their own.",
                refused,
            )
            told.append(said % {"n": refused})
        return told

    def _accounts(self) -> QuerySet[Account]:
        """The tree that was read; for a run of one course, the account it is in."""
        if self.run.account is None or self.run.mode == Run.Mode.COURSE:
            return Account.objects.filter(courses__in=self.run.items.values("course_id")).distinct()
        return Account.objects.filter(path__startswith=self.run.account.path, gone_at=None)

    def _counts(self) -> dict[str, int]:
        courses = self.run.items.values("course_id")
        items = LineItem.objects.filter(course_id__in=courses)
        return {
            "accounts": self._accounts().count(),
            "courses": self.run.items.count(),
            "sections": Section.objects.filter(course_id__in=courses).count(),
            "assignments": items.values("course_id", "assignment_id").distinct().count(),
            "rows": items.count(),
            "findings": Finding.objects.filter(course_id__in=courses).count(),
        }
