"""Accepting a finding: by keyboard, without JavaScript, and looked at light and dark, narrow and wide."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from registrar.domain.findings import Code
from registrar.models import Exemption
from registrar.services import exempting
from registrar.services.covering import Target
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import SHIFT, breaches
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University

UNTIL = (NOW + timedelta(days=20)).date()


def tab_to(page: Page, wanted: Locator) -> None:
    expect(wanted).to_be_visible()
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError("it cannot be reached with the keyboard")


def test_it_is_accepted_and_taken_back_with_the_keyboard_alone(
    open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("reviewer")
    page = watched.page
    page.goto(f"/courses/{university.needing.pk}/")
    tab_to(page, page.get_by_role("link", name="Accept as exception … No due date"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Accept as exception: No due date")).to_be_visible()
    tab_to(page, page.get_by_label("Last day"))
    page.keyboard.type(f"{UNTIL:%m%d%Y}")
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("Graded on paper.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    accepted = page.get_by_role("region", name="Accepted here")
    expect(accepted).to_contain_text("Graded on paper.")
    tab_to(page, accepted.get_by_role("link", name=re.compile("^Until ")))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Take it back"))
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("It is needed.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken back. What it covered counts again")).to_be_visible()
    assert Exemption.objects.get().ended_reason == "It is needed."
    assert watched.faults == []


def test_it_is_accepted_from_the_explanation(open_as: Callable[..., Watched], university: University) -> None:
    watched = open_as("reviewer")
    page = watched.page
    page.goto("/line-items/?rule=due_missing")
    page.get_by_role("link", name="No date").first.click()
    page.get_by_role("dialog").get_by_role("link", name="Accept as exception … No due date").click()
    expect(page.get_by_label(re.compile("in section A only"))).to_be_checked()
    assert watched.faults == []


def test_it_works_without_javascript(open_as: Callable[..., Watched], university: University) -> None:
    page = open_as("reviewer", java_script_enabled=False).page
    page.goto(f"/exemptions/course/{university.needing.pk}/name_empty/")
    page.get_by_label("Last day").fill(UNTIL.isoformat())
    page.get_by_label("Reason").fill("Known to the department.")
    page.get_by_role("button", name="Accept as exception").click()
    expect(page.get_by_role("heading", name="Accepted here")).to_be_visible()
    page.goto("/exemptions/?state=in_force")
    page.get_by_label("State").select_option("void")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No exemption matches these filters")).to_be_visible()


def addresses(university: University, people: dict[str, User]) -> dict[str, str]:
    needing, ready = university.needing, university.ready
    target = Target(course_id=needing.pk)
    one = exempting.accept(
        by=people["reviewer"],
        code=Code.DUE_MISSING,
        target=target,
        until=UNTIL,
        reason="The portfolio is handed in on paper, at the exhibition; the department sends the grades itself.",
        now=NOW,
    )
    over = {"ended_at": NOW, "ended_because": "revoked", "ended_by": people["reviewer"], "ended_reason": "Mended."}
    ended = build.exemption(ready, code="name_too_long", **over)
    build.exemption(ready, code="needs_grading", ended_at=NOW, ended_because="void")
    build.exemption(ready, code="points_missing", until=NOW - timedelta(days=400))
    build.exemption(ready, level="rule", course=None, subject=f"Science, {university.term.name}")
    item = needing.line_items.filter(assignment_name="Portfolio")[0]
    why = f"/courses/{needing.pk}/why/{item.assignment_id}/{item.section_id}/due_at/"
    return {
        "exemptions": "/exemptions/",
        "exemptions-none": "/exemptions/?rule=mastery_path",
        "exemption": f"/exemptions/{one.pk}/",
        "exemption-ended": f"/exemptions/{ended.pk}/",
        "exempt": f"/exemptions/course/{needing.pk}/name_empty/",
        "exempt-nothing": f"/exemptions/course/{ready.pk}/name_empty/",
        "exempt-rule": "/exemptions/rule/",
        "course-accepted": f"/courses/{needing.pk}/",
        "why-accepted": why,
        "line-items-excepted": "/line-items/?state=excepted",
        "overview-excepted": "/",
    }


@narrow_first
def test_it_is_accessible_and_quiet(
    scheme: str, width: int, open_as: Callable[..., Watched], university: University, people: dict[str, User]
) -> None:
    watched = open_as("administrator", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in addresses(university, people).items():
        page.goto(address)
        assert page.evaluate(SHIFT) < 0.01, f"{name} moves after it was loaded"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
        page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert breaches(page) == [], name
    page.goto(f"/exemptions/course/{university.needing.pk}/name_empty/")
    page.get_by_label("Reason").fill(" ")
    page.evaluate("document.querySelector('.making-form').noValidate = true")
    page.get_by_role("button", name="Accept as exception").click()
    expect(page.locator("#form-trouble")).to_be_focused()
    page.screenshot(path=ARTEFACTS / f"exempt-refused-{scheme}-{width}.png", full_page=True)
    assert breaches(page) == []
    assert watched.faults == [] or all("422" in fault for fault in watched.faults)
