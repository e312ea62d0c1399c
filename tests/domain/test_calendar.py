from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from registrar.domain.calendar import (
    Origin,
    Span,
    as_canvas_keeps,
    days_left,
    end_of_day,
    is_closed,
    is_later,
    local_day,
    period_of,
    shift,
    span,
    start_of_day,
)
from registrar.domain.facts import GradingPeriod, Term
from tests.domain.build import course, day, section

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
HAVANA = ZoneInfo("America/Havana")
SANTIAGO = ZoneInfo("America/Santiago")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def local(text: str, zone: ZoneInfo, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def period(first: int, last: int, **facts: datetime) -> GradingPeriod:
    return GradingPeriod(id=first, title=f"From {first}", start_at=day(first), end_at=day(last), **facts)


TERM = Term(id=1, name="Autumn", start_at=day(1), end_at=day(30))


def test_it_holds_the_term_where_nothing_overrides_it() -> None:
    of = course(term=TERM, start_at=day(3), end_at=day(4))
    assert span(section(1, start_at=day(5), end_at=day(6)), of) == Span(start=day(1), end=day(30))


def test_it_holds_the_course_where_it_restricts_enrolments() -> None:
    of = course(term=TERM, start_at=day(3), end_at=day(20), restricts_dates=True)
    expected = Span(start=day(3), end=day(20), start_origin=Origin.COURSE, end_origin=Origin.COURSE)
    assert span(section(1), of) == expected


def test_it_finds_each_end_by_itself() -> None:
    of = course(term=TERM, end_at=day(20), restricts_dates=True)
    assert span(section(1, start_at=day(5), restricts_dates=True), of) == Span(
        start=day(5), end=day(20), start_origin=Origin.SECTION, end_origin=Origin.COURSE
    )
    assert span(section(1), of) == Span(start=day(1), end=day(20), end_origin=Origin.COURSE)


def test_it_holds_nothing_without_a_term() -> None:
    assert span(section(1), course(term=None)) == Span(start=None, end=None)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (day(1), None),
        (day(1) + SECOND, 1),
        (day(10), 1),
        (day(10) + SECOND, 10),
        (day(20), 10),
        (day(20) + SECOND, None),
        (None, 10),
    ],
)
def test_it_finds_the_period_after_its_start_up_to_its_end(when: datetime | None, expected: int | None) -> None:
    found = period_of(when, (period(10, 20), period(1, 10)))
    assert (found and found.id) == expected


def test_it_finds_the_period_to_the_minute() -> None:
    assert period_of(day(1) - 59 * SECOND, (period(1, 10),)) is None
    assert period_of(day(10).replace(second=59, microsecond=999), (period(1, 10),))


def test_it_finds_no_period_where_there_are_none() -> None:
    assert period_of(day(1), ()) is None
    assert period_of(None, ()) is None


def test_it_closes_a_period_after_its_close_date_else_its_end() -> None:
    assert not is_closed(period(1, 10, close_at=day(12)), day(12))
    assert is_closed(period(1, 10, close_at=day(12)), day(12) + SECOND)
    assert not is_closed(period(1, 10), day(10))
    assert is_closed(period(1, 10), day(10) + SECOND)


def test_it_takes_nothing_within_a_minute_as_later() -> None:
    assert not is_later(day(1), day(1).replace(second=0))
    assert is_later(day(1) + SECOND, day(1))


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-10-31T23:59:59", 1, "2026-11-01T23:59:59"),
        ("2026-11-01T23:59:59", -1, "2026-10-31T23:59:59"),
        ("2026-03-07T12:00:00", 1, "2026-03-08T12:00:00"),
        ("2026-03-07T12:00:00", 365, "2027-03-07T12:00:00"),
        ("2026-03-07T02:30:00", 1, "2026-03-08T03:30:00"),
        ("2026-10-31T01:30:00", 1, "2026-11-01T01:30:00"),
    ],
)
def test_it_keeps_the_wall_clock_when_the_clock_changes(start: str, days: int, expected: str) -> None:
    assert shift(local(start, NEW_YORK), days=days, zone=NEW_YORK) == local(expected, NEW_YORK)


def test_it_means_the_first_of_two_equal_times_unless_it_was_a_second_one() -> None:
    second = local("2026-11-01T01:30", NEW_YORK, fold=1)
    assert shift(second, days=0, zone=NEW_YORK) == second
    assert shift(second, days=-1, zone=NEW_YORK) == local("2026-10-31T01:30", NEW_YORK)
    assert shift(local("2026-10-31T01:30", NEW_YORK), days=1, zone=NEW_YORK) == second - timedelta(hours=1)


def test_it_moves_a_second_time_that_the_clock_skips_forward_too() -> None:
    second = local("2026-10-25T01:30", LONDON, fold=1)
    assert shift(second, days=154, zone=LONDON) == local("2027-03-28T02:30", LONDON)


def test_it_keeps_the_last_minute_of_a_day_the_last() -> None:
    # Santiago repeats the hour before midnight.
    moved = shift(local("2026-04-03T23:59:59", SANTIAGO), days=1, zone=SANTIAGO)
    assert moved == local("2026-04-04T23:59:59", SANTIAGO, fold=1)
    assert local_day(moved + SECOND, SANTIAGO) == date(2026, 4, 5)


def test_it_ends_a_day_with_its_last_second() -> None:
    assert end_of_day(local("2026-11-01T08:00", NEW_YORK), NEW_YORK) == local("2026-11-01T23:59:59", NEW_YORK)
    end = end_of_day(local("2026-04-04T08:00", SANTIAGO), SANTIAGO)
    assert end == local("2026-04-04T23:59:59", SANTIAGO, fold=1)


def test_it_starts_a_day_with_its_first_instant() -> None:
    assert start_of_day(local("2026-11-01T08:00", NEW_YORK), NEW_YORK) == local("2026-11-01T00:00", NEW_YORK)
    # Havana skips midnight in spring and repeats it in autumn.
    assert start_of_day(local("2026-03-08T08:00", HAVANA), HAVANA) == local("2026-03-08T01:00", HAVANA)
    assert start_of_day(local("2026-11-01T08:00", HAVANA), HAVANA) == local("2026-11-01T00:00", HAVANA)


def test_it_names_the_day_on_the_spot() -> None:
    assert local_day(datetime(2026, 11, 1, 3, tzinfo=UTC), NEW_YORK) == date(2026, 10, 31)


def test_it_moves_midnight_to_the_end_of_the_day_as_canvas_does() -> None:
    midnight = local("2026-11-01T00:00", NEW_YORK)
    assert as_canvas_keeps(midnight, NEW_YORK) == local("2026-11-01T23:59:59", NEW_YORK)
    assert as_canvas_keeps(midnight + SECOND, NEW_YORK) == midnight + SECOND
    assert as_canvas_keeps(midnight, LONDON) == midnight


def test_it_counts_days_by_the_calendar_on_the_wall() -> None:
    assert days_left(local("2026-12-14T23:59", NEW_YORK), local("2026-12-15T00:00", NEW_YORK), NEW_YORK) == 1
    assert days_left(local("2026-12-15T00:00", NEW_YORK), local("2026-12-15T23:59", NEW_YORK), NEW_YORK) == 0
    # The clock goes back on November 1, 2026: that day has 25 hours.
    assert days_left(local("2026-10-31T00:30", NEW_YORK), local("2026-11-02T00:00", NEW_YORK), NEW_YORK) == 2
    assert days_left(local("2027-01-02T09:00", NEW_YORK), local("2026-11-26T23:59", NEW_YORK), NEW_YORK) == -37
