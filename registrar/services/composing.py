"""Compose: changes of one course upon the facts they start from, judged, and stored as a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from registrar.domain import changes as rules
from registrar.domain import facts, objections
from registrar.domain.objections import Refusal
from registrar.errors import Refused
from registrar.models import Change, Course, Proposal, ProposalCourse, Reading, Step
from registrar.words.objections import objection_in_words

from . import assessing
from .rights import require_reach
from .states import as_json

if TYPE_CHECKING:
    from django.contrib.auth.models import User


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


Packed = bytes | memoryview
"""Facts as a database keeps them."""


def with_unsynced(read: facts.Course, stored: Packed | None) -> facts.Course:
    """The reading, and what it does not hold because it is not synced: as it was when it was proposed."""
    if stored is None:
        return read
    known = {assignment.id for assignment in read.assignments}
    more = (one for one in assessing.unpack(stored).assignments if one.id not in known)
    return replace(read, assignments=(*read.assignments, *more))


def draft_of(course: Course | None, around: assessing.Surroundings) -> Draft | None:
    read = assessing.facts_of(course.pk, around) if course else None
    return Draft(course, read) if course and read else None


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


Names = Mapping[tuple[int, int, int | None], tuple[str, str]]
"""Of assignment and section, for what the reading does not hold any more."""


def store(
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
    unsynced: Mapping[int, Packed] | None = None,
) -> Proposal:
    if not reason.strip():
        raise Refused(_("A reason is required: the person who approves reads it, and so will others later."))
    if not any(draft.changes for draft in drafts.values()):
        raise Refused(_("There is nothing to change."))
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
            ProposalCourse(
                proposal=proposal,
                course=draft.course,
                reading_digest=digests.get(pk, ""),
                unsynced=(unsynced or {}).get(pk),
            )
            for pk, draft in drafts.items()
            if draft.changes
        )
        Change.objects.bulk_create(
            (row for draft in drafts.values() for row in rows_of(proposal, draft, against, names or {})),
            batch_size=500,
        )
        Step.objects.create(proposal=proposal, by=by, at=now, what="proposed", comment=reason.strip())
    return proposal


def kept_words(objection: objections.Objection, read: facts.Course) -> str:
    """As they are stored: in the language of the installation, whoever reads them."""
    with override(settings.LANGUAGE_CODE):
        return objection_in_words(objection, read)


def digests_of(courses: Iterable[int]) -> dict[int, str]:
    return dict(Reading.objects.filter(course_id__in=courses, current=True).values_list("course_id", "digest"))


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
            message=kept_words(objection, draft.read) if objection else "",
            refusal=objection.refusal if objection else "",
        )
