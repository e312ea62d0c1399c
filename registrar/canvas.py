"""The one door to Canvas: builds the client, turns records into facts and errors into CanvasTrouble."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from canvas_api import errors as api
from canvas_api import records
from canvas_api.client import CanvasClient
from canvas_api.throttle import Lease
from registrar.domain import facts
from registrar.domain.changes import BulkEntry, NewOverride
from registrar.errors import CanvasTrouble
from registrar.gate import shared_gate

MOST_TERMS = 40
"""Named in one request: Canvas's Link header loses its next page where addresses get long."""
READ_AGAIN = 3


class Identified(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T")
R = TypeVar("R", bound=Identified)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFound:
    id: int
    name: str
    parent_id: int | None = None
    root_id: int | None = None
    sis_id: str | None = None
    time_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermFound:
    id: int
    name: str
    sis_id: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    period_group_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFound:
    id: int
    title: str
    start_at: datetime
    end_at: datetime
    close_at: datetime | None = None
    group_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFound:
    id: int
    name: str
    code: str
    account_id: int
    term_id: int
    sis_id: str | None = None
    state: str = "available"
    concluded: bool = False
    start_at: datetime | None = None
    end_at: datetime | None = None
    restricts_dates: bool = False
    time_zone: str = ""
    teachers: tuple[dict[str, Any], ...] = ()
    total_students: int | None = None
    account_name: str = ""
    term: TermFound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One assignment of the SIS feed, with the assignment group that only the feed names."""

    feed: facts.Feed
    digest: str
    group_id: int | None = None
    group_name: str | None = None
    group_sis_id: str | None = None


@dataclass(slots=True, kw_only=True)
class FeedPart:
    """What the SIS feed says of one course."""

    course_id: int
    assignments: dict[int, FeedRow] = field(default_factory=dict)
    sections: dict[int, facts.Section] = field(default_factory=dict)
    seam: bool = False
    """Rows moved while they were read: this part may lack some."""

    def join(self, other: FeedPart) -> None:
        self.assignments |= other.assignments
        self.sections |= other.sections
        self.seam = self.seam or other.seam

    @property
    def ambiguous(self) -> bool:
        """Whether some section shows no date over a base date: the feed does not tell "inherits" from "none"."""
        return any(
            dates is not None and any(_ambiguous(row.feed.dates, dates, name) for name in facts.DATE_FIELDS)
            for row in self.assignments.values()
            for dates in row.feed.sections.values()
        )

    def digest(self) -> str:
        rows = sorted((id_, row.digest) for id_, row in self.assignments.items())
        return hashlib.blake2b(repr(rows).encode(), digest_size=16).hexdigest()

    def packed(self) -> bytes:
        return zlib.compress(msgspec.json.encode(self), 1)

    @classmethod
    def unpacked(cls, stored: bytes | memoryview) -> FeedPart:
        return _part_decoder.decode(zlib.decompress(stored))


def _ambiguous(base: facts.Dates, override: facts.Dates, name: facts.DateField) -> bool:
    return getattr(override, name) is None and getattr(base, name) is not None


_part_decoder = msgspec.json.Decoder(FeedPart)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """One page of the account-wide feed. ``first`` and ``last`` are (course, assignment) of its outer rows."""

    parts: list[FeedPart]
    total_pages: int | None
    first: tuple[int, int] = (0, 0)
    last: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """What Canvas's job has against one assignment, or one of its overrides."""

    assignment_id: int
    override_id: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressFound:
    id: int
    ended: bool
    completed: bool
    message: str = ""
    errors: tuple[RowError, ...] = ()


@contextmanager
def _troubles() -> Iterator[None]:
    try:
        yield
    except api.CanvasError as error:
        raise trouble_of(error) from error
    except ValueError as error:  # a reference that cannot be one, before anything was asked
        raise CanvasTrouble(f"This cannot be asked of Canvas: {error}.", kind="invalid") from error


def trouble_of(error: api.CanvasError) -> CanvasTrouble:
    """The sentence a registrar reads; the client's own message holds Canvas's words and never the token."""
    kind = next((name for type_, name in _KINDS if isinstance(error, type_)), "error")
    passing = kind in ("unreachable", "throttled", "server")
    return CanvasTrouble(str(error), kind=kind, passing=passing, maybe_done=bool(error.maybe_done))


_KINDS: tuple[tuple[type[api.CanvasError], str], ...] = (
    (api.NotEnabled, "not_enabled"),
    (api.UnpublishedCourse, "unpublished_course"),
    (api.Unauthorized, "unauthorized"),
    (api.Forbidden, "forbidden"),
    (api.NotFound, "not_found"),
    (api.Throttled, "throttled"),
    (api.ServerError, "server"),
    (api.Unreachable, "unreachable"),
)


class Canvas:
    """Canvas as the services see it. Safe to use from several threads."""

    def __init__(self, client: CanvasClient, *, host: str) -> None:
        self.client = client
        self.host = host
        self._roots: dict[int, int] = {}

    @property
    def requests(self) -> int:
        return int(self.client.requests_made)

    # Account-wide lists

    def account(self, reference: str) -> AccountFound:
        with _troubles():
            found = self.client.accounts.one(reference)
        self._roots[found.id] = found.root_account_id or found.id
        return _account(found)

    def root_of(self, account_id: int) -> int:
        return self._roots.get(account_id, account_id)

    def accounts_below(self, account_id: int) -> list[AccountFound] | None:
        """None where the token may not list them."""
        return _unless_refused(
            lambda: [_account(one) for one in self.client.accounts.sub_accounts(account_id, recursive=True)]
        )

    def terms(self, root_id: int) -> list[TermFound] | None:
        """None where the token may not read them."""
        return _unless_refused(lambda: [_term(one) for one in self.client.terms.of_account(root_id)])

    def periods_of_account(self, root_id: int) -> list[PeriodFound] | None:
        """None where the token may not read them."""
        ask = self.client.grading_periods.of_account
        return _unless_refused(lambda: [_period(one) for one in _each_once(lambda: ask(root_id))])

    def courses(self, account_id: int, term_ids: set[int] | None) -> Iterator[CourseFound]:
        """Of these terms, None for all; with many terms, courses of others may be among them."""
        with _troubles():
            for one in self.client.courses.of_account(
                account_id,
                term_ids=sorted(term_ids) if term_ids and len(term_ids) <= MOST_TERMS else (),
                include=("term", "teachers", "total_students", "concluded", "account_name"),
            ):
                yield _course(one)

    def course(self, reference: str) -> CourseFound:
        with _troubles():
            return _course(
                self.client.courses.one(
                    reference, include=("term", "teachers", "total_students", "concluded", "account_name")
                )
            )

    def feed_pages(self, account_id: int, *, ends_after: datetime | None) -> Iterator[FeedPage]:
        with _troubles():
            for page in self.client.sis.of_account(account_id, ends_after=ends_after):
                yield _feed_page(page.rows, page.total)

    # One course

    def feed_of_course(self, course_id: int) -> FeedPart | None:
        """None where Canvas's grade export is off for the course. An unpublished course has an empty feed."""
        part = FeedPart(course_id=course_id)
        try:
            with _troubles():
                for page in self.client.sis.of_course(course_id):
                    for found in _feed_page(page.rows, page.total).parts:
                        part.join(found)
        except CanvasTrouble as trouble:
            if trouble.kind == "not_enabled":
                return None
            if trouble.kind != "unpublished_course":
                raise
        return part

    def flagged_assignments(self, course_id: int) -> list[facts.Assignment]:
        """The flagged assignments with base dates; overrides are None where Canvas left them out."""
        with _troubles():
            found = _each_once(
                lambda: self.client.assignments.of_course(
                    course_id, post_to_sis=True, include=("overrides",), override_assignment_dates=False
                )
            )
        # A Canvas that ignores the filter must not put unflagged assignments before the registrar.
        return [replace(_assignment(one), post_to_sis=True) for one in found if one.post_to_sis is not False]

    def assignments(self, course_id: int, ids: Collection[int]) -> dict[int, facts.Assignment]:
        """These assignments, flagged or not, as they are now; what is no longer in the course is missing."""
        with _troubles():
            read = {one.id: _assignment(one) for one in self._asked(course_id, ids)}
        return {
            id_: one if one.overrides is not None else replace(one, overrides=self.overrides(course_id, id_))
            for id_, one in read.items()
        }

    def _asked(self, course_id: int, ids: Collection[int]) -> list[records.AssignmentRecord]:
        ask = partial(self.client.assignments.of_course, course_id, include=("overrides",))
        try:
            return list(ask(assignment_ids=sorted(ids)))
        except api.Invalid:
            # Canvas refuses the whole question when one of the ids is gone.
            return [one for one in ask() if one.id in ids]

    def overrides(self, course_id: int, assignment_id: int) -> tuple[facts.Override, ...] | None:
        """Asked by themselves, where a key strips ``include[]``. None where this too is refused."""
        found = _unless_refused(lambda: self.client.overrides.of_assignment(course_id, assignment_id))
        return None if found is None else _overrides(found)

    def sections(self, course_id: int) -> list[facts.Section] | None:
        """None where the token may not list them."""
        return _unless_refused(
            lambda: [
                _section(one)
                for one in _each_once(
                    lambda: self.client.sections.of_course(course_id, include=("total_students",))
                )
            ]
        )

    def groups(self, course_id: int) -> dict[int | None, tuple[str | None, str | None]]:
        """Name and SIS id of the assignment groups; empty where the token may not list them."""
        found = _unless_refused(lambda: list(self.client.assignment_groups.of_course(course_id)))
        return {one.id: (clean(one.name), one.sis_source_id or None) for one in found or ()}

    def periods_of_course(self, course_id: int) -> list[PeriodFound] | None:
        ask = self.client.grading_periods.of_course
        return _unless_refused(lambda: [_period(one) for one in _each_once(lambda: ask(course_id))])

    # Writing: nothing here is repeated by itself once it may have arrived

    def create_overrides(self, course_id: int, new: Sequence[NewOverride]) -> None:
        """All of them or none."""
        items = [
            {"assignment_id": one.assignment_id, "course_section_id": one.section_id} | _sent(one.dates)
            for one in new
        ]
        with _troubles():
            self.client.overrides.batch_create(course_id, items)

    def delete_override(self, course_id: int, assignment_id: int, override_id: int) -> None:
        with _troubles():
            self.client.overrides.delete(course_id, assignment_id, override_id)

    def update_dates(self, course_id: int, entries: Sequence[BulkEntry]) -> ProgressFound:
        """Starts Canvas's job; what came of it is known when its Progress ends."""
        with _troubles():
            return _progress(self.client.assignments.bulk_update(course_id, [_bulk_item(one) for one in entries]))

    def set_flag(self, course_id: int, assignment_id: int, wanted: bool) -> None:
        with _troubles():
            self.client.assignments.update(course_id, assignment_id, {"post_to_sis": wanted})

    def turn_off(self, course_id: int, period_id: int | None) -> None:
        """Canvas's own ``disable_post_to_sis``, which takes what it takes (canvas-behaviour.md, section 2)."""
        with _troubles():
            self.client.sis.disable_post_to_sis(course_id, period_id)

    def progress(self, progress_id: int) -> ProgressFound:
        try:
            with _troubles():
                return _progress(self.client.progress.one(progress_id))
        except CanvasTrouble as trouble:
            if trouble.kind != "not_found":
                raise
            return ProgressFound(
                id=progress_id, ended=True, completed=False, message="Canvas no longer knows this job."
            )


def _each_once(ask: Callable[[], Iterable[R]]) -> list[R]:
    """A list in which no id comes twice. One that does has moved between pages, and then another may have slipped
    through: the list is read again.
    """
    for _ in range(READ_AGAIN):
        found = list(ask())
        rows = {one.id: one for one in found}
        if len(rows) == len(found):
            break
    return list(rows.values())


def _unless_refused(ask: Callable[[], T]) -> T | None:
    try:
        with _troubles():
            return ask()
    except CanvasTrouble as trouble:
        if trouble.kind in ("forbidden", "not_found"):
            return None
        raise


# Building the client

_opened: dict[tuple[int, str, str], Canvas] = {}


def open_canvas() -> Canvas:
    """The configured Canvas; one client a process, so that connections are kept, and none across a fork."""
    base_url, token = settings.CANVAS_BASE_URL, settings.CANVAS_TOKEN
    if not base_url or not token:
        missing = " and ".join(
            name for name, value in (("CANVAS_BASE_URL", base_url), ("CANVAS_TOKEN", token)) if not value
        )
        raise CanvasTrouble(f"No Canvas is configured: set {missing} and start again.", kind="unconfigured")
    key = (os.getpid(), base_url, token)
    if key not in _opened:
        with _troubles():
            client = CanvasClient(base_url, token, gate=shared_gate(base_url, token, Lease))
        _opened[key] = Canvas(client, host=urlsplit(base_url).hostname or "")
    return _opened[key]


# From records to facts


def clean(text: str | None) -> str:
    """NUL fits into no database; everything else a name may hold is kept as it is."""
    return (text or "").replace("\0", "\ufffd")


def _account(found: records.AccountRecord) -> AccountFound:
    return AccountFound(
        id=found.id,
        name=clean(found.name),
        parent_id=found.parent_account_id,
        root_id=found.root_account_id,
        sis_id=_sis(found.sis_account_id),
        time_zone=_zone(_given(found.default_time_zone)),
    )


def _term(found: records.TermRecord) -> TermFound:
    return TermFound(
        id=found.id,
        name=clean(found.name),
        sis_id=_sis(found.sis_term_id),
        start_at=_given(found.start_at),
        end_at=_given(found.end_at),
        period_group_id=_given(found.grading_period_group_id),
    )


def _period(found: records.GradingPeriodRecord) -> PeriodFound:
    return PeriodFound(
        id=found.id,
        title=clean(found.title),
        start_at=found.start_date,
        end_at=found.end_date,
        close_at=_given(found.close_date),
        group_id=_given(found.grading_period_group_id),
    )


def _given(value: Any) -> Any:
    """A value that Canvas left out counts as none."""
    return None if value is msgspec.UNSET else value


def _zone(name: str | None) -> str:
    """The name if it is a time zone that is known here; else empty, and the account's holds."""
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, OSError, ValueError):
        return ""


