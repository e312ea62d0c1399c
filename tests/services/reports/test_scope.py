"""Nobody is told a line about a part that they may not see: in no mail, attachment, count, subject or log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.test import override_settings
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from registrar.errors import Missing, Refused, RegistrarError
from registrar.models import Account, Delivery, Entry, Reach, Role, Scope, Subscription
from registrar.services import auditing, delivering, reporting, subscribing, summarising
from registrar.words.dates import date_words
from tests.pages import build
from tests.pages.conftest import University
from tests.services.reports.house import NOW, at_seven, deadline, mend, order, person


def reports(now: object = None) -> list[Delivery]:
    return reporting.write_due(now=now or at_seven())  # type: ignore[arg-type]


def all_of(row: Delivery) -> str:
    """Every word that leaves the house with a message."""
    words = [row.subject, row.text, row.html, str(row.headers)]
    if row.attachment is not None:
        book = load_workbook(BytesIO(bytes(row.attachment)))
        words += [str(value) for line in book.active.iter_rows(values_only=True) for value in line]  # type: ignore[union-attr]
    return "\n".join(words)


@pytest.fixture
def both(university: University, registrar: User) -> University:
    """Both colleges have something to do."""
    build.course(
        university.science, university.term, name="Optics", code="PHYS 9", assignments=[build.assignment(due=None)]
    )
    return university


def test_it_tells_all_to_whoever_may_see_all(both: University) -> None:
    order(with_xlsx=True)
    (row,) = reports()
    said = all_of(row)
    assert all(word in said for word in ("Arts", "Science", "PHIL 101", "PHYS 9", "Optics"))
    assert row.subject.startswith("Fall: 3 sections not ready")
    assert list(row.accounts.all()) == [both.root]


@pytest.mark.parametrize("how", ["chosen", "addressee", "maker", "all three"])
def test_it_tells_nothing_of_another_college(how: str, both: University, registrar: User) -> None:
    everywhere: tuple[Account, ...] = ()
    chosen = (both.science,) if how in ("chosen", "all three") else everywhere
    to: User | str = "chair@example.edu"
    if how in ("addressee", "all three"):
        to = person("chair", Role.VIEWER, within=(both.science,))
    by = person("maker", Role.REVIEWER, within=(both.science,)) if how in ("maker", "all three") else registrar
    order(to, by=by, accounts=chosen, with_xlsx=True)
    (row,) = reports()
    said = all_of(row)
    assert "PHYS 9" in said
    assert not [word for word in ("Arts", "PHIL 101", "Portfolio", "Ethics") if word in said]
    assert row.subject == "Fall: 1 section not ready"
    assert "1 of 3 sections not ready" in row.text
    assert list(row.accounts.all()) == [both.science]
    assert row.summary["sections"] == 1


def test_it_narrows_with_the_rights_of_those_involved(both: University, registrar: User) -> None:
    chair, maker = person("chair", Role.VIEWER), person("maker", Role.REVIEWER)
    order(chair, by=maker, only_if="always")
    assert "PHIL 101" in all_of(reports(at_seven())[0])
    Scope.objects.create(user=chair, account=both.science)
    assert "PHIL 101" not in all_of(reports(at_seven(1))[0])
    Scope.objects.create(user=maker, account=both.arts)
    assert reports(at_seven(2)) == []


@pytest.mark.parametrize("who", ["chair", "maker"])
@pytest.mark.parametrize("how", ["left", "no role"])
def test_it_sends_nothing_for_people_who_are_gone(who: str, how: str, both: University, registrar: User) -> None:
    people = {"chair": person("chair", Role.VIEWER), "maker": person("maker", Role.REVIEWER)}
    order(people["chair"], by=people["maker"])
    if how == "left":
        User.objects.filter(username=who).update(is_active=False)
    else:
        people[who].groups.clear()
    assert reports() == []


def test_it_compares_nothing_after_the_scope_has_changed(both: University, registrar: User) -> None:
    """What lies outside now is not "solved"."""
    chair = person("chair", Role.VIEWER)
    order(chair)
    reports(at_seven())
    Delivery.objects.update(state=Delivery.State.SENT)
    Scope.objects.create(user=chair, account=both.science)
    (row,) = reports(at_seven(1))
    assert "first report" in row.text
    assert "Solved" not in row.text


def test_it_shows_a_visitor_no_more_than_the_visitor_may_see(both: University, registrar: User) -> None:
    """Whichever way the visitor came by it."""
    chair = person("chair", Role.REVIEWER, within=(both.science,))
    subscription = order(with_xlsx=True)
    made = subscribing.rendered(by=chair, subscription=subscription, term=both.term, now=NOW)
    assert "PHIL 101" not in made.text + made.html
    assert made.summary.sections == 1
    row = subscribing.send_test(by=chair, subscription=subscription, term=both.term, now=NOW)
    assert row is not None
    assert "PHIL 101" not in all_of(row)
    assert "PHYS 9" in all_of(row)


@pytest.mark.parametrize("who", ["colleague", "viewer"])
def test_it_hides_what_others_get(who: str, both: University, registrar: User) -> None:
    of_arts, of_all = order("a@example.edu", accounts=(both.arts,)), order("b@example.edu")
    of_science = order("c@example.edu", accounts=(both.science,))
    role = Role.REVIEWER if who == "colleague" else Role.VIEWER
    visitor = person(who, role, within=(both.science,))
    own = order(visitor)
    assert set(subscribing.visible(visitor)) == ({of_science, own} if role is Role.REVIEWER else {own})
    assert set(subscribing.visible(registrar)) == {of_arts, of_all, of_science, own}
    for hidden in (of_arts, of_all):
        with pytest.raises(Missing):
            subscribing.find(by=visitor, pk=hidden.pk)


def test_it_writes_out_what_everything_means_to_a_limited_person(both: University, registrar: User) -> None:
    """Else whoever changes the hour later would widen it."""
    maker = person("maker", Role.REVIEWER, within=(both.science,))
    subscription = order("dean@example.edu", by=maker)
    assert [account.pk for account in subscription.accounts.all()] == [both.science.pk]
    wanted = subscribing.Wanted(
        person=None,
        address="dean@example.edu",
        accounts=tuple(subscription.accounts.all()),
        hour=9,
        daily=True,
        time_zone="UTC",
    )
    subscribing.change(by=registrar, subscription=subscription, wanted=wanted, now=NOW)
    subscription.refresh_from_db()
    assert summarising.scope_of(subscription) == Reach((both.science.path,))
    assert (subscription.made_by, subscription.hour, subscription.since) == (registrar, 9, NOW)


def test_it_refuses_what_lies_beyond_reach(both: University, registrar: User) -> None:
    maker = person("maker", Role.REVIEWER, within=(both.science,))
    with pytest.raises(Missing):
        order("dean@example.edu", by=maker, accounts=(both.arts,))
    assert not Subscription.objects.exists()


def test_it_lets_viewers_subscribe_themselves_alone(both: University, registrar: User) -> None:
    viewer, other = person("viewer", Role.VIEWER), person("other", Role.VIEWER)
    order(viewer, by=viewer)
    for to in (other, "dean@example.edu"):
        with pytest.raises(Refused):
            order(to, by=viewer)
    with pytest.raises(Refused):
        order(viewer, by=build.person("stranger"))
    assert [row.person for row in Subscription.objects.all()] == [viewer]


def test_it_needs_an_address_and_a_time(both: University, registrar: User) -> None:
    with pytest.raises(RegistrarError, match="no mail address"):
        order(build.person("silent", Role.VIEWER))
    with pytest.raises(RegistrarError, match="when the report is sent"):
        order(daily=False)


def test_it_offers_people_who_see_something_of_the_same(both: University, registrar: User) -> None:
    artist = person("artist", Role.VIEWER, within=(both.arts,))
    chair = person("chair", Role.REVIEWER, within=(both.science,))
    build.person("stranger")
    assert subscribing.addressees(registrar) == [registrar, artist, chair]
    assert subscribing.addressees(chair) == [chair, registrar]
    assert subscribing.addressees(artist) == [artist]


def test_it_notes_who_decided_what(both: University, registrar: User) -> None:
    subscription = order("dean@example.edu", accounts=(both.arts,))
    subscribing.pause(by=registrar, subscription=subscription, now=NOW)
    subscribing.pause(by=registrar, subscription=subscription, now=NOW)
    subscribing.resume(by=registrar, subscription=subscription, now=NOW)
    subscribing.unsubscribe(subscription=subscription, now=NOW)
    subscribing.unsubscribe(subscription=subscription, now=NOW)
    subscribing.remove(by=registrar, subscription=subscription, now=NOW)
    found = [(row.what, row.by, row.account_path) for row in Entry.objects.order_by("pk")]
    assert found == [
        ("report set up", registrar, both.arts.path),
        ("report paused", registrar, both.arts.path),
        ("report resumed", registrar, both.arts.path),
        ("report unsubscribed", None, both.arts.path),
        ("report removed", registrar, both.arts.path),
    ]
    said = auditing.in_words(Entry.objects.order_by("pk")[0].after)
    assert said == (
        "to: dean@example.edu; about: Arts; terms: the watched ones; rules: all; severities: all; every day: yes;"
        " hour: 7:00 (UTC); only if: Something is open; workbook: no; language: English"
    )


def test_the_log_keeps_codes_that_each_reader_hears_in_another_language(both: University) -> None:
    with override_settings(LANGUAGE_CODE="es"):
        order("dean@example.edu", accounts=(both.arts,))
    after = Entry.objects.get().after
    assert (after["about"], after["terms"], after["rules"]) == (["Arts"], "the watched ones", "all")
    assert "terms: the watched ones; rules: all" in auditing.in_words(after)
    with translation.override("es"):
        assert "watched" not in auditing.in_words(after)


@pytest.mark.parametrize("how", ["maker cut", "maker left", "addressee without a role", "narrowed"])
def test_it_holds_back_what_waits_for_the_mail_server(how: str, both: University, registrar: User) -> None:
    """Written while all was well, and not yet sent when it no longer was."""
    chair, maker = person("chair", Role.VIEWER), person("maker", Role.REVIEWER)
    subscription = order(chair, by=maker)
    (row,) = reports()
    if how == "maker cut":
        Scope.objects.create(user=maker, account=both.science)
    elif how == "maker left":
        User.objects.filter(pk=maker.pk).update(is_active=False)
    elif how == "addressee without a role":
        chair.groups.clear()
    else:
        subscription.accounts.set([both.science])
    delivering.deliver(clock=at_seven)
    row.refresh_from_db()
    assert row.state == Delivery.State.DROPPED
    assert "may no longer see" in row.trouble
    assert mail.outbox == []


def test_it_counts_apart_what_was_accepted(both: University, registrar: User) -> None:
    """And does not call it solved."""
    order(with_xlsx=True)
    (before,) = reports(at_seven())
    Delivery.objects.update(state=Delivery.State.SENT)
    accepted = build.exemption(both.needing)
    both.needing.findings.filter(code="due_missing").update(exemption=accepted)
    (row,) = reports(at_seven(1))
    lines = [line.split() for line in row.text.splitlines()]
    assert ["Solved", "0"] in lines
    assert ["Accepted", "as", "they", "are", "2"] in lines
    assert (all_of(before).count("Portfolio"), all_of(row).count("Portfolio")) == (2, 0)
    assert not [line for line in lines if line[:3] == ["No", "due", "date"] and line[-1] != "1"]


def test_it_names_no_student_no_score_and_no_instructor(both: University, registrar: User) -> None:
    order(with_xlsx=True)
    (row,) = reports()
    assert "Ada Nwosu" not in all_of(row)
    assert "points_possible" in all_of(row), "the attachment was read"


def test_it_asks_nobody_to_sign_in_who_has_no_account(both: University, registrar: User) -> None:
    order("dean@example.edu")
    order(person("chair", Role.VIEWER))
    to_dean, to_chair = sorted(reports(), key=lambda row: row.person is not None)
    pages = "http://localhost:8000/reports/"
    for said in (to_dean.text, to_dean.html):
        assert "are for people with an account here" in said
        assert "asked to sign in" not in said
        assert f"{pages}unsubscribe/" in said
    assert f"{pages}\n" not in to_dean.text
    assert f'"{pages}"' not in to_dean.html
    assert "asked to sign in" in to_chair.text
    assert f"{pages}\n" in to_chair.text
    assert f'"{pages}"' in to_chair.html


def test_it_names_the_zone_of_each_time(both: University, registrar: User) -> None:
    deadline(both.term, at_seven(days=5))
    order(time_zone="America/Chicago", made=at_seven() - timedelta(days=3))
    (row,) = reports(at_seven() + timedelta(hours=8))
    said = date_words(at_seven(days=5), ZoneInfo("America/Chicago"))
    assert said.endswith((" CDT", " CST"))
    assert said in row.text
    assert said in row.html


def test_it_speaks_of_what_is_left_after_mending(both: University, registrar: User) -> None:
    order(only_if="changed")
    reports(at_seven())
    Delivery.objects.update(state=Delivery.State.SENT)
    assert reports(at_seven(1)) == []
    mend(both.needing)
    (row,) = reports(at_seven(2))
    assert row.subject == "Fall: 1 section not ready"
    assert "2 sections fewer than in the last report" in row.text


# Any tree, any scopes


@contextmanager
def undone() -> Iterator[None]:
    """Each example begins with an empty house."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[int | None], list[int], list[int], list[int]]:
    """Parents of accounts, and which of them the maker, the addressee and the order are limited to."""
    size = draw(st.integers(2, 6))
    parents: list[int | None] = [None, *(draw(st.integers(0, number - 1)) for number in range(1, size))]
    some = st.lists(st.integers(0, size - 1), max_size=2, unique=True)
    return parents, draw(some), draw(some), draw(some)


