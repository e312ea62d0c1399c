"""The demo's office has chosen a rule pack and lets one finding stand, as a real one would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from registrar.domain.facts import Dates
from registrar.management.demo_decisions import LET_STAND, decide
from registrar.models import Account, Course, Exemption, LineItem, Role
from tests.pages import build

NOW = build.NOW


@pytest.fixture
def course(db: None, settings: Any) -> Course:
    settings.SIS_NAME = "PowerSchool"
    build.person("admin", Role.ADMINISTRATOR)
    build.person("reviewer", Role.REVIEWER)
    wrong = build.assignment("Essay", dates=Dates(due_at=NOW + timedelta(days=2), lock_at=NOW + timedelta(days=1)))
    return build.course(build.account(), build.term(starts=-98, ends=12), assignments=[wrong])


def test_it_chooses_the_pack_of_its_sis(course: Course) -> None:
    decide(now=NOW)
    assert Account.objects.get(parent=None).rulepack == "powerschool"


@pytest.mark.parametrize("name", ["The Old One", "canvas and more"])
def test_it_chooses_none_for_another(name: str, course: Course, settings: Any) -> None:
    settings.SIS_NAME = name
    decide(now=NOW)
    assert Account.objects.get(parent=None).rulepack == ""


def test_it_lets_one_finding_stand(course: Course) -> None:
    assert LineItem.objects.get().status == "needs_action"
    decide(now=NOW)
    made = Exemption.objects.get()
    assert (made.code, made.course) == (LET_STAND, course)
    assert LineItem.objects.get().status == "excepted"


def test_it_decides_nothing_twice(course: Course) -> None:
    decide(now=NOW)
    Account.objects.update(rulepack="banner")
    decide(now=NOW + timedelta(days=1))
    assert Account.objects.get(parent=None).rulepack == "banner"
    assert Exemption.objects.count() == 1
