"""Generated universities and proposals: what was to change has changed, nothing else has, all can be put back."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canvas_api.standin import SMALL_NOW, Standin, University
from registrar.domain.facts import DATE_FIELDS, INHERIT
from registrar.errors import Refused
from registrar.models import Change, Proposal
from registrar.services.proposing import Wanted
from tests.services.door import Clock

from .house import House, states, utc

pytestmark = pytest.mark.django_db

ZONE = "America/Denver"
SOAK = os.environ.get("SOAK") == "1"
DAYS = [SMALL_NOW + timedelta(days=days, hours=hours) for days in (-9, 1, 3, 8) for hours in (0, 5)]
LOCAL_MIDNIGHT, UTC_MIDNIGHT = utc("2026-12-01T07:00:00Z"), utc("2026-12-03T00:00:00Z")

existing = st.one_of(st.none(), st.sampled_from(DAYS))
new = st.one_of(existing, st.sampled_from((LOCAL_MIDNIGHT, UTC_MIDNIGHT)))
some_dates = st.dictionaries(st.sampled_from(DATE_FIELDS), existing)
in_order = st.lists(
    st.one_of(st.none(), st.sampled_from((*DAYS, LOCAL_MIDNIGHT, UTC_MIDNIGHT))), min_size=3, max_size=3
).map(lambda three: dict(zip(("unlock_at", "due_at", "lock_at"), _sorted(three), strict=True)))
"""Canvas lets no assignment be saved whose own dates are out of order, and keeps them at midnight."""


def _sorted(three: list[datetime | None]) -> list[datetime | None]:
    dates = iter(sorted(when for when in three if when))
    return [when and next(dates) for when in three]


@st.composite
def universities(draw: st.DrawFn) -> University:
    university = University()
    university.root.features = frozenset({"post_grades"})
    university.job_time_zone = draw(st.sampled_from((None, "UTC")))
    for number in range(draw(st.integers(1, 3))):
        course = university.add_course(name=f"Course {number}", sis_course_id=f"C{number}", time_zone=ZONE)
        sections = [
            university.add_section(course_id=course.id, name=f"S{n}", sis_section_id=f"C{number}-{n}")
            for n in range(draw(st.integers(1, 3)))
        ]
        for _ in range(draw(st.integers(1, 3))):
            _add_assignment(draw, university, course.id, [section.id for section in sections])
    return university


def _add_assignment(draw: st.DrawFn, university: University, course_id: int, sections: list[int]) -> None:
    assignment = university.add_assignment(
        course_id=course_id,
        name=f"Assignment {len(university.assignments)}",
        post_to_sis=draw(st.sampled_from((True, True, True, False))),
        only_visible_to_overrides=draw(st.booleans()),
        workflow_state=draw(st.sampled_from(("published", "published", "unpublished"))),
        **draw(in_order),
    )
    for section in sections:
        if draw(st.booleans()):
            unassigned = draw(st.integers(0, 5)) == 0
            university.add_override(
                assignment_id=assignment.id,
                course_section_id=section,
                unassign_item=unassigned,
                **({} if unassigned else draw(some_dates)),
            )
    if draw(st.integers(0, 4)) == 0:
        university.add_override(assignment_id=assignment.id, course_id=course_id, **draw(some_dates))


@st.composite
def wishes(draw: st.DrawFn, university: University) -> list[Wanted]:
    places = [
        (assignment.course_id, assignment.id, section)
        for assignment in university.assignments.values()
        if assignment.post_to_sis
        for section in (None, *(each.id for each in university.sections_of(assignment.course_id)))
    ]
    chosen = draw(st.lists(st.sampled_from(places), unique=True, max_size=8)) if places else []
    return [Wanted(course_id=c, assignment_id=a, section_id=s, dates=draw(_dates(s))) for c, a, s in chosen]


def _dates(section: int | None) -> st.SearchStrategy[dict[Any, Any]]:
    value = new if section is None else st.one_of(new, st.just(INHERIT))
    return st.dictionaries(st.sampled_from(DATE_FIELDS), value, min_size=1)


def expected(before: dict[str, Any], university: University, proposal: Proposal) -> dict[str, Any]:
    """The whole Canvas after the proposal, by Canvas's own columns and without the registrar's plan."""
    after = {name: {key: dict(row) for key, row in table.items()} for name, table in before.items()}
    for row in proposal.changes.filter(state=Change.State.VERIFIED):
        wanted = row.found or row.after
        if row.section_id is None:
            _expect_base(after["assignments"][row.assignment_id], row.before, wanted)
        else:
            _expect_section(after["overrides"], university, row, wanted)
    return after


def _expect_base(assignment: dict[str, Any], was: dict[str, Any], wanted: dict[str, Any]) -> None:
    assignment["post_to_sis"] = wanted["post_to_sis"]
    for name in DATE_FIELDS:
        if was[name] != wanted[name]:
            assignment[name] = utc(wanted[name]) if wanted[name] else None


def _expect_section(table: dict[int, Any], university: University, row: Change, wanted: dict[str, Any]) -> None:
    where = {"assignment_id": row.assignment_id, "set_type": "CourseSection", "set_id": row.section_id}
    own = next((o for o in table.values() if all(o[key] == value for key, value in where.items())), None)
    if own is None:
        real = next(
            o
            for o in university.overrides_of(university.assignments[row.assignment_id])
            if (o.set_type, o.set_id) == ("CourseSection", row.section_id)
        )
        own = table[real.id] = {
            "id": real.id,
            "title": university.sections[row.section_id or 0].name,
            "student_ids": (),
            "unassign_item": False,
            "workflow_state": "active",
            "context_module_id": None,
            **where,
        }
    for name in DATE_FIELDS:
        own[f"{name}_overridden"] = wanted[name] != "inherit"
        own[name] = utc(wanted[name]) if wanted[name] not in (None, "inherit") else None


def check(university: University, drawn: Callable[[], list[Wanted]]) -> None:
    clock = Clock()
    with ExitStack() as stack:
        stack.enter_context(transaction.atomic())
        standin = stack.enter_context(Standin(university, clock=lambda: clock().timestamp(), throttle=False))
        house = House(standin, clock)
        house.sync()
        _change_and_put_back(house, drawn())
        _turn_off_and_put_back(house)
        transaction.set_rollback(True)


def _change_and_put_back(house: House, wanted: list[Wanted]) -> None:
    before = house.university.snapshot()
    try:
        proposal = house.approved(house.proposed(*wanted))
    except Refused:
        assert house.university.snapshot() == before
        return
    house.applied(proposal)
    assert set(states(proposal).values()) <= {"verified", "already", "refused"}
    assert house.university.snapshot() == expected(before, house.university, proposal)
    for row in proposal.changes.filter(state=Change.State.VERIFIED, found=None):
        assert row.message == ""
    _put_back(house, proposal, before)


def _put_back(house: House, proposal: Proposal, before: dict[str, Any]) -> None:
    if not proposal.changes.filter(state=Change.State.VERIFIED).exists():
        assert house.university.snapshot() == before
        return
    back = house.restored(proposal)
    assert set(states(back).values()) == {"verified"}, [(row.state, row.message) for row in back.changes.all()]
    assert house.university.snapshot() == before


def _turn_off_and_put_back(house: House) -> None:
    before = house.university.snapshot()
    for course in sorted(house.university.courses):
        try:
            proposal = house.applied(house.approved(house.disabled(course)))
        except Refused:
            continue
        assert set(states(proposal).values()) == {"verified"}
        assert house.university.snapshot() == expected(before, house.university, proposal)
        _put_back(house, proposal, before)


def run(data: st.DataObject) -> None:
    university = data.draw(universities())
    check(university, lambda: data.draw(wishes(university)))


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
@given(st.data())
def test_it_changes_what_was_agreed_to_and_nothing_else_and_puts_it_back(data: st.DataObject) -> None:
    run(data)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=400, deadline=None, suppress_health_check=QUIET)
@given(st.data())
def test_it_does_so_for_hundreds_of_universities(data: st.DataObject) -> None:
    run(data)
