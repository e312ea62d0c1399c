"""Exemptions: findings that a person accepted, each for as long as the facts beneath it stay what they were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Literal, TypeAlias

from registrar.domain.calendar import end_of_day, local_day
from registrar.domain.facts import DATE_FIELDS, DateField
from registrar.domain.findings import Code, Finding, Severity
from registrar.domain.readiness import Assessment, LineItem, status_of

AFTER_TERM = timedelta(days=90)
"""So long after the end of its term an exemption may last: grades are still mended then."""
WITHOUT_END = timedelta(days=365)
"""So long where the term has no end."""

Beneath: TypeAlias = DateField | Literal["name", "points_possible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One rule accepted until a time, in the places of ``covers`` as they were; None covers whatever breaks it."""

    id: int
    code: Code
    until: datetime
    covers: Mapping[str, str] | None = None


BENEATH: Final[Mapping[Code, tuple[Beneath, ...]]] = {
    Code.DUE_IN_CLOSED_PERIOD: ("due_at",),
    Code.DUE_OUTSIDE_TERM: ("due_at",),
    Code.DATES_OUT_OF_ORDER: DATE_FIELDS,
    Code.DUE_AFTER_GRADE_DEADLINE: ("due_at",),
    Code.MASTERY_PATH: ("due_at",),
    Code.NAME_EMPTY: ("name",),
    Code.NAME_DUPLICATE: ("name",),
    Code.NAME_TOO_LONG: ("name",),
    Code.NAME_CHARACTERS: ("name",),
    Code.POINTS_MISSING: ("points_possible",),
}
"""What each rule looks at of a line item, beyond what its finding says of it anyway."""


def end_of(day: date, zone: tzinfo) -> datetime:
    return end_of_day(datetime.combine(day, time(12), zone), zone)


def last_day(term_end: datetime | None, now: datetime, zone: tzinfo) -> date:
    """The latest day until which an exemption may last."""
    if term_end is None:
        return local_day(now, zone) + WITHOUT_END
    return local_day(max(term_end, now), zone) + AFTER_TERM


def place_of(item: LineItem) -> str:
    return f"{item.assignment.id}:{item.section.id if item.section else ''}"


def fingerprint(finding: Finding, item: LineItem) -> str:
    """Of the facts beneath a finding: another one means that it is not what was accepted.

    The severity is one of them. Whoever accepted a warning has not accepted that the export fails.
    """
    facts = [_fact(name, item) for name in BENEATH.get(finding.code, ())]
    told = json.dumps([finding.code, finding.severity, dict(finding.params), facts], sort_keys=True)
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def _fact(name: Beneath, item: LineItem) -> str | float | None:
    if name == "name":
        return item.assignment.name
    if name == "points_possible":
        return item.assignment.points_possible
    value: datetime | None = getattr(item.effective, name).value
    return value.astimezone(UTC).isoformat() if value else None


def covered(items: Iterable[LineItem], code: Code) -> dict[str, str]:
    """What an exemption from a rule would cover in these line items: the places, with the facts beneath."""
    return {
        place_of(item): fingerprint(finding, item)
        for item in items
        for finding in item.findings
        if finding.code is code
    }


def with_exemptions(found: Assessment, exemptions: Iterable[Exemption]) -> Assessment:
    """Of several exemptions that cover a finding the one that lasts longest is told."""
    lasting = sorted(exemptions, key=lambda one: (-one.until.timestamp(), one.id))
    if not lasting:
        return found
    return Assessment(line_items=tuple(_with_exemptions(item, lasting) for item in found.line_items))


def _with_exemptions(item: LineItem, lasting: Sequence[Exemption]) -> LineItem:
    findings = tuple(_accepted(finding, item, lasting) for finding in item.findings)
    codes = frozenset(finding.code for finding in findings if finding.exemption is not None)
    return replace(
        item, findings=findings, status=status_of(findings, codes), excepted_until=_excepted_until(findings)
    )


def _accepted(finding: Finding, item: LineItem, lasting: Sequence[Exemption]) -> Finding:
    chosen = next((one for one in lasting if _covers(one, finding, item)), None)
    return replace(finding, exemption=chosen.id, excepted_until=chosen.until) if chosen else finding


def _covers(exemption: Exemption, finding: Finding, item: LineItem) -> bool:
    if exemption.code is not finding.code:
        return False
    return exemption.covers is None or exemption.covers.get(place_of(item)) == fingerprint(finding, item)


def _excepted_until(findings: Iterable[Finding]) -> datetime | None:
    """None where something blocking is not accepted, or nothing blocks."""
    ends = [finding.excepted_until for finding in findings if finding.severity is Severity.BLOCKING]
    return None if None in ends else min((end for end in ends if end), default=None)


def is_void(exemption: Exemption, found: Assessment) -> bool:
    """Whether nothing is left of what it covers. A whole rule is accepted whether it is broken or not."""
    if exemption.covers is None:
        return False
    now = covered(found.line_items, exemption.code)
    return not any(now.get(place) == mark for place, mark in exemption.covers.items())
