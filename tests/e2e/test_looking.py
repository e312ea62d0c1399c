"""Pictures of dates in a real browser: they fit, their words are legible, and what is out of place is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from registrar.models import Course
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.places import dates_in_all_places
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import SHIFT, breaches
from tests.pages.conftest import University

LEGIBLE = 12


@pytest.fixture
def dated(university: University) -> Course:
    return dates_in_all_places(university)


def smallest_word(page: Page, within: str) -> float:
    heights: list[float] = page.eval_on_selector_all(
        f"{within} text",
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().d)",
    )
    assert len(heights) > 4
    return min(heights)


@narrow_first
def test_the_line_of_a_course_fits_and_is_legible(
    scheme: str, width: int, open_as: Callable[..., Watched], dated: Course
) -> None:
    watched = open_as("reviewer", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    page.goto(f"/courses/{dated.pk}/")
    ARTEFACTS.mkdir(exist_ok=True)
    page.locator(".sheet:has(.timeline)").screenshot(path=ARTEFACTS / f"course-line-{scheme}-{width}.png")
    assert page.evaluate(SHIFT) < 0.01
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert smallest_word(page, ".timeline") >= LEGIBLE
    assert breaches(page) == []
    assert watched.faults == []


@narrow_first
def test_the_weeks_of_a_term_fit_and_are_legible(
    scheme: str, width: int, open_as: Callable[..., Watched], dated: Course
) -> None:
    watched = open_as("reviewer", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    page.goto("/")
    ARTEFACTS.mkdir(exist_ok=True)
    page.locator(".sheet:has(.weeks)").screenshot(path=ARTEFACTS / f"weeks-{scheme}-{width}.png")
    assert page.evaluate(SHIFT) < 0.01
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert smallest_word(page, ".weeks") >= LEGIBLE
    assert breaches(page) == []
    page.get_by_text("The weeks as a table").click()
    assert breaches(page) == []
    assert watched.faults == []


@narrow_first
def test_the_checklist_and_its_reminder(
    scheme: str, width: int, open_as: Callable[..., Watched], dated: Course
) -> None:
    watched = open_as("administrator", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in (("set-up", "/administration/set-up/"), ("overview-set-up", "/")):
        page.goto(address)
        page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert breaches(page) == [], name
    page.get_by_role("link", name="A rule pack is chosen").click()
    page.wait_for_url("**/set-up/#item-rulepack")
    page.get_by_role("button", name="Test now : A rule pack is chosen").click()
    expect(page.get_by_text("No rule pack is chosen").first).to_be_visible()
    page.goto("/")
    page.get_by_role("button", name="Hide this").click()
    expect(page.get_by_role("heading", name="Set up")).to_have_count(0)
    assert watched.faults == []
