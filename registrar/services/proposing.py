"""Propose dates: drafts from pages and files. Nothing is written to Canvas here.

Every step checks the person's role and reach itself, so that no road around the pages leads past the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrar.domain import changes as rules
from registrar.domain import facts
from registrar.errors import RegistrarError
from registrar.models import Course, Proposal, Role
from registrar.words.objections import objection_in_words

from . import assessing
from .composing import Draft, Objections, draft_of, objections_to, store
from .rights import courses_for, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Dates that somebody wants for one assignment, for everyone or in one section. Unnamed dates stay."""

    course_id: int
    assignment_id: int
    section_id: int | None
    dates: Mapping[facts.DateField, facts.OverrideDate]
    row: int = 0
    """Where it came from: the row of a file, counted from 1 as people do; 0 from a page, where several edits of
    the same dates add up."""


@dataclass(frozen=True, slots=True)
class BadRow:
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        told = {"row": self.row, "column": self.column, "message": self.message}
        return _("Row %(row)s, %(column)s: %(message)s") % told


class BadRows(RegistrarError):
    """A file with at least one bad row: nothing of it is kept."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        told = ngettext(
            "Nothing was stored: one cell cannot be used.",
            "Nothing was stored: %(n)s cells cannot be used.",
            len(rows),
        )
        super().__init__(told % {"n": len(rows)})
        self.rows = tuple(rows)


def propose_dates(
    *,
    by: User,
    reason: str,
    wanted: Sequence[Wanted],
    now: datetime,
    unusable: Sequence[BadRow] | None = None,
    closed_reason: str = "",
) -> Proposal:
    """A draft that changes dates.

    From a file, ``unusable`` holds its cells that could not be read: then one bad row refuses all (BadRows).
    From a page it is None, and a change that must not be made is kept and shown as refused.
    """
    require(by, Role.REVIEWER)
    courses = courses_for(by, {one.course_id for one in wanted})
    drafts, bad = _drafts(courses, wanted, now)
    kind = Proposal.Kind.DATES
    against = objections_to(drafts, kind=kind, now=now, closed_allowed=_may_open(by, closed_reason))
    if unusable is not None:
        bad += [*unusable, *_bad_rows(against, drafts, wanted)]
        if bad:
            raise BadRows(sorted(bad, key=lambda row: row.row))
    return store(
        drafts,
        against,
        kind=kind,
        by=by,
        reason=reason,
        now=now,
        closed_reason=closed_reason,
    )


def _may_open(by: User, closed_reason: str) -> bool:
    if closed_reason:
        require(by, Role.ADMINISTRATOR)
    return bool(closed_reason)


def _drafts(
    courses: dict[int, Course], wanted: Sequence[Wanted], now: datetime
) -> tuple[dict[int, Draft], list[BadRow]]:
    around = assessing.surroundings(now=now)
    drafts: dict[int, Draft] = {}
    bad: list[BadRow] = []
    for one in wanted:
        draft = drafts.get(one.course_id) or draft_of(courses.get(one.course_id), around)
        if draft is None:
            message = _("course %(course)s is not known, or not within your reach.") % {"course": one.course_id}
            bad.append(BadRow(one.row, "course_id", message))
            continue
        drafts[one.course_id] = draft
        if trouble := _add(draft, one):
            bad.append(trouble)
    return drafts, bad


def _add(draft: Draft, one: Wanted) -> BadRow | None:
    assignment = draft.assignments.get(one.assignment_id)
    if assignment is None:
        message = _("assignment %(assignment)s is not among the flagged assignments of course %(course)s.")
        told = {"assignment": one.assignment_id, "course": one.course_id}
        return BadRow(one.row, "assignment_id", message % told)
    if one.section_id is not None and one.section_id not in draft.sections:
        message = _("section %(section)s is not in course %(course)s.")
        return BadRow(one.row, "section_id", message % {"section": one.section_id, "course": one.course_id})
    known = draft.by_key.get((one.assignment_id, one.section_id))
    if known and one.row:
        return BadRow(one.row, "assignment_id", _("this assignment and section have a row already."))
    before = rules.state_of(assignment, one.section_id)
    after = rules.with_dates(known.after if known else before, one.dates, draft.zone, section_id=one.section_id)
    draft.add(rules.Change(assignment_id=assignment.id, section_id=one.section_id, before=before, after=after))
    return None


def _bad_rows(against: Objections, drafts: dict[int, Draft], wanted: Sequence[Wanted]) -> list[BadRow]:
    rows = {(one.course_id, one.assignment_id, one.section_id): one for one in wanted}
    return [
        BadRow(
            rows[key].row,
            objection.field or next(iter(rows[key].dates), "section_id"),
            objection_in_words(objection, drafts[key[0]].read),
        )
        for key, objection in against.items()
    ]
