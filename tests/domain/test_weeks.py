from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.charts import WIDTH
from registrar.domain.facts import GradingPeriod
from registrar.domain.timelines import Calendar
from registrar.domain.weeks import MOST, SEEN, Count, Spread, bars, spread

START = datetime(2026, 8, 24, tzinfo=UTC)  # a Monday
NOW = START + timedelta(days=50)
TERM = Calendar(start=START, end=START + timedelta(days=112))
ONE = Count(ready=1)


def on_day(count: float) -> datetime:
    return START + timedelta(days=count)


def spread_of(counts: dict[datetime | None, Count], calendar: Calendar = TERM, zone: str = "UTC") -> Spread:
    found = spread(counts, calendar, now=NOW, zone=ZoneInfo(zone))
    assert found is not None
    return found


def test_without_a_due_date_there_is_nothing_to_spread() -> None:
    assert spread({}, TERM, now=NOW, zone=UTC) is None
    assert spread({None: ONE}, TERM, now=NOW, zone=UTC) is None


def test_what_is_due_in_one_week_is_counted_together() -> None:
    counts = {
        on_day(7): Count(needing=2),
        on_day(13.9): Count(excepted=3, ready=1),
        on_day(14): ONE,
        None: ONE + ONE,
    }
    found = spread_of(counts)
    assert [(week.first, week.last, week.count) for week in found.weeks] == [
        (date(2026, 8, 31), date(2026, 9, 6), Count(needing=2, excepted=3, ready=1)),
        (date(2026, 9, 7), date(2026, 9, 13), ONE),
    ]
    assert found.undated.total == 2


def test_a_week_ends_at_midnight_of_the_office() -> None:
    late_on_sunday = datetime(2026, 9, 7, 4, 59, 59, tzinfo=UTC)
    found = spread_of({late_on_sunday: ONE}, zone="America/Chicago")
    assert [week.first for week in found.weeks] == [date(2026, 8, 31)]
    assert [week.first for week in spread_of({late_on_sunday: ONE}).weeks] == [date(2026, 9, 7)]


def test_what_is_far_away_is_counted_at_the_ends() -> None:
    found = spread_of({on_day(-400): ONE, on_day(-100): ONE, on_day(1): ONE, on_day(4000): Count(needing=1)})
    before, _, after = found.weeks
    assert (before.first, before.count.total, before.kinds) == (None, 2, ())
    assert (after.last, after.count.needing) == (None, 1)
    assert before.last is not None
    assert after.first is not None
    assert before.last < date(2026, 8, 24) < after.first
    drawn = bars(found, UTC, height=100).bars
    assert drawn[0].start.x == 0
    assert drawn[-1].start.x + drawn[-1].size == WIDTH


def test_a_term_of_years_shows_the_weeks_around_today() -> None:
    years = Calendar(start=on_day(-2000), end=on_day(2000))
    found = spread_of({on_day(day): ONE for day in range(-2000, 2000, 7)}, years)
    assert len(found.weeks) == MOST + 2
    assert found.weeks[MOST // 2].first is not None
    assert abs(found.weeks[MOST // 2].first - NOW.date()) < timedelta(days=14)
    first, last = found.weeks[0].count.total, found.weeks[-1].count.total
    assert first + last + MOST == len(range(-2000, 2000, 7))


def test_a_week_is_of_each_kind_that_its_days_are() -> None:
    period = GradingPeriod(id=1, title="First", start_at=START, end_at=on_day(9))
    found = spread_of({on_day(8): ONE, on_day(1): ONE}, Calendar(start=START, end=on_day(112), periods=[period]))
    assert [week.kinds for week in found.weeks] == [("closed",), ("closed", "gap")]


def test_what_needs_action_stands_at_the_foot_and_is_always_seen() -> None:
    found = spread_of({on_day(1): Count(needing=1, excepted=200, ready=799), on_day(8): Count(ready=500)})
    drawn = bars(found, UTC, height=100)
    assert [tick.label for tick in drawn.up] == ["0", "500", "1000"]
    assert [(part.kind, part.y, part.height) for part in drawn.bars[0].parts] == [
        ("needing", 100 - SEEN, SEEN),
        ("excepted", 77, 20),
        ("ready", -2.9, 79.9),
    ]
    assert [(part.kind, part.y) for part in drawn.bars[1].parts] == [("ready", 50)]
    assert drawn.bars[0].width == f"{drawn.bars[0].size / 10:g}%"


@given(st.dictionaries(st.integers(-5000, 5000), st.integers(1, 50), min_size=1, max_size=30), st.booleans())
def test_nothing_is_lost_and_every_bar_is_on_the_line(found: dict[int, int], bounded: bool) -> None:
    calendar = TERM if bounded else Calendar(start=None, end=None)
    done = spread_of({on_day(day): Count(ready=number) for day, number in found.items()}, calendar)
    assert sum(week.count.total for week in done.weeks) == sum(found.values())
    drawn = bars(done, UTC, height=100).bars
    assert all(bar.size > 0 and bar.start.x >= 0 and bar.start.x + bar.size <= WIDTH + 0.1 for bar in drawn)
    starts = [bar.start.x for bar in drawn]
    assert starts == sorted(set(starts))
