"""Turns: what broke, what was mended, and why, reading by reading."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrar.domain import facts
from registrar.domain.findings import Code
from registrar.models import Account, Course, Finding, GradingPeriod, Mark, Role, Term, Turn
from registrar.services import assessing, exempting, turning
from registrar.services.covering import Target
from tests.pages import build

pytestmark = pytest.mark.django_db

Told = tuple[str, str, str]


@pytest.fixture
def arts() -> Account:
    return build.account("Arts")


@pytest.fixture
def fall() -> Term:
    return build.term()


def told() -> list[Told]:
    rows = Turn.objects.order_by("id").values_list("what", "code", "cause")
    return [(what, code, cause) for what, code, cause in rows]


def reassessed(course: Course, now: datetime = build.NOW) -> bool:
    row = Course.objects.select_related("term", "account").get(pk=course.pk)
    return assessing.reassess(row, assessing.surroundings(now=now))


def test_the_first_reading_is_where_history_begins(arts: Account, fall: Term) -> None:
    build.course(arts, fall, assignments=[build.assignment(due=None)])
    assert Finding.objects.exists()
    assert told() == []


def test_it_tells_what_broke_and_what_was_mended(arts: Account, fall: Term) -> None:
    one, essay = build.section("001"), build.assignment("Essay")
    row = build.course(arts, fall, sections=[one], assignments=[essay])
    broken = facts.Assignment(**_fields(essay) | {"dates": facts.Dates()})
    build.read(row, sections=[one], assignments=[broken])
    build.read(row, sections=[one], assignments=[essay])
    assert told() == [("broken", "due_missing", "canvas"), ("mended", "due_missing", "canvas")]
    turn = Turn.objects.latest("id")
    assert (turn.course, turn.term, turn.account) == (row, fall, arts)
    assert (turn.assignment_name, turn.section_name, turn.severity) == ("Essay", "001", "blocking")
    assert turn.at == build.NOW


def test_an_unchanged_reading_costs_nothing_and_tells_nothing(arts: Account, fall: Term) -> None:
    one, essay = build.section(), build.assignment(due=None)
    row = build.course(arts, fall, sections=[one], assignments=[essay])
    with CaptureQueriesContext(connection) as queries:
        build.read(row, sections=[one], assignments=[essay], read_at=build.NOW + timedelta(hours=1))
    assert told() == []
    assert not [query for query in queries if "turn" in query["sql"] or "registrar_finding" in query["sql"]]


def test_what_is_no_longer_synced_was_not_mended(arts: Account, fall: Term) -> None:
    one, essay = build.section(), build.assignment("Essay", due=None)
    row = build.course(arts, fall, sections=[one], assignments=[essay])
    build.read(row, sections=[one], assignments=[])
    assert told() == [("left", "due_missing", "canvas")]
    assert Turn.objects.get().assignment_name == "Essay"


def test_a_course_that_vanishes_mends_nothing_and_begins_anew_when_it_comes_back(
    arts: Account, fall: Term
) -> None:
    one, essay = build.section(), build.assignment(due=None)
    row = build.course(arts, fall, sections=[one], assignments=[essay])
    assessing.forget_rows(row, now=build.NOW)
    assert told() == [("left", "due_missing", "canvas")]
    build.read(row, sections=[one], assignments=[essay])
    assert len(told()) == 1


def test_a_period_that_closes_is_the_calendars_doing(arts: Account, fall: Term) -> None:
    Term.objects.filter(pk=fall.pk).update(period_group_id=5)
    fall.refresh_from_db()
    ends = build.NOW + timedelta(days=10)
    GradingPeriod.objects.create(
        canvas_id=9, group_id=5, title="Q1", start_at=build.NOW - timedelta(days=30), end_at=ends, close_at=ends
    )
    row = build.course(arts, fall, assignments=[build.assignment()])
    assert reassessed(row, ends + timedelta(minutes=1))
    assert ("broken", "due_in_closed_period", "time") in told()
    assert {cause for *_, cause in told()} == {"time"}


def test_a_deadline_that_is_set_is_our_doing(arts: Account, fall: Term) -> None:
    row = build.course(arts, fall, assignments=[build.assignment()])
    Mark.objects.create(
        term=fall, kind=Mark.Kind.GRADE_DEADLINE, at=build.DUE - timedelta(days=1), set_at=build.NOW
    )
    assert reassessed(row)
    assert told() == [("broken", "due_after_grade_deadline", "rules")]


def test_a_decision_that_asks_for_a_new_assessment_is_not_a_first_reading(arts: Account, fall: Term) -> None:
    row = build.course(arts, fall, assignments=[build.assignment(due=None)])
    Finding.objects.update(code="name_empty")
    Course.objects.update(assessed_as="")
    assert reassessed(row)
    assert told() == [("broken", "due_missing", "rules"), ("mended", "name_empty", "rules")]


def test_what_a_proposal_wrote_is_told_as_its_doing(arts: Account, fall: Term) -> None:
    one, essay = build.section(), build.assignment("Essay", due=None)
    row = build.course(arts, fall, sections=[one], assignments=[essay])
    proposal = build.proposal(row)
    mended = facts.Assignment(**_fields(essay) | {"dates": facts.Dates(due_at=build.DUE)})
    stored = Course.objects.select_related("term", "account").get(pk=row.pk)
    around = assessing.surroundings(now=build.NOW)
    assessing.keep_written(stored, {mended.id: mended}, around, proposal=proposal)
    turn = Turn.objects.get()
    assert (turn.what, turn.cause, turn.proposal) == ("mended", "proposal", proposal)


def test_accepting_a_finding_is_no_mending_and_taking_it_back_needs_action_again(
    arts: Account, fall: Term
) -> None:
    row = build.course(arts, fall, assignments=[build.assignment(due=None)])
    by = build.person("rosa", Role.REVIEWER)
    until = (build.NOW + timedelta(days=9)).date()
    target = Target(course_id=row.pk)
    made = exempting.accept(
        by=by, code=Code.DUE_MISSING, target=target, until=until, reason="A practice task.", now=build.NOW
    )
    assert told() == [("accepted", "due_missing", "exemption")]
    exempting.revoke(by=by, exemption=made, reason="It counts after all.", now=build.NOW)
    assert told()[1:] == [("broken", "due_missing", "exemption")]


def test_it_forgets_what_is_older_than_it_keeps(arts: Account, fall: Term) -> None:
    one, essay = build.section(), build.assignment(due=None)
    row = build.course(arts, fall, sections=[one], assignments=[essay])
    build.read(row, sections=[one], assignments=[])
    assert turning.prune(now=build.NOW + turning.KEPT) == 0
    assert turning.prune(now=build.NOW + turning.KEPT + timedelta(seconds=1)) == 1
    assert told() == []


@pytest.mark.parametrize("seed", range(12))
def test_the_turns_replayed_give_the_findings(arts: Account, fall: Term, seed: int) -> None:
    """Random readings of one course; now and then it vanishes, or somebody accepts what is found."""
    chance = random.Random(seed)
    sections = [build.section(name) for name in "ABC"]
    known = [build.assignment(f"Task {number}") for number in range(4)]
    row = build.course(arts, fall, sections=sections, assignments=known)
    standing, last = _open(), 0
    for _ in range(12):
        if chance.random() < 0.1:
            assessing.forget_rows(row, now=build.NOW)
        else:
            began = not row.assessed_as
            here = chance.sample(sections, chance.randint(1, 3))
            build.read(
                row, sections=here, assignments=[_varied(one, chance) for one in known if chance.random() < 0.8]
            )
            if began:
                assert not Turn.objects.filter(pk__gt=last).exists()
                standing = _open()
        for turn in Turn.objects.filter(pk__gt=last).order_by("pk"):
            key, last = (turn.assignment_id, turn.section_id, turn.code), turn.pk
            if turn.what == Turn.What.BROKEN:
                assert key not in standing
                standing.add(key)
            else:
                standing.remove(key)
        assert standing == _open()


def _open() -> set[tuple[int, int | None, str]]:
    return set(Finding.objects.values_list("line_item__assignment_id", "section_id", "code"))


def _varied(one: facts.Assignment, chance: random.Random) -> facts.Assignment:
    due = chance.choice([None, build.DUE, build.DUE + timedelta(days=300)])
    name = chance.choice([one.name, " ", "Twins"])
    return facts.Assignment(
        **_fields(one) | {"dates": facts.Dates(due_at=due), "name": name, "published": chance.random() < 0.8}
    )


def _fields(one: facts.Assignment) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}
