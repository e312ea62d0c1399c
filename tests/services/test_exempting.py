from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrar import tasks
from registrar.domain import facts
from registrar.domain.findings import Code
from registrar.errors import Missing, Refused
from registrar.models import Course, Entry, Exemption, Finding, LineItem, Section, reach_of
from registrar.services import assessing, exempting, reassessing
from registrar.services.assessing import facts_of, surroundings
from registrar.services.covering import Target
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University, people, university

__all__ = ["people", "university"]

UNTIL = (NOW + timedelta(days=20)).date()
AFTER = NOW + timedelta(days=22)


def accept(by: User, course: Course, code: Code = Code.DUE_MISSING, **where: Any) -> Exemption:
    known = {name: where.pop(name) for name in ("until", "reason", "now", "seen") if name in where}
    given = {"until": UNTIL, "reason": "Graded on paper.", "now": NOW} | known
    return exempting.accept(by=by, code=code, target=Target(course_id=course.pk, **where), **given)


def again(now: datetime = NOW) -> None:
    assert reassessing.carry_on(clock=lambda: now, until=None) == 0


def read_again(course: Course, change: Callable[[facts.Assignment], facts.Assignment]) -> None:
    """A sync that finds some assignments changed."""
    known = facts_of(course.pk)
    assert known is not None
    row = Course.objects.select_related("term", "account").get(pk=course.pk)
    build.read(row, sections=known.sections, assignments=[change(one) for one in known.assignments])


def edited(which: str, **changes: Any) -> Callable[[facts.Assignment], facts.Assignment]:
    def change(one: facts.Assignment) -> facts.Assignment:
        known = {field: getattr(one, field) for field in one.__slots__}
        return facts.Assignment(**known | changes) if one.name == which else one

    return change


def states(course: Course) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, status in course.line_items.values_list("assignment_name", "status"):
        found.setdefault(name.strip(), set()).add(status)
    return found


@pytest.fixture
def reviewer(people: dict[str, User]) -> User:
    return people["reviewer"]


@pytest.fixture
def course(university: University) -> Course:
    """In arts, sections A and B: “Portfolio” has no due date, one assignment no name."""
    return university.needing


@pytest.fixture
def portfolio(course: Course) -> list[LineItem]:
    return list(course.line_items.filter(assignment_name="Portfolio").order_by("section__name"))


# What is covered


def test_it_accepts_for_one_assignment_in_all_its_sections(
    reviewer: User, course: Course, portfolio: list[LineItem]
) -> None:
    made = accept(reviewer, course, assignment_id=portfolio[0].assignment_id)
    assert made.level == Exemption.Level.ASSIGNMENT
    assert len(made.covers) == 2
    assert made.subject == f"“Portfolio” in {course}"
    assert states(course) == {"Essay": {"ready"}, "Portfolio": {"excepted"}, "": {"needs_action"}}
    assert set(course.line_items.filter(status="excepted").values_list("excepted_until", flat=True)) == {
        made.until
    }
    assert set(Finding.objects.filter(exemption=made).values_list("code", flat=True)) == {"due_missing"}


def test_it_accepts_for_one_assignment_in_one_section(
    reviewer: User, course: Course, portfolio: list[LineItem]
) -> None:
    one = portfolio[0]
    made = accept(reviewer, course, assignment_id=one.assignment_id, section_id=one.section_id)
    assert made.subject == f"“Portfolio” in section A in {course}"
    assert states(course)["Portfolio"] == {"excepted", "needs_action"}


def test_it_accepts_for_a_section(reviewer: User, course: Course, portfolio: list[LineItem]) -> None:
    made = accept(reviewer, course, Code.NAME_EMPTY, section_id=portfolio[1].section_id)
    assert (made.level, made.subject) == (Exemption.Level.SECTION, f"section B in {course}")
    assert states(course)[""] == {"excepted", "needs_action"}


def test_it_accepts_for_a_course(reviewer: User, course: Course) -> None:
    assert accept(reviewer, course).level == Exemption.Level.COURSE
    assert accept(reviewer, course, Code.NAME_EMPTY).subject == str(course)
    assert states(course) == {"Essay": {"ready"}, "Portfolio": {"excepted"}, "": {"excepted"}}


