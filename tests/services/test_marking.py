from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from registrar.errors import Missing, Refused, RegistrarError
from registrar.models import EVERYTHING, Account, Course, Entry, Finding, Mark, Reach, Role, Term, reach_of
from registrar.services import marking, reassessing
from registrar.services.marking import Wanted
from tests.pages import build

NOW, DUE = build.NOW, build.DUE
DAY = timedelta(days=1)


@pytest.fixture
def root(db: None) -> Account:
    return build.account("University")


@pytest.fixture
def science(root: Account) -> Account:
    return build.account("Science", root)


@pytest.fixture
def biology(science: Account) -> Account:
    return build.account("Biology", science)


@pytest.fixture
def arts(root: Account) -> Account:
    return build.account("Arts", root)


@pytest.fixture
def term(db: None) -> Term:
    return build.term()


@pytest.fixture
def ada(db: None) -> User:
    return build.person("ada", Role.ADMINISTRATOR)


@pytest.fixture
def dean(science: Account) -> User:
    return build.person("dean", Role.ADMINISTRATOR, within=[science])


def wanted(**fields: object) -> Wanted:
    return Wanted(**{"kind": Mark.Kind.GRADE_DEADLINE, "at": NOW + 2 * DAY, **fields})


def late(course: Course) -> bool:
    return Finding.objects.filter(course=course, code="due_after_grade_deadline").exists()


def course_in(account: Account, term: Term) -> Course:
    return build.course(account, term, assignments=[build.assignment()])


def test_it_finds_the_nearest_deadline_upwards(
    root: Account, science: Account, biology: Account, arts: Account, term: Term, ada: User
) -> None:
    assert marking.deadline(term=term, account=biology) is None
    for days, account in ((9, None), (7, root), (5, science)):
        marking.set_mark(by=ada, term=term, wanted=wanted(at=NOW + days * DAY, account=account), now=NOW)
    marking.set_mark(by=ada, term=term, wanted=wanted(kind=Mark.Kind.CENSUS, account=biology), now=NOW)
    assert marking.deadline(term=term, account=biology) == NOW + 5 * DAY
    assert marking.deadline(term=term, account=arts) == NOW + 7 * DAY
    assert marking.deadline(term=term) == NOW + 9 * DAY
    assert marking.deadline(term=build.term("Spring"), account=biology) is None


def test_it_names_each_person_the_deadline_of_their_part(
    root: Account, science: Account, arts: Account, term: Term, ada: User
) -> None:
    marking.set_mark(by=ada, term=term, wanted=wanted(at=NOW + 5 * DAY, account=science), now=NOW)
    assert marking.deadline_within(Reach((science.path,)), term, NOW) == NOW + 5 * DAY
    assert marking.deadline_within(Reach((arts.path,)), term, NOW) is None
    assert marking.deadline_within(EVERYTHING, term, NOW) == NOW + 5 * DAY, (
        "the first one where none holds for all"
    )
    marking.set_mark(by=ada, term=term, wanted=wanted(at=NOW + 9 * DAY), now=NOW)
    assert marking.deadline_within(EVERYTHING, term, NOW) == NOW + 9 * DAY
    assert marking.deadline_within(Reach((arts.path,)), term, NOW) == NOW + 9 * DAY
    assert marking.deadline_within(Reach((arts.path, science.path)), term, NOW) == NOW + 5 * DAY
    assert marking.deadline_within(Reach(()), term, NOW) == NOW + 9 * DAY


def test_it_names_the_next_deadline_and_then_the_last(
    science: Account, arts: Account, term: Term, ada: User
) -> None:
    for days, account in ((2, science), (5, arts)):
        marking.set_mark(by=ada, term=term, wanted=wanted(at=NOW + days * DAY, account=account), now=NOW)
    both = Reach((science.path, arts.path))
    for reach in (EVERYTHING, both):
        assert marking.deadline_within(reach, term, NOW + DAY) == NOW + 2 * DAY
        assert marking.deadline_within(reach, term, NOW + 3 * DAY) == NOW + 5 * DAY
        assert marking.deadline_within(reach, term, NOW + 9 * DAY) == NOW + 5 * DAY


def test_a_deadline_is_found_in_the_courses_it_holds_for(
    science: Account, biology: Account, arts: Account, term: Term, ada: User
) -> None:
    inside, outside = course_in(biology, term), course_in(arts, term)
    elsewhere = course_in(biology, build.term("Spring", starts=-1, ends=90))
    done = marking.set_mark(by=ada, term=term, wanted=wanted(account=science), now=NOW)
    assert (done.courses, done.at_once) == (1, True)
    assert [late(inside), late(outside), late(elsewhere)] == [True, False, False]
    marking.set_mark(by=ada, term=term, wanted=wanted(at=DUE + DAY, account=science), now=NOW, mark=done.mark)
    assert not late(inside)
    marking.set_mark(by=ada, term=term, wanted=wanted(account=arts), now=NOW, mark=done.mark)
    assert [late(inside), late(outside)] == [False, True]
    marking.remove_mark(by=ada, mark=done.mark, now=NOW)
    assert not late(outside)


