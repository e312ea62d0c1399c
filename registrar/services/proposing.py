"""Propose: drafts of changes, from pages, files and finished proposals. Nothing is written to Canvas here.

Every step checks the person's role and reach itself, so that no road around the pages leads past the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from registrar.domain import changes as rules
from registrar.domain import facts, objections
from registrar.domain.objections import Refusal
from registrar.errors import Missing, Refused, RegistrarError
from registrar.models import Change, Course, Proposal, ProposalCourse, Reading, Role, Step

from . import assessing
from .rights import courses_for, require, require_reach
from .states import as_json, from_json
from .wording import objection_in_words

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
        return f"Row {self.row}, {self.column}: {self.message}"


class BadRows(RegistrarError):
    """A file with at least one bad row: nothing of it is kept."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        count = f"{len(rows)} cells" if len(rows) > 1 else "one cell"
        super().__init__(f"Nothing was stored: {count} cannot be used.")
        self.rows = tuple(rows)


@dataclass(slots=True)
class Draft:
    """Changes of one course, with the facts they start from."""

    course: Course
    read: facts.Course
    by_key: dict[rules.Key, rules.Change] = field(default_factory=dict)
    assignments: dict[int, facts.Assignment] = field(init=False)
    sections: dict[int, facts.Section] = field(init=False)

    def __post_init__(self) -> None:
        self.assignments = {assignment.id: assignment for assignment in self.read.assignments}
        self.sections = {section.id: section for section in self.read.sections}

    @property
    def changes(self) -> list[rules.Change]:
        return list(self.by_key.values())

    def add(self, change: rules.Change) -> None:
        self.by_key[change.key] = change

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.read.time_zone)


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
    return _store(
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
        draft = drafts.get(one.course_id) or _draft(courses.get(one.course_id), around)
        if draft is None:
            bad.append(
                BadRow(one.row, "course_id", f"course {one.course_id} is not known, or not within your reach.")
            )
            continue
        drafts[one.course_id] = draft
        if trouble := _add(draft, one):
            bad.append(trouble)
    return drafts, bad


def _draft(course: Course | None, around: assessing.Surroundings) -> Draft | None:
    read = assessing.facts_of(course.pk, around) if course else None
    return Draft(course, read) if course and read else None


def _add(draft: Draft, one: Wanted) -> BadRow | None:
    assignment = draft.assignments.get(one.assignment_id)
    if assignment is None:
        message = f"assignment {one.assignment_id} is not among the flagged assignments of course {one.course_id}."
        return BadRow(one.row, "assignment_id", message)
    if one.section_id is not None and one.section_id not in draft.sections:
        return BadRow(one.row, "section_id", f"section {one.section_id} is not in course {one.course_id}.")
    known = draft.by_key.get((one.assignment_id, one.section_id))
    if known and one.row:
        return BadRow(one.row, "assignment_id", "this assignment and section have a row already.")
    before = rules.state_of(assignment, one.section_id)
    after = rules.with_dates(known.after if known else before, one.dates, draft.zone, section_id=one.section_id)
    draft.add(rules.Change(assignment_id=assignment.id, section_id=one.section_id, before=before, after=after))
    return None


Objections = dict[tuple[int, int, int | None], objections.Objection]


def objections_to(
    drafts: Mapping[int, Draft], *, kind: str, now: datetime, closed_allowed: bool = False
) -> Objections:
    found: Objections = {}
    for course_id, draft in drafts.items():
        against = objections.objections(
            draft.read,
            draft.changes,
            now=now,
            closed_allowed=closed_allowed,
            restoring=kind == Proposal.Kind.RESTORE,
        )
        found |= {(course_id, *key): one for key, one in against.items()}
    if kind == Proposal.Kind.DATES:
        return found
    # What is not synced any more has left the reading; Canvas is asked when it is applied.
    return {key: one for key, one in found.items() if one.refusal is not Refusal.NOT_IN_COURSE}


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


def _store(
    drafts: dict[int, Draft],
    against: Objections,
    *,
    kind: Proposal.Kind,
    by: User,
    reason: str,
    now: datetime,
    closed_reason: str = "",
    follows: Proposal | None = None,
    period_id: int | None = None,
    names: Names | None = None,
) -> Proposal:
    if not reason.strip():
        raise Refused("A reason is required: the person who approves reads it, and so will others later.")
    if not any(draft.changes for draft in drafts.values()):
        raise Refused("There is nothing to change.")
    require_reach(by, [draft.course for draft in drafts.values()])
    with transaction.atomic():
        proposal = Proposal.objects.create(
            kind=kind,
            reason=reason.strip(),
            proposed_by=by,
            created_at=now,
            closed_allowed_by=by if closed_reason else None,
            closed_allowed_reason=closed_reason,
            follows=follows,
            period_id=period_id,
        )
        digests = digests_of(drafts)
        ProposalCourse.objects.bulk_create(
            ProposalCourse(proposal=proposal, course=draft.course, reading_digest=digests.get(pk, ""))
            for pk, draft in drafts.items()
            if draft.changes
        )
        Change.objects.bulk_create(
            (row for draft in drafts.values() for row in rows_of(proposal, draft, against, names or {})),
            batch_size=500,
        )
        _step(proposal, by, now, "proposed", reason.strip())
    return proposal


def digests_of(courses: Iterable[int]) -> dict[int, str]:
    return dict(Reading.objects.filter(course_id__in=courses, current=True).values_list("course_id", "digest"))


Names = Mapping[tuple[int, int, int | None], tuple[str, str]]
"""Of assignment and section, for what the reading does not hold any more."""


def rows_of(proposal: Proposal, draft: Draft, against: Objections, names: Names) -> Iterable[Change]:
    for change in draft.changes:
        key = (draft.course.pk, *change.key)
        objection = against.get(key)
        assignment = draft.assignments.get(change.assignment_id)
        section = draft.sections.get(change.section_id) if change.section_id else None
        known_as = names.get(key, ("", ""))
        yield Change(
            proposal=proposal,
            course=draft.course,
            assignment_id=change.assignment_id,
            assignment_name=assignment.name if assignment else known_as[0],
            section_id=change.section_id,
            section_name=section.name if section else known_as[1],
            before=as_json(change.before),
            after=as_json(change.after),
            state=Change.State.REFUSED if objection else Change.State.PENDING,
            message=objection_in_words(objection, draft.read) if objection else "",
        )


def _step(proposal: Proposal, by: User | None, now: datetime, what: str, comment: str = "") -> None:
    Step.objects.create(proposal=proposal, by=by, at=now, what=what, comment=comment)


# Turning grade sync off and on


def propose_sync(
    *, by: User, reason: str, chosen: Mapping[int, Collection[int]], wanted: bool, now: datetime
) -> Proposal:
    """Turn grade sync on or off for exactly these assignments (course id to assignment ids), one PUT each."""
    require(by, Role.REVIEWER)
    drafts = _flag_drafts(courses_for(by, set(chosen)), chosen, wanted, now)
    kind = Proposal.Kind.SYNC_ON if wanted else Proposal.Kind.SYNC_OFF
    against = objections_to(drafts, kind=kind, now=now)
    return _store(drafts, against, kind=kind, by=by, reason=reason, now=now)


def propose_disable(
    *, by: User, reason: str, course: Course, period_id: int | None, exact: bool, now: datetime
) -> Proposal:
    """Turn grade sync off in a course or in one of its grading periods.

    As Canvas does it blindly (design.md, section 5), listing exactly what it would take; or ``exact``: only those
    whose effective dates all fall into the period.
    """
    require(by, Role.REVIEWER)
    require_reach(by, [course])
    read = assessing.facts_of(course.pk, assessing.surroundings(now=now))
    if read is None:
        raise Missing(f"Course {course.pk} has not been read yet. Refresh it first.")
    period = _period(read, period_id)
    taken = exactly(read, period) if exact else rules.taken_by_canvas(read.assignments, period)
    drafts = _flag_drafts({course.pk: course}, {course.pk: [one.id for one in taken]}, False, now)
    kind = Proposal.Kind.SYNC_OFF if exact else Proposal.Kind.SYNC_OFF_BLIND
    return _store(drafts, {}, kind=kind, by=by, reason=reason, now=now, period_id=None if exact else period_id)


def exactly(read: facts.Course, period: facts.GradingPeriod | None) -> list[facts.Assignment]:
    """What a person means by turning sync off in a period: by the sections' dates, and nothing without a date."""
    flagged = rules.taken_by_canvas(read.assignments, None)
    return [one for one in flagged if period is None or rules.falls_in(read, one, period)]


def _period(read: facts.Course, period_id: int | None) -> facts.GradingPeriod | None:
    if period_id is None:
        return None
    found = next((period for period in read.periods if period.id == period_id), None)
    if found is None:
        known = ", ".join(f"{period.title} ({period.id})" for period in read.periods) or "none"
        raise Missing(f"Course {read.id} has no grading period {period_id}. It has: {known}.")
    return found


def _flag_drafts(
    courses: dict[int, Course], chosen: Mapping[int, Collection[int]], wanted: bool, now: datetime
) -> dict[int, Draft]:
    around = assessing.surroundings(now=now)
    drafts: dict[int, Draft] = {}
    for course_id, ids in chosen.items():
        draft = _draft(courses.get(course_id), around)
        if draft is None:
            raise Missing(f"Course {course_id} is not known, or not within your reach.")
        for assignment_id in ids:
            if assignment_id not in draft.assignments:
                raise Missing(f"Assignment {assignment_id} is not known in course {course_id}.")
            draft.add(flag_change(draft.assignments[assignment_id], wanted))
        drafts[course_id] = draft
    return drafts


def flag_change(assignment: facts.Assignment, wanted: bool) -> rules.Change:
    before = rules.state_of(assignment, None)
    after = replace(before, post_to_sis=wanted)
    return rules.Change(assignment_id=assignment.id, section_id=None, before=before, after=after)


# Putting back, and proposing again


def propose_restore(*, by: User, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """A new proposal that puts back what this one changed, whatever it was, and nothing else."""
    require(by, Role.APPROVER, Role.REVIEWER)
    if proposal.state not in Proposal.FINISHED:
        raise Refused(f"Proposal {proposal.pk} has not been applied, so there is nothing to put back.")
    states = [Change.State.VERIFIED]
    if proposal.kind == Proposal.Kind.SYNC_OFF_BLIND:
        states.append(Change.State.DIFFERENT)
    done = proposal.changes.filter(state__in=states)
    wanted = [(row, from_json(row.found or row.after), from_json(row.before)) for row in done]
    return _following(by, proposal, reason, now, wanted, Proposal.Kind.RESTORE)


def propose_rest(*, by: User, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """What was not done, once more, from the state that Canvas is in now."""
    require(by, Role.REVIEWER)
    if proposal.state not in Proposal.FINISHED:
        raise Refused(f"Proposal {proposal.pk} is not finished yet.")
    rest = proposal.changes.exclude(state__in=Change.GOOD)
    kind = Proposal.Kind(proposal.kind)
    if kind == Proposal.Kind.SYNC_OFF_BLIND:
        kind = Proposal.Kind.SYNC_OFF
    wanted = [(row, from_json(row.before), from_json(row.after)) for row in rest]
    return _following(by, proposal, reason, now, wanted, kind)


def _following(
    by: User,
    proposal: Proposal,
    reason: str,
    now: datetime,
    rows: Sequence[tuple[Change, rules.State, rules.State]],
    kind: Proposal.Kind,
) -> Proposal:
    around = assessing.surroundings(now=now)
    courses = courses_for(by, {row.course_id for row, _, _ in rows})
    drafts: dict[int, Draft] = {}
    for row, was, wanted in rows:
        draft = drafts.get(row.course_id) or _draft(courses.get(row.course_id), around)
        if draft is None:
            raise Missing(f"Course {row.course_id} is not known, or not within your reach.")
        drafts[row.course_id] = draft
        known = draft.assignments.get(row.assignment_id)
        if kind != Proposal.Kind.RESTORE and known is not None:
            now_is = rules.state_of(known, row.section_id)
            was, wanted = now_is, rules.rebased(now_is, was, wanted)
        draft.add(
            rules.Change(assignment_id=row.assignment_id, section_id=row.section_id, before=was, after=wanted)
        )
    against = objections_to(drafts, kind=kind, now=now)
    names = {
        (row.course_id, row.assignment_id, row.section_id): (row.assignment_name, row.section_name)
        for row, _, _ in rows
    }
    return _store(drafts, against, kind=kind, by=by, reason=reason, now=now, follows=proposal, names=names)