def test_it_counts_excepted_apart_everywhere(reviewer: User, course: Course) -> None:
    accept(reviewer, course)
    course.refresh_from_db()
    assert (course.items, course.items_needing, course.items_excepted) == (6, 2, 2)
    accept(reviewer, course, Code.NAME_EMPTY)
    course.refresh_from_db()
    assert (course.items_needing, course.items_excepted, course.sections_needing) == (0, 4, 0)
    counts = Section.objects.filter(course=course).values_list("items", "items_needing", "items_excepted")
    assert list(counts) == [(3, 0, 2), (3, 0, 2)]


def test_an_accepted_warning_warns_no_more_and_stays_listed(reviewer: User, university: University) -> None:
    row = build.course(university.arts, university.term, assignments=[build.assignment(needs_grading_count=3)])
    assert row.items_warned == 1
    made = accept(reviewer, row, Code.NEEDS_GRADING)
    row.refresh_from_db()
    item = row.line_items.get()
    assert (row.items_warned, item.warned, item.status, item.excepted_until) == (0, False, "ready", None)
    assert item.codes == ["needs_grading"]
    assert item.findings.get().exemption == made


def test_it_lasts_as_long_as_the_first_that_is_needed(reviewer: User, university: University) -> None:
    row = build.course(university.arts, university.term, assignments=[build.assignment(" ", due=None)])
    first = accept(reviewer, row, Code.NAME_EMPTY, until=UNTIL - timedelta(days=5))
    assert row.line_items.get().status == "needs_action"
    accept(reviewer, row, Code.DUE_MISSING)
    item = row.line_items.get()
    assert (item.status, item.excepted_until) == ("excepted", first.until)


# The facts beneath


def test_it_does_not_cover_what_comes_later(reviewer: User, course: Course) -> None:
    accept(reviewer, course)
    known = facts_of(course.pk)
    assert known is not None
    row = Course.objects.select_related("term", "account").get(pk=course.pk)
    late = build.assignment("Late addition", due=None)
    build.read(row, sections=known.sections, assignments=[*known.assignments, late])
    assert states(course)["Portfolio"] == {"excepted"}
    assert states(course)["Late addition"] == {"needs_action"}


def test_it_stays_when_something_else_changes(reviewer: User, course: Course) -> None:
    made = accept(reviewer, course)
    read_again(course, edited("Portfolio", name="Portfolio, final", points_possible=99.0))
    made.refresh_from_db()
    assert made.ended_at is None
    assert states(course)["Portfolio, final"] == {"excepted"}


def test_it_is_void_when_the_fact_changes(reviewer: User, course: Course) -> None:
    made = accept(reviewer, course, Code.NAME_EMPTY)
    read_again(course, edited(" ", name="   "))
    made.refresh_from_db()
    assert (made.ended_because, made.ended_by, made.ended_at) == ("void", None, NOW)
    assert states(course)[""] == {"needs_action"}
    entry = Entry.objects.get(what="exemption ended")
    assert (entry.by, entry.account_path, entry.after) == (
        None,
        course.account.path,
        {"number": made.pk, "because": "What it accepted has changed in Canvas"},
    )


def test_it_does_not_come_back_with_the_old_fact(reviewer: User, course: Course) -> None:
    accept(reviewer, course, Code.NAME_EMPTY)
    read_again(course, edited(" ", name="Named"))
    read_again(course, edited("Named", name=" "))
    assert states(course)[""] == {"needs_action"}
    assert Entry.objects.filter(what="exemption ended").count() == 1


def test_it_is_void_only_when_nothing_is_left(reviewer: User, university: University) -> None:
    row = build.course(
        university.arts,
        university.term,
        assignments=[build.assignment("One", due=None), build.assignment("Two", due=None)],
    )
    made = accept(reviewer, row)
    read_again(row, edited("One", dates=facts.Dates(due_at=build.DUE)))
    made.refresh_from_db()
    assert made.ended_at is None
    assert states(row) == {"One": {"ready"}, "Two": {"excepted"}}
    read_again(row, edited("Two", dates=facts.Dates(due_at=build.DUE)))
    made.refresh_from_db()
    assert made.ended_because == "void"


def test_it_is_void_when_the_course_is_gone(reviewer: User, course: Course) -> None:
    made = accept(reviewer, course)
    Course.objects.filter(pk=course.pk).update(gone_at=NOW)
    assert exempting.expire(now=NOW) == 1
    made.refresh_from_db()
    assert made.ended_because == "void"


