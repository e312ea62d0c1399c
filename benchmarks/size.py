"""How large the measured university is, and the least that can be asked of Canvas to read it."""

from __future__ import annotations

import math
from dataclasses import dataclass

PER_PAGE = 100
OTHER_LISTS = 4
"""The account, its sub-accounts, its terms and its grading periods: a page each at this size."""
SECTIONS_A_COURSE = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    courses: int
    assignments: int

    @property
    def line_items(self) -> int:
        return int(self.assignments * SECTIONS_A_COURSE)

    @property
    def tenth(self) -> Size:
        return Size(courses=self.courses // 10, assignments=self.assignments // 10)

    @property
    def list_pages(self) -> int:
        """Canvas does not count an account's courses, so where the last page is full an empty one follows."""
        return self.courses // PER_PAGE + 1 + math.ceil(self.assignments / PER_PAGE) + OTHER_LISTS


WHOLE = Size(courses=5_000, assignments=100_000)
LARGE = Size(courses=11_000, assignments=100_000)
"""As many line items in more courses: what people look at."""
