"""Survey: the account-wide lists, page by page. They say which courses there are and which need a closer look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from registrar.canvas import Canvas, FeedPage, FeedPart
from registrar.errors import CanvasTrouble, Missing
from registrar.models import Account, Course, Run, RunItem, Standing, Term

from . import assessing, keeping

WATCHED_AFTER_END = timedelta(days=60)
DETAIL_LIMIT = timedelta(hours=24)
"""An unchanged course is read closely again after this long: a date for a whole course shows only there."""
BATCH = 200

T = TypeVar("T")


def is_watched(term: Term, now: datetime) -> bool:
    """An administrator's word decides; without one, a term is watched until 60 days after its end."""
    if term.watched is not None:
        return term.watched
    return term.end_at is None or term.end_at > now - WATCHED_AFTER_END


def watched_terms(now: datetime) -> list[Term]:
    return [term for term in Term.objects.filter(gone_at=None) if is_watched(term, now)]


def survey(run: Run, canvas: Canvas, *, now: datetime, beat: Callable[[str], None]) -> None:
    """Fill the run with its courses. ``beat`` is called between pages and may raise to stop.

    Doing it again, after a crash, gives the same rows.
    """
    beat("accounts and terms")
    run.items.all().delete()
    account = _accounts(run, canvas)
    _terms(run, canvas, now)
    terms = chosen_terms(run, now)
    if terms is not None and not terms:
        run.warnings.append(
            _(
                "No term is watched, so nothing was read: all of them ended more than 60 days ago. Name one with "
                "--term, or mark it as watched."
            )
        )
        run.save(update_fields=["warnings"])
        return
    _courses(run, canvas, account, terms, now, beat)
    feed_open = _feed(run, canvas, account, terms, now, beat)
    Standing.objects.update_or_create(
        pk=1,
        defaults={
            "canvas_host": canvas.host,
            "root_account": account,
            "feed_open": feed_open,
            "surveyed_at": now,
        },
    )
    run.feed_open = feed_open
    run.save(update_fields=["feed_open"])
    _decide(run, feed_open=feed_open, now=now)


def survey_course(run: Run, canvas: Canvas, *, now: datetime, beat: Callable[[str], None]) -> None:
    """The same for one course, which is then read in full by its own routes."""
    beat("the course")
    found = canvas.course(run.course_ref)
    account = Account.objects.filter(pk=found.account_id, gone_at=None).first()
    if account is None:
        account = _accounts(run, canvas)
    if not Term.objects.filter(pk=found.term_id, gone_at=None).exists():
        _terms(run, canvas, now)
    (course,) = keeping.keep_courses([found], account)
    if found.state == "deleted":
        keeping.mark_gone(course, now)
        raise Missing(_("%(course)s has been deleted in Canvas.") % {"course": course})
    RunItem.objects.update_or_create(
        run=run, course=course, defaults={"state": RunItem.State.TODO, "reason": "asked"}
    )


def _accounts(run: Run, canvas: Canvas) -> Account:
    root = canvas.account(run.account_ref)
    keeping.refuse_other_canvas(canvas.host)
    below = canvas.accounts_below(root.id)
    if below is None:
        run.warnings.append(
            _(
                "The token may not list sub-accounts, so colleges are known only as far as courses name them. "
                "It needs the right to manage account settings."
            )
        )
    account = keeping.keep_accounts(root, below or [])
    run.account = account
    run.save(update_fields=["account", "warnings"])
    return account


def _terms(run: Run, canvas: Canvas, now: datetime) -> None:
    root_id = canvas.root_of(run.account_id or 0)
    terms = canvas.terms(root_id)
    if terms is None:
        run.warnings.append(
            _("The token may not read terms, so their dates are known only as far as courses tell them.")
        )
        keeping.learn_terms(course.term for course in canvas.courses(run.account_id or root_id, None))
    else:
        keeping.keep_terms(terms, now)
    periods = canvas.periods_of_account(root_id)
    if periods is None:
        run.warnings.append(
            _(
                "The token may not read the account's grading periods, so dates are checked only against those "
                "that were known before, if any."
            )
        )
    else:
        keeping.keep_periods(periods)
    run.save(update_fields=["warnings"])


def chosen_terms(run: Run, now: datetime) -> set[int] | None:
    """Canvas ids of the terms to read, or None for all of them."""
    if run.term_ref == "all":
        return None
    if run.term_ref:
        return {keeping.term_by_reference(run.term_ref, now).pk}
    return {term.pk for term in watched_terms(now)}


def _courses(
    run: Run, canvas: Canvas, account: Account, terms: set[int] | None, now: datetime, beat: Callable[[str], None]
) -> None:
    beat("the list of courses")
    listed = 0
    for batch in batches(canvas.courses(account.pk, terms), BATCH):
        wanted = [course for course in batch if terms is None or course.term_id in terms]
        keeping.keep_courses(wanted, account)
        RunItem.objects.bulk_create(
            [RunItem(run=run, course_id=course.id, state=RunItem.State.SKIPPED) for course in wanted],
            ignore_conflicts=True,
        )
        listed += len(wanted)
        beat(f"the list of courses: {listed:,} so far")
    _missing(run, canvas, account, terms, now, beat)


