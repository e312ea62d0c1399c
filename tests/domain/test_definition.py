"""The definition of design.md, section 3, said again as plainly as can be, against generated assignments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registrar.domain.dates import (
    effective_dates,
    explain,
    in_sis_feed,
    is_given,
    sis_due_at,
    student_exceptions,
)
from registrar.domain.facts import DATE_FIELDS, INHERIT, Assignment, Dates, Feed, Override, Target
from tests.domain.build import assignment, course, day, items, section

SECTIONS = (1, 2, 3)
# Few dates, so that ties are many.
TIMES = st.integers(1, 4).map(day)
MAYBE = st.none() | TIMES
STATED = st.just(INHERIT) | MAYBE


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    target = draw(st.sampled_from(Target))
    return Override(
        id=draw(st.integers(1, 99)),
        target=target,
        section_id=draw(st.sampled_from(SECTIONS)) if target is Target.SECTION else None,
        student_ids=tuple(draw(st.lists(st.integers(1, 5), max_size=3))) if target is Target.STUDENTS else (),
        due_at=draw(STATED),
        unlock_at=draw(STATED),
        lock_at=draw(STATED),
        unassigned=target is Target.SECTION and draw(st.integers(0, 5)) == 0,
    )


DATES = st.builds(Dates, due_at=MAYBE, unlock_at=MAYBE, lock_at=MAYBE)
FEEDS = st.builds(
    Feed, dates=DATES, sections=st.dictionaries(st.sampled_from(SECTIONS), st.none() | DATES, max_size=3)
)
ASSIGNMENTS = st.builds(
    assignment,
    dates=DATES,
    overrides=st.lists(overrides(), max_size=6).map(tuple),
    only_visible_to_overrides=st.booleans(),
    feed=st.none() | FEEDS,
)


def naive_given(of: Assignment, number: int) -> bool:
    found = False
    for override in of.overrides or ():
        if override.target == "section" and override.section_id == number and override.unassigned:
            return False
        if override.target == "section" and override.section_id == number:
            found = True
        if override.target == "course":
            found = True
    if of.only_visible_to_overrides:
        return found
    return True


def naive_date(of: Assignment, number: int, name: str) -> tuple[datetime | None, str]:
    said: list[tuple[Any, str]] = []
    for override in of.overrides or ():
        own = override.target == "section" and override.section_id == number
        if (own or override.target == "course") and getattr(override, name) is not INHERIT:
            said.append((getattr(override, name), str(override.target)))
    if said:
        value = said[0][0]
        for each, _ in said:
            if each is None or value is None:
                value = None
            elif (name == "unlock_at" and each < value) or (name != "unlock_at" and each > value):
                value = each
        who = [target for each, target in said if each == value]
        return value, who[0] if len(who) == 1 else "several"
    if getattr(of.dates, name) is not None:
        return getattr(of.dates, name), "assignment"
    if name == "due_at":
        for override in of.overrides or ():
            if override.target == "mastery_path" and override.due_at not in (None, INHERIT):
                return override.due_at, "mastery_path"
    return None, "none"


def naive_sis_date(of: Feed, number: int) -> datetime | None:
    if number not in of.sections:
        return None
    merged = {"due_at": of.dates.due_at}
    override = of.sections[number]
    if override is not None:
        merged["due_at"] = override.due_at
    return merged["due_at"]


def agrees(of: Assignment) -> None:
    for number in SECTIONS:
        expected = naive_given(of, number)
        found = effective_dates(of, number)
        assert is_given(of, number) is expected
        assert (found is not None) is expected
        for name in DATE_FIELDS if found else ():
            date = getattr(found, name)
            assert (date.value, date.source) == naive_date(of, number, name)
        if of.feed:
            assert sis_due_at(of.feed, number) == naive_sis_date(of.feed, number)
            assert in_sis_feed(of.feed, number) == (number in of.feed.sections)


@settings(max_examples=1_000, deadline=None)
@given(ASSIGNMENTS)
def test_it_agrees_with_the_plain_definition(of: Assignment) -> None:
    agrees(of)


@pytest.mark.soak
@settings(max_examples=12_000, deadline=None)
@given(ASSIGNMENTS)
def test_it_agrees_with_the_plain_definition_twelve_thousand_times(of: Assignment) -> None:
    agrees(of)


@settings(max_examples=300, deadline=None)
@given(ASSIGNMENTS, st.sampled_from(SECTIONS), st.sampled_from(DATE_FIELDS))
def test_it_explains_what_it_found(of: Assignment, number: int, name: Any) -> None:
    steps = [step for step in explain(of, number, name) if step.wins]
    found = effective_dates(of, number)
    if found is None:
        assert [step.kind for step in steps] in (["unassigned"], ["not_given"])
        return
    date = getattr(found, name)
    assert {step.value for step in steps} == {date.value}
    kinds = {"assignment": {"base"}, "none": {"base"}, "several": {"section", "course"}}
    assert {step.kind.value for step in steps} <= kinds.get(date.source.value, {date.source.value})
    assert (len(steps) > 1) is (date.source == "several")


@settings(max_examples=300, deadline=None)
@given(ASSIGNMENTS)
def test_it_has_a_line_item_for_each_section_that_has_it_or_is_listed(of: Assignment) -> None:
    found = items(course(of, sections=tuple(map(section, SECTIONS)), feed_read=True))
    having = {number for number in SECTIONS if naive_given(of, number)}
    shown = set(of.feed.sections) if of.feed else set()
    assert set(found) == having | shown | (set() if having else {None})
    assert all(item.student_exceptions == student_exceptions(of) for item in found.values())
    for number, item in found.items():
        if number in having:
            assert item.effective == effective_dates(of, number)
        else:
            assert {item.effective.due_at.source, item.effective.lock_at.source} == {"none"}