def test_a_deadline_that_becomes_another_kind_of_date_is_none_any_more(
    arts: Account, term: Term, ada: User
) -> None:
    course = course_in(arts, term)
    mark = marking.set_mark(by=ada, term=term, wanted=wanted(), now=NOW).mark
    assert late(course)
    marking.set_mark(by=ada, term=term, wanted=wanted(kind=Mark.Kind.CENSUS), now=NOW, mark=mark)
    assert not late(course)


def test_many_courses_are_left_to_the_task(
    arts: Account, term: Term, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reassessing, "AT_ONCE", 1)
    courses = [course_in(arts, term) for _ in range(3)]
    done = marking.set_mark(by=ada, term=term, wanted=wanted(), now=NOW)
    assert (done.courses, done.at_once) == (3, False)
    assert not any(late(course) for course in courses), "nobody waits for them"
    assert reassessing.waiting().count() == 3
    assert reassessing.carry_on(clock=lambda: NOW, until=None) == 0
    assert all(late(course) for course in courses)


def test_few_are_left_to_the_task_too_where_many_are_waiting_already(
    science: Account, arts: Account, term: Term, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reassessing, "AT_ONCE", 2)
    for _ in range(3):
        course_in(arts, term)
    course_in(science, term)
    reassessing.ask(path=arts.path)
    done = marking.set_mark(by=ada, term=term, wanted=wanted(account=science), now=NOW)
    assert (done.courses, done.at_once) == (1, False)


def test_a_census_date_concerns_no_course(arts: Account, term: Term, ada: User) -> None:
    course_in(arts, term)
    assert marking.set_mark(by=ada, term=term, wanted=wanted(kind=Mark.Kind.CENSUS), now=NOW).courses == 0
    assert not reassessing.waiting().exists()


def test_each_decision_is_audited(science: Account, term: Term, ada: User) -> None:
    mark = marking.set_mark(by=ada, term=term, wanted=wanted(account=science), now=NOW).mark
    marking.set_mark(by=ada, term=term, wanted=wanted(at=NOW + 3 * DAY, account=science), now=NOW, mark=mark)
    marking.remove_mark(by=ada, mark=mark, now=NOW)
    entries = list(Entry.objects.order_by("pk"))
    assert [one.what for one in entries] == ["date set", "date changed", "date removed"]
    assert {one.subject for one in entries} == {"Grade deadline of Fall, Science"}
    assert {one.account_path for one in entries} == {science.path}
    assert {one.by for one in entries} == {ada}
    before, after = entries[1].before, entries[1].after
    assert before["at"] == (NOW + 2 * DAY).isoformat()
    assert after == {"date": "Grade deadline", "name": "", "at": (NOW + 3 * DAY).isoformat(), "for": "Science"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.APPROVER])
def test_only_administrators_decide(role: Role, term: Term, ada: User) -> None:
    someone = build.person("someone", role)
    mark = marking.set_mark(by=ada, term=term, wanted=wanted(), now=NOW).mark
    with pytest.raises(Refused, match="administrator"):
        marking.set_mark(by=someone, term=term, wanted=wanted(kind=Mark.Kind.CENSUS), now=NOW)
    with pytest.raises(Refused, match="administrator"):
        marking.remove_mark(by=someone, mark=mark, now=NOW)
    with pytest.raises(Refused, match="administrator"):
        marking.watch(by=someone, term=term, watched=True, now=NOW)
    assert Mark.objects.count() == 1


def test_a_limited_administrator_keeps_to_their_part(
    science: Account, biology: Account, arts: Account, term: Term, ada: User, dean: User
) -> None:
    for account in (None, arts):
        with pytest.raises(Missing):
            marking.set_mark(by=dean, term=term, wanted=wanted(account=account), now=NOW)
    mine = marking.set_mark(by=dean, term=term, wanted=wanted(account=biology), now=NOW).mark
    with pytest.raises(Missing):
        marking.set_mark(by=dean, term=term, wanted=wanted(account=arts), now=NOW, mark=mine)
    theirs = marking.set_mark(by=ada, term=term, wanted=wanted(account=arts), now=NOW).mark
    for change in (
        lambda: marking.set_mark(by=dean, term=term, wanted=wanted(account=science), now=NOW, mark=theirs),
        lambda: marking.remove_mark(by=dean, mark=theirs, now=NOW),
        lambda: marking.mark_for(reach_of(dean), theirs.pk),
    ):
        with pytest.raises(Missing):
            change()
    assert Mark.objects.get(pk=theirs.pk).account == arts


