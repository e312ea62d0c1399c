from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.schedule import Schedule, pending, slot, upcoming

CHICAGO = ZoneInfo("America/Chicago")
ZONES = [ZoneInfo(name) for name in ("America/Chicago", "UTC", "Asia/Kathmandu", "Pacific/Apia", "America/Havana")]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEADLINE = datetime(2026, 12, 15, 23, 0, tzinfo=UTC)
"""Tuesday, 5:00 pm in Chicago."""


def seven(**fields: object) -> Schedule:
    return Schedule(**{"hour": 7, "zone": CHICAGO} | fields)  # type: ignore[arg-type]


def at(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold).astimezone(UTC)


def test_it_comes_at_its_hour_in_summer_and_in_winter() -> None:
    assert slot(date(2026, 10, 31), seven()) == datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert slot(date(2026, 11, 2), seven()) == datetime(2026, 11, 2, 13, tzinfo=UTC)


def test_it_takes_the_first_of_an_hour_that_comes_twice() -> None:
    assert slot(date(2026, 11, 1), seven(hour=1)) == at("2026-11-01T01:00", fold=0)


def test_it_comes_later_where_the_clock_skips_its_hour() -> None:
    assert slot(date(2027, 3, 14), seven(hour=2)) == at("2027-03-14T03:00")


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("2026-11-03T07:00", "2026-11-03T07:00"),
        ("2026-11-03T06:59", "2026-11-02T07:00"),
        ("2026-11-03T23:59", "2026-11-03T07:00"),
        ("2026-11-04T00:00", "2026-11-03T07:00"),
    ],
)
def test_it_finds_the_last_slot_that_has_come(now: str, found: str) -> None:
    assert pending(seven(), since=LONG_AGO, now=at(now)) == at(found)


def test_it_reports_once_however_often_it_is_asked() -> None:
    now = at("2026-11-03T07:01")
    assert pending(seven(), since=at("2026-11-03T07:00"), now=now) is None


def test_it_makes_up_for_one_missed_slot_and_for_no_more() -> None:
    """The machine was down for a week."""
    assert pending(seven(), since=at("2026-10-20T07:00"), now=at("2026-10-27T06:30")) == at("2026-10-26T07:00")


def test_it_lets_go_what_is_a_day_old() -> None:
    """The day on which an hour comes twice is 25 hours long."""
    assert pending(seven(), since=LONG_AGO, now=at("2026-11-01T06:30")) is None
    assert pending(seven(), since=LONG_AGO, now=at("2026-11-01T05:59")) == at("2026-10-31T07:00")


@pytest.mark.parametrize(
    ("day", "asked"),
    [(1, True), (8, True), (12, True), (14, True), (15, True), (16, False), (13, False), (2, False)],
)
def test_it_asks_for_the_days_before_the_deadline(day: int, asked: bool) -> None:
    schedule = seven(days_before=frozenset({14, 7, 3, 1, 0}))
    assert schedule.asks_for(date(2026, 12, day), DEADLINE) is asked
    assert schedule.asks_for(date(2026, 12, day), None) is False


def test_it_counts_days_by_the_calendar_of_its_zone() -> None:
    """Late on the fifteenth in UTC is the fifteenth in Chicago and the sixteenth in Kathmandu."""
    on_the_day = frozenset({0})
    assert seven(days_before=on_the_day).asks_for(date(2026, 12, 15), DEADLINE)
    there = Schedule(hour=7, zone=ZoneInfo("Asia/Kathmandu"), days_before=on_the_day)
    assert not there.asks_for(date(2026, 12, 15), DEADLINE)
    assert there.asks_for(date(2026, 12, 16), DEADLINE)


def test_it_asks_weekly_and_daily() -> None:
    week = [date(2026, 11, 2) + timedelta(days=number) for number in range(7)]
    assert [seven(weekday=2).asks_for(day, None) for day in week] == [
        False,
        False,
        True,
        False,
        False,
        False,
        False,
    ]
    assert all(seven(daily=True).asks_for(day, None) for day in week)
    assert not any(seven().asks_for(day, None) for day in week)


def test_it_names_the_next() -> None:
    daily = seven(daily=True)
    assert upcoming(daily, after=at("2026-11-03T06:59"), deadline=None) == at("2026-11-03T07:00")
    assert upcoming(daily, after=at("2026-11-03T07:00"), deadline=None) == at("2026-11-04T07:00")
    before = seven(days_before=frozenset({3}))
    assert upcoming(before, after=at("2026-11-03T07:00"), deadline=DEADLINE) == at("2026-12-12T07:00")
    assert upcoming(before, after=at("2026-12-12T07:00"), deadline=DEADLINE) is None


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    minute=st.integers(0, 2 * 366 * 24 * 60),
    step=st.integers(1, 11),
)
def test_it_gives_each_day_exactly_one(zone: ZoneInfo, hour: int, minute: int, step: int) -> None:
    """Asked every few hours for ten days, across whatever the clock does there."""
    schedule = Schedule(hour=hour, zone=zone, daily=True)
    now = seen = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    found = []
    for _ in range(10 * 24 // step):
        now += step * HOUR
        due = pending(schedule, since=seen, now=now)
        if due is not None:
            assert seen < due <= now < due + timedelta(days=1)
            found.append(due)
            seen = due
    days = [due.astimezone(zone).date() for due in found]
    assert len(set(days)) == len(days)
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) >= 9
