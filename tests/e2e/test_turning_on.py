"""Grade sync turned on, chosen from three hundred assignments: filtered and ticked, with JavaScript or without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from canvas_api.standin import Standin
from registrar.canvas import door as canvas_door
from registrar.models import Account, Course, Proposal
from registrar.services import syncing, working
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import SHIFT, breaches
from tests.e2e.test_proposals import NOW, day, school
from tests.pages import build
from tests.pages.conftest import University
from tests.services.door import canvas_of

MANY = 300


@pytest.fixture
def standin() -> Iterator[Standin]:
    made = school()
    for number in range(1, MANY + 1):
        made.add_assignment(
            course_id=1,
            name=f"{'Quiz' if number % 3 else 'Worksheet'} {number}",
            due_at=day(number % 30) if number % 7 else None,
            workflow_state="published" if number % 5 else "unpublished",
        )
    made.add_assignment(course_id=1, name="Survey", submission_types=("not_graded",))
    with Standin(made, throttle=False) as server:
        yield server


@pytest.fixture
def course(standin: Standin, people: dict[str, User], settings: Any, monkeypatch: pytest.MonkeyPatch) -> Course:
    settings.CANVAS_BASE_URL, settings.CANVAS_TOKEN = standin.url, standin.token_of("admin")
    monkeypatch.setattr(canvas_door, "_opened", {})
    run = syncing.request(mode="full", by=None, trigger="shell", now=NOW)
    working.work(run, canvas_of(standin), clock=lambda: NOW)
    return Course.objects.get(sis_id="ART-101")


def chosen(page: Page, course: Course, *, script: bool = True) -> Proposal:
    """From the course: all worksheets that are published and have a due date, and one quiz."""
    page.goto(f"/courses/{course.pk}/")
    page.get_by_role("link", name="Turn on grade sync …").click()
    expect(page.get_by_role("heading", name=f"{MANY + 1} of {MANY + 1} assignments not synced")).to_be_visible()
    page.get_by_label("Quiz 2", exact=True).check()
    page.get_by_label("Name holds").fill("worksheet")
    page.get_by_label("Published").select_option("yes")
    page.get_by_label("Due date").select_option("with")
    page.get_by_label("Name holds").press("Enter")
    expect(page.get_by_role("heading", name=f"of {MANY + 1} assignments not synced")).to_contain_text("68 of")
    if script:
        expect(page.get_by_label("Name holds")).to_be_focused()
    ticking = page.get_by_role("button", name="Tick all shown", exact=True)
    ticking.press("Enter")
    expect(page.get_by_text("69 ticked, 1 of them not shown now")).to_be_visible()
    if script:
        expect(ticking).to_be_focused()
    page.get_by_label("Reason").fill("The department exports them from now on.")
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_text("gets the scores of 69 assignments")).to_be_visible()
    return Proposal.objects.get(kind="sync_on")


@pytest.mark.parametrize("script", [True, False])
def test_it_chooses_from_hundreds(script: bool, open_as: Callable[..., Watched], course: Course) -> None:
    watched = open_as("reviewer", java_script_enabled=script)
    proposal = chosen(watched.page, course, script=script)
    assert (proposal.kind, proposal.changes.count()) == ("sync_on", 69)
    assert {row.after["post_to_sis"] for row in proposal.changes.all()} == {True}
    assert watched.faults == []


@narrow_first
def test_it_is_accessible_and_quiet(
    scheme: str, width: int, open_as: Callable[..., Watched], course: Course, university: University
) -> None:
    watched = open_as("all_round", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    Account.objects.filter(pk=university.science.pk).update(hold_above=3, hold_above_share=40)
    held = build.proposal(university.ready, state=Proposal.State.HELD)
    on = f"/proposals/sync-on/?course={course.pk}"
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in {
        "propose-sync-on": on,
        "propose-sync-on-nowhere": "/proposals/sync-on/",
        "proposal-held": f"/proposals/{held.pk}/",
    }.items():
        page.goto(address)
        assert page.evaluate(SHIFT) < 0.01, f"{name} moves after it was loaded"
        _looks_well(page, name, scheme, width)
    page.goto(on)
    page.get_by_role("button", name="Preview the changes").evaluate("button => button.form.noValidate = true")
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_text("Not yet: 2 things to put right.")).to_be_visible()
    _looks_well(page, "propose-sync-on-refused", scheme, width)
    chosen(page, course)
    _looks_well(page, "proposal-sync-on", scheme, width)
    assert [one for one in watched.faults if "422" not in one] == []


def _looks_well(page: Page, name: str, scheme: str, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
    page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=False)
    assert breaches(page) == [], name