def test_a_person_sees_the_dates_that_concern_them(
    root: Account, science: Account, biology: Account, arts: Account, term: Term, ada: User
) -> None:
    for account in (None, root, science, biology, arts):
        marking.set_mark(by=ada, term=term, wanted=wanted(account=account), now=NOW)
    seen = {mark.account for mark in marking.marks(Reach((science.path,)), term)}
    assert seen == {None, root, science, biology}
    assert {mark.account for mark in marking.marks(Reach((biology.path,)), term)} == {None, root, science, biology}
    assert marking.marks(EVERYTHING, term).count() == 5
    assert {mark.account for mark in marking.marks(Reach(()), term)} == {None}


def test_a_person_sees_the_terms_they_have_courses_in(science: Account, arts: Account, term: Term) -> None:
    spring, empty = build.term("Spring"), build.term("Empty")
    course_in(science, term)
    course_in(arts, spring)
    assert set(marking.terms(Reach((science.path,)))) == {term}
    assert set(marking.terms(EVERYTHING)) == {term, spring, empty}
    Term.objects.filter(pk=empty.pk).update(gone_at=NOW)
    assert set(marking.terms(EVERYTHING)) == {term, spring}
    assert marking.term_for(EVERYTHING, empty.pk) == empty, "old links keep their page"
    with pytest.raises(Missing):
        marking.term_for(Reach((science.path,)), spring.pk)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"at": NOW - 200 * DAY}, "at", "more than 120 days before Fall begins"),
        ({"at": NOW + 200 * DAY}, "at", "more than 120 days after Fall ends"),
        ({"at": NOW - DAY}, "at", "has passed"),
        ({"kind": Mark.Kind.OTHER, "name": "  "}, "name", "Give the date a name"),
    ],
)
def test_it_objects_in_sentences(fields: dict[str, object], field: str, said: str, term: Term, ada: User) -> None:
    found = marking.objections(term=term, wanted=wanted(**fields), now=NOW)
    assert list(found) == [field]
    assert said in found[field]
    with pytest.raises(RegistrarError, match=said):
        marking.set_mark(by=ada, term=term, wanted=wanted(**fields), now=NOW)
    assert not Mark.objects.exists()
    assert not Entry.objects.exists()


def test_a_date_in_the_past_can_be_meant(term: Term, ada: User) -> None:
    past = wanted(at=NOW - DAY, past_is_meant=True)
    mark = marking.set_mark(by=ada, term=term, wanted=past, now=NOW).mark
    same = wanted(at=NOW - DAY, kind=Mark.Kind.CENSUS)
    assert marking.objections(term=term, wanted=same, now=NOW, mark=mark) == {}, "it was confirmed before"


def test_a_term_without_dates_takes_any(term: Term) -> None:
    Term.objects.update(start_at=None, end_at=None)
    term.refresh_from_db()
    assert marking.objections(term=term, wanted=wanted(at=NOW + 900 * DAY), now=NOW) == {}


def test_there_is_one_grade_deadline_in_a_place(science: Account, term: Term, ada: User) -> None:
    for account, said in ((None, "The whole university has"), (science, "Science has")):
        mark = marking.set_mark(by=ada, term=term, wanted=wanted(account=account), now=NOW).mark
        found = marking.objections(term=term, wanted=wanted(account=account), now=NOW)
        assert said in found["account"]
        assert marking.objections(term=term, wanted=wanted(account=account), now=NOW, mark=mark) == {}


def test_of_two_who_set_one_at_once_the_second_is_told(
    term: Term, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    marking.set_mark(by=ada, term=term, wanted=wanted(), now=NOW)
    monkeypatch.setattr(marking, "objections", lambda **_: {})
    with pytest.raises(Refused, match="has just set a grade deadline"):
        marking.set_mark(by=ada, term=term, wanted=wanted(), now=NOW)
    assert Entry.objects.count() == 1


def test_of_two_who_remove_one_the_second_is_told(term: Term, ada: User) -> None:
    mark = marking.set_mark(by=ada, term=term, wanted=wanted(), now=NOW).mark
    again = Mark.objects.get(pk=mark.pk)
    marking.remove_mark(by=ada, mark=mark, now=NOW)
    with pytest.raises(Missing, match="already"):
        marking.remove_mark(by=ada, mark=again, now=NOW)


def test_watching_is_decided_and_audited(term: Term, ada: User, dean: User) -> None:
    for watched in (False, False, True, None):
        marking.watch(by=ada, term=term, watched=watched, now=NOW)
        assert Term.objects.get().watched is watched
    entries = Entry.objects.order_by("pk").values_list("what", "before", "after")
    assert list(entries) == [
        ("term no longer watched", None, False),
        ("term watched", False, True),
        ("term watched", True, None),
    ]
    with pytest.raises(Refused, match="the whole university"):
        marking.watch(by=dean, term=term, watched=False, now=NOW)
