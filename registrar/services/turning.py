"""Turn: write down which findings came and went when a course's rows are replaced, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from registrar.domain import turns as rules
from registrar.domain.turns import Cause
from registrar.models import Course, Finding, LineItem, Proposal, Term, Turn
from registrar.models.inserting import insert

KEPT = timedelta(days=400)
"""Long enough to compare with the same term of the year before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A finding as it is told later, when its line item may be gone."""

    accepted: bool
    severity: str
    assignment_name: str
    section_name: str


@contextmanager
def noting(course: Course, *, now: datetime, assessed_as: str, proposal: Proposal | None = None) -> Iterator[None]:
    """Around the replacing of a course's rows, in its transaction.

    The first assessment of a course is where its history begins: all that it finds was there before us.
    """
    if not course.assessed_as and not course.items:
        yield
        return
    old = _findings(course)
    yield
    moved = rules.moved(course.assessed_as, assessed_as)
    _write(course, old, _findings(course), moved, now, proposal)


def _findings(course: Course) -> dict[rules.Key, _Found]:
    rows = Finding.objects.filter(course=course).order_by()
    names = ("line_item__assignment_name", "line_item__section__name")
    found = rows.values_list("line_item__assignment_id", "section_id", "code", "exemption", "severity", *names)
    return {
        (assignment, section, code): _Found(
            accepted=exemption is not None,
            severity=severity,
            assignment_name=assignment_name,
            section_name=section_name or "",
        )
        for assignment, section, code, exemption, severity, assignment_name, section_name in found
    }


def _write(
    course: Course,
    old: dict[rules.Key, _Found],
    new: dict[rules.Key, _Found],
    moved: frozenset[Cause],
    now: datetime,
    proposal: Proposal | None,
) -> None:
    was, is_now = ({key: one.accepted for key, one in found.items()} for found in (old, new))
    if was == is_now:
        return
    places = set(LineItem.objects.filter(course=course).values_list("assignment_id", "section"))
    found = rules.turns(was, is_now, places=places, moved=moved)
    insert(Turn, [_row(course, one, new.get(one.key) or old[one.key], now, proposal) for one in found])


def _row(
    course: Course, turn: rules.Turn, finding: _Found, now: datetime, proposal: Proposal | None
) -> dict[str, object]:
    assignment, section, code = turn.key
    ours = proposal is not None and turn.cause is Cause.CANVAS
    return {
        "at": now,
        "what": turn.what,
        "cause": Cause.PROPOSAL if ours else turn.cause,
        "proposal": proposal.pk if ours and proposal else None,
        "course": course.pk,
        "term": course.term_id,
        "account": course.account_id,
        "section_id": section,
        "section_name": finding.section_name,
        "assignment_id": assignment,
        "assignment_name": finding.assignment_name,
        "code": code,
        "severity": finding.severity,
    }


def prune(*, now: datetime) -> int:
    """Term by term, because so the index has them."""
    gone = 0
    for term in Term.objects.all():
        gone += Turn.objects.filter(term=term, at__lt=now - KEPT).delete()[0]
    return gone
