"""https://canvas.instructure.com/doc/api/assignments.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from canvas_api.ids import Ref, checked, path
from canvas_api.pagination import PER_PAGE, rows
from canvas_api.records import AssignmentRecord, BulkItem, ProgressRecord, UserRecord, decoder
from canvas_api.transport import Query, Transport

_ONE = decoder(AssignmentRecord)
_LIST = decoder(list[AssignmentRecord])
_USERS = decoder(list[UserRecord])
_PROGRESS = decoder(ProgressRecord)

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Assignments:
    """The dates that are read are the base dates, unless ``override_assignment_dates`` asks for others."""

    transport: Transport

    def of_course(
        self,
        course: Ref,
        *,
        post_to_sis: bool | None = None,
        assignment_ids: Sequence[Ref] = (),
        include: Sequence[str] = (),
        override_assignment_dates: bool = False,
    ) -> Iterator[AssignmentRecord]:
        """``include``: overrides, all_dates, can_edit, …. An id that the course does not have is Invalid."""
        target = path("/api/v1/courses/{}/assignments", course)
        query = _query(post_to_sis, include, override_assignment_dates)
        return self._list(target, query, assignment_ids)

    def of_group(
        self,
        course: Ref,
        group: Ref,
        *,
        post_to_sis: bool | None = None,
        assignment_ids: Sequence[Ref] = (),
        include: Sequence[str] = (),
        override_assignment_dates: bool = False,
    ) -> Iterator[AssignmentRecord]:
        target = path("/api/v1/courses/{}/assignment_groups/{}/assignments", course, group)
        query = _query(post_to_sis, include, override_assignment_dates)
        return self._list(target, query, assignment_ids)

    def of_user(
        self,
        user: Ref,
        course: Ref,
        *,
        post_to_sis: bool | None = None,
        assignment_ids: Sequence[Ref] = (),
        include: Sequence[str] = (),
        override_assignment_dates: bool = False,
    ) -> Iterator[AssignmentRecord]:
        target = path("/api/v1/users/{}/courses/{}/assignments", user, course)
        query = _query(post_to_sis, include, override_assignment_dates)
        return self._list(target, query, assignment_ids)

    def one(
        self,
        course: Ref,
        assignment: Ref,
        *,
        include: Sequence[str] = (),
        override_assignment_dates: bool = False,
    ) -> AssignmentRecord:
        target = path("/api/v1/courses/{}/assignments/{}", course, assignment)
        return self.transport.get(target, _ONE, _query(None, include, override_assignment_dates)).value

    def create(self, course: Ref, fields: Fields) -> AssignmentRecord:
        target = path("/api/v1/courses/{}/assignments", course)
        return self.transport.call("POST", target, _ONE, {"assignment": fields}).value

    def update(self, course: Ref, assignment: Ref, fields: Fields) -> AssignmentRecord:
        """``assignment_overrides`` among the fields replaces the whole set: those not named are deleted."""
        target = path("/api/v1/courses/{}/assignments/{}", course, assignment)
        return self.transport.call("PUT", target, _ONE, {"assignment": fields}).value

    def delete(self, course: Ref, assignment: Ref) -> AssignmentRecord:
        target = path("/api/v1/courses/{}/assignments/{}", course, assignment)
        return self.transport.call("DELETE", target, _ONE).value

    def duplicate(self, course: Ref, assignment: Ref) -> AssignmentRecord:
        target = path("/api/v1/courses/{}/assignments/{}/duplicate", course, assignment)
        return self.transport.call("POST", target, _ONE).value

    def group_members(self, course: Ref, assignment: Ref, user: Ref) -> Iterator[UserRecord]:
        """Those who hand in together with this student."""
        target = path("/api/v1/courses/{}/assignments/{}/users/{}/group_members", course, assignment, user)
        return rows(self.transport, target, _USERS)

    def bulk_update(self, course: Ref, items: Sequence[BulkItem | Fields]) -> ProgressRecord:
        """Starts a job; what came of it is known when its progress ends. canvas-behaviour.md, section 3."""
        target = path("/api/v1/courses/{}/assignments/bulk_update", course)
        return self.transport.call("PUT", target, _PROGRESS, list(items)).value

    def _list(self, target: str, query: Query, assignment_ids: Sequence[Ref]) -> Iterator[AssignmentRecord]:
        ids = [("assignment_ids[]", checked(each)) for each in assignment_ids]
        # Canvas takes at most 100 ids, and all of them must fit on one page.
        for start in range(0, max(len(ids), 1), PER_PAGE):
            yield from rows(self.transport, target, _LIST, query + ids[start : start + PER_PAGE])


def _query(post_to_sis: bool | None, include: Sequence[str], override_assignment_dates: bool) -> Query:
    query = [("override_assignment_dates", _word(override_assignment_dates))]
    if post_to_sis is not None:
        query.append(("post_to_sis", _word(post_to_sis)))
    return query + [("include[]", each) for each in include]


def _word(value: bool) -> str:
    return "true" if value else "false"
