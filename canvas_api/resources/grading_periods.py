"""https://canvas.instructure.com/doc/api/grading_periods.html"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct

from canvas_api.ids import Ref, path
from canvas_api.pagination import rows
from canvas_api.records import GradingPeriodRecord, decoder
from canvas_api.transport import Transport


class _Periods(Struct):
    grading_periods: list[GradingPeriodRecord]


_LIST = decoder(_Periods)


@dataclass(frozen=True, slots=True)
class GradingPeriods:
    transport: Transport

    def of_account(self, account: Ref) -> Iterator[GradingPeriodRecord]:
        return self._list(path("/api/v1/accounts/{}/grading_periods", account))

    def of_course(self, course: Ref) -> Iterator[GradingPeriodRecord]:
        """The course's own, else those of its term."""
        return self._list(path("/api/v1/courses/{}/grading_periods", course))

    def _list(self, target: str) -> Iterator[GradingPeriodRecord]:
        return rows(self.transport, target, lambda body: _LIST(body).grading_periods)
