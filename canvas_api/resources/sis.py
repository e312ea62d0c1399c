"""https://canvas.instructure.com/doc/api/sis_integration.html and canvas-behaviour.md, sections 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from canvas_api.errors import Forbidden, Unauthorized
from canvas_api.ids import Ref, path
from canvas_api.pagination import Page, pages
from canvas_api.records import SisAssignmentRecord, decoder, nothing
from canvas_api.transport import Query, Transport

_LIST = decoder(list[SisAssignmentRecord])


@dataclass(frozen=True, slots=True)
class Sis:
    """Pages, not rows: rows may move from one page to the next while they are read."""

    transport: Transport

    def of_account(
        self,
        account: Ref,
        *,
        starts_before: datetime | None = None,
        ends_after: datetime | None = None,
        student_overrides: bool = False,
    ) -> Iterator[Page[SisAssignmentRecord]]:
        """The filters let a course through if its own dates *or* its term's fit: look at the term yourself."""
        target = path("/api/sis/accounts/{}/assignments", account)
        query = _query(starts_before, ends_after, student_overrides)
        return pages(self.transport, target, _LIST, query)

    def of_course(self, course: Ref, *, student_overrides: bool = False) -> Iterator[Page[SisAssignmentRecord]]:
        """Raises UnpublishedCourse where Canvas has no grade data yet, NotEnabled where grade export is off."""
        target = path("/api/sis/courses/{}/assignments", course)
        return pages(self.transport, target, _LIST, _query(None, None, student_overrides))

    def disable_post_to_sis(self, course: Ref, grading_period_id: int | None = None) -> None:
        """Without a period, for the whole course; with one, also for all that has no base due date.

        Canvas takes a blank period for none, and clears the course: ValueError for anything but a number.
        """
        if grading_period_id is not None and (type(grading_period_id) is not int or grading_period_id <= 0):
            raise ValueError(f"not a grading period: {grading_period_id!r}")
        target = path("/api/sis/courses/{}/disable_post_to_sis", course)
        payload = {} if grading_period_id is None else {"grading_period_id": grading_period_id}
        try:
            self.transport.call("PUT", target, nothing, payload)
        except Unauthorized as error:
            if error.message:
                raise
            # Only here Canvas says 401 without a word where a right is missing.
            raise Forbidden(method="PUT", path=target, status=401, request_id=error.request_id) from error


def _query(starts_before: datetime | None, ends_after: datetime | None, student_overrides: bool) -> Query:
    limits = {"starts_before": starts_before, "ends_after": ends_after}
    query = [(name, _utc(limit)) for name, limit in limits.items() if limit is not None]
    return [*query, ("include[]", "student_overrides")] if student_overrides else query


def _utc(moment: datetime) -> str:
    # Canvas silently ignores what it cannot read.
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
