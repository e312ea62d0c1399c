from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.turns import PARTS, Cause, Key, Turn, What, joined, moved, turns

ESSAY: Key = (1, 10, "due_missing")
NAME: Key = (1, 10, "name_empty")
NOWHERE: Key = (2, None, "students_only")
CANVAS = frozenset({Cause.CANVAS})
DIGESTS = dict(zip(PARTS, ("a" * 32, "b" * 32, "c" * 32, ""), strict=True))


def found(old: dict[Key, bool], new: dict[Key, bool], places: object = None, why: object = CANVAS) -> list[Turn]:
    here = {key[:2] for key in new} if places is None else places
    return list(turns(old, new, places=here, moved=why))  # type: ignore[arg-type]


def whats(old: dict[Key, bool], new: dict[Key, bool], **options: object) -> list[tuple[Key, str]]:
    return [(turn.key, turn.what) for turn in found(old, new, **options)]


def test_it_tells_what_is_new_and_what_is_mended() -> None:
    told = whats({ESSAY: False}, {NAME: False})
    assert told == [(ESSAY, What.MENDED), (NAME, What.BROKEN)]


def test_it_says_nothing_of_what_stays() -> None:
    assert whats({ESSAY: False, NAME: True}, {ESSAY: False, NAME: True}) == []


def test_a_line_item_that_is_gone_was_not_mended() -> None:
    assert whats({ESSAY: False, NOWHERE: False}, {}, places={(2, None)}) == [
        (ESSAY, What.LEFT),
        (NOWHERE, What.MENDED),
    ]


def test_accepting_is_no_mending_and_its_end_is_no_news_from_canvas() -> None:
    assert found({ESSAY: False}, {ESSAY: True}) == [
        Turn(key=ESSAY, what=What.ACCEPTED, cause=Cause.EXEMPTION),
    ]
    assert found({ESSAY: True}, {ESSAY: False}) == [Turn(key=ESSAY, what=What.BROKEN, cause=Cause.EXEMPTION)]
    assert whats({ESSAY: True}, {}, places={(1, 10)}) == [(ESSAY, What.MENDED)]
    assert found({}, {ESSAY: True}) == [Turn(key=ESSAY, what=What.ACCEPTED, cause=Cause.CANVAS)]


@pytest.mark.parametrize(
    ("code", "why", "cause"),
    [
        ("due_missing", {Cause.CANVAS, Cause.TIME, Cause.RULES}, Cause.CANVAS),
        ("due_missing", {Cause.TIME, Cause.RULES}, Cause.RULES),
        ("due_missing", {Cause.TIME}, Cause.TIME),
        ("due_missing", {Cause.EXEMPTION}, Cause.EXEMPTION),
        ("due_missing", set(), Cause.CANVAS),
        ("due_in_closed_period", {Cause.CANVAS, Cause.TIME}, Cause.TIME),
        ("due_in_closed_period", {Cause.CANVAS}, Cause.CANVAS),
        ("due_after_grade_deadline", {Cause.CANVAS, Cause.RULES}, Cause.RULES),
        ("reading_old", {Cause.CANVAS, Cause.TIME}, Cause.TIME),
    ],
)
def test_it_names_the_likeliest_cause(code: str, why: set[Cause], cause: Cause) -> None:
    assert [turn.cause for turn in found({}, {(1, 10, code): False}, why=why)] == [cause]


@pytest.mark.parametrize("part", PARTS)
def test_it_knows_which_part_became_different(part: Cause) -> None:
    before = joined(DIGESTS)
    assert len(before) == 64
    assert moved(before, joined(DIGESTS | {part: "d" * 32})) == {part}
    assert moved(before, before) == frozenset()


def test_an_emptied_text_means_a_decision_here_and_a_strange_one_means_canvas() -> None:
    assert moved("", joined(DIGESTS)) == {Cause.RULES}
    assert moved("f" * 32, joined(DIGESTS)) == {Cause.CANVAS}


KEYS = st.tuples(st.integers(1, 3), st.none() | st.integers(1, 2), st.sampled_from(["due_missing", "name_empty"]))
STATES = st.dictionaries(KEYS, st.booleans(), max_size=8)


def replayed(state: dict[Key, bool], told: list[Turn]) -> dict[Key, bool]:
    now = dict(state)
    for turn in told:
        if turn.what in (What.BROKEN, What.ACCEPTED):
            now[turn.key] = turn.what is What.ACCEPTED
        else:
            assert turn.key in now, "what was not there cannot go"
            del now[turn.key]
    return now


@given(st.lists(STATES, min_size=2, max_size=6))
def test_the_turns_replayed_give_the_findings(states: list[dict[Key, bool]]) -> None:
    now: dict[Key, bool] = {}
    for old, new in zip([{}, *states], states, strict=False):
        told = found(old, new)
        assert len({turn.key for turn in told}) == len(told)
        now = replayed(now, told)
        assert now == new
