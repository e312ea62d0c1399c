"""Preview: what a proposal would do, before anyone decides: to dates, sections, findings and people."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache

import msgspec

from registrar.domain import changes as rules
from registrar.domain import facts, flags
from registrar.domain.calendar import is_closed
from registrar.domain.exemptions import Exemption, is_void, place_of
from registrar.domain.readiness import Assessment, assess
from registrar.models import Change, Course, Proposal, Reading

from . import assessing
from .catching_up import period_named
from .composing import Draft, Packed, with_unsynced
from .limiting import Excess, excesses
from .states import as_change
from .switching import exactly


class Write(StrEnum):
    """What Canvas would be asked to do."""

    BASE = "base"
    SECTION = "section"
    NEW_SECTION = "new_section"
    REMOVE_SECTION = "remove_section"
    FLAG = "flag"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change. ``moved`` are the sections whose effective dates it moves; a base date may move many."""

    row: Change
    before: rules.State
    after: rules.State
    fields: tuple[facts.DateField, ...]
    flag_changes: bool
    write: Write
    moved: tuple[facts.Section, ...] = ()
    healed: tuple[str, ...] = ()
    caused: tuple[str, ...] = ()
    unaccepted: tuple[str, ...] = ()
    """The codes of findings whose exemptions end."""
    time_zone: str = "UTC"
    base: facts.Dates | None = None
    """What a date that is inherited comes to; None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """``submissions``: assignments that students have handed something in for. Canvas notifies students of changed
    dates and works out late policies anew.
    """

    courses: int
    assignments: int
    sections: int
    students: int
    submissions: int
    notifies: bool
    late_policies: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """What Canvas's own switch takes besides what is meant. ``exact`` are the assignments that are meant."""

    period: facts.GradingPeriod | None
    undated: tuple[Change, ...]
    elsewhere: tuple[Change, ...]
    exact: tuple[int, ...]
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    changes: tuple[Line, ...]
    refused: tuple[Line, ...]
    consequences: Consequences
    excesses: tuple[Excess, ...]
    blind: Blind | None
    ending: tuple[Exemption, ...] = ()
    """Exemptions in force of which nothing would be left."""


KEPT = 4
"""Large proposals are looked at again and again while somebody decides: so many are not worked out each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What is worked out of the readings; it says no words, so that it holds in every language."""

    lines: tuple[Line, ...]
    consequences: Consequences
    ending: tuple[Exemption, ...]


@lru_cache(maxsize=KEPT)
def _kept(key: str) -> list[_Outcome]:
    """A place for the outcome under its key, empty at first."""
    return []


def preview(proposal: Proposal, *, now: datetime) -> Preview:
    """As the newest readings have it. Refused changes are told apart and count for nothing."""
    around = assessing.surroundings(now=now)
    rows = _rows(proposal)
    unsynced = dict(proposal.courses.exclude(unsynced=None).values_list("course_id", "unsynced"))
    blind = None
    if proposal.kind == Proposal.Kind.SYNC_OFF_BLIND:
        views = _views(rows, around, _readings(rows), unsynced)
        outcome, blind = _outcome(views), _blind(proposal, views)
    else:
        outcome = _kept_outcome(rows, around, unsynced)
    refused = tuple(line for line in outcome.lines if line.row.state == Change.State.REFUSED)
    return Preview(
        changes=tuple(line for line in outcome.lines if line.row.state != Change.State.REFUSED),
        refused=refused,
        consequences=outcome.consequences,
        excesses=excesses(proposal),
        blind=blind,
        ending=outcome.ending,
    )


def _rows(proposal: Proposal) -> list[Change]:
    """Those of one course share it."""
    rows = list(proposal.changes.all())
    found = Course.objects.select_related("term", "account").prefetch_related("own_periods")
    courses = found.in_bulk({row.course_id for row in rows})
    for row in rows:
        row.course = courses[row.course_id]
    return rows


def _courses(rows: Sequence[Change]) -> list[Course]:
    return list({row.course_id: row.course for row in rows}.values())


def _readings(rows: Sequence[Change]) -> dict[int, Reading]:
    readings = Reading.objects.filter(course__in=_courses(rows), current=True)
    return {reading.course_id: reading for reading in readings}