# The clock


def test_it_ends_with_its_last_day_without_a_sync(reviewer: User, course: Course) -> None:
    made = accept(reviewer, course)
    assert exempting.expire(now=made.until - timedelta(seconds=1)) == 0
    again(made.until - timedelta(seconds=1))
    assert states(course)["Portfolio"] == {"excepted"}
    assert exempting.expire(now=made.until) == 1
    assert exempting.expire(now=made.until) == 0
    again(made.until)
    assert states(course)["Portfolio"] == {"needs_action"}
    made.refresh_from_db()
    assert (made.ended_because, made.ended_at) == ("expired", made.until)
    assert Entry.objects.filter(what="exemption ended", by=None).count() == 1


def test_the_sweep_ends_it(reviewer: User, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    made = accept(reviewer, course)
    sent: list[str] = []
    for name in ("reassess", "announce", "deliver", "work"):
        monkeypatch.setattr(f"registrar.tasks.{name}.delay", lambda *_, name=name: sent.append(name))
    with time_machine.travel(made.until, tick=False):
        tasks.sweep()
        assert "reassess" in sent
        tasks.reassess()
    assert states(course)["Portfolio"] == {"needs_action"}


def test_a_sync_before_the_sweep_counts_it_no_more(reviewer: User, course: Course) -> None:
    made = accept(reviewer, course)
    row = Course.objects.select_related("term", "account").get(pk=course.pk)
    assert assessing.reassess(row, surroundings(now=made.until))
    assert states(course)["Portfolio"] == {"needs_action"}


def test_it_ends_at_the_office_s_midnight(reviewer: User, course: Course, settings: Any) -> None:
    settings.TIME_ZONE = "America/Chicago"
    made = accept(reviewer, course, until=date(2026, 12, 15), now=datetime(2026, 12, 1, tzinfo=UTC))
    assert made.until == datetime(2026, 12, 16, 5, 59, 59, tzinfo=UTC)


# A whole rule


def accept_rule(by: User, university: University, code: Code = Code.DUE_MISSING, **given: Any) -> Exemption:
    usual = {"term": university.term, "account": university.arts, "until": UNTIL, "reason": "No sync.", "now": NOW}
    return exempting.accept_rule(by=by, code=code, **{**usual, **given})


def test_it_accepts_a_rule_for_a_college_and_all_below(
    people: dict[str, User], university: University, course: Course
) -> None:
    history = build.account("History", university.arts)
    below = build.course(history, university.term, assignments=[build.assignment("Map", due=None)])
    beside = build.course(university.science, university.term, assignments=[build.assignment("Rock", due=None)])
    other = build.course(university.arts, build.term("Spring"), assignments=[build.assignment("Ode", due=None)])
    made = accept_rule(people["administrator"], university)
    again()
    assert (made.subject, made.covers) == ("Arts, Fall", {})
    assert states(course)["Portfolio"] == {"excepted"}
    assert [states(row) for row in (below, beside, other)] == [
        {"Map": {"excepted"}},
        {"Rock": {"needs_action"}},
        {"Ode": {"needs_action"}},
    ]
    later = build.course(history, university.term, assignments=[build.assignment("Later", due=None)])
    assert states(later) == {"Later": {"excepted"}}, "it covers what breaks the rule until its end"
    exempting.expire(now=made.until)
    again(made.until)
    assert states(below) == {"Map": {"needs_action"}}


def test_a_rule_stays_accepted_when_nothing_breaks_it(
    people: dict[str, User], university: University, course: Course
) -> None:
    made = accept_rule(people["administrator"], university)
    again()
    read_again(course, edited("Portfolio", dates=facts.Dates(due_at=build.DUE)))
    made.refresh_from_db()
    assert made.ended_at is None


@pytest.mark.parametrize("who", ["viewer", "reviewer", "approver"])
def test_only_administrators_accept_a_rule(who: str, people: dict[str, User], university: University) -> None:
    with pytest.raises(Refused, match="administrator"):
        accept_rule(people[who], university)
    assert not Exemption.objects.exists()


def test_an_administrator_keeps_to_their_reach(people: dict[str, User], university: University) -> None:
    with pytest.raises(Missing):
        accept_rule(people["science_all_round"], university)


def test_it_refuses_a_rule_that_nobody_breaks(people: dict[str, User], university: University) -> None:
    with pytest.raises(Refused, match="nothing to accept"):
        accept_rule(people["administrator"], university, account=university.science)


def test_it_refuses_a_rule_that_is_accepted_above(people: dict[str, User], university: University) -> None:
    accept_rule(people["administrator"], university, account=university.root)
    with pytest.raises(Refused, match="accepted it already"):
        accept_rule(people["administrator"], university)
    longer = accept_rule(people["administrator"], university, until=UNTIL + timedelta(days=9))
    assert longer.account == university.arts


# Who and what is refused


@pytest.mark.parametrize("who", ["viewer", "approver", "nobody", "scientist"])
def test_only_reviewers_accept(who: str, people: dict[str, User], course: Course) -> None:
    with pytest.raises(Refused, match="reviewer"):
        accept(people[who], course)
    assert not Exemption.objects.exists()


@pytest.mark.parametrize("who", ["science_reviewer", "science_all_round"])
def test_a_course_out_of_reach_is_not_there(who: str, people: dict[str, User], course: Course) -> None:
    with pytest.raises(Missing):
        accept(people[who], course)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reason": "  "}, "Give a reason"),
        ({"until": (NOW - timedelta(days=1)).date()}, "is over already"),
        ({"until": (NOW + timedelta(days=400)).date()}, "at most"),
        ({"code": Code.POINTS_MISSING}, "not broken there"),
        ({"section_id": 1}, "not broken there"),
        ({"assignment_id": 1}, "not broken there"),
        ({"seen": "something else"}, "worked out again"),
    ],
    ids=str,
)
def test_it_refuses_what_makes_no_sense(
    given: dict[str, Any], message: str, reviewer: User, course: Course
) -> None:
    with pytest.raises(Refused, match=message):
        accept(reviewer, course, **given)
    assert not Exemption.objects.exists()
    assert not Entry.objects.exists()


