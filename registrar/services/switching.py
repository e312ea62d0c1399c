"""Turn grade sync off and on: drafts of nothing but flags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from registrar.canvas import Canvas
from registrar.domain import changes as rules
from registrar.domain import facts, flags
from registrar.errors import Missing, Refused
from registrar.models import Course, Proposal, Role

from . import assessing
from .composing import Draft, draft_of, objections_to, store, with_unsynced
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
        raise Missing(_("Course %(course)s has not been read yet. Refresh it first.") % {"course": course.pk})
    period = _period(read, period_id)
    taken = exactly(read, period) if exact else flags.taken_by_canvas(read.assignments, period)
    if not taken:
        raise Refused(_nothing_taken(course, period, exact=exact))
    drafts = _flag_drafts({course.pk: course}, {course.pk: [one.id for one in taken]}, False, now)
    kind = Proposal.Kind.SYNC_OFF if exact else Proposal.Kind.SYNC_OFF_BLIND
    return store(drafts, {}, kind=kind, by=by, reason=reason, now=now, period_id=None if exact else period_id)


def unsynced(*, by: User, course: Course, canvas: Canvas) -> list[facts.Assignment]:
    """What grade sync could be turned on for. No reading holds it, so Canvas is asked this moment."""
    require(by, Role.REVIEWER)
    require_reach(by, [course])
    return sorted(canvas.unsynced_assignments(course.pk), key=_by_due_date)


def _by_due_date(one: facts.Assignment) -> tuple[bool, float, str, int]:
    due = one.dates.due_at
    return due is None, due.timestamp() if due else 0.0, one.name.casefold(), one.id


def propose_on(
    *, by: User, reason: str, course: Course, chosen: Collection[int], canvas: Canvas, now: datetime
) -> Proposal:
    """Turn grade sync on for these. What was read of them is kept with the proposal, for its preview."""
    if not chosen:
        raise Refused(_("Tick the assignments to turn grade sync on for."))
    known = {one.id: one for one in unsynced(by=by, course=course, canvas=canvas)}
    if gone := set(chosen) - known.keys():
        raise Refused(_gone_by_now(len(gone)))
    read = assessing.facts_of(course.pk, assessing.surroundings(now=now))
    if read is None:
        raise Missing(_("Course %(course)s has not been read yet. Refresh it first.") % {"course": course.pk})
    stored = assessing.pack(facts.Course(id=course.pk, name="", assignments=_grouped(known, chosen, read, canvas)))
    draft = Draft(course, with_unsynced(read, stored))
    for id_ in chosen:
        draft.add(flag_change(draft.assignments[id_], True))
    kind = Proposal.Kind.SYNC_ON
    against = objections_to({course.pk: draft}, kind=kind, now=now)
    return store(
        {course.pk: draft}, against, kind=kind, by=by, reason=reason, now=now, unsynced={course.pk: stored}
    )


def _gone_by_now(count: int) -> str:
    told = ngettext(
        "%(n)s of the ticked assignments is synced by now, or no longer in the course. Look at the list as it is "
        "now, then choose again.",
        "%(n)s of the ticked assignments are synced by now, or no longer in the course. Look at the list as it is "
        "now, then choose again.",
        count,
    )
    return told % {"n": count}


def _grouped(
    known: Mapping[int, facts.Assignment], chosen: Collection[int], read: facts.Course, canvas: Canvas
) -> tuple[facts.Assignment, ...]:
    """With the names of their groups; Canvas is asked only for those that nothing synced is in."""
    groups = {one.group_id: (one.group_name, one.group_sis_id) for one in read.assignments}
    if any(known[id_].group_id not in groups for id_ in chosen):
        groups |= canvas.groups(read.id)
    named = ((known[id_], *groups.get(known[id_].group_id, (None, None))) for id_ in sorted(chosen))
    return tuple(replace(one, group_name=name, group_sis_id=sis_id) for one, name, sis_id in named)


def exactly(read: facts.Course, period: facts.GradingPeriod | None) -> list[facts.Assignment]:
    """What a person means by turning sync off in a period: by the sections' dates, and nothing without a date."""
    flagged = flags.taken_by_canvas(read.assignments, None)
    return [one for one in flagged if period is None or flags.falls_in(read, one, period)]


def _nothing_taken(course: Course, period: facts.GradingPeriod | None, *, exact: bool) -> str:
    if period is None:
        told = _("No published assignment of “%(course)s” is flagged for sync, so there is nothing to turn off.")
    elif exact:
        told = _(
            "“%(period)s” takes nothing: no assignment of “%(course)s” that is flagged for sync is due in it "
            "in all of its sections."
        )
    else:
        told = _(
            "“%(period)s” takes nothing: no assignment of “%(course)s” that is flagged for sync is due in it "
            "by its own date, and none is without one."
        )
    return told % {"course": course.name, "period": period.title if period else ""}


def _period(read: facts.Course, period_id: int | None) -> facts.GradingPeriod | None:
    if period_id is None:
        return None
    found = next((period for period in read.periods if period.id == period_id), None)
    if found is None:
        known = ", ".join(f"{period.title} ({period.id})" for period in read.periods)
        told = _(
            "Course %(course)s has no grading period %(period)s as far as is known; it has: %(known)s. If its "
            "periods have changed, or if it has some of its own, refresh the course first."
        )
        none = pgettext("grading periods", "none")
        raise Missing(told % {"course": read.id, "period": period_id, "known": known or none})
    return found


def _flag_drafts(
    courses: dict[int, Course], chosen: Mapping[int, Collection[int]], wanted: bool, now: datetime
) -> dict[int, Draft]:
    around = assessing.surroundings(now=now)
    drafts: dict[int, Draft] = {}
    for course_id, ids in chosen.items():
        draft = draft_of(courses.get(course_id), around)
        if draft is None:
            raise Missing(_("Course %(course)s is not known, or not within your reach.") % {"course": course_id})
        for assignment_id in ids:
            if assignment_id not in draft.assignments:
                told = _("Assignment %(assignment)s is not known in course %(course)s.")
                raise Missing(told % {"assignment": assignment_id, "course": course_id})
            draft.add(flag_change(draft.assignments[assignment_id], wanted))
        drafts[course_id] = draft
    return drafts


def flag_change(assignment: facts.Assignment, wanted: bool) -> rules.Change:
    before = rules.state_of(assignment, None)
    after = replace(before, post_to_sis=wanted)
    return rules.Change(assignment_id=assignment.id, section_id=None, before=before, after=after)