def _kept_outcome(
    rows: Sequence[Change], around: assessing.Surroundings, unsynced: Mapping[int, Packed | None]
) -> _Outcome:
    digests = assessing.current_digests(_courses(rows))
    if kept := _kept(_key(rows, around, digests, unsynced)):
        fresh = {row.pk: row for row in rows}
        return replace(kept[0], lines=tuple(replace(line, row=fresh[line.row.pk]) for line in kept[0].lines))
    readings = _readings(rows)
    outcome = _outcome(_views(rows, around, readings, unsynced))
    # A course may have been read since its digest was asked for.
    digests = {course_id: reading.digest for course_id, reading in readings.items()}
    _kept(_key(rows, around, digests, unsynced)).append(outcome)
    return outcome


def _key(
    rows: Sequence[Change],
    around: assessing.Surroundings,
    digests: Mapping[int, str],
    unsynced: Mapping[int, Packed | None],
) -> str:
    """A digest of all that the outcome follows from; of the clock that is whether periods are closed."""
    changes = [(row.pk, row.assignment_id, row.section_id, row.before, row.after, row.state) for row in rows]
    places: list[object] = []
    for course in _courses(rows):
        own = tuple(assessing.period_facts(period) for period in course.own_periods.all())
        head = assessing.header(course, around, own)
        closed = [is_closed(period, around.now) for period in head.periods]
        standard, accepted = around.standard_digests[course.account_id], around.exemptions_of(course)
        places.append((head, closed, standard, accepted, digests.get(course.pk), unsynced.get(course.pk)))
    return hashlib.blake2b(msgspec.json.encode((changes, places)), digest_size=16).hexdigest()


def _views(
    rows: Sequence[Change],
    around: assessing.Surroundings,
    readings: Mapping[int, Reading],
    unsynced: Mapping[int, Packed | None],
) -> list[View]:
    by_course: dict[int, list[Change]] = {}
    for row in rows:
        by_course.setdefault(row.course_id, []).append(row)
    return [
        View(of_course, around, _read(of_course[0].course, readings.get(pk), around), unsynced.get(pk))
        for pk, of_course in by_course.items()
    ]


def _read(course: Course, reading: Reading | None, around: assessing.Surroundings) -> facts.Course | None:
    return assessing.under_header(assessing.unpack(reading.facts), course, around) if reading else None


def _outcome(views: Sequence[View]) -> _Outcome:
    return _Outcome(
        lines=tuple(line for view in views for line in view.lines()),
        consequences=_consequences(views),
        ending=tuple(one for view in views for one in view.ending),
    )


