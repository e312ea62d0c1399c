"""Accepting a finding: by keyboard, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from registrar.models import Exemption
from tests.e2e.conftest import Watched
from tests.e2e.keyboard import tab_to
from tests.e2e.places import UNTIL
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import breaches
from tests.pages.conftest import University


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


@narrow_first
def test_what_is_missing_is_said_where_the_focus_goes(
    scheme: str, width: int, open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("reviewer", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    page.goto(f"/exemptions/course/{university.needing.pk}/name_empty/")
    page.get_by_label("Reason").fill(" ")
    page.evaluate("document.querySelector('.making-form').noValidate = true")
    page.get_by_role("button", name="Accept as exception").click()
    expect(page.locator("#form-trouble")).to_be_focused()
    assert breaches(page) == []
    assert all("422" in fault for fault in watched.faults)
