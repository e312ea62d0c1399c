"""Inherit: what holds for a sub-account, from the nearest one upwards that says something.

The rule packs come first, then the rulings of administrators from the root down, so that the nearest has the last
word. Sub-accounts that say nothing share what their parent has, so that a tree of hundreds costs little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from registrar.domain.findings import RULES, Code, Severity
from registrar.domain.rulepacks import FLAGS, LIMIT_NAMES, Limit, Overrides, Rulepack, Rules, combine, read_packs
from registrar.models import Account, CategoryList, Mark, Reach, Ruling, Term

BASE = "canvas"
"""The code of the pack that is always on."""


@cache
def packs() -> dict[str, Rulepack]:
    return read_packs(Path(__file__).parent.parent / "rulepacks")


def upwards(account: Account | None, accounts: Mapping[int, Account]) -> Iterator[Account]:
    """The account itself, then its parents."""
    while account is not None:
        yield account
        account = accounts.get(account.parent_id) if account.parent_id is not None else None


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The grade deadlines of terms, by the path of the sub-account; "" is the whole university."""

    by_path: Mapping[int, Mapping[str, datetime]]

    def at(self, term_id: int, path: str) -> datetime | None:
        """The one that holds at a path: of the nearest sub-account upwards that has one, else the university's."""
        known = self.by_path.get(term_id, {})
        nearest = max((one for one in known if path.startswith(one)), key=len, default=None)
        return None if nearest is None else known[nearest]

    def to_name(self, term_id: int, reach: Reach, now: datetime, *, tops: Iterable[str]) -> datetime | None:
        """The one to name for a whole reach: of several the next to come, else the last that has passed.

        ``tops`` are the paths that the reach begins at. Where nothing holds for all of one, what holds for a part
        is named.
        """
        found = [at for path in tops if (at := self.at(term_id, path)) is not None]
        found = found or [at for path, at in self.by_path.get(term_id, {}).items() if reach.holds(path)]
        return min((at for at in found if at > now), default=max(found, default=None))


def deadlines(terms: Iterable[Term] | None = None) -> Deadlines:
    """Of these terms, or of all, with one query."""
    marks = Mark.objects.filter(kind=Mark.Kind.GRADE_DEADLINE)
    if terms is not None:
        marks = marks.filter(term__in=terms)
    found: dict[int, dict[str, datetime]] = {}
    for term, path, at in marks.values_list("term", "account__path", "at"):
        found.setdefault(term, {})[path or ""] = at
    return Deadlines(found)


@dataclass(frozen=True, slots=True)
class Standard:
    """What every course of a sub-account is measured by."""

    rules: Rules
    categories: frozenset[str] | None
    """Of the nearest category list; None where there is none."""


def standards(accounts: Mapping[int, Account]) -> dict[int, Standard]:
    """For all accounts, with two queries; accounts that say nothing get their parent's own object."""
    rulings: dict[int, list[Ruling]] = {}
    for ruling in Ruling.objects.order_by("pk"):
        rulings.setdefault(ruling.account_id, []).append(ruling)
    lists = {pk: frozenset(names) for pk, names in CategoryList.objects.values_list("account_id", "names")}
    speaking = {pk for pk, one in accounts.items() if one.rulepack} | rulings.keys() | lists.keys()
    made: dict[int | None, Standard] = {}

    def made_for(speaker: Account | None) -> Standard:
        key = speaker.pk if speaker is not None else None
        if key not in made:
            chain = list(upwards(speaker, accounts))
            categories = next((lists[one.pk] for one in chain if one.pk in lists), None)
            made[key] = Standard(_rules(chain, rulings), categories)
        return made[key]

    nearest = {
        pk: next((one for one in upwards(account, accounts) if one.pk in speaking), None)
        for pk, account in accounts.items()
    }
    return {pk: made_for(speaker) for pk, speaker in nearest.items()}


def _rules(chain: Sequence[Account], rulings: Mapping[int, Sequence[Ruling]]) -> Rules:
    """``chain`` is the account and its parents, the nearest first."""
    chosen = next((one.rulepack for one in chain if one.rulepack), "")
    limits: dict[str, Limit[Any] | None] = {}
    severities: dict[Code, Limit[Severity] | None] = {}
    for account in reversed(chain):
        for ruling in rulings.get(account.pk, ()):
            if ruling.kind == Ruling.Kind.LIMIT and ruling.name in LIMIT_NAMES:
                limits[ruling.name] = _limit(account, ruling, ruling.value)
            elif ruling.kind == Ruling.Kind.SEVERITY and ruling.name in RULES:
                value = None if ruling.value is None else Severity(ruling.value)
                severities[Code(ruling.name)] = _limit(account, ruling, value)
    overrides = Overrides(limits=limits, severities=severities)
    return combine(packs()[BASE], packs().get(chosen), overrides)


def _limit(account: Account, ruling: Ruling, value: Any) -> Limit[Any] | None:
    """A finding names the sub-account in the place of the pack: “Arts allows 25”."""
    if value is None:
        return None
    return Limit(value=value, source=ruling.source, checked=ruling.set_at.date(), pack=account.name)


# What is shown of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One limit or rule in a sub-account: what holds, and all that was said about it."""

    kind: str
    name: str
    value: Any
    """None where there is no limit, or the rule is off."""
    ruling: Ruling | None
    """What an administrator decided here or above, where it holds."""
    said: tuple[Limit[Any], ...]
    """What the packs say, the chosen one first."""

    @property
    def is_flag(self) -> bool:
        return self.kind == Ruling.Kind.LIMIT and self.name in FLAGS

    @property
    def packs(self) -> list[tuple[str, Limit[Any]]]:
        return [(packs()[limit.pack].name, limit) for limit in self.said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a sub-account takes from itself or from above; ``account`` is None where nobody chose anything."""

    value: Any
    account: Account | None


def chain_of(account: Account) -> list[Account]:
    """The account and its parents, the nearest first."""
    ids = [int(step) for step in account.path.strip("/").split("/")]
    return sorted(Account.objects.filter(pk__in=ids), key=lambda one: -one.depth)


def origin(chain: Sequence[Account], field: str) -> Origin:
    """Of ``rulepack``, ``hold_above`` or ``hold_above_share``; nothing chosen is an empty text or None."""
    found = next((one for one in chain if getattr(one, field) not in ("", None)), None)
    return Origin(value=getattr(found, field) if found is not None else None, account=found)


def measures(chain: Sequence[Account]) -> list[Measure]:
    """All limits, then all rules in the order of their codes."""
    rows = Ruling.objects.filter(account__in=chain).select_related("account", "set_by").order_by("pk")
    by_account: dict[int, list[Ruling]] = {}
    for row in rows:
        by_account.setdefault(row.account_id, []).append(row)
    # The nearest comes last and so stays.
    holding = {(row.kind, row.name): row for one in reversed(chain) for row in by_account.get(one.pk, ())}
    rules = _rules(chain, by_account)
    chosen = packs().get(origin(chain, "rulepack").value or "")
    sources = [pack for pack in (chosen, packs()[BASE]) if pack is not None]
    found = []
    for name in LIMIT_NAMES:
        limit = getattr(rules.limits, name)
        said = tuple(one for pack in sources if (one := getattr(pack.limits, name)) is not None)
        value = limit.value if limit is not None else False if name in FLAGS else None
        found.append(_measure(Ruling.Kind.LIMIT, name, value, holding, said))
    for code in RULES:
        said = tuple(pack.severities[code] for pack in sources if code in pack.severities)
        found.append(_measure(Ruling.Kind.SEVERITY, code, rules.severity(code), holding, said))
    return found


def _measure(
    kind: Ruling.Kind,
    name: str,
    value: Any,
    holding: Mapping[tuple[str, str], Ruling],
    said: tuple[Limit[Any], ...],
) -> Measure:
    return Measure(kind=kind.value, name=str(name), value=value, ruling=holding.get((kind, name)), said=said)