def test_the_second_of_two_is_told_who_was_first(people: dict[str, User], course: Course) -> None:
    accept(people["reviewer"], course)
    with pytest.raises(Refused, match="reviewer has accepted it already, until"):
        accept(people["administrator"], course)
    assert Exemption.objects.count() == 1


def test_one_that_lasts_longer_takes_over(people: dict[str, User], course: Course) -> None:
    accept(people["reviewer"], course)
    longer = accept(people["administrator"], course, until=UNTIL + timedelta(days=7))
    assert {one.exemption for one in Finding.objects.filter(course=course, code="due_missing")} == {longer}


def test_it_accepts_only_what_was_seen(reviewer: User, course: Course) -> None:
    seen = Course.objects.values_list("assessed_as", flat=True).get(pk=course.pk)
    assert accept(reviewer, course, seen=seen).pk


def test_it_is_audited(reviewer: User, course: Course) -> None:
    made = accept(reviewer, course)
    entry = Entry.objects.get()
    assert (entry.by, entry.what, entry.reason) == (reviewer, "exemption made", "Graded on paper.")
    assert entry.account_path == course.account.path
    assert entry.subject == f"No due date: {course}"
    assert entry.after == {
        "number": made.pk,
        "accepted for": "One course",
        "line items": 2,
        "until": made.until.isoformat(),
    }


# Taken back


def test_it_is_taken_back(people: dict[str, User], course: Course) -> None:
    made = accept(people["reviewer"], course)
    exempting.revoke(by=people["administrator"], exemption=made, reason="The date is needed.", now=NOW)
    made.refresh_from_db()
    assert (made.ended_because, made.ended_by, made.ended_at) == ("revoked", people["administrator"], NOW)
    assert made.ended_reason == "The date is needed."
    assert states(course)["Portfolio"] == {"needs_action"}
    entry = Entry.objects.get(what="exemption taken back")
    assert (entry.by, entry.reason) == (people["administrator"], "The date is needed.")


def test_it_is_taken_back_once(reviewer: User, course: Course) -> None:
    made = accept(reviewer, course)
    exempting.revoke(by=reviewer, exemption=made, reason="No.", now=NOW)
    with pytest.raises(Refused, match="ended already"):
        exempting.revoke(by=reviewer, exemption=made, reason="No.", now=NOW)
    assert exempting.expire(now=AFTER) == 0
    assert Entry.objects.filter(what="exemption taken back").count() == 1


