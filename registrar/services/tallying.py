"""Tally: how many sections and line items need action, by college and by rule.

Each number is counted from the query of the list that it leads to, so that the two cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, Sum

from registrar.models import Account, Finding, Reach
from registrar.services.reviewing import DIRECTLY, EXCEPTED, NEEDS_ACTION, Filters, courses, line_items, sections


@dataclass(slots=True, kw_only=True)
class Tally:
    """How one part of the university stands in one term."""

    account: Account | None = None
    directly: bool = False
    sections: int = 0
    sections_needing: int = 0
    sections_excepted: int = 0
    items: int = 0
    items_needing: int = 0
    items_ready: int = 0

    @property
    def place(self) -> str:
        """How the lists' filter names it."""
        assert self.account is not None
        return f"{DIRECTLY if self.directly else ''}{self.account.pk}"

    @property
    def items_excepted(self) -> int:
        return self.items - self.items_needing - self.items_ready

    @property
    def share_needing(self) -> int:
        """In percent, but never none when there is one and never all when there is one ready."""
        if not self.sections_needing or self.sections_needing == self.sections:
            return 100 if self.sections_needing else 0
        return min(99, max(1, round(100 * self.sections_needing / self.sections)))

    def add(self, other: Tally) -> None:
        for name in ("sections", "sections_needing", "sections_excepted", "items", "items_needing", "items_ready"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def tallies(reach: Reach, chosen: Filters) -> dict[int, Tally]:
    """Per account. All line items are summed from their courses, which are few; only the others are counted."""
    found: dict[int, Tally] = {}
    of_courses = courses(reach, chosen).order_by().values_list("account")
    for account, items in of_courses.annotate(items=Sum("items")):
        found[account] = Tally(items=items, items_ready=items)
    of_sections = sections(reach, chosen).order_by().values_list("account")
    states = {
        "sections": Count("pk"),
        "sections_needing": Count("pk", filter=Q(items_needing__gt=0)),
        "sections_excepted": Count("pk", filter=Q(items_needing=0, items_excepted__gt=0)),
    }
    for account, *counts in of_sections.annotate(**states):
        found.setdefault(account, Tally()).add(Tally(**dict(zip(states, counts, strict=True))))
    # Named one by one, so that the index on term and status serves; "not ready" would read every row.
    others = line_items(reach, chosen).filter(status__in=(NEEDS_ACTION, EXCEPTED))
    not_ready = others.order_by().values_list("account", "status")
    for account, state, total in not_ready.annotate(total=Count("pk")):
        found.setdefault(account, Tally()).add(
            Tally(items_needing=total * (state == NEEDS_ACTION), items_ready=-total)
        )
    return found


def by_college(tree: list[Account], found: dict[int, Tally]) -> list[Tally]:
    """The tallies summed for the top of what this person sees; where that is one account, for its children."""
    tops = [account for account in tree if not any(_below(account, other) for other in tree)]
    if len(tops) != 1:
        return _summed(tree, found, [Tally(account=account) for account in tops])
    children = [Tally(account=account) for account in tree if account.parent_id == tops[0].pk]
    return _summed(tree, found, [*children, Tally(account=tops[0], directly=True)])


def _summed(tree: list[Account], found: dict[int, Tally], groups: list[Tally]) -> list[Tally]:
    for account in tree:
        for group in groups:
            if account.pk in found and _belongs(account, group):
                group.add(found[account.pk])
    return [group for group in groups if group.items or group.sections]


def _below(account: Account, other: Account) -> bool:
    return account.pk != other.pk and account.path.startswith(other.path)


def _belongs(account: Account, group: Tally) -> bool:
    assert group.account is not None
    return account.pk == group.account.pk or (not group.directly and _below(account, group.account))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTally:
    code: str
    severity: str
    sections: int
    items: int
    accepted: int
    """Of the line items; where somebody accepted it."""


def by_rule(reach: Reach, chosen: Filters) -> list[RuleTally]:
    """How often each rule is broken: blocking ones first, the most frequent first."""
    grouped = Finding.objects.within(reach).filter(chosen.place()).order_by().values("code")
    counted = grouped.annotate(
        worst=Min("severity"),
        items=Count("pk"),
        sections=Count("section_id", distinct=True),
        accepted=Count("exemption"),
    )
    rows = (
        RuleTally(
            code=row["code"],
            severity=row["worst"],
            sections=row["sections"],
            items=row["items"],
            accepted=row["accepted"],
        )
        for row in counted
    )
    return sorted(rows, key=lambda row: (row.severity, -row.items, row.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How fresh the picture is."""

    courses: int
    oldest: datetime | None
    newest: datetime | None
    old: int
    failed: int

    @property
    def together(self) -> bool:
        """All read within the hour, so that one time says it."""
        return bool(self.oldest and self.newest and self.newest - self.oldest < timedelta(hours=1))


def readings(reach: Reach, chosen: Filters) -> Readings:
    counted = courses(reach, chosen).aggregate(
        courses=Count("pk"),
        oldest=Min("read_at"),
        newest=Max("read_at"),
        old=Count("pk", filter=Q(read_at__lt=chosen.old_before)),
        failed=Count("pk", filter=~Q(trouble="")),
    )
    return Readings(**counted)
