"""Exemptions from sync to sync, through the public door: what Canvas says decides how long they hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from canvas_api.standin import SMALL_NOW, Standin
from registrar.domain.findings import Code
from registrar.models import Course, Entry, Exemption, Role, Run
from registrar.services import exempting
from registrar.services.covering import Target
from tests.pages import build
from tests.services.door import Clock, by_place, exported, sync, utc

pytestmark = pytest.mark.django_db
CHEMISTRY, LAB, EXAM = 3, 7, 8
PLACES = ((EXAM, 5), (EXAM, 6))


def statuses() -> set[str]:
    rows = by_place(exported())
    assert all(rows[place]["findings"] in (["due_missing"], []) for place in PLACES)
    return {rows[place]["status"] for place in PLACES}


@pytest.fixture
def accepted(standin: Standin) -> Exemption:
    """Chemistry's exam has no due date, in both its sections."""
    assert sync(standin).state == Run.State.COMPLETE
    assert statuses() == {"needs_action"}
    return exempting.accept(
        by=build.person("reviewer", Role.REVIEWER),
        code=Code.DUE_MISSING,
        target=Target(course_id=CHEMISTRY),
        until=(SMALL_NOW + timedelta(days=10)).date(),
        reason="An oral exam.",
        now=SMALL_NOW,
    )


@pytest.mark.parametrize("mode", ["full", "quick"])
def test_it_outlasts_syncs_that_find_it_as_it_was(mode: str, standin: Standin, accepted: Exemption) -> None:
    assert statuses() == {"excepted"}
    standin.university.assignments[EXAM].name = "Oral exam"
    standin.university.assignments[LAB].name = "Report"
    sync(standin, mode)
    assert statuses() == {"excepted"}
    assert Course.objects.get(pk=CHEMISTRY).items_excepted == 2


@pytest.mark.parametrize("mode", ["full", "quick"])
def test_it_is_void_once_canvas_says_otherwise(mode: str, standin: Standin, accepted: Exemption) -> None:
    standin.university.assignments[EXAM].due_at = utc("2026-11-20T06:59:59Z")
    sync(standin, mode)
    assert statuses() == {"ready"}
    accepted.refresh_from_db()
    assert (accepted.ended_because, accepted.ended_by) == ("void", None)
    standin.university.assignments[EXAM].due_at = None
    sync(standin, mode)
    assert statuses() == {"needs_action"}
    assert Entry.objects.filter(what="exemption ended").count() == 1


def test_a_sync_after_its_last_day_counts_it_no_more(standin: Standin, accepted: Exemption) -> None:
    sync(standin, "quick", clock=Clock(accepted.until - timedelta(minutes=5)))
    assert statuses() == {"excepted"}
    sync(standin, "quick", clock=Clock(accepted.until + timedelta(minutes=5)))
    assert statuses() == {"needs_action"}
