"""What an administrator decides changes what is found, for that part of the university and no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrar import tasks
from registrar.domain import facts
from registrar.errors import Missing, Refused
from registrar.models import Account, Course, Entry, LineItem, Role, Ruling
from registrar.services import assessing, reassessing, ruling
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University, people, university

__all__ = ["people", "university"]

pytestmark = pytest.mark.django_db
LIMIT, SEVERITY = Ruling.Kind.LIMIT, Ruling.Kind.SEVERITY
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def admin(university: University) -> User:
    return build.person("admin", Role.ADMINISTRATOR)


def put(by: User, at: Account, kind: str, name: str, value: Any, *, source: str = "The manual, page 3") -> int:
    return ruling.set_ruling(by=by, account_id=at.pk, kind=kind, name=name, value=value, source=source, now=LATER)


def work_off() -> int:
    return reassessing.carry_on(clock=lambda: LATER, until=None)


def codes(course: Course) -> set[str]:
    return {code for item in course.line_items.all() for code in item.codes}


def test_it_finds_what_a_ruling_asks_for_and_no_more(university: University, admin: User) -> None:
    assert put(admin, university.science, LIMIT, "name_length", 3) == 1
    work_off()
    assert codes(university.ready) == {"name_too_long"}
    params = university.ready.findings.first().params
    assert (params["limit"], params["pack"]) == (3, "Science")
    assert "name_too_long" not in codes(university.needing)
    assert ruling.clear_ruling(
        by=admin, account_id=university.science.pk, kind=LIMIT, name="name_length", reason="", now=LATER
    )
    work_off()
    assert codes(university.ready) == set()


def test_the_nearest_ruling_has_the_last_word(university: University, admin: User) -> None:
    put(admin, university.root, LIMIT, "name_length", 2)
    put(admin, university.science, LIMIT, "name_length", None)
    work_off()
    assert "name_too_long" not in codes(university.ready)
    assert "name_too_long" in codes(university.needing)


def test_it_turns_a_rule_off_and_down(university: University, admin: User) -> None:
    put(admin, university.arts, SEVERITY, "due_missing", None)
    put(admin, university.root, SEVERITY, "name_empty", "warning")
    work_off()
    assert "due_missing" not in codes(university.needing)
    assert set(university.needing.findings.values_list("code", "severity")) == {("name_empty", "warning")}
    university.needing.refresh_from_db()
    assert university.needing.items_needing == 0
    assert university.needing.items_warned == 2


def test_a_ruling_beats_the_pack_that_was_chosen(university: University, admin: User) -> None:
    build.read(university.ready, sections=[build.section()], assignments=[build.assignment(group_name="Homework")])
    choose = {"by": admin, "account_id": university.science.pk, "reason": "", "now": LATER}
    assert ruling.choose_pack(code="powerschool", **choose) == 1
    work_off()
    assert "category_unmapped" in codes(university.ready)
    put(admin, university.root, LIMIT, "categories_required", False)
    work_off()
    assert codes(university.ready) == set()
    assert ruling.choose_pack(code="powerschool", **choose) == 0


def test_a_sub_account_that_says_nothing_costs_nothing(university: University, admin: User) -> None:
    put(admin, university.root, LIMIT, "points_maximum", 100)
    for number in range(50):
        build.account(f"Department {number}", university.science)
    with CaptureQueriesContext(connection) as found:
        around = assessing.surroundings(now=NOW)
    assert len(found) <= 6
    assert len({id(one) for one in around.standards.values()}) == 1


def test_a_sync_that_is_under_way_takes_it_up(university: University, admin: User) -> None:
    around = assessing.surroundings(now=NOW)
    assert assessing.renewed(around, now=LATER) is around
    put(admin, university.science, LIMIT, "name_length", 3)
    fresh = assessing.renewed(around, now=LATER)
    assert fresh.rules_of(university.ready).limits.name_length.value == 3


def test_many_courses_are_left_to_a_task(
    university: University, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(reassessing.AT_ONCE):
        build.course(university.science, university.term, code=f"CHEM {number}", assignments=[build.assignment()])
    count = put(admin, university.science, LIMIT, "name_length", 2)
    assert count == reassessing.AT_ONCE + 1
    assert not reassessing.at_once(count, now=LATER)
    sent: list[int] = []
    monkeypatch.setattr(tasks.reassess, "delay", lambda: sent.append(reassessing.waiting().count()))
    tasks.sweep()
    assert sent == [count]
    monkeypatch.setattr(tasks, "CHUNK", timedelta(seconds=-1))
    tasks.reassess()
    assert sent == [count, count]
    monkeypatch.setattr(tasks, "CHUNK", timedelta(minutes=1))
    tasks.reassess()
    assert not reassessing.waiting().exists()
    assert len(sent) == 2
    within = LineItem.objects.filter(account=university.science)
    assert within.with_rule("name_too_long").count() == within.count()


def test_it_leaves_what_follows_from_nothing_alone(university: University, admin: User) -> None:
    empty = build.course(university.science, university.term)
    before = Course.objects.get(pk=empty.pk).assessed_as
    assert put(admin, university.science, LIMIT, "name_length", 3) == 1
    assert Course.objects.get(pk=empty.pk).assessed_as == before != ""


def test_it_keeps_who_set_what_and_why(university: University, admin: User) -> None:
    put(admin, university.arts, LIMIT, "name_length", 25)
    put(admin, university.arts, LIMIT, "name_length", None, source="They mended it")
    ruling.clear_ruling(
        by=admin, account_id=university.arts.pk, kind=LIMIT, name="name_length", reason="Not ours", now=LATER
    )
    told = list(Entry.objects.order_by("pk").values_list("what", "before", "after", "reason"))
    assert told == [
        ("limit set", "as above it", 25, "The manual, page 3"),
        ("limit set", 25, "no limit", "They mended it"),
        ("limit cleared", "no limit", "as above it", "Not ours"),
    ]
    entry = Entry.objects.order_by("pk").last()
    assert (entry.by, entry.subject) == (admin, "Arts: Longest name, in characters")
    assert entry.account_path == university.arts.path


def test_the_same_again_changes_nothing(university: University, admin: User) -> None:
    assert put(admin, university.arts, LIMIT, "name_length", 25) == 1
    assert put(admin, university.arts, LIMIT, "name_length", 25) == 0
    assert Entry.objects.count() == 1
    clear = {"by": admin, "account_id": university.arts.pk, "kind": LIMIT, "reason": "", "now": LATER}
    assert ruling.clear_ruling(name="points_maximum", **clear) == 0


@pytest.mark.parametrize(
    ("kind", "name", "value", "words"),
    [
        (LIMIT, "name_length", 0, "whole number of 1 or more"),
        (LIMIT, "name_length", "long", "whole number"),
        (LIMIT, "due_date_required", "yes", "true or false"),
        (LIMIT, "points_maximum", -1, "number of 0 or more"),
        (LIMIT, "name_characters", "", "characters"),
        (LIMIT, "no_such_limit", 1, "no such limit"),
        (SEVERITY, "no_such_rule", "blocking", "blocking, warning or off"),
        (SEVERITY, "due_missing", "fatal", "blocking, warning or off"),
        ("other", "due_missing", "blocking", "no such limit"),
    ],
)
def test_it_refuses_in_words_what_is_no_value(
    kind: str, name: str, value: Any, words: str, university: University, admin: User
) -> None:
    with pytest.raises(Refused, match=words):
        put(admin, university.arts, kind, name, value)
    assert not Ruling.objects.exists()


def test_it_wants_a_source(university: University, admin: User) -> None:
    with pytest.raises(Refused, match="where the value comes from"):
        put(admin, university.arts, LIMIT, "name_length", 25, source=" ")


def test_it_refuses_packs_that_are_not_there(university: University, admin: User) -> None:
    for code in ("canvas", "nonsense"):
        with pytest.raises(Refused, match="no such rule pack"):
            ruling.choose_pack(by=admin, account_id=university.arts.pk, code=code, reason="", now=LATER)


def test_it_sets_thresholds(university: University, admin: User) -> None:
    given = {"by": admin, "account_id": university.arts.pk, "reason": "Finals", "now": LATER}
    assert ruling.set_thresholds(number=50, share=None, **given)
    assert not ruling.set_thresholds(number=50, share=None, **given)
    assert Account.objects.get(pk=university.arts.pk).hold_above == 50
    entry = Entry.objects.get()
    assert entry.after == {"changes": 50, "percent": "as above it"}
    for number, share in ((-1, None), (None, 101), (10**9, None)):
        with pytest.raises(Refused, match="Write a"):
            ruling.set_thresholds(number=number, share=share, **given)


@pytest.mark.parametrize("who", ["viewer", "reviewer", "approver", "nobody"])
def test_it_refuses_all_but_administrators(who: str, university: University, people: dict[str, User]) -> None:
    with pytest.raises(Refused, match="administrator"):
        put(people[who], university.arts, LIMIT, "name_length", 25)
    with pytest.raises(Refused, match="administrator"):
        ruling.set_thresholds(
            by=people[who], account_id=university.arts.pk, number=0, share=None, reason="", now=LATER
        )
    assert not Entry.objects.exists()


def test_an_administrator_of_a_part_rules_that_part_only(university: University, people: dict[str, User]) -> None:
    scientist = people["science_all_round"]
    assert put(scientist, university.science, LIMIT, "name_length", 25) == 1
    for beyond in (university.root, university.arts):
        with pytest.raises(Missing):
            put(scientist, beyond, LIMIT, "name_length", 25)
        with pytest.raises(Missing):
            ruling.choose_pack(by=scientist, account_id=beyond.pk, code="skyward", reason="", now=LATER)


def test_a_preview_knows_the_rulings(university: University, admin: User) -> None:
    put(admin, university.science, LIMIT, "name_length", 3)
    around = assessing.surroundings(now=LATER)
    assert isinstance(assessing.facts_of(university.ready.pk, around), facts.Course)
    assert around.rules_of(university.ready).limits.name_length.pack == "Science"