def _sis(value: Any) -> str | None:
    return clean(_given(value)) or None


def _course(found: records.CourseRecord) -> CourseFound:
    term = _given(found.term)
    return CourseFound(
        id=found.id,
        name=clean(found.name),
        code=clean(found.course_code),
        account_id=found.account_id or 0,
        term_id=found.enrollment_term_id or (term.id if term else 0),
        sis_id=_sis(found.sis_course_id),
        state=found.workflow_state,
        concluded=bool(found.concluded) or found.workflow_state == "completed",
        start_at=found.start_at,
        end_at=found.end_at,
        restricts_dates=bool(found.restrict_enrollments_to_course_dates),
        time_zone=_zone(found.time_zone),
        teachers=tuple({"id": one.id, "name": clean(one.display_name)} for one in _given(found.teachers) or ()),
        total_students=found.total_students,
        account_name=clean(found.account_name),
        term=_term(term) if term else None,
    )


def _section(found: records.SectionRecord) -> facts.Section:
    return facts.Section(
        id=found.id,
        name=clean(found.name),
        sis_id=_sis(found.sis_section_id),
        origin_course_id=found.nonxlist_course_id or found.course_id,
        cross_listed=found.nonxlist_course_id is not None,
        start_at=found.start_at,
        end_at=found.end_at,
        restricts_dates=bool(found.restrict_enrollments_to_section_dates),
        total_students=found.total_students,
    )


