from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from registrar.domain.calendar import days_left
from registrar.words.dates import countdown, date_words, day_words, time_words
from tests.domain.test_calendar import LONDON, NEW_YORK, local


@pytest.mark.parametrize(
    ("now", "at", "words", "days"),
    [
        ("2026-12-09T09:00", "2026-12-15T17:00", "in 6 days", 6),
        ("2026-12-09T23:59", "2026-12-11T00:00", "in 2 days", 2),
        ("2026-12-14T00:00", "2026-12-15T17:00", "5:00 pm tomorrow", 1),
        ("2026-12-14T23:59", "2026-12-15T00:00", "12:00 am tomorrow", 1),
        ("2026-12-15T16:59", "2026-12-15T17:00", "today at 5:00 pm", 0),
        ("2026-12-15T00:00", "2026-12-15T12:05", "today at 12:05 pm", 0),
        ("2026-12-15T17:00", "2026-12-15T17:00", "just now", 0),
        ("2026-12-15T17:01", "2026-12-15T17:00", "1 minute ago", 0),
        ("2026-12-15T17:59", "2026-12-15T17:00", "59 minutes ago", 0),
        ("2026-12-15T18:00", "2026-12-15T17:00", "1 hour ago", 0),
        ("2026-12-15T20:59", "2026-12-15T17:00", "3 hours ago", 0),
        ("2026-12-16T00:01", "2026-12-15T17:00", "5:00 pm yesterday", -1),
        ("2026-12-09T09:00", "2026-11-26T23:59", "passed on Nov 26", -13),
        ("2027-01-02T09:00", "2026-11-26T23:59", "passed on Nov 26, 2026", -37),
        # The clock goes back on November 1, 2026, and forward on March 8: a day has 25 hours, or 23.
        ("2026-10-31T23:30", "2026-11-01T23:00", "11:00 pm tomorrow", 1),
        ("2026-10-31T00:30", "2026-11-02T00:00", "in 2 days", 2),
        ("2026-11-01T00:30", "2026-11-01T23:30", "today at 11:30 pm", 0),
        ("2026-11-01T03:00", "2026-11-01T00:30", "3 hours ago", 0),
        ("2026-03-07T23:30", "2026-03-08T23:00", "11:00 pm tomorrow", 1),
        ("2026-03-08T03:30", "2026-03-08T00:30", "2 hours ago", 0),
        ("2026-03-07T00:00", "2026-03-09T00:00", "in 2 days", 2),
    ],
)
def test_it_counts_down_by_the_clock_on_the_wall(now: str, at: str, words: str, days: int) -> None:
    then, when = local(now, NEW_YORK), local(at, NEW_YORK)
    assert countdown(then, when, NEW_YORK) == words
    assert days_left(then, when, NEW_YORK) == days


def test_it_counts_down_in_the_zone_of_who_looks() -> None:
    now, at = local("2026-12-14T20:00", NEW_YORK), local("2026-12-15T00:30", NEW_YORK)
    assert countdown(now, at, NEW_YORK) == "12:30 am tomorrow"
    assert countdown(now, at, LONDON) == "today at 5:30 am"
    assert countdown(now, at, UTC) == "today at 5:30 am"


def test_it_is_not_misled_by_times_of_one_zone() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    second = first.replace(fold=1)
    assert countdown(second, first, NEW_YORK) == "1 hour ago"
    assert countdown(first, second, NEW_YORK) == "today at 1:30 am"


def test_it_says_when_in_full() -> None:
    at = local("2026-12-15T17:00", NEW_YORK)
    assert date_words(at, NEW_YORK) == "Tue, Dec 15, 2026, 5:00 pm EST"
    assert date_words(at, ZoneInfo("America/Sao_Paulo")) == "Tue, Dec 15, 2026, 7:00 pm UTC-3"
    assert date_words(at, ZoneInfo("Asia/Kolkata")) == "Wed, Dec 16, 2026, 3:30 am IST"


def test_it_tells_the_two_hours_of_one_name_apart() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    said = [date_words(one.astimezone(UTC), NEW_YORK) for one in (first, first.replace(fold=1))]
    assert said == ["Sun, Nov 1, 2026, 1:30 am EDT", "Sun, Nov 1, 2026, 1:30 am EST"]


def test_a_day_has_its_year_unless_it_is_this_one() -> None:
    assert day_words(date(2026, 12, 15)) == "Dec 15, 2026"
    assert day_words(date(2026, 12, 15), today=date(2026, 1, 2)) == "Dec 15"
    assert day_words(date(2026, 12, 15), today=date(2027, 1, 2)) == "Dec 15, 2026"


def test_seconds_are_told_where_they_say_something() -> None:
    assert time_words(local("2026-12-15T23:59:59", NEW_YORK), NEW_YORK) == "11:59 pm"
    assert time_words(local("2026-12-15T23:58:30", NEW_YORK), NEW_YORK) == "11:58:30 pm"


def test_it_tells_noon_and_midnight_as_clocks_do() -> None:
    assert time_words(local("2026-12-15T00:00", NEW_YORK), NEW_YORK) == "12:00 am"
    assert time_words(local("2026-12-15T12:00", NEW_YORK), NEW_YORK) == "12:00 pm"
    assert time_words(local("2026-12-15T23:59", NEW_YORK), NEW_YORK) == "11:59 pm"
