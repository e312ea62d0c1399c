"""Propose: drafts of changes, from pages, files and finished proposals. Nothing is written to Canvas here.

Every step checks the person's role and reach itself, so that no road around the pages leads past the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction

from registrar.domain import changes as rules
from registrar.domain import facts
from registrar.domain.changes import State
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
    """Where it came from: the row of a file, counted from 1 as people do; 0 from a page."""


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
    changes: list[rules.Change]

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
    objections = _objections(drafts, now, closed_allowed=_may_open(by, closed_reason))
    if unusable is not None:
        bad += [*unusable, *_bad_rows(objections, drafts, wanted)]
        if bad:
            raise BadRows(sorted(bad, key=lambda row: row.row))
    return _store(
        drafts,
        objections,
        kind=Proposal.Kind.DATES,
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
    return Draft(course, read, []) if course and read else None


def _add(draft: Draft, one: Wanted) -> BadRow | None:
    assignment = next((each for each in draft.read.assignments if each.id == one.assignment_id), None)
    if assignment is None:
        message = f"assignment {one.assignment_id} is not among the flagged assignments of course {one.course_id}."
        return BadRow(one.row, "assignment_id", message)
    if one.section_id is not None and one.section_id not in {section.id for section in draft.read.sections}:
        return BadRow(one.row, "section_id", f"section {one.section_id} is not in course {one.course_id}.")
    if any(change.key == (one.assignment_id, one.section_id) for change in draft.changes):
        return BadRow(one.row, "assignment_id", "this assignment and section have a row already.")
    before = rules.state_of(assignment, one.section_id)
    after = rules.with_dates(before, one.dates, draft.zone)
    draft.changes.append(
        rules.Change(assignment_id=assignment.id, section_id=one.section_id, before=before, after=after)
    )
    return None


Objections = dict[tuple[int, int, int | None], rules.Objection]


def _objections(drafts: dict[int, Draft], now: datetime, *, closed_allowed: bool) -> Objections:
    return {
        (course_id, *key): objection
        for course_id, draft in drafts.items()
        for key, objection in rules.objections(
            draft.read, draft.changes, now=now, closed_allowed=closed_allowed
        ).items()
    }


def _bad_rows(objections: Objections, drafts: dict[int, Draft], wanted: Sequence[Wanted]) -> list[BadRow]:
    rows = {(one.course_id, one.assignment_id, one.section_id): one for one in wanted}
    return [
        BadRow(
            rows[key].row,
            objection.field or next(iter(rows[key].dates), "section_id"),
            objection_in_words(objection, drafts[key[0]].read),
        )
        for key, objection in objections.items()
    ]


def _store(
    drafts: dict[int, Draft],
    objections: Objections,
    *,
    kind: Proposal.Kind,
    by: User,
    reason: str,
    now: datetime,
    closed_reason: str = "",
    follows: Proposal | None = None,
    period_id: int | None = None,
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
            (row for draft in drafts.values() for row in _rows(proposal, draft, objections)), batch_size=500
        )
        _step(proposal, by, now, "proposed", reason.strip())
    return proposal


def digests_of(courses: Iterable[int]) -> dict[int, str]:
    return dict(Reading.objects.filter(course_id__in=courses, current=True).values_list("course_id", "digest"))


def _rows(proposal: Proposal, draft: Draft, objections: Objections) -> Iterable[Change]:
    names = {assignment.id: assignment.name for assignment in draft.read.assignments}
    sections = {section.id: section.name for section in draft.read.sections}
    for change in draft.changes:
        objection = objections.get((draft.course.pk, *change.key))
        yield Change(
            proposal=proposal,
            course=draft.course,
            assignment_id=change.assignment_id,
            assignment_name=names.get(change.assignment_id, ""),
            section_id=change.section_id,
            section_name=sections.get(change.section_id, "") if change.section_id else "",
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
    return _store(drafts, {}, kind=kind, by=by, reason=reason, now=now)


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
    if exact and period is not None:
        flagged = rules.taken_by_canvas(read.assignments, None)
        taken = [one for one in flagged if rules.falls_in(read, one, period)]
    else:
        taken = rules.taken_by_canvas(read.assignments, period)
    drafts = _flag_drafts({course.pk: course}, {course.pk: [one.id for one in taken]}, False, now)
    kind = Proposal.Kind.SYNC_OFF if exact else Proposal.Kind.SYNC_OFF_BLIND
    return _store(drafts, {}, kind=kind, by=by, reason=reason, now=now, period_id=None if exact else period_id)


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
        known = {assignment.id: assignment for assignment in draft.read.assignments}
        for assignment_id in ids:
            if assignment_id not in known:
                raise Missing(f"Assignment {assignment_id} is not known in course {course_id}.")
            before = rules.state_of(known[assignment_id], None)
            draft.changes.append(_flag_change(assignment_id, before, wanted))
        drafts[course_id] = draft
    return drafts


def _flag_change(assignment_id: int, before: State, wanted: bool) -> rules.Change:
    after = State(due_at=before.due_at, unlock_at=before.unlock_at, lock_at=before.lock_at, post_to_sis=wanted)
    return rules.Change(assignment_id=assignment_id, section_id=None, before=before, after=after)


# Putting back, and proposing again


def propose_restore(*, by: User, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """A new proposal that puts back what this one changed, whatever it was, and nothing else."""
    require(by, Role.APPROVER, Role.REVIEWER)
    if proposal.state not in Proposal.FINISHED:
        raise Refused(f"Proposal {proposal.pk} has not been applied, so there is nothing to put back.")
    done = list(proposal.changes.filter(state=Change.State.VERIFIED))
    return _following(
        by, proposal, reason, now, [(row, row.after, row.before) for row in done], Proposal.Kind.RESTORE
    )


def propose_rest(*, by: User, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """What was not done, once more, from the state that Canvas is in now."""
    require(by, Role.REVIEWER)
    if proposal.state not in Proposal.FINISHED:
        raise Refused(f"Proposal {proposal.pk} is not finished yet.")
    rest = proposal.changes.exclude(state__in=Change.GOOD)
    kind = Proposal.Kind(proposal.kind)
    if kind == Proposal.Kind.SYNC_OFF_BLIND:
        kind = Proposal.Kind.SYNC_OFF
    return _following(by, proposal, reason, now, [(row, row.before, row.after) for row in rest], kind)


def _following(
    by: User,
    proposal: Proposal,
    reason: str,
    now: datetime,
    rows: Sequence[tuple[Change, dict[str, Any], dict[str, Any]]],
    kind: Proposal.Kind,
) -> Proposal:
    around = assessing.surroundings(now=now)
    courses = courses_for(by, {row.course_id for row, _, _ in rows})
    drafts: dict[int, Draft] = {}
    for row, before, after in rows:
        draft = drafts.get(row.course_id) or _draft(courses.get(row.course_id), around)
        if draft is None:
            raise Missing(f"Course {row.course_id} is not known, or not within your reach.")
        drafts[row.course_id] = draft
        was, wanted = from_json(before), from_json(after)
        known = next((each for each in draft.read.assignments if each.id == row.assignment_id), None)
        if kind != Proposal.Kind.RESTORE and known is not None:
            was, wanted = rebased(rules.state_of(known, row.section_id), was, wanted)
        draft.changes.append(
            rules.Change(assignment_id=row.assignment_id, section_id=row.section_id, before=was, after=wanted)
        )
    made = _store(drafts, {}, kind=kind, by=by, reason=reason, now=now, follows=proposal)
    for row, _, _ in rows:
        made.changes.filter(
            course_id=row.course_id, assignment_id=row.assignment_id, section_id=row.section_id
        ).update(assignment_name=row.assignment_name, section_name=row.section_name)
    return made


def rebased(now: State, before: State, after: State) -> tuple[State, State]:
    """The same wish upon another start: only what it meant to change is changed."""
    dates = {name: after.get(name) for name in facts.DATE_FIELDS if before.get(name) != after.get(name)}
    wished = {name: dates.get(name, now.get(name)) for name in facts.DATE_FIELDS}
    flag = after.post_to_sis if before.post_to_sis != after.post_to_sis else now.post_to_sis
    exists = after.exists if before.exists != after.exists else now.exists
    return now, State(**wished, post_to_sis=flag, exists=exists)