def _assignment(found: records.AssignmentRecord) -> facts.Assignment:
    overrides = _given(found.overrides)
    if overrides is None and found.has_overrides is False:
        overrides = ()
    return facts.Assignment(
        id=found.id,
        name=clean(found.name),
        dates=_dates(found),
        overrides=None if overrides is None else _overrides(overrides),
        only_visible_to_overrides=bool(found.only_visible_to_overrides),
        published=found.published,
        post_to_sis=bool(found.post_to_sis),
        points_possible=found.points_possible,
        grading_type=found.grading_type or "points",
        submission_types=found.submission_types or (),
        in_final_grade=not found.omit_from_final_grade and found.grading_type != "not_graded",
        group_id=found.assignment_group_id,
        needs_grading_count=found.needs_grading_count,
        has_submissions=found.has_submitted_submissions,
        due_date_required=bool(found.due_date_required),
        max_name_length=found.max_name_length,
        in_closed_grading_period=found.in_closed_grading_period,
        html_url=found.html_url or "",
    )


def _dates(
    found: records.AssignmentRecord | records.SisAssignmentRecord | records.SisOverrideRecord,
) -> facts.Dates:
    return facts.Dates(due_at=found.due_at, unlock_at=found.unlock_at, lock_at=found.lock_at)


def _overrides(found: Iterable[records.OverrideRecord]) -> tuple[facts.Override, ...]:
    """A module's overrides are listed too when asked for one assignment; they carry no dates."""
    rows = {one.id: _override(one) for one in found if one.context_module_id is None}
    return tuple(rows.values())


