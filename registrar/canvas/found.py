"""What Canvas said, before it is kept: values that belong to no reading yet."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from registrar.domain import facts

T = TypeVar("T")


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
class Answered:
    """What a receipt keeps of an answer; Canvas's own people find it in their logs by the request id."""

    status: int | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressFound:
    id: int
    ended: bool
    completed: bool
    message: str = ""
    errors: tuple[RowError, ...] = ()
    answered: Answered = Answered()
