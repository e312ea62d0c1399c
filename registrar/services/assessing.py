"""Assess: from a reading to line items and findings, stored whole for one course in one transaction."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import transaction

from registrar.domain import facts, flags
from registrar.domain.calendar import is_closed
from registrar.domain.exemptions import Exemption, with_exemptions
from registrar.domain.readiness import Assessment, assess
from registrar.domain.rulepacks import Rules
from registrar.domain.turns import Cause, joined
from registrar.models import Account, Course, Entry, GradingPeriod, Proposal, Reading

from . import drifting, turning
from .covering import InForce
from .inheriting import Deadlines, Standard, deadlines, standards
from .replacing import are_stored, count, replace_rows

_decoder = msgspec.json.Decoder(facts.Course)


def pack(course: facts.Course) -> bytes:
    return zlib.compress(msgspec.json.encode(course), 3)


def unpack(stored: bytes | memoryview) -> facts.Course:
    return _decoder.decode(zlib.decompress(stored))


def _digest(*values: object) -> str:
    return hashlib.blake2b(msgspec.json.encode(values), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a course's findings follow from beyond its own reading: read once, used for many courses."""

    accounts: dict[int, Account]
    periods: dict[int, tuple[facts.GradingPeriod, ...]]
    standards: dict[int, Standard]
    standard_digests: dict[int, str]
    deadlines: Deadlines
    version: int
    """The last entry of the audit log: a newer one says that something here may have been decided otherwise."""
    accepted: InForce
    now: datetime

    def rules_of(self, course: Course) -> Rules:
        return self.standards[course.account_id].rules

    def categories_of(self, course: Course) -> frozenset[str] | None:
        return self.standards[course.account_id].categories

    def exemptions_of(self, course: Course) -> tuple[Exemption, ...]:
        return self.accepted.of(course, self.accounts[course.account_id].path)

    def end_void(self, course: Course, found: Assessment) -> bool:
        return self.accepted.end_void(course, self.accounts[course.account_id].path, found)

    def periods_of(
        self, course: Course, own: Sequence[facts.GradingPeriod] = ()
    ) -> tuple[facts.GradingPeriod, ...]:
        group = course.term.period_group_id
        return tuple(own) or (self.periods.get(group, ()) if group is not None else ())

    def deadline_of(self, course: Course) -> datetime | None:
        account = self.accounts.get(course.account_id)
        return self.deadlines.at(course.term_id, account.path if account else "")


def surroundings(*, now: datetime) -> Surroundings:
    version = _version()  # first, so that what is decided meanwhile makes these old
    accounts = {account.pk: account for account in Account.objects.all()}
    periods: dict[int, list[facts.GradingPeriod]] = {}
    for row in GradingPeriod.objects.filter(group_id__isnull=False):
        assert row.group_id is not None
        periods.setdefault(row.group_id, []).append(period_facts(row))
    found = standards(accounts)
    return Surroundings(
        accounts=accounts,
        periods={group: tuple(found) for group, found in periods.items()},
        standards=found,
        standard_digests=_digests(found),
        version=version,
        deadlines=deadlines(),
        accepted=InForce(now),
        now=now,
    )


def renewed(around: Surroundings, *, now: datetime) -> Surroundings:
    """The same, or read anew where an administrator has decided something since."""
    return around if around.version == _version() else surroundings(now=now)


def _version() -> int:
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _digests(found: dict[int, Standard]) -> dict[int, str]:
    """Worked out once for all the accounts that share a standard."""
    shared = {id(one): one for one in found.values()}
    made = {key: _digest(asdict(one.rules), _in_order(one.categories)) for key, one in shared.items()}
    return {pk: made[id(one)] for pk, one in found.items()}


