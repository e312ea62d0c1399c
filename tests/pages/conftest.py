"""A small university in every page test: one college that is ready, one with trouble, and people for each role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registrar.models import Account, Course, Proposal, Role, Term
from tests.pages import build
from tests.pages.site import ALL, keys_of


@dataclass(frozen=True, slots=True, kw_only=True)
class University:
    root: Account
    science: Account
    arts: Account
    term: Term
    ready: Course
    """In science: two sections, two assignments, all in order."""
    needing: Course
    """In arts: two sections; of three assignments one has no due date, one no name."""


@pytest.fixture
def university(db: None) -> University:
    root = build.account("University")
    science, arts = build.account("Science", root), build.account("Arts", root)
    term = build.term()
    two = [build.section("001"), build.section("002")]
    others = [build.section("A"), build.section("B")]
    broken = [build.assignment("Essay"), build.assignment("Portfolio", due=None), build.assignment(" ")]
    return University(
        root=root,
        science=science,
        arts=arts,
        term=term,
        ready=build.course(
            science,
            term,
            name="Ecology",
            code="BIOL 152",
            sections=two,
            assignments=[build.assignment("Lab"), build.assignment("Exam")],
        ),
        needing=build.course(arts, term, code="PHIL 101", sections=others, assignments=broken),
    )


@pytest.fixture
def people(university: University) -> dict[str, User]:
    return {
        "viewer": build.person("viewer", Role.VIEWER),
        "reviewer": build.person("reviewer", Role.REVIEWER),
        "approver": build.person("approver", Role.APPROVER),
        "administrator": build.person("administrator", Role.ADMINISTRATOR),
        "scientist": build.person("scientist", Role.VIEWER, within=[university.science]),
        "science_reviewer": build.person("science_reviewer", Role.REVIEWER, within=[university.science]),
        "all_round": build.person("all_round", *Role),
        "science_all_round": build.person("science_all_round", *Role, within=[university.science]),
        "nobody": build.person("nobody"),
    }


@pytest.fixture
def as_(people: dict[str, User]) -> Callable[[str], Client]:
    def sign_in(name: str) -> Client:
        browser = Client()
        browser.force_login(people[name])
        return browser

    return sign_in


@pytest.fixture
def viewer(as_: Callable[[str], Client]) -> Client:
    return as_("viewer")


@pytest.fixture
def reviewer(as_: Callable[[str], Client]) -> Client:
    return as_("reviewer")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the runs for which a worker was told."""
    found: list[int] = []
    monkeypatch.setattr("registrar.tasks.work.delay", found.append)
    return found


@pytest.fixture
def addresses(university: University) -> dict[str, str]:
    item = build.first_item(university.ready)
    run = build.run(university.ready)
    values = {
        "course_id": university.ready.pk,
        "section_id": item.section_id,
        "assignment_id": item.assignment_id,
        "run_id": run.pk,
        "proposal_id": build.proposal(university.ready, state=Proposal.State.VERIFIED).pk,
        "delivery_id": build.delivery(html="<p>Hello</p>", state="refused").pk,
        "exemption_id": build.exemption(university.ready).pk,
        "subscription_id": build.subscription(university.science, key="its-key").pk,
        "view_id": build.saved_view().pk,
        "key": "its-key",
        "rule": "due_missing",
        "term_id": university.term.pk,
        "mark_id": build.mark(university.term).pk,
        "field": "due_at",
        "account_id": university.science.pk,
        "code": "terms",
        "person_id": build.person("somebody", Role.VIEWER).pk,
        "kind": "limit",
        "name": "name_length",
        "uidb64": "MQ",
        "token": "no-token",
    }
    return {name: reverse(name, kwargs={key: values[key] for key in keys_of(one)}) for name, one in ALL.items()}
