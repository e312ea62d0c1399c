from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.charts import WIDTH
from registrar.domain.facts import GradingPeriod
from registrar.domain.timelines import Calendar, days, flagged, named, scale, stretches

START = datetime(2026, 8, 24, tzinfo=UTC)
NOW = START + timedelta(days=50)
END = START + timedelta(days=100)


def on_day(count: float) -> datetime:
    return START + timedelta(days=count)


def period(title: str, first: float, last: float, close: float | None = None) -> GradingPeriod:
    close_at = None if close is None else on_day(close)
    return GradingPeriod(id=1, title=title, start_at=on_day(first), end_at=on_day(last), close_at=close_at)


TERM = Calendar(start=START, end=END)
HALVES = Calendar(
    start=START, end=END, periods=[period("First", 0, 40), period("Second", 60, 100)], deadline=on_day(90)
)


def test_the_line_has_the_whole_term_and_some_room() -> None:
    on = scale(TERM, [on_day(7)])
    assert on is not None
    assert (on.first, on.last) == (on_day(-3), on_day(103))
    assert (on.x(on.first), on.x(on_day(50)), on.x(on.last)) == (0, WIDTH / 2, WIDTH)


def test_the_line_reaches_for_dates_outside_but_not_for_those_far_away() -> None:
    on = scale(TERM, [on_day(-40), on_day(140), on_day(-51), on_day(4000)])
    assert on is not None
    assert on.first < on_day(-40) < on_day(140) < on.last
    assert (on.beyond(on_day(-51)), on.beyond(on_day(140)), on.beyond(on_day(4000))) == ("before", "", "after")
    assert (on.x(on_day(-51)), on.x(on_day(4000))) == (0, WIDTH)


def test_less_room_leaves_more_beyond() -> None:
    on = scale(TERM, [on_day(-40), on_day(-9)], room=0.1)
    assert on is not None
    assert (on.beyond(on_day(-40)), on.beyond(on_day(-9))) == ("before", "")


@pytest.mark.parametrize("start", [None, START])
def test_without_a_term_the_dates_themselves_make_the_line(start: datetime | None) -> None:
    on = scale(Calendar(start=start, end=None), [on_day(1), on_day(400)])
    assert on is not None
    assert not any(on.beyond(on_day(day)) for day in (1, 200, 400))


def test_one_date_alone_lies_in_the_middle_and_none_makes_no_line() -> None:
    on = scale(Calendar(start=None, end=None), [NOW])
    assert on is not None
    assert on.x(NOW) == WIDTH / 2
    assert scale(Calendar(start=None, end=None), []) is None


def test_each_kind_of_days_is_a_stretch_of_its_own() -> None:
    on = scale(HALVES, [])
    assert on is not None
    found = stretches(on, HALVES, NOW)
    assert [one.kind for one in found] == ["outside", "closed", "gap", "open", "outside"]
    assert [one.start.percent for one in found[1:]] == [f"{on.x(on_day(day)) / 10:g}%" for day in (0, 40, 60, 100)]
    assert found[2].width == f"{round(on.x(on_day(60)) - on.x(on_day(40)), 1) / 10:g}%"


def test_where_there_are_no_periods_all_of_the_term_is_open() -> None:
    on = scale(TERM, [])
    assert on is not None
    assert [one.kind for one in stretches(on, TERM, NOW)] == ["outside", "open", "outside"]


def test_a_term_without_ends_has_no_outside() -> None:
    calendar = Calendar(start=None, end=None, deadline=on_day(90))
    on = scale(calendar, [on_day(0)])
    assert on is not None
    assert {one.kind for one in stretches(on, calendar, NOW)} == {"open"}


def test_a_period_stays_open_until_it_closes() -> None:
    late = Calendar(start=START, end=END, periods=[period("First", 0, 100, close=51)])
    assert late.kind(on_day(10), NOW) == "open"
    assert late.kind(on_day(10), on_day(52)) == "closed"


def test_what_nobody_could_see_is_not_drawn() -> None:
    minute = 1 / 1440
    calendar = Calendar(start=START, end=END, periods=[period("First", 0, 50 - minute), period("Second", 50, 100)])
    on = scale(calendar, [])
    assert on is not None
    assert [one.kind for one in stretches(on, calendar, NOW)] == ["outside", "closed", "open", "outside"]


def test_periods_are_named_where_there_is_room() -> None:
    calendar = Calendar(start=START, end=END, periods=[period("First", 0, 40), period("Day", 41, 42)])
    on = scale(calendar, [])
    assert on is not None
    assert [(one.name, one.kind) for one in named(on, calendar, NOW)] == [("First", "closed")]
    assert [one.kind for one in named(on, calendar, on_day(39))] == ["open"]


def test_what_is_not_on_the_line_has_no_flag() -> None:
    on = scale(TERM, [])
    assert on is not None
    marks = [("deadline", "Grade deadline", on_day(90)), ("today", "Today", on_day(500)), ("today", "Day", NOW)]
    assert [(flag.name, flag.kind, flag.spot.y) for flag in flagged(on, marks)] == [
        ("Grade deadline", "deadline", 0),
        ("Day", "today", 16),
    ]


def test_weeks_begin_on_mondays_by_the_clock_of_the_place() -> None:
    zone = ZoneInfo("America/Chicago")
    on = scale(TERM, [])
    assert on is not None
    ticks = list(days(on, zone, lambda day: day.isoformat()))
    found = [date.fromisoformat(tick.label) for tick in ticks]
    assert {day.weekday() for day in found} == {0}
    midnight = datetime(2026, 11, 9, tzinfo=zone)
    assert (date(2026, 11, 9), on.x(midnight)) in [
        (day, tick.spot.x) for day, tick in zip(found, ticks, strict=True)
    ]


@given(
    st.lists(st.integers(-3000, 3000), max_size=5),
    st.lists(st.tuples(st.integers(-20, 120), st.integers(1, 60)), max_size=4),
    st.sampled_from([None, 0]),
    st.sampled_from([None, 100]),
)
def test_the_stretches_cover_the_line_without_overlap(
    dates: list[int], periods: list[tuple[int, int]], start: int | None, end: int | None
) -> None:
    calendar = Calendar(
        start=None if start is None else on_day(start),
        end=None if end is None else on_day(end),
        periods=[period("P", first, first + size) for first, size in periods],
    )
    on = scale(calendar, [on_day(day) for day in dates])
    if on is None:
        assert calendar.fixed == dates == []
        return
    found = stretches(on, calendar, NOW)
    assert all(one.start.x >= 0 and one.start.x + one.size <= WIDTH + 0.1 for one in found)
    for before, after in pairwise(found):
        assert before.start.x + before.size <= after.start.x + 0.1
    assert sum(one.size for one in found) > WIDTH - 30
