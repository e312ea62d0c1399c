"""Review: the read side. Every query starts from the part of the university that a person may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from registrar.models import Account, Course, Finding, LineItem, Reach, Run, RunItem, Section, Term
from registrar.models.readings import LineItemQuerySet
from registrar.models.runs import RunQuerySet

from .placing import in_period

DIRECTLY = "only-"
"""Before an account's id: courses of that very account, without those below it."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
NEEDS_ACTION = LineItem.Status.NEEDS_ACTION
EXCEPTED = LineItem.Status.EXCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    words: tuple[str, ...] = ()
    term: int | None = None
    path: str = ""
    """The path of a sub-account: it and everything below it, or only it with ``directly``."""
    directly: bool = False
    rule: str = ""
    severity: str = ""
    state: str = ""
    published: bool | None = None
    reading: str = ""
    """"failed" or "old", of courses."""
    old_before: datetime | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    period: str = ""
    """The Canvas id of a grading period that the due date is in, or what `placing` has instead; of line items."""
    now: datetime | None = None
    """For what depends on the clock."""

    def place(self) -> Q:
        condition = Q()
        if self.term is not None:
            condition &= Q(term=self.term)
        if self.path:
            condition &= Q(account__path=self.path) if self.directly else Q(account__path__startswith=self.path)
        return condition

    def place_only(self) -> Filters:
        """The same part of the university and term, whatever its state."""
        return Filters(term=self.term, path=self.path, directly=self.directly, old_before=self.old_before)

    def findings(self) -> QuerySet[Finding]:
        """The findings that are asked for; only to be used when a rule or a severity is."""
        found = Finding.objects.all()
        if self.term is not None:
            found = found.filter(term=self.term)
        if self.rule:
            found = found.filter(code=self.rule)
        return found.filter(severity=self.severity) if self.severity else found

    @property
    def by_finding(self) -> bool:
        return bool(self.rule or self.severity)


def line_items(reach: Reach, chosen: Filters) -> QuerySet[LineItem]:
    rows = _breaking(LineItem.objects.within(reach).filter(chosen.place()), chosen)
    if chosen.state:
        rows = rows.filter(status=chosen.state)
    if chosen.published is not None:
        rows = rows.filter(published=chosen.published)
    return _with_words(_due(rows, chosen), chosen.words, "search")


def to_count(reach: Reach, chosen: Filters, rows: QuerySet[LineItem]) -> QuerySet[Any]:
    """As many rows as ``rows``. Of a rule and nothing else its findings are counted, in a fifth of the time."""
    if not chosen.by_finding or replace(chosen, rule="", severity="", now=None) != chosen.place_only():
        return rows
    found = chosen.findings().filter(reach.over("account"), chosen.place())
    return found.order_by().values("line_item").distinct()


def with_due_order(rows: QuerySet[LineItem]) -> QuerySet[LineItem]:
    """With ``due_order``, by which rows of one rule are sorted: no index has it, so they start from its findings.

    The index on the due date would be gone through from its beginning, and what has no date stands at its end.
    """
    return rows.alias(due_order=Coalesce("due_at", Value(NEVER)))


def _due(rows: LineItemQuerySet, chosen: Filters) -> LineItemQuerySet:
    if chosen.due_from is not None:
        rows = rows.filter(due_at__gte=chosen.due_from)
    if chosen.due_before is not None:
        rows = rows.filter(due_at__lt=chosen.due_before)
    if chosen.period:
        assert chosen.now is not None
        rows = rows.filter(in_period(chosen.period, now=chosen.now))
    return rows


def sections(reach: Reach, chosen: Filters) -> QuerySet[Section]:
    """Sections that have line items: the others have nothing to get ready."""
    rows = Section.objects.filter(reach.over("account"), chosen.place(), items__gt=0)
    if chosen.by_finding:
        rows = rows.filter(pk__in=chosen.findings().filter(section_id__isnull=False).values("section_id"))
    if chosen.state:
        rows = rows.filter(**_needing(chosen.state))
    if chosen.published is not None:
        rows = rows.filter(_course_published("course__", published=chosen.published))
    return _with_words(rows, chosen.words, "course__search", "name", "sis_id")


def courses(reach: Reach, chosen: Filters) -> QuerySet[Course]:
    """Courses with line items, and those that could not be read: they may have some."""
    rows = Course.objects.present().within(reach).filter(chosen.place())
    rows = rows.filter(Q(items__gt=0) | ~Q(trouble=""))
    if chosen.by_finding:
        rows = rows.filter(pk__in=chosen.findings().values("course"))
    if chosen.state:
        rows = rows.filter(items__gt=0, **_needing(chosen.state))
    if chosen.published is not None:
        rows = rows.filter(_course_published("", published=chosen.published))
    if chosen.reading == "failed":
        rows = rows.exclude(trouble="")
    if chosen.reading == "old":
        rows = rows.filter(read_at__lt=chosen.old_before)
    return _with_words(rows, chosen.words, "search")


