"""Limit: how much one proposal may change at once in a sub-account, as its administrators have set it.

There are two limits, a number of changes and a share of the flagged assignments; over either, the proposal is
held. Each is taken by itself from the nearest account upwards that has it: a college may set one and inherit one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from registrar.models import Account, LineItem, Proposal

Limit = Literal["hold_above", "hold_above_share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A limit that a proposal goes over."""

    account: Account
    limit: int
    """Changes; percent where it is a share."""
    touched: int
    """Changes; assignments where it is a share."""
    of: int | None = None
    """All flagged assignments of the sub-account in the terms that are touched; None where changes are counted."""

    @property
    def percent(self) -> int | None:
        """Rounded up, so that what is over the limit looks like it. None where nothing is flagged."""
        return -(-100 * self.touched // self.of) if self.of else None


def excesses(proposal: Proposal) -> tuple[Excess, ...]:
    """Refused changes count too: an administrator may still allow them after it was submitted."""
    accounts = Account.objects.in_bulk()
    found = [*_by_number(proposal, accounts), *_by_share(proposal, accounts)]
    return tuple(sorted(found, key=lambda one: (one.account.name, one.account.pk, one.of is not None)))


def _by_number(proposal: Proposal, accounts: dict[int, Account]) -> Iterator[Excess]:
    touched: Counter[int] = Counter()
    for account_id in proposal.changes.order_by().values_list("course__account_id", flat=True):
        if at := _nearest(accounts, account_id, "hold_above"):
            touched[at.pk] += 1
    for pk, count in touched.items():
        limit = accounts[pk].hold_above or 0
        if count > limit:
            yield Excess(account=accounts[pk], limit=limit, touched=count)


def _by_share(proposal: Proposal, accounts: dict[int, Account]) -> Iterator[Excess]:
    touched: defaultdict[int, set[int]] = defaultdict(set)
    terms: defaultdict[int, set[int]] = defaultdict(set)
    rows = proposal.changes.order_by().values_list("course__account_id", "course__term_id", "assignment_id")
    for account_id, term_id, assignment_id in rows.distinct():
        if at := _nearest(accounts, account_id, "hold_above_share"):
            touched[at.pk].add(assignment_id)
            terms[at.pk].add(term_id)
    for pk, assignments in touched.items():
        limit, flagged = accounts[pk].hold_above_share or 0, _flagged(accounts[pk], terms[pk])
        if 100 * len(assignments) > limit * flagged:
            yield Excess(account=accounts[pk], limit=limit, touched=len(assignments), of=flagged)


def _nearest(accounts: dict[int, Account], pk: int, limit: Limit) -> Account | None:
    at = accounts.get(pk)
    while at is not None and getattr(at, limit) is None:
        at = accounts.get(at.parent_id) if at.parent_id is not None else None
    return at


def _flagged(account: Account, terms: set[int]) -> int:
    items = LineItem.objects.filter(course__account__path__startswith=account.path, course__term__in=terms)
    return items.order_by().values("assignment_id").distinct().count()
