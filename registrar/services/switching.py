"""Turn grade sync off and on: drafts of nothing but flags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from registrar.domain import changes as rules
from registrar.domain import facts
from registrar.errors import Missing
from registrar.models import Course, Proposal, Role

from . import assessing
from .composing import Draft, draft_of, objections_to, store
from .rights import courses_for, require, require_reach

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def propose_sync(
    *, by: User, reason: str, chosen: Mapping[int, Collection[int]], wanted: bool, now: datetime
) -> Proposal:
    """Turn grade sync on or off for exactly these assignments (course id to assignment ids), one PUT each."""
    require(by, Role.REVIEWER)
    drafts = _flag_drafts(courses_for(by, set(chosen)), chosen, wanted, now)
    kind = Proposal.Kind.SYNC_ON if wanted else Proposal.Kind.SYNC_OFF
    against = objections_to(drafts, kind=kind, now=now)
    return store(drafts, against, kind=kind, by=by, reason=reason, now=now)


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
    return store(drafts, {}, kind=kind, by=by, reason=reason, now=now, period_id=None if exact else period_id)


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
        draft = draft_of(courses.get(course_id), around)
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
