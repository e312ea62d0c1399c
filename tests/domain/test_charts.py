from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.charts import MOST_ACROSS, MOST_UP, WIDTH, Mark, Point, Spot, chart


def points(*pairs: tuple[int, int]) -> list[Point]:
    return [Point(at=at, value=value) for at, value in pairs]


def test_one_day_is_no_line() -> None:
    assert chart([("now", points((0, 5)))], height=100) is None
    assert chart([("now", [])], height=100) is None
    assert chart([], height=100) is None


def test_two_days_reach_from_edge_to_edge_and_zero_lies_at_the_foot() -> None:
    drawn = chart([("now", points((-1, 4), (0, 0)))], height=100)
    assert drawn is not None
    assert drawn.lines[0].runs == ("0,0 1000,100",)
    assert [(tick.spot.y, tick.label) for tick in drawn.up] == [
        (100, "0"),
        (75, "1"),
        (50, "2"),
        (25, "3"),
        (0, "4"),
    ]
    assert [(tick.spot.percent, tick.label, tick.anchor) for tick in drawn.across] == [
        ("0%", "-1", "start"),
        ("100%", "0", "end"),
    ]


def test_nothing_to_do_is_a_line_at_the_foot() -> None:
    drawn = chart([("now", points((0, 0), (1, 0)))], height=100)
    assert drawn is not None
    assert drawn.lines[0].runs == ("0,100 1000,100",)
    assert [tick.label for tick in drawn.up] == ["0", "1"]


def test_it_draws_no_line_over_days_that_nobody_counted() -> None:
    drawn = chart([("now", points((0, 1), (3, 1), (7, 1), (8, 1), (20, 1)))], height=100)
    assert drawn is not None
    assert drawn.lines[0].runs == ("0,0 150,0", "350,0 400,0")
    assert drawn.lines[0].dots == (Spot(x=1000.0, y=0.0),)


def test_two_lines_share_their_days_and_their_measure() -> None:
    drawn = chart([("now", points((-3, 10), (-2, 20))), ("then", points((-4, 90), (0, 10)))], height=100)
    assert drawn is not None
    assert drawn.up[-1].label == "100"
    now, then = drawn.lines
    assert now.runs == ("250,90 500,80",)
    assert then.dots == (Spot(x=0.0, y=10.0), Spot(x=1000.0, y=90.0))
    assert now.dots == (Spot(x=500.0, y=80.0),)


def test_marks_lie_on_their_days_and_those_to_come_widen_it() -> None:
    marks = [Mark(at=10, name="Grade deadline", kind="deadline"), Mark(at=2, name="Today", kind="today")]
    drawn = chart([("now", points((0, 1), (2, 1)))], marks=marks, height=100)
    assert drawn is not None
    assert drawn.lines[0].runs == ("0,0 200,0",)
    assert [(flag.spot.percent, flag.name, flag.anchor, flag.spot.y) for flag in drawn.flags] == [
        ("100%", "Grade deadline", "end", 0),
        ("20%", "Today", "start", 16),
    ]


def test_a_mark_before_the_first_day_is_left_out() -> None:
    drawn = chart([("now", points((0, 1), (2, 1)))], marks=[Mark(at=-5, name="Then", kind="x")], height=100)
    assert drawn is not None
    assert drawn.flags == ()


@pytest.mark.parametrize(("top", "labels"), [(12_345, "15000"), (100, "100"), (101, "150"), (7, "8"), (1, "1")])
def test_it_measures_in_round_numbers(top: int, labels: str) -> None:
    drawn = chart([("now", points((0, top), (1, 0)))], height=100)
    assert drawn is not None
    assert drawn.up[-1].label == labels


VALUES = st.lists(st.builds(Point, at=st.integers(-900, 900), value=st.integers(0, 10**6)), max_size=30)


@given(VALUES, VALUES, st.lists(st.integers(-2000, 2000), max_size=2))
def test_everything_lies_inside_and_is_not_crowded(now: list[Point], then: list[Point], marks: list[int]) -> None:
    drawn = chart(
        [("now", now), ("then", then)], marks=[Mark(at=at, name="M", kind="m") for at in marks], height=180
    )
    if drawn is None:
        assert len({point.at for point in (*now, *then)}) < 2
        return
    assert 2 <= len(drawn.up) <= MOST_UP + 1
    assert len(drawn.across) <= MOST_ACROSS + 9
    spots = []
    for line in drawn.lines:
        in_runs = [tuple(map(float, pair.split(","))) for run in line.runs for pair in run.split()]
        spots += [*in_runs, *((dot.x, dot.y) for dot in line.dots)]
    assert len(now) + len(then) <= len(spots) <= len(now) + len(then) + 2
    assert all(0 <= x <= WIDTH and 0 <= y <= 180 for x, y in spots)
    assert all(0 <= tick.spot.x <= WIDTH for tick in (*drawn.across, *drawn.flags))