def _missing(
    run: Run, canvas: Canvas, account: Account, terms: set[int] | None, now: datetime, beat: Callable[[str], None]
) -> None:
    """Courses of these terms that the list no longer names. A list may have lost a row while it was read, so each
    is asked for by itself before it leaves the lists; its history stays.
    """
    known = Course.objects.present().filter(account__path__startswith=account.path)
    if terms is not None:
        known = known.filter(term_id__in=terms)
    for course in list(known.exclude(pk__in=run.items.values("course_id"))):
        beat(f"course {course.pk}, which the list no longer names")
        found = keeping.still_there(course, canvas)
        if found is None:
            keeping.mark_gone(course, now)
            continue
        (kept,) = keeping.keep_courses([found], account)
        if kept.account.path.startswith(account.path) and (terms is None or kept.term_id in terms):
            RunItem.objects.create(run=run, course=course, state=RunItem.State.SKIPPED)
        else:
            course.refresh_from_db()
            assessing.reassess(course, assessing.surroundings(now=now))


def _feed(
    run: Run, canvas: Canvas, account: Account, terms: set[int] | None, now: datetime, beat: Callable[[str], None]
) -> bool:
    """Store each course's part of the account-wide SIS answer. False where Canvas's grade export is off."""
    beat("flagged assignments")
    joiner = Joiner(run)
    try:
        for page in canvas.feed_pages(account.pk, ends_after=_ends_after(terms, now)):
            joiner.take(page)
            beat(f"flagged assignments: {joiner.rows:,} so far")
    except CanvasTrouble as trouble:
        if trouble.kind != "not_enabled":
            raise
        run.warnings.append(
            _(
                "Canvas's grade export is off for this account, so its SIS feed could not be read. Dates and "
                "flags come from each course; what the SIS itself would read is not known."
            )
        )
        run.save(update_fields=["warnings"])
        return False
    joiner.finish()
    return True


def _ends_after(terms: set[int] | None, now: datetime) -> datetime | None:
    """A day before the earliest end among the chosen terms, because Canvas compares strictly.

    A course with an end of its own in a term without one may be left out by that; it is then asked for by itself.
    """
    if terms is None:
        return None
    ends = Term.objects.filter(pk__in=terms, end_at__isnull=False).values_list("end_at", flat=True)
    return min((end for end in ends if end), default=now) - timedelta(days=1)


class Joiner:
    """Puts a course's rows together across pages and notices where rows moved while they were read.

    Canvas sorts by course, then assignment. A row that came twice, or a number of pages that changed, means that
    rows were added or taken away before the page: the courses on both sides of that seam are read by themselves.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.rows = 0
        self._open: FeedPart | None = None
        self._stored: set[int] = set()
        self._last: tuple[int, int] | None = None
        self._total: int | None = None

    def take(self, page: FeedPage) -> None:
        if not page.parts:
            return
        moved = self._total is not None and page.total_pages != self._total
        if moved or (self._last is not None and page.first <= self._last):
            page.parts[0].seam = True
            if self._open:
                self._open.seam = True
        self._total, self._last = page.total_pages, page.last
        for part in page.parts:
            self.rows += len(part.assignments)
            self._add(part)

    def _add(self, part: FeedPart) -> None:
        if self._open is None:
            self._open = part
        elif self._open.course_id == part.course_id:
            self._open.join(part)
        else:
            self.finish()
            self._open = part

    def finish(self) -> None:
        part, self._open = self._open, None
        if part is None:
            return
        if part.course_id in self._stored:
            part.seam = True
        self._stored.add(part.course_id)
        # A course of another term, or of none that was asked for, has no item: the row is a stray and drops out.
        self.run.items.filter(course_id=part.course_id).update(
            feed=part.packed(),
            feed_digest=part.digest(),
            reason="seam" if part.seam else "ambiguous" if part.ambiguous else "",
        )


def _decide(run: Run, *, feed_open: bool, now: datetime) -> None:
    """Which of the listed courses are read closely: in a full run all, in a quick run those that may differ."""
    waiting = run.items.filter(state=RunItem.State.SKIPPED)
    if run.mode == Run.Mode.FULL or not feed_open:
        waiting.exclude(reason="seam").update(state=RunItem.State.TODO, reason="full")
        waiting.update(state=RunItem.State.TODO)
        return
    waiting.filter(reason="seam").update(state=RunItem.State.TODO)
    waiting.filter(course__read_at=None).update(state=RunItem.State.TODO, reason="first")
    waiting.exclude(course__trouble="").update(state=RunItem.State.TODO, reason="failed")
    waiting.exclude(feed_digest=F("course__feed_digest")).update(state=RunItem.State.TODO, reason="changed")
    waiting.filter(course__read_at__lt=now - DETAIL_LIMIT).update(state=RunItem.State.TODO, reason="old")
    waiting.filter(reason="ambiguous").update(state=RunItem.State.TODO)
    _left_out(waiting).update(state=RunItem.State.TODO, reason="left out")
    waiting.update(feed=None)


def _left_out(items: QuerySet[RunItem]) -> QuerySet[RunItem]:
    """Courses with flagged assignments about which the narrowed feed says nothing, changed or not."""
    return items.filter(feed=None, course__term__end_at=None, course__end_at__isnull=False, course__items__gt=0)


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch
