"""What a readiness report counts, and what has changed since the last one."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from registrar.domain.findings import Severity

WORST = 10
PRINT = 8
"""Bytes that stand for one finding: of a million, two are taken for the same once in 37 million reports."""


class OnlyIf(StrEnum):
    CHANGED = "changed"
    OPEN = "open"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding, as far as a report needs to know it."""

    account: int
    course: int
    assignment: int
    section: int | None
    code: str
    severity: str
    excepted: bool = False

    @property
    def fingerprint(self) -> bytes:
        """The same as long as the same rule is broken in the same place."""
        place = f"{self.course}:{self.assignment}:{self.section or ''}:{self.code}"
        return blake2b(place.encode(), digest_size=PRINT).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What the last report counted, in the same scope."""

    at: datetime
    sections: int
    prints: frozenset[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Since the last report."""

    since: datetime
    sections: int
    """How many more are open now; fewer is below zero."""
    new: int
    solved: int
    still: int

    @property
    def any(self) -> bool:
        return bool(self.sections or self.new or self.solved)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    code: str
    severity: str
    sections: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseCount:
    course: int
    sections: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    total: int
    """Sections in scope that have anything to get ready."""
    sections: int
    """Of these, open: not ready, or, in a report of warnings alone, with a warning."""
    items: int
    findings: int
    excepted: int
    """Findings that somebody has accepted; they are in none of the other numbers."""
    rules: tuple[RuleCount, ...]
    worst: tuple[CourseCount, ...]
    by_account: Mapping[int, tuple[int, int]]
    """Open sections and line items, of accounts that have any."""
    prints: frozenset[bytes]
    change: Change | None
    """None where there is no former report to compare with."""


def summarise(
    found: Iterable[Found], *, total: int, former: Former | None, severity: Severity = Severity.BLOCKING
) -> Summary:
    """``severity`` is the one that makes a section count as open."""
    standing: list[Found] = []
    excepted: set[bytes] = set()
    for one in found:
        if one.excepted:
            excepted.add(one.fingerprint)
        else:
            standing.append(one)
    counting = [one for one in standing if one.severity == severity]
    sections = {one.section for one in counting if one.section is not None}
    prints = frozenset(one.fingerprint for one in standing)
    return Summary(
        total=total,
        sections=len(sections),
        items=len({(one.course, one.assignment, one.section) for one in counting}),
        findings=len(prints),
        excepted=len(excepted),
        rules=_rules(standing),
        worst=_worst(counting),
        by_account=_by_account(counting),
        prints=prints,
        change=_change(prints, excepted, len(sections), former),
    )


def _change(prints: frozenset[bytes], excepted: set[bytes], sections: int, former: Former | None) -> Change | None:
    if former is None:
        return None
    return Change(
        since=former.at,
        sections=sections - former.sections,
        new=len(prints - former.prints),
        solved=len(former.prints - prints - excepted),
        still=len(prints & former.prints),
    )


def _rules(standing: Iterable[Found]) -> tuple[RuleCount, ...]:
    """Blocking ones first, the most frequent first."""
    items: Counter[tuple[str, str]] = Counter()
    sections: dict[tuple[str, str], set[int]] = {}
    for one in standing:
        items[one.severity, one.code] += 1
        inside = sections.setdefault((one.severity, one.code), set())
        if one.section is not None:
            inside.add(one.section)
    counts = (
        RuleCount(code=code, severity=severity, sections=len(sections[severity, code]), items=number)
        for (severity, code), number in items.items()
    )
    return tuple(sorted(counts, key=lambda count: (count.severity, -count.items, count.code)))


def _worst(counting: Iterable[Found]) -> tuple[CourseCount, ...]:
    places: dict[int, set[tuple[int, int | None]]] = {}
    for one in counting:
        places.setdefault(one.course, set()).add((one.assignment, one.section))
    counts = (
        CourseCount(course=course, sections=len({section for _, section in inside} - {None}), items=len(inside))
        for course, inside in places.items()
    )
    return tuple(sorted(counts, key=lambda count: (-count.items, -count.sections, count.course))[:WORST])


def _by_account(counting: Iterable[Found]) -> dict[int, tuple[int, int]]:
    places: dict[int, set[tuple[int, int, int | None]]] = {}
    for one in counting:
        places.setdefault(one.account, set()).add((one.course, one.assignment, one.section))
    return {
        account: (len({section for *_, section in inside} - {None}), len(inside))
        for account, inside in places.items()
    }


def is_worth_sending(summary: Summary, only_if: OnlyIf) -> bool:
    """The first report counts as a change where anything is open."""
    if only_if is OnlyIf.ALWAYS:
        return True
    if only_if is OnlyIf.CHANGED and summary.change is not None:
        return summary.change.any
    return bool(summary.findings)


# What is kept for the next report


def remembered(summary: Summary, *, scope: str, now: datetime) -> dict[str, Any]:
    prints = b"".join(sorted(summary.prints))
    return {
        "at": now.isoformat(),
        "scope": scope,
        "sections": summary.sections,
        "findings": summary.findings,
        "prints": b64encode(prints).decode(),
    }


def former(kept: Mapping[str, Any] | None, *, scope: str) -> Former | None:
    """None where another scope was reported: what lies outside it now would pass for solved."""
    if kept is None or kept["scope"] != scope:
        return None
    prints = b64decode(kept["prints"])
    return Former(
        at=datetime.fromisoformat(kept["at"]),
        sections=kept["sections"],
        prints=frozenset(prints[at : at + PRINT] for at in range(0, len(prints), PRINT)),
    )