def items_of_courses(reach: Reach, chosen: Filters) -> QuerySet[LineItem]:
    """The line items of the chosen courses; with a rule or a severity only those that break it."""
    return _breaking(LineItem.objects.filter(course__in=courses(reach, chosen).order_by()), chosen)


def items_of_sections(reach: Reach, chosen: Filters) -> QuerySet[LineItem]:
    return _breaking(LineItem.objects.filter(section__in=sections(reach, chosen).order_by()), chosen)


def _breaking(rows: LineItemQuerySet, chosen: Filters) -> LineItemQuerySet:
    return rows.filter(pk__in=chosen.findings().values("line_item")) if chosen.by_finding else rows


def _needing(state: str) -> dict[str, int]:
    """A course or section needs action, else is excepted, as soon as one of its line items is."""
    if state == NEEDS_ACTION:
        return {"items_needing__gt": 0}
    return {"items_needing": 0} | ({"items_excepted__gt": 0} if state == EXCEPTED else {"items_excepted": 0})


def _course_published(prefix: str, *, published: bool) -> Q:
    condition = Q(**{f"{prefix}state": "unpublished"})
    return ~condition if published else condition


def _with_words(rows: QuerySet[Any], words: Iterable[str], *fields: str) -> QuerySet[Any]:
    for word in words:
        condition = Q()
        for field in fields:
            # The search columns are lower case already, and comparing as it stands is quicker.
            condition |= Q(**{f"{field}__{'contains' if field.endswith('search') else 'icontains'}": word})
        rows = rows.filter(condition)
    return rows


def terms(reach: Reach) -> QuerySet[Term]:
    """Terms in which this person has something to look at, the latest first."""
    within = Course.objects.present().within(reach).filter(term=OuterRef("pk"))
    return Term.objects.filter(Exists(within)).order_by("-start_at", "name")


def current_term(offered: Iterable[Term], now: datetime) -> Term | None:
    """The running term that began last, else the one that ended last, else any."""
    offered = list(offered)
    begun = [term for term in offered if term.start_at is not None and term.start_at <= now]
    running = [term for term in begun if term.end_at is None or term.end_at >= now]
    latest = max(running or begun, key=lambda term: (term.start_at or now, term.pk), default=None)
    return latest or next(iter(offered), None)


def accounts(reach: Reach) -> list[Account]:
    """The account tree within reach, in the order of a table of contents."""
    found = list(Account.objects.filter(gone_at__isnull=True))
    names = {account.path: account.name.casefold() for account in found}
    return sorted(
        (account for account in found if reach.holds(account.path)),
        key=lambda account: [names.get(above, "") for above in _ways_down(account.path)],
    )


def _ways_down(path: str) -> list[str]:
    """ "/1/12/" gives "/1/" and "/1/12/"."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[: depth + 1]) + "/" for depth in range(len(steps))]


def old_before(now: datetime) -> datetime:
    """A reading from before this time is called old."""
    return now - timedelta(hours=settings.READING_LIMIT_HOURS)


def runs(reach: Reach) -> RunQuerySet:
    """Runs that read, or are to read, a course within reach."""
    rows: RunQuerySet = Run.objects.select_related("requested_by", "account")
    if reach.paths is None:
        return rows
    concerned = RunItem.objects.filter(reach.over("course__account"), run=OuterRef("pk"))
    return rows.filter(Exists(concerned) | reach.over("account") | Q(account=None, account_ref__in=roots(reach)))


def roots(reach: Reach) -> list[str]:
    """The ids of the sub-accounts that a person is limited to."""
    return [path.strip("/").rpartition("/")[2] for path in reach.paths or ()]


def run_items(reach: Reach, run: Run) -> QuerySet[RunItem]:
    return run.items.filter(reach.over("course__account")).select_related("course")


def run_counts(reach: Reach, run: Run) -> dict[str, int]:
    """Items by state, as far as this person sees them."""
    return Counter(dict(run_items(reach, run).order_by().values_list("state").annotate(total=Count("pk"))))


def run_reasons(reach: Reach, run: Run) -> list[tuple[str, int]]:
    """Why the courses of the run are read, the most frequent reason first."""
    rows = run_items(reach, run).order_by().exclude(reason="").values_list("reason")
    return list(rows.annotate(total=Count("pk")).order_by("-total"))


def covers(reach: Reach, run: Run) -> bool:
    """Whether the run stays within reach, so that all it says may be shown and it may be stopped."""
    if reach.paths is None:
        return True
    return reach.holds(run.account.path) if run.account else run.account_ref in roots(reach)
