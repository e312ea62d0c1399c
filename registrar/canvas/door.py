"""The client behind the words of the services, and its errors as sentences."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from canvas_api import errors as api
from canvas_api import records
from canvas_api.client import CanvasClient
from canvas_api.throttle import Lease
from registrar.domain import facts
from registrar.domain.changes import BulkEntry, NewOverride
from registrar.errors import CanvasTrouble
from registrar.gate import shared_gate

from .found import AccountFound, Answered, CourseFound, FeedPage, FeedPart, PeriodFound, ProgressFound, TermFound
from .reading import (
    account_of,
    assignment_of,
    clean,
    course_of,
    feed_page_of,
    overrides_of,
    period_of,
    section_of,
    term_of,
)
from .saying import sentence_of
from .writing import answered_of, bulk_item_of, progress_of, sent_dates

MOST_TERMS = 40
"""Named in one request: Canvas's Link header loses its next page where addresses get long."""
READ_AGAIN = 3


class Identified(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T")
R = TypeVar("R", bound=Identified)


@contextmanager
def _troubles() -> Iterator[None]:
    try:
        yield
    except api.CanvasError as error:
        raise trouble_of(error) from error
    except ValueError as error:  # a reference that cannot be one, before anything was asked
        said = _("This cannot be asked of Canvas: %(said)s.") % {"said": error}
        raise CanvasTrouble(said, kind="invalid") from error


def trouble_of(error: api.CanvasError) -> CanvasTrouble:
    """The sentence a registrar reads; the client's own message holds Canvas's words and never the token."""
    kind = next((name for type_, name in _KINDS if isinstance(error, type_)), "error")
    passing = kind in ("unreachable", "throttled", "server")
    return CanvasTrouble(
        sentence_of(error),
        kind=kind,
        passing=passing,
        maybe_done=bool(error.maybe_done),
        status=error.status,
        request_id=clean(error.request_id),
    )


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
        return account_of(found)

    def root_of(self, account_id: int) -> int:
        return self._roots.get(account_id, account_id)

    def accounts_below(self, account_id: int) -> list[AccountFound] | None:
        """None where the token may not list them."""
        return _unless_refused(
            lambda: [account_of(one) for one in self.client.accounts.sub_accounts(account_id, recursive=True)]
        )

    def terms(self, root_id: int) -> list[TermFound] | None:
        """None where the token may not read them."""
        return _unless_refused(lambda: [term_of(one) for one in self.client.terms.of_account(root_id)])

    def periods_of_account(self, root_id: int) -> list[PeriodFound] | None:
        """None where the token may not read them."""
        ask = self.client.grading_periods.of_account
        return _unless_refused(lambda: [period_of(one) for one in _each_once(lambda: ask(root_id))])

    def courses(self, account_id: int, term_ids: set[int] | None) -> Iterator[CourseFound]:
        """Of these terms, None for all; with many terms, courses of others may be among them."""
        with _troubles():
            for one in self.client.courses.of_account(
                account_id,
                term_ids=sorted(term_ids) if term_ids and len(term_ids) <= MOST_TERMS else (),
                include=("term", "teachers", "total_students", "concluded", "account_name"),
            ):
                yield course_of(one)

    def course(self, reference: str) -> CourseFound:
        with _troubles():
            return course_of(
                self.client.courses.one(
                    reference, include=("term", "teachers", "total_students", "concluded", "account_name")
                )
            )

    def feed_pages(self, account_id: int, *, ends_after: datetime | None) -> Iterator[FeedPage]:
        with _troubles():
            for page in self.client.sis.of_account(account_id, ends_after=ends_after):
                yield feed_page_of(page.rows, page.total)

    # One course

    def feed_of_course(self, course_id: int) -> FeedPart | None:
        """None where Canvas's grade export is off for the course. An unpublished course has an empty feed."""
        part = FeedPart(course_id=course_id)
        try:
            with _troubles():
                for page in self.client.sis.of_course(course_id):
                    for found in feed_page_of(page.rows, page.total).parts:
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
        return [replace(assignment_of(one), post_to_sis=True) for one in found if one.post_to_sis is not False]

    def unsynced_assignments(self, course_id: int) -> list[facts.Assignment]:
        """Those that are not flagged, with base dates. Canvas's own filter would miss those never flagged."""
        with _troubles():
            found = _each_once(lambda: self.client.assignments.of_course(course_id, include=("overrides",)))
        return [assignment_of(one) for one in found if not one.post_to_sis]

    def assignments(self, course_id: int, ids: Collection[int]) -> dict[int, facts.Assignment]:
        """These assignments, flagged or not, as they are now; what is no longer in the course is missing."""
        with _troubles():
            read = {one.id: assignment_of(one) for one in self._asked(course_id, ids)}
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
        return None if found is None else overrides_of(found)

    def sections(self, course_id: int) -> list[facts.Section] | None:
        """None where the token may not list them."""
        return _unless_refused(
            lambda: [
                section_of(one)
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
        return _unless_refused(lambda: [period_of(one) for one in _each_once(lambda: ask(course_id))])

    # Writing: nothing here is repeated by itself once it may have arrived

    def create_overrides(self, course_id: int, new: Sequence[NewOverride]) -> Answered:
        """All of them or none."""
        items = [
            {"assignment_id": one.assignment_id, "course_section_id": one.section_id} | sent_dates(one.dates)
            for one in new
        ]
        with _troubles():
            self.client.overrides.batch_create(course_id, items)
        return answered_of(self.client.last_request)

    def delete_override(self, course_id: int, assignment_id: int, override_id: int) -> Answered:
        with _troubles():
            self.client.overrides.delete(course_id, assignment_id, override_id)
        return answered_of(self.client.last_request)

    def update_dates(self, course_id: int, entries: Sequence[BulkEntry]) -> ProgressFound:
        """Starts Canvas's job; what came of it is known when its Progress ends."""
        with _troubles():
            found = self.client.assignments.bulk_update(course_id, [bulk_item_of(one) for one in entries])
        return progress_of(found, self.client.last_request)

    def set_flag(self, course_id: int, assignment_id: int, wanted: bool) -> Answered:
        with _troubles():
            self.client.assignments.update(course_id, assignment_id, {"post_to_sis": wanted})
        return answered_of(self.client.last_request)

    def turn_off(self, course_id: int, period_id: int | None) -> Answered:
        """Canvas's own ``disable_post_to_sis``, which takes what it takes (canvas-behaviour.md, section 2)."""
        with _troubles():
            self.client.sis.disable_post_to_sis(course_id, period_id)
        return answered_of(self.client.last_request)

    def progress(self, progress_id: int) -> ProgressFound:
        try:
            with _troubles():
                found = self.client.progress.one(progress_id)
            return progress_of(found, self.client.last_request)
        except CanvasTrouble as trouble:
            if trouble.kind != "not_found":
                raise
            return ProgressFound(
                id=progress_id,
                ended=True,
                completed=False,
                message=_("Canvas no longer knows this job."),
                answered=Answered(status=trouble.status, request_id=trouble.request_id),
            )


def _each_once(ask: Callable[[], Iterable[R]]) -> list[R]:
    """A list in which no id comes twice. One that does has moved between pages, and then another may have slipped
    through: the list is read again.
    """
    for _again in range(READ_AGAIN):
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


_opened: dict[tuple[int, str, str, bool], Canvas] = {}
HURRY: Mapping[str, Any] = {"timeout": (3.05, 8.0), "patience": 5.0}
"""Where somebody sits before the screen and waits."""


def open_canvas(*, hurried: bool = False) -> Canvas:
    """The configured Canvas; one client a process, so that connections are kept, and none across a fork."""
    base_url, token = settings.CANVAS_BASE_URL, settings.CANVAS_TOKEN
    if not base_url or not token:
        if base_url:
            said = _("No Canvas is configured: set CANVAS_TOKEN and start again.")
        elif token:
            said = _("No Canvas is configured: set CANVAS_BASE_URL and start again.")
        else:
            said = _("No Canvas is configured: set CANVAS_BASE_URL and CANVAS_TOKEN and start again.")
        raise CanvasTrouble(said, kind="unconfigured")
    key = (os.getpid(), base_url, token, hurried)
    if key not in _opened:
        with _troubles():
            gate = shared_gate(base_url, token, Lease)
            client = CanvasClient(base_url, token, gate=gate, **(HURRY if hurried else {}))
        _opened[key] = Canvas(client, host=urlsplit(base_url).hostname or "")
    return _opened[key]
