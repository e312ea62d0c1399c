from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain import slots

CHICAGO = ZoneInfo("America/Chicago")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
"""The clock jumps from 2:00 to 3:00, and goes back from 2:00 to 1:00."""


def local(when: datetime) -> str:
    return when.astimezone(CHICAGO).strftime("%d %H:%M %Z")


def test_it_comes_once_on_an_ordinary_day() -> None:
    assert [local(one) for one in slots.daily(135, CHICAGO)(date(2026, 6, 5))] == ["05 02:15 CDT"]


def test_it_comes_later_where_the_clock_skips_its_time() -> None:
    assert [local(one) for one in slots.daily(135, CHICAGO)(SPRING)] == ["08 03:15 CDT"]


def test_it_comes_the_first_time_where_the_clock_repeats_it() -> None:
    assert [local(one) for one in slots.daily(75, CHICAGO)(AUTUMN)] == ["01 01:15 CDT"]


@pytest.mark.parametrize(("day", "count"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 5), 24)])
def test_it_comes_in_every_hour_that_passes(day: date, count: int) -> None:
    found = list(slots.hourly(1, 40, CHICAGO)(day))
    assert len(found) == count
    assert {one.minute for one in found} == {40}
    assert {after - before for before, after in pairwise(found)} == {timedelta(hours=1)}


def test_it_begins_anew_each_day() -> None:
    found = [local(one) for one in slots.hourly(5, 10, CHICAGO)(date(2026, 6, 5))]
    assert found == ["05 00:10 CDT", "05 05:10 CDT", "05 10:10 CDT", "05 15:10 CDT", "05 20:10 CDT"]


def test_it_names_the_last_slot_and_the_next() -> None:
    nightly = slots.daily(135, CHICAGO)
    now = datetime(2026, 6, 5, 7, 14, tzinfo=UTC)  # 2:14
    assert local(slots.latest(nightly, now, CHICAGO)) == "04 02:15 CDT"
    assert local(slots.following(nightly, now, CHICAGO)) == "05 02:15 CDT"
    on_time = now + timedelta(minutes=1)
    assert slots.latest(nightly, on_time, CHICAGO) == on_time
    assert local(slots.following(nightly, on_time, CHICAGO)) == "06 02:15 CDT"


def test_it_is_due_once_and_not_for_ever() -> None:
    slot = datetime(2026, 6, 5, 7, 15, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert slots.is_due(slot, None, slot, patience=hour)
    assert slots.is_due(slot, slot - timedelta(days=1), slot + hour, patience=hour)
    assert not slots.is_due(slot, slot, slot + hour, patience=hour)
    assert not slots.is_due(slot, None, slot + hour + timedelta(seconds=1), patience=hour)


@given(
    minute=st.integers(0, 1439),
    zone=st.sampled_from(["America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "UTC"]),
)
def test_it_comes_once_on_each_day_of_a_year(minute: int, zone: str) -> None:
    where = ZoneInfo(zone)
    start = datetime(2026, 1, 2, tzinfo=UTC)
    found = slots.daily(minute, where)
    all_of_them = [one for offset in range(364) for one in found(start.date() + timedelta(days=offset))]
    assert len({one.astimezone(where).date() for one in all_of_them}) == len(all_of_them) == 364
    assert all_of_them == sorted(all_of_them)


@given(
    every=st.integers(1, 24),
    minute=st.integers(0, 59),
    hours=st.integers(0, 8700),
    zone=st.sampled_from(["America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"]),
)
def test_it_never_waits_longer_than_it_says(every: int, minute: int, hours: int, zone: str) -> None:
    where, now = ZoneInfo(zone), datetime(2026, 1, 2, tzinfo=UTC) + timedelta(hours=hours, minutes=7)
    found = slots.hourly(every, minute, where)
    before, after = slots.latest(found, now, where), slots.following(found, now, where)
    assert before <= now < after
    # An hour more where the clock goes back between the last slot of a day and the first of the next.
    assert after - before <= timedelta(hours=every + 1)