def _override(found: records.OverrideRecord) -> facts.Override:
    return facts.Override(
        id=found.id,
        target=_target(found),
        section_id=found.course_section_id,
        student_ids=found.student_ids or (),
        due_at=_override_date(found.due_at),
        unlock_at=_override_date(found.unlock_at),
        lock_at=_override_date(found.lock_at),
        unassigned=bool(found.unassign_item),
        title=clean(found.title),
    )


def _target(found: records.OverrideRecord) -> facts.Target:
    if found.course_section_id is not None:
        return facts.Target.SECTION
    if found.course_id is not None:
        return facts.Target.COURSE
    if found.noop_id is not None:
        return facts.Target.MASTERY_PATH
    return facts.Target.GROUP if found.group_id is not None else facts.Target.STUDENTS


def _override_date(value: datetime | msgspec.UnsetType | None) -> facts.OverrideDate:
    return facts.INHERIT if value is msgspec.UNSET else value


# The SIS feed


def _feed_page(rows: Sequence[records.SisAssignmentRecord], total_pages: int | None) -> FeedPage:
    parts: list[FeedPart] = []
    for row in rows:
        if not parts or parts[-1].course_id != row.course_id:
            parts.append(FeedPart(course_id=row.course_id))
        part = parts[-1]
        part.seam = part.seam or row.id in part.assignments
        part.assignments[row.id] = _feed_row(row)
        for section in row.sections:
            if section.id not in part.sections:
                part.sections[section.id] = _feed_section(section)
    if not rows:
        return FeedPage(parts=[], total_pages=total_pages)
    first, last = rows[0], rows[-1]
    return FeedPage(
        parts=parts,
        total_pages=total_pages,
        first=(first.course_id, first.id),
        last=(last.course_id, last.id),
    )