def _in_order(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def period_facts(row: GradingPeriod) -> facts.GradingPeriod:
    return facts.GradingPeriod(
        id=row.canvas_id, title=row.title, start_at=row.start_at, end_at=row.end_at, close_at=row.close_at
    )


def term_facts(course: Course, around: Surroundings) -> facts.Term:
    term = course.term
    return facts.Term(
        id=term.pk,
        name=term.name,
        sis_id=term.sis_id or None,
        start_at=term.start_at,
        end_at=term.end_at,
        grade_deadline=around.deadline_of(course),
    )


def header(course: Course, around: Surroundings, own_periods: Sequence[facts.GradingPeriod] = ()) -> facts.Course:
    """The course as the account-wide list tells it: everything but sections, assignments and their dates."""
    return facts.Course(
        id=course.pk,
        name=course.name,
        code=course.code,
        sis_id=course.sis_id or None,
        account_id=course.account_id,
        state=course.state,
        concluded=course.concluded,
        start_at=course.start_at,
        end_at=course.end_at,
        restricts_dates=course.restricts_dates,
        time_zone=course.time_zone,
        term=term_facts(course, around),
        periods=around.periods_of(course, own_periods),
    )


def facts_of(course_id: int, around: Surroundings | None = None) -> facts.Course | None:
    """The current whole reading of a course, under its term and periods as they are now known."""
    reading = Reading.objects.filter(course_id=course_id, current=True).first()
    if reading is None:
        return None
    course = Course.objects.select_related("term").get(pk=course_id)
    return under_header(unpack(reading.facts), course, around or surroundings(now=reading.last_at))


def under_header(stored: facts.Course, course: Course, around: Surroundings) -> facts.Course:
    own = tuple(period_facts(row) for row in course.own_periods.all())
    return replace(
        header(course, around, own),
        sections=stored.sections,
        assignments=stored.assignments,
        feed_read=stored.feed_read,
        read_at=course.read_at,
    )


def is_old(course: Course, now: datetime) -> bool:
    return course.read_at is not None and now - course.read_at > timedelta(hours=settings.READING_LIMIT_HOURS)


def follows_from(course: Course, digest: str, head: facts.Course, around: Surroundings) -> str:
    """A digest of everything the findings depend on, part by part: the clock is one of them."""
    deadline = head.term.grade_deadline if head.term else None
    term = replace(head.term, grade_deadline=None) if head.term else None
    told = replace(head, sections=(), assignments=(), read_at=None, feed_read=False, term=term)
    closed = [is_closed(period, around.now) for period in head.periods]
    return joined(
        {
            Cause.CANVAS: _digest(digest, told),
            Cause.TIME: _digest(closed, is_old(course, around.now)),
            Cause.RULES: _digest(around.standard_digests[course.account_id], deadline),
            Cause.EXEMPTION: _of_exemptions(around.exemptions_of(course)),
        }
    )


def turns_at(course: Course, head: facts.Course, around: Surroundings) -> datetime | None:
    """When the clock alone may next change the findings: a grading period closes, or the reading gets old."""
    turns = [period.close_at or period.end_at for period in head.periods]
    if course.read_at is not None:
        turns.append(course.read_at + timedelta(hours=settings.READING_LIMIT_HOURS))
    return min((turn for turn in turns if turn >= around.now), default=None)


def _of_exemptions(found: Sequence[Exemption]) -> str:
    return _digest(sorted((one.id, one.until) for one in found)) if found else ""


def store_reading(
    course: Course,
    found: facts.Course,
    around: Surroundings,
    *,
    sections_read: bool,
    proposal: Proposal | None = None,
) -> None:
    """Replace everything known of one course by what was read, in one transaction.

    Rows are written only when something changed; otherwise only the time of the reading moves on. ``proposal`` is
    the one that was just written to Canvas, if what was read is what became of it.
    """
    digest = _digest(found.sections, found.assignments, found.feed_read)
    course.read_at = found.read_at
    course.trouble, course.trouble_at = "", None
    if sections_read:
        course.sections_read_at = found.read_at
    with transaction.atomic():
        _alone(course)
        if _keep_reading(course, found, digest):
            drifting.look(course, found, now=around.now)
        _assess_if_needed(course, found, digest, around, proposal)
        course.save(update_fields=_KEPT)


def _alone(course: Course, *more: str) -> None:
    """Until the end of the transaction nobody else replaces this course's rows, or has since it was looked at."""
    locked = Course.objects.select_for_update().values(*_ASSESSED, *more).get(pk=course.pk)
    for name, value in locked.items():
        setattr(course, name, value)


_ASSESSED = [
    "assessed_as",
    "assess_again_at",
    "sections_total",
    "sections_needing",
    "items",
    "items_needing",
    "items_excepted",
    "items_warned",
]
_KEPT = ["read_at", "sections_read_at", "feed_digest", "trouble", "trouble_at", *_ASSESSED]


def _keep_reading(course: Course, found: facts.Course, digest: str) -> bool:
    """Whether it says anything new."""
    assert found.read_at is not None
    if Reading.objects.filter(course=course, current=True, digest=digest).update(last_at=found.read_at):
        return False
    Reading.objects.filter(course=course, current=True).update(current=False)
    Reading.objects.create(
        course=course, digest=digest, first_at=found.read_at, last_at=found.read_at, facts=pack(found)
    )
    return True


def _assess_if_needed(
    course: Course, found: facts.Course, digest: str, around: Surroundings, proposal: Proposal | None = None
) -> bool:
    course.assess_again_at = turns_at(course, found, around)
    key = follows_from(course, digest, found, around)
    if course.assessed_as == key:
        return False
    # What is decided while this is worked out has it worked out again.
    decided_meanwhile = around.version != _version()
    result = worked_out(course, found, around)
    if around.end_void(course, result):
        key = follows_from(course, digest, found, around)
    result = with_exemptions(result, around.exemptions_of(course))
    if not (course.items and are_stored(course, found, result)):
        with turning.noting(course, now=around.now, assessed_as=key, proposal=proposal):
            replace_rows(course, found, result)
    count(course, result.line_items)
    course.assessed_as = "" if decided_meanwhile else key
    return True


def worked_out(course: Course, found: facts.Course, around: Surroundings) -> Assessment:
    """The findings as they are, whether anybody has accepted them or not."""
    return assess(
        found,
        around.rules_of(course),
        now=around.now,
        categories=around.categories_of(course),
        reading_limit=timedelta(hours=settings.READING_LIMIT_HOURS),
    )


def current_digests(courses: Sequence[Course]) -> dict[int, str]:
    current = Reading.objects.filter(course__in=courses, current=True)
    return dict(current.values_list("course_id", "digest"))


def reassess(course: Course, around: Surroundings, *, digest: str | None = None) -> bool:
    """Work the findings out again from the stored reading if anything else they depend on has changed.

    ``digest`` is that of the current reading, where many were asked for at once.
    """
    current = Reading.objects.filter(course=course, current=True)
    digest = digest or current.values_list("digest", flat=True).first()
    if digest is None:
        return False
    own = tuple(period_facts(row) for row in course.own_periods.all())
    head = header(course, around, own)
    if course.assessed_as == follows_from(course, digest, head, around):
        _keep_turn(course, turns_at(course, head, around))
        return False
    with transaction.atomic():
        # It may have been read again since it was looked at; what that said of it stays.
        _alone(course, "read_at")
        reading = current.get()
        found = under_header(unpack(reading.facts), course, around)
        changed = _assess_if_needed(course, found, reading.digest, around)
        course.save(update_fields=_ASSESSED)
    return changed


def _keep_turn(course: Course, turn: datetime | None) -> None:
    if course.assess_again_at != turn:
        Course.objects.filter(pk=course.pk).update(assess_again_at=turn)


def forget_rows(course: Course, *, now: datetime) -> None:
    """The course vanished from Canvas: its line items leave the lists, its readings stay."""
    with transaction.atomic():
        _alone(course)
        with turning.noting(course, now=now, assessed_as=""):
            replace_rows(course, facts.Course(id=course.pk, name=course.name), Assessment(line_items=()))
        count(course, ())
        course.assessed_as, course.assess_again_at = "", None
        course.save(update_fields=_KEPT)


def with_assignments(read: facts.Course, fresh: Iterable[facts.Assignment]) -> facts.Course:
    """The reading with some assignments as they were read just now; only a course's list names the groups."""
    new = {assignment.id: assignment for assignment in fresh}
    return replace(read, assignments=tuple(_refreshed(old, new.get(old.id)) for old in read.assignments))


def _refreshed(old: facts.Assignment, new: facts.Assignment | None) -> facts.Assignment:
    if new is None:
        return old
    return replace(new, group_name=old.group_name, group_sis_id=old.group_sis_id, feed=_feed_after(old, new))


def _feed_after(old: facts.Assignment, new: facts.Assignment) -> facts.Feed | None:
    """What Canvas's SIS endpoint will now show: it follows from the dates, so it need not be asked for again."""
    if old.feed is None:
        return None
    own = {one.section_id: one for one in new.overrides or () if one.target is facts.Target.SECTION}
    return facts.Feed(
        dates=new.dates,
        sections={id_: _shown(own[id_]) if id_ in own else None for id_ in old.feed.sections},
    )


def _shown(override: facts.Override) -> facts.Dates:
    dates = {name: getattr(override, name) for name in facts.DATE_FIELDS}
    return facts.Dates(**{name: None if value is facts.INHERIT else value for name, value in dates.items()})


def keep_written(
    course: Course,
    fresh: dict[int, facts.Assignment],
    around: Surroundings,
    *,
    gone: Collection[int] = (),
    proposal: Proposal | None = None,
) -> None:
    """After a write: what was read back becomes part of the reading; the next sync looks at the course again."""
    read = facts_of(course.pk, around)
    if read is None or read.read_at is None:
        return
    changed = (*with_assignments(read, fresh.values()).assignments, *_newly_synced(read, fresh.values()))
    course.feed_digest = "written"
    read = replace(read, assignments=tuple(one for one in changed if one.post_to_sis and one.id not in gone))
    store_reading(course, read, around, sections_read=False, proposal=proposal)


def _newly_synced(read: facts.Course, fresh: Iterable[facts.Assignment]) -> Iterator[facts.Assignment]:
    """What sync was turned on for: until the next sync, as the SIS endpoint will show it by its own rule."""
    known = {one.id for one in read.assignments}
    groups = {one.group_id: (one.group_name, one.group_sis_id) for one in read.assignments}
    for one in fresh:
        if one.id not in known:
            name, sis_id = groups.get(one.group_id, (None, None))
            feed = flags.feed_of(read, one) if read.feed_read else None
            yield replace(one, group_name=name, group_sis_id=sis_id, feed=feed)
