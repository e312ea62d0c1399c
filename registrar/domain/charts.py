"""Where the lines, ticks and marks of a chart lie. Across in thousandths of its width, down in pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

WIDTH: Final = 1000
MOST_ACROSS: Final = 5
MOST_UP: Final = 4
STEPS: Final = (1, 2, 7, 14, 28, 56, 112, 364)
"""Days between two ticks across."""
ROW: Final = 16
"""Pixels from the word of one mark to that of the next."""
GAP: Final = 3
"""Days without a count over which a line is still drawn; over more it would tell what nobody counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    at: int
    """The day, counted from one that both lines share."""
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    at: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    x: float
    y: float

    @property
    def percent(self) -> str:
        """Across, as SVG measures what is not to be stretched."""
        return f"{self.x / 10:g}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    kind: str
    runs: tuple[str, ...]
    """Points of polylines, as SVG wants them."""
    dots: tuple[Spot, ...]
    """Days that stand alone, and the last of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    spot: Spot
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A vertical line with a word beside it, on the side where there is room."""

    spot: Spot
    name: str
    kind: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    height: int
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    flags: tuple[Flag, ...]


def chart(
    series: Sequence[tuple[str, Sequence[Point]]],
    *,
    marks: Iterable[Mark] = (),
    label: Callable[[int], str] = str,
    height: int,
) -> Chart | None:
    """None where there is no line to draw: it takes two days. Marks outside of the days are left out."""
    days = sorted({point.at for _, points in series for point in points})
    if len(days) < 2:
        return None
    marks = list(marks)
    first, last = min(days), max([*days, *(mark.at for mark in marks)])
    step = step_up(max(point.value for _, points in series for point in points))
    top = step * -(-max(1, max(point.value for _, points in series for point in points)) // step)

    def x(at: int) -> float:
        return round(WIDTH * (at - first) / (last - first), 1)

    def y(value: int) -> float:
        return round(height * (1 - value / top), 1)

    return Chart(
        height=height,
        lines=tuple(_line(kind, sorted((p.at, x(p.at), y(p.value)) for p in points)) for kind, points in series),
        across=tuple(ticks(first, last, x, label)),
        up=tuple(Tick(spot=Spot(x=0, y=y(value)), label=str(value)) for value in range(0, top + 1, step)),
        flags=tuple(flags([(mark, x(mark.at)) for mark in marks if mark.at >= first])),
    )


def step_up(top: int) -> int:
    """1, 2 or 5 times a power of ten, so that a few lines reach the top."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * MOST_UP >= top:
                return step
        size *= 10


def _line(kind: str, points: Sequence[tuple[int, float, float]]) -> Line:
    runs = _runs(points)
    last = runs[-1:] if runs and len(runs[-1]) > 1 else []
    alone = [run for run in runs if len(run) == 1]
    return Line(
        kind=kind,
        runs=tuple(" ".join(f"{x:g},{y:g}" for _, x, y in run) for run in runs if len(run) > 1),
        dots=tuple(Spot(x=run[-1][1], y=run[-1][2]) for run in (*alone, *last)),
    )


def _runs(points: Sequence[tuple[int, float, float]]) -> list[list[tuple[int, float, float]]]:
    runs = [[points[0]]] if points else []
    for before, after in pairwise(points):
        if after[0] - before[0] > GAP:
            runs.append([])
        runs[-1].append(after)
    return runs


def ticks(first: int, last: int, x: Callable[[int], float], label: Callable[[int], str]) -> Iterator[Tick]:
    """On days that are whole steps away from day 0, the one that matters."""
    step = next((one for one in STEPS if (last - first) // one < MOST_ACROSS), STEPS[-1])
    for at in range(-(-first // step) * step, last + 1, step):
        yield Tick(spot=Spot(x=x(at), y=0), label=label(at), anchor=_anchor(x(at)))


def _anchor(at: float) -> str:
    """Words at the edges stay inside."""
    return "start" if at < 60 else "end" if at > WIDTH - 60 else "middle"


def flags(marks: Sequence[tuple[Mark, float]]) -> Iterator[Flag]:
    """Each a row below the other, so that no word covers another's."""
    for row, (mark, at) in enumerate(marks):
        anchor = "end" if at > WIDTH / 2 else "start"
        yield Flag(spot=Spot(x=at, y=row * ROW), name=mark.name, kind=mark.kind, anchor=anchor)