def _feed_row(row: records.SisAssignmentRecord) -> FeedRow:
    group = row.assignment_group
    sections = sorted(row.sections, key=lambda section: section.id)
    said = msgspec.json.encode((msgspec.structs.replace(row, sections=()), sections))
    return FeedRow(
        feed=facts.Feed(
            dates=_dates(row),
            sections={one.id: _dates(one.override) if one.override else None for one in sections},
        ),
        digest=hashlib.blake2b(said, digest_size=8).hexdigest(),
        group_id=group.id if group else None,
        group_name=clean(group.name) if group else None,
        group_sis_id=clean(group.sis_source_id) or None if group else None,
    )


def _feed_section(found: records.SisSectionRecord) -> facts.Section:
    origin = found.origin_course
    return facts.Section(
        id=found.id,
        name=clean(found.name),
        sis_id=clean(found.sis_id) or None,
        origin_course_id=origin.id if origin else None,
        origin_course_sis_id=clean(origin.sis_id) or None if origin else None,
        cross_listed=found.xlist_course is not None,
    )


# Writing


def _sent(dates: Mapping[facts.DateField, datetime | None]) -> dict[str, str | None]:
    return {name: when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None for name, when in dates.items()}


def _bulk_item(entry: BulkEntry) -> dict[str, Any]:
    base = [{"base": True} | _sent(entry.base)] if entry.base else []
    overrides = [{"id": id_} | _sent(dates) for id_, dates in sorted(entry.overrides.items())]
    return {"id": entry.assignment_id, "all_dates": base + overrides}


def _progress(found: records.ProgressRecord) -> ProgressFound:
    results = _given(found.results)
    return ProgressFound(
        id=found.id,
        ended=found.workflow_state in ("completed", "failed", "canceled"),
        completed=found.workflow_state == "completed",
        message=clean(found.message) or _message_of(results),
        errors=tuple(_row_errors(results)),
    )


def _message_of(results: Any) -> str:
    """A job that fails as a whole answers with an object, one that refuses rows with a list."""
    return clean(str(results["message"])) if isinstance(results, dict) and "message" in results else ""


def _row_errors(results: Any) -> Iterator[RowError]:
    for one in results if isinstance(results, list) else ():
        if isinstance(one, dict) and str(one.get("assignment_id", "")).isdecimal():
            override = str(one.get("assignment_override_id") or "")
            yield RowError(
                assignment_id=int(one["assignment_id"]),
                override_id=int(override) if override.isdecimal() else None,
                message="; ".join(_messages(one.get("errors"))),
            )


def _messages(errors: Any) -> Iterator[str]:
    for attribute, entries in errors.items() if isinstance(errors, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            text = entry.get("message") if isinstance(entry, dict) else entry
            yield f"{attribute}: {clean(str(text))}"
