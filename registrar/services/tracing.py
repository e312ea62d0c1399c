"""Trace: what changed since a day, where, by which rule and why; and what drifted after it was approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, QuerySet

from registrar.domain.calendar import start_of_day
from registrar.models import Account, Change, Proposal, Reach, Turn
from registrar.models.history import TurnQuerySet

from .exporting import Value
from .reviewing import DIRECTLY, Filters

What = Turn.What


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Since a day of the office's, and perhaps only of one kind."""

    since: date
    what: str = ""
    cause: str = ""

    @property
    def start(self) -> datetime:
        zone = ZoneInfo(settings.TIME_ZONE)
        noon = datetime.combine(self.since, time(12), zone)
        return start_of_day(noon, zone)


@dataclass(slots=True, kw_only=True)
class Moved:
    """How many findings came and went, of one rule, one college or one cause."""

    name: str = ""
    account: Account | None = None
    directly: bool = False
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def broken(self) -> int:
        return self.counts[What.BROKEN]

    @property
    def mended(self) -> int:
        return self.counts[What.MENDED]

    @property
    def accepted(self) -> int:
        return self.counts[What.ACCEPTED]

    @property
    def left(self) -> int:
        return self.counts[What.LEFT]

    @property
    def all(self) -> int:
        return self.counts.total()

    @property
    def place(self) -> str:
        """How the lists' filter names it."""
        assert self.account is not None
        return f"{DIRECTLY if self.directly else ''}{self.account.pk}"


def turns(reach: Reach, chosen: Filters, span: Span) -> TurnQuerySet:
    rows = Turn.objects.within(reach).filter(chosen.place(), at__gte=span.start)
    if chosen.rule:
        rows = rows.filter(code=chosen.rule)
    if span.what:
        rows = rows.filter(what=span.what)
    return rows.filter(cause=span.cause) if span.cause else rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    whole: Moved
    rules: list[Moved]
    causes: list[Moved]
    colleges: list[Moved]


def summary(rows: TurnQuerySet, tree: list[Account]) -> Summary:
    """One query for all of it."""
    grouped = rows.order_by().values_list("what", "code", "cause", "account").annotate(found=Count("pk"))
    whole, rules, causes, accounts = Moved(), dict[str, Moved](), dict[str, Moved](), dict[int, Counter[str]]()
    for what, code, cause, account, found in grouped:
        whole.counts[what] += found
        rules.setdefault(code, Moved(name=code)).counts[what] += found
        causes.setdefault(cause, Moved(name=cause)).counts[what] += found
        accounts.setdefault(account, Counter())[what] += found
    return Summary(
        whole=whole,
        rules=_most_first(rules.values()),
        causes=_most_first(causes.values()),
        colleges=_by_college(tree, accounts),
    )


def _most_first(found: Iterable[Moved]) -> list[Moved]:
    return sorted(found, key=lambda one: (-one.all, one.name))


def _by_college(tree: list[Account], found: Mapping[int, Counter[str]]) -> list[Moved]:
    """Summed for the top of what this person sees; where that is one account, for its children."""
    tops = [one for one in tree if not any(one is not other and one.path.startswith(other.path) for other in tree)]
    groups = [Moved(account=one) for one in tops]
    if len(tops) == 1:
        children = [Moved(account=one) for one in tree if one.parent_id == tops[0].pk]
        groups = [*children, Moved(account=tops[0], directly=True)]
    for account in tree:
        for group in groups:
            if account.pk in found and _belongs(account, group):
                group.counts += found[account.pk]
    return [group for group in groups if group.all]


def _belongs(account: Account, group: Moved) -> bool:
    assert group.account is not None
    return account.pk == group.account.pk or (not group.directly and account.path.startswith(group.account.path))


def drifts(reach: Reach, chosen: Filters, span: Span) -> QuerySet[Change]:
    """Changes that were approved and applied, and that somebody changed again in Canvas since that day."""
    rows = Change.objects.filter(proposal__in=Proposal.objects.within(reach), drifted_at__gte=span.start)
    if chosen.term is not None:
        rows = rows.filter(course__term=chosen.term)
    if chosen.path:
        below = {"course__account__path" if chosen.directly else "course__account__path__startswith": chosen.path}
        rows = rows.filter(**below)
    return rows.select_related("course").order_by("-drifted_at", "pk")


def visible(reach: Reach, rows: Iterable[Turn]) -> set[int]:
    """Which of the proposals that these turns name may be opened."""
    named = {row.proposal_id for row in rows if row.proposal_id is not None}
    return set(Proposal.objects.within(reach).filter(pk__in=named).values_list("pk", flat=True))


COLUMNS = (
    "at",
    "what",
    "cause",
    "proposal_id",
    "code",
    "severity",
    "account_id",
    "term_id",
    "course_id",
    "course_code",
    "course_name",
    "section_id",
    "section_name",
    "assignment_id",
    "assignment_name",
)


def table(reach: Reach, rows: TurnQuerySet) -> Iterator[list[Value]]:
    """The turns as rows of a file, the newest first."""
    yield list(COLUMNS)
    seen = Proposal.objects.within(reach).filter(pk__in=rows.order_by().values("proposal"))
    open_to = set(seen.values_list("pk", flat=True))
    for row in rows.select_related("course").iterator(chunk_size=1000):
        yield [
            row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            row.what,
            row.cause,
            row.proposal_id if row.proposal_id in open_to else None,
            row.code,
            row.severity,
            row.account_id,
            row.term_id,
            row.course_id,
            row.course.code,
            row.course.name,
            row.section_id,
            row.section_name or None,
            row.assignment_id,
            row.assignment_name,
        ]