def test_a_rule_is_taken_back_by_administrators(
    people: dict[str, User], university: University, course: Course
) -> None:
    made = accept_rule(people["administrator"], university)
    again()
    with pytest.raises(Refused, match="administrator"):
        exempting.revoke(by=people["reviewer"], exemption=made, reason="No.", now=NOW)
    exempting.revoke(by=people["administrator"], exemption=made, reason="No.", now=NOW)
    again()
    assert states(course)["Portfolio"] == {"needs_action"}


@pytest.mark.parametrize(
    ("who", "trouble"), [("viewer", Refused), ("approver", Refused), ("science_reviewer", Missing)]
)
def test_not_everybody_takes_it_back(
    who: str, trouble: type[Exception], people: dict[str, User], course: Course
) -> None:
    made = accept(people["reviewer"], course)
    with pytest.raises(trouble):
        exempting.revoke(by=people[who], exemption=made, reason="No.", now=NOW)
    made.refresh_from_db()
    assert made.ended_at is None


def test_it_asks_for_a_reason(reviewer: User, course: Course) -> None:
    with pytest.raises(Refused, match="reason"):
        exempting.revoke(by=reviewer, exemption=accept(reviewer, course), reason=" ", now=NOW)


def test_a_course_takes_its_exemptions_along(people: dict[str, User], university: University) -> None:
    made = accept(people["reviewer"], university.needing)
    assert not Exemption.objects.within(reach_of(people["science_reviewer"])).exists()
    Course.objects.filter(pk=university.needing.pk).update(account=university.science)
    assert exempting.for_person(people["science_reviewer"], made.pk) == made


# Cost, and others at work


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_rule", [False, True], ids=["course", "rule"])
def test_of_two_at_once_one_wins(of_rule: bool, people: dict[str, User], university: University) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("ONE CONNECTION: SQLite in memory; `test_postgres` runs this with two")
    start = Barrier(2)

    def attempt(name: str) -> Exemption | str:
        start.wait(10)
        try:
            if of_rule:
                return accept_rule(people["administrator"], university)
            return accept(people[name], university.needing)
        except Refused as trouble:
            return trouble.message
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(attempt, ["reviewer", "administrator"]))
    (refused,) = [one for one in found if isinstance(one, str)]
    assert "has accepted it already" in refused
    assert Exemption.objects.count() == 1


def test_it_reads_all_exemptions_at_once(reviewer: User, university: University, course: Course) -> None:
    """Assessing many courses asks no more often than without exemptions, but once for all."""
    rows = list(Course.objects.select_related("term", "account").prefetch_related("own_periods"))
    digests = assessing.current_digests(rows)

    def asked() -> int:
        around = surroundings(now=NOW)
        with CaptureQueriesContext(connection) as found:
            for row in rows:
                assessing.follows_from(row, digests[row.pk], assessing.header(row, around), around)
        return len(found)

    without = asked()
    accept(reviewer, course)
    accept(reviewer, course, Code.NAME_EMPTY)
    assert len(rows) > 1
    assert asked() == without == 1


def test_a_worker_that_knew_nothing_of_it_does_not_have_the_last_word(reviewer: User, course: Course) -> None:
    """It is accepted while a sync reads the course: what the sync stores is worked out again."""
    around = surroundings(now=NOW)
    around.exemptions_of(course)
    stale = Course.objects.select_related("term", "account").get(pk=course.pk)
    accept(reviewer, course)
    known = facts_of(course.pk, around)
    assert known is not None
    assessing.store_reading(stale, known, around, sections_read=True)
    assert states(course)["Portfolio"] == {"needs_action"}
    assert Course.objects.get(pk=course.pk) in reassessing.waiting()
    again()
    assert states(course)["Portfolio"] == {"excepted"}


def test_an_unchanged_course_keeps_the_counts_of_whoever_came_between(reviewer: User, course: Course) -> None:
    stale = Course.objects.select_related("term", "account").get(pk=course.pk)
    accept(reviewer, course)
    around = surroundings(now=NOW)
    known = facts_of(course.pk, around)
    assert known is not None
    assessing.store_reading(stale, known, around, sections_read=True)
    course.refresh_from_db()
    assert (course.items_needing, course.items_excepted) == (2, 2)
