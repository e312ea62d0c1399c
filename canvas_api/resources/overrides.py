"""https://canvas.instructure.com/doc/api/assignments.html and canvas-behaviour.md, section 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from canvas_api.ids import Ref, path
from canvas_api.records import OverrideRecord, decoder
from canvas_api.transport import Transport

_ONE = decoder(OverrideRecord)
_LIST = decoder(list[OverrideRecord])
_SPARSE = decoder(list[OverrideRecord | None])

BATCH = 50
"""Pairs in one address, which must not grow beyond what web servers take."""

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Overrides:
    """A date that is left out when writing is inherited afterwards, whatever it was before."""

    transport: Transport

    def of_assignment(self, course: Ref, assignment: Ref) -> list[OverrideRecord]:
        """All at once: Canvas does not page them."""
        target = path("/api/v1/courses/{}/assignments/{}/overrides", course, assignment)
        return self.transport.get(target, _LIST).value

    def one(self, course: Ref, assignment: Ref, override: int) -> OverrideRecord:
        return self.transport.get(_target(course, assignment, override), _ONE).value

    def create(self, course: Ref, assignment: Ref, fields: Fields) -> OverrideRecord:
        target = path("/api/v1/courses/{}/assignments/{}/overrides", course, assignment)
        return self.transport.call("POST", target, _ONE, {"assignment_override": fields}).value

    def update(self, course: Ref, assignment: Ref, override: int, fields: Fields) -> OverrideRecord:
        target = _target(course, assignment, override)
        return self.transport.call("PUT", target, _ONE, {"assignment_override": fields}).value

    def delete(self, course: Ref, assignment: Ref, override: int) -> OverrideRecord:
        """As it was."""
        return self.transport.call("DELETE", _target(course, assignment, override), _ONE).value

    def for_section(self, section: Ref, assignment: Ref) -> OverrideRecord:
        target = path("/api/v1/sections/{}/assignments/{}/override", section, assignment)
        return self.transport.get(target, _ONE).value

    def for_group(self, group: Ref, assignment: Ref) -> OverrideRecord:
        target = path("/api/v1/groups/{}/assignments/{}/override", group, assignment)
        return self.transport.get(target, _ONE).value

    def batch_retrieve(self, course: Ref, pairs: Sequence[tuple[int, int]]) -> list[OverrideRecord | None]:
        """``pairs`` of assignment id and override id; None stands where one was not found."""
        target = path("/api/v1/courses/{}/assignments/overrides", course)
        found: list[OverrideRecord | None] = []
        for start in range(0, len(pairs), BATCH):
            query = list(chain.from_iterable(map(_pair, pairs[start : start + BATCH])))
            found += self.transport.get(target, _SPARSE, query).value
        return found

    def batch_create(self, course: Ref, items: Sequence[Fields]) -> list[OverrideRecord]:
        """All or nothing. Each item holds its ``assignment_id``; the errors by position are in ``details``."""
        return self._batch("POST", course, items)

    def batch_update(self, course: Ref, items: Sequence[Fields]) -> list[OverrideRecord]:
        """All or nothing. Each item holds its ``assignment_id`` and ``id``."""
        return self._batch("PUT", course, items)

    def _batch(self, method: str, course: Ref, items: Sequence[Fields]) -> list[OverrideRecord]:
        target = path("/api/v1/courses/{}/assignments/overrides", course)
        return self.transport.call(method, target, _LIST, {"assignment_overrides": list(items)}).value


def _target(course: Ref, assignment: Ref, override: int) -> str:
    return path("/api/v1/courses/{}/assignments/{}/overrides/{}", course, assignment, override)


def _pair(pair: tuple[int, int]) -> list[tuple[str, str]]:
    assignment, override = pair
    key = "assignment_overrides[]"
    return [(f"{key}[id]", str(override)), (f"{key}[assignment_id]", str(assignment))]
