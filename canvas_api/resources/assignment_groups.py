"""https://canvas.instructure.com/doc/api/assignment_groups.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from canvas_api.ids import Ref, path
from canvas_api.pagination import rows
from canvas_api.records import AssignmentGroupRecord, decoder
from canvas_api.transport import Transport

_LIST = decoder(list[AssignmentGroupRecord])


@dataclass(frozen=True, slots=True)
class AssignmentGroups:
    transport: Transport

    def of_course(self, course: Ref, include: Sequence[str] = ()) -> Iterator[AssignmentGroupRecord]:
        """With assignments included, their dates are the base dates."""
        query = [("include[]", each) for each in include] + [("override_assignment_dates", "false")]
        return rows(self.transport, path("/api/v1/courses/{}/assignment_groups", course), _LIST, query)
