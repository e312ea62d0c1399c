from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from registrar.words.headline import countdown, standing, subject
from tests.domain.test_summary import Found, found, summed

NOW = datetime(2026, 12, 9, 13, 0, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")


def title(*rows: Found, total: int = 412, whole: bool = True, deadline: datetime | None = None) -> str:
    return subject("Fall 2026", summed(*rows, total=total), whole=whole, deadline=deadline, now=NOW, zone=CHICAGO)


def many(number: int) -> Iterable[Found]:
    return (found(section) for section in range(1, number + 1))


@pytest.mark.parametrize(
    ("days", "hour", "said"),
    [
        (6, 17, ", 6 days to grade deadline"),
        (2, 0, ", 2 days to grade deadline"),
        (1, 0, ", grade deadline tomorrow"),
        (1, 23, ", grade deadline tomorrow"),
        (0, 17, ", grade deadline today"),
        (0, 7, ", grade deadline has passed"),
        (-3, 17, ", grade deadline has passed"),
        (None, 0, ""),
    ],
)
def test_it_counts_down_by_the_calendar(days: int | None, hour: int, said: str) -> None:
    """It is seven in the morning in Chicago."""
    day = None if days is None else datetime(2026, 12, 9, hour, tzinfo=CHICAGO) + timedelta(days=days)
    assert title(*many(31), deadline=day) == f"Fall 2026: 31 sections not ready{said}"


@pytest.mark.parametrize(
    ("rows", "total", "whole", "said"),
    [
        (1, 412, True, "1 section not ready"),
        (2, 412, True, "2 sections not ready"),
        (1234, 5000, True, "1,234 sections not ready"),
        (0, 412, True, "all 412 sections ready"),
        (0, 1, True, "the one section is ready"),
        (0, 0, True, "nothing to get ready"),
        (2, 412, False, "2 sections to look at"),
        (0, 412, False, "nothing found in 412 sections"),
    ],
)
def test_it_says_how_the_term_stands(rows: int, total: int, whole: bool, said: str) -> None:
    assert title(*many(rows), total=total, whole=whole) == f"Fall 2026: {said}"


def test_it_never_calls_all_ready_what_has_line_items_open() -> None:
    assert title(found(None, 3), total=412) == "Fall 2026: 1 line item not ready"


def test_it_says_of_how_many_in_the_mail_itself() -> None:
    assert standing(summed(*many(31)), whole=True, of_all=True) == "31 of 412 sections not ready"
    assert standing(summed(), whole=True, of_all=True) == "all 412 sections ready"


def test_it_keeps_the_subject_on_one_line() -> None:
    made = subject("Fall\r\nBcc: all", summed(), whole=True, deadline=None, now=NOW, zone=CHICAGO)
    assert made == "Fall Bcc: all: all 412 sections ready"


def test_it_has_nothing_to_count_down_to() -> None:
    assert countdown(None, now=NOW, zone=CHICAGO) == ""