def seen(parents: list[int | None], limits: list[int]) -> set[int]:
    """Worked out by walking up, not by comparing paths."""
    inside = set()
    for number in range(len(parents)):
        at: int | None = number
        while at is not None and at not in limits:
            at = parents[at]
        if at is not None or not limits:
            inside.add(number)
    return inside


@pytest.mark.django_db
@given(worlds())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_it_keeps_within_reach_in_any_tree(
    world: tuple[list[int | None], list[int], list[int], list[int]],
) -> None:
    parents, of_maker, of_addressee, of_order = world
    with undone():
        term = build.term()
        accounts: list[Account] = []
        for number, parent in enumerate(parents):
            accounts.append(build.account(f"Place-{number}-", None if parent is None else accounts[parent]))
            courses = {"name": f"Course-{number}-", "code": f"Code-{number}-"}
            build.course(
                accounts[-1], term, assignments=[build.assignment(f"Task-{number}-", due=None)], **courses
            )
        maker = person("maker", Role.REVIEWER, within=tuple(accounts[one] for one in of_maker))
        addressee = person("addressee", Role.VIEWER, within=tuple(accounts[one] for one in of_addressee))
        subscription = order(addressee, by=maker, with_xlsx=True)
        subscription.accounts.set([accounts[one] for one in of_order])
        allowed = seen(parents, of_maker) & seen(parents, of_addressee) & seen(parents, of_order)
        rows = reports()
        assert len(rows) == bool(allowed)
        for row in rows:
            said = all_of(row)
            for number in range(len(parents)):
                words = [f"{what}-{number}-" for what in ("Place", "Course", "Code", "Task")]
                if number in allowed:
                    assert all(word in said for word in words[1:])
                else:
                    assert not any(word in said for word in words)
            assert row.summary["sections"] == row.summary["findings"] == len(allowed)
            assert row.subject == f"Fall: {len(allowed)} section{'s' * (len(allowed) != 1)} not ready"
