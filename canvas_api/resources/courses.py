"""https://canvas.instructure.com/doc/api/courses.html and accounts.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from canvas_api.ids import Ref, checked, path
from canvas_api.pagination import rows
from canvas_api.records import CourseRecord, decoder
from canvas_api.transport import Query, Transport

_ONE = decoder(CourseRecord)
_LIST = decoder(list[CourseRecord])


@dataclass(frozen=True, slots=True)
class Courses:
    transport: Transport

    def of_account(
        self,
        account: Ref,
        *,
        term_ids: Sequence[Ref] = (),
        states: Sequence[str] = (),
        include: Sequence[str] = (),
    ) -> Iterator[CourseRecord]:
        """Of the account and all accounts below it. One unknown term is NotFound; among several it is ignored."""
        query = [("state[]", state) for state in states] + [("include[]", each) for each in include]
        query += _terms(term_ids)
        return rows(self.transport, path("/api/v1/accounts/{}/courses", account), _LIST, query)

    def one(self, course: Ref, include: Sequence[str] = ()) -> CourseRecord:
        query = [("include[]", each) for each in include]
        return self.transport.get(path("/api/v1/courses/{}", course), _ONE, query).value


def _terms(term_ids: Sequence[Ref]) -> Query:
    key = "enrollment_term_id" if len(term_ids) == 1 else "enrollment_term_id[]"
    return [(key, checked(term)) for term in term_ids]