class View:
    """The changes of one course upon its newest reading."""

    def __init__(
        self,
        rows: list[Change],
        around: assessing.Surroundings,
        read: facts.Course | None,
        unsynced: Packed | None = None,
    ) -> None:
        self.rows, self.around = rows, around
        self.course: Course = rows[0].course
        read = read or facts.Course(id=self.course.pk, name=self.course.name)
        self.synced = read
        self.draft = Draft(self.course, with_unsynced(read, unsynced))
        self.made = [(row, as_change(row)) for row in rows if row.state != Change.State.REFUSED]
        self._moved: dict[rules.Key, tuple[facts.Section, ...]] = {}

    def lines(self) -> Iterable[Line]:
        before, after = _codes(self.found), _codes(self.found_after)
        for row in self.rows:
            change = as_change(row)
            moved = self.moved(change)
            places = self._places(change, moved)
            old, new = (
                {code for id_ in places for code in of.get((row.assignment_id, id_), ())} for of in (before, after)
            )
            refused = row.state == Change.State.REFUSED
            yield Line(
                row=row,
                before=change.before,
                after=change.after,
                fields=change.fields,
                flag_changes=change.before.post_to_sis != change.after.post_to_sis,
                write=_write(change),
                moved=moved,
                healed=() if refused else tuple(sorted(old - new)),
                caused=() if refused else tuple(sorted(new - old)),
                unaccepted=() if refused else self._unaccepted(row.assignment_id, places),
                time_zone=self.draft.read.time_zone,
                base=self.draft.assignments[row.assignment_id].dates
                if row.assignment_id in self.draft.assignments
                else None,
            )

    def _places(self, change: rules.Change, moved: tuple[facts.Section, ...]) -> set[int | None]:
        """Where its findings are looked for: a base date or a flag concerns every section."""
        if change.section_id is not None:
            return {change.section_id}
        return {None, *(section.id for section in moved or self.draft.read.sections)}

    def after(self) -> facts.Course:
        """The course with everything made that is not refused; what is no longer synced is no longer judged."""
        by_assignment: dict[int, list[rules.Change]] = {}
        for _, change in self.made:
            by_assignment.setdefault(change.assignment_id, []).append(change)
        changed = (rules.with_changes(one, by_assignment.get(one.id, ())) for one in self.draft.read.assignments)
        flagged = [self._as_fed(one) for one in changed if one.post_to_sis]
        return assessing.with_assignments(replace(self.draft.read, assignments=tuple(flagged)), flagged)

    def _as_fed(self, assignment: facts.Assignment) -> facts.Assignment:
        known = self.draft.assignments[assignment.id]
        if known.post_to_sis or not self.draft.read.feed_read:
            return assignment
        return replace(assignment, feed=flags.feed_of(self.draft.read, assignment))

    @cached_property
    def found(self) -> Assessment:
        return self._assessed(self.synced)

    @cached_property
    def found_after(self) -> Assessment:
        return self._assessed(self.after())

    def _assessed(self, course: facts.Course) -> Assessment:
        return assess(
            course,
            self.around.rules_of(self.course),
            now=self.around.now,
            categories=self.around.categories_of(self.course),
        )

    @cached_property
    def ending(self) -> tuple[Exemption, ...]:
        known = self.around.exemptions_of(self.course)
        return tuple(one for one in known if is_void(one, self.found_after) and not is_void(one, self.found))

    def _unaccepted(self, assignment_id: int, sections: set[int | None]) -> tuple[str, ...]:
        if not self.ending:
            return ()
        places = {
            place_of(item)
            for item in self.found.line_items
            if item.assignment.id == assignment_id and (item.section.id if item.section else None) in sections
        }
        return tuple(sorted({one.code.value for one in self.ending if places & set(one.covers or ())}))

    def moved(self, change: rules.Change) -> tuple[facts.Section, ...]:
        """Asked for each line and again for the consequences, and the dearest part of a preview."""
        if change.key not in self._moved:
            self._moved[change.key] = self._sections_moved(change)
        return self._moved[change.key]

    def _sections_moved(self, change: rules.Change) -> tuple[facts.Section, ...]:
        assignment = self.draft.assignments.get(change.assignment_id)
        if assignment is None or assignment.overrides is None:
            return ()
        return rules.sections_moved(self.draft.read, assignment, change)

    def touched(self) -> set[facts.Section]:
        """The sections that notice: by their dates, or by a flag."""
        sections: set[facts.Section] = set()
        for _, change in self.made:
            whole = change.before.post_to_sis != change.after.post_to_sis
            sections |= set(self.draft.read.sections if whole else self.moved(change))
        return sections

    def with_submissions(self) -> set[int]:
        known = self.draft.assignments
        ids = {change.assignment_id for _, change in self.made}
        return {id_ for id_ in ids if id_ in known and known[id_].has_submissions}


def _codes(found: Assessment) -> dict[tuple[int, int | None], tuple[str, ...]]:
    return {
        (item.assignment.id, item.section.id if item.section else None): tuple(
            finding.code.value for finding in item.findings
        )
        for item in found.line_items
    }


def _write(change: rules.Change) -> Write:
    if change.before.exists != change.after.exists:
        return Write.NEW_SECTION if change.after.exists else Write.REMOVE_SECTION
    if change.fields:
        return Write.BASE if change.section_id is None else Write.SECTION
    return Write.FLAG if change.before.post_to_sis != change.after.post_to_sis else Write.NOTHING


def _consequences(views: Sequence[View]) -> Consequences:
    sections = [view.touched() for view in views]
    dates = any(change.fields for view in views for _, change in view.made)
    submissions = sum(len(view.with_submissions()) for view in views)
    return Consequences(
        courses=sum(bool(view.made) for view in views),
        assignments=sum(len({change.assignment_id for _, change in view.made}) for view in views),
        sections=sum(len(found) for found in sections),
        students=sum(section.total_students or 0 for found in sections for section in found),
        submissions=submissions,
        notifies=dates,
        late_policies=dates and submissions > 0,
    )


def _blind(proposal: Proposal, views: list[View]) -> Blind | None:
    if not views:
        return None
    (view,) = views
    period = period_named(view.draft.read, proposal.period_id)
    exact = (
        {one.id for one in exactly(view.draft.read, period)}
        if period
        else {row.assignment_id for row in view.rows}
    )
    undated = tuple(row for row in view.rows if period and as_change(row).before.due_at is None)
    elsewhere = tuple(row for row in view.rows if row.assignment_id not in exact and row not in undated)
    return Blind(
        period=period,
        undated=undated,
        elsewhere=elsewhere,
        exact=tuple(sorted(exact)),
        differs=exact != {row.assignment_id for row in view.rows},
    )
