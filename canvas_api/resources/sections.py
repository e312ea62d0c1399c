"""https://canvas.instructure.com/doc/api/sections.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from canvas_api.ids import Ref, path
from canvas_api.pagination import rows
from canvas_api.records import SectionRecord, decoder
from canvas_api.transport import Transport

_LIST = decoder(list[SectionRecord])


@dataclass(frozen=True, slots=True)
class Sections:
    transport: Transport

    def of_course(self, course: Ref, include: Sequence[str] = ()) -> Iterator[SectionRecord]:
        query = [("include[]", each) for each in include]
        return rows(self.transport, path("/api/v1/courses/{}/sections", course), _LIST, query)
