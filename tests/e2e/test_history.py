"""Looking back in a real browser: the chart keeps its words legible, and choosing keeps the focus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from registrar.models import DailyCount, Mark, Term
from registrar.services import counting
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import breaches
from tests.pages import build
from tests.pages.conftest import University
from tests.pages.test_history import drifted, turned

LEGIBLE = 12


@pytest.fixture
def looked_back(university: University) -> Term:
    before = build.term("Fall before", starts=-425, ends=-335)
    build.course(university.arts, before, assignments=[build.assignment()])
    today, end = counting.today(build.NOW), counting.today(before.end_at or build.NOW)
    Mark.objects.create(
        term=university.term, kind=Mark.Kind.GRADE_DEADLINE, at=build.NOW + timedelta(days=20), set_at=build.NOW
    )
    for days in range(40):
        for term, day in ((university.term, today), (before, end)):
            DailyCount.objects.create(
                day=day - timedelta(days=days),
                term=term,
                account=university.arts,
                sections=900,
                sections_needing=days * 20,
                taken_at=build.NOW,
            )
    turned(university.needing)
    turned(university.ready, what="mended", code="name_empty", cause="time")
    drifted(university.ready)
    return before


def smallest_word(page: Page) -> float:
    """In pixels on the screen: a word in a stretched picture is smaller than its font says."""
    heights: list[float] = page.eval_on_selector_all(
        ".chart text",
        "all => all.map(one => one.getBoundingClientRect().height / one.getBBox().height"
        " * parseFloat(getComputedStyle(one).fontSize))",
    )
    assert len(heights) > 5
    return min(heights)


@narrow_first
def test_the_chart_fits_and_is_legible(
    scheme: str, width: int, open_as: Callable[..., Watched], looked_back: Term
) -> None:
    watched = open_as("reviewer", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in (("history", "/history/"), ("overview-trend", "/")):
        page.goto(address)
        assert smallest_word(page) >= LEGIBLE
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sheet = page.locator(".sheet:has(.chart)").bounding_box()
        words = [box for one in page.locator(".chart text").all() if (box := one.bounding_box())]
        assert sheet is not None
        assert all(
            sheet["x"] <= box["x"] and box["x"] + box["width"] <= sheet["x"] + sheet["width"] for box in words
        )
        page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert breaches(page) == [], name
    assert watched.faults == []


def test_choosing_keeps_the_focus_and_says_what_came_of_it(
    open_as: Callable[..., Watched], looked_back: Term, university: University
) -> None:
    watched = open_as("viewer")
    page = watched.page
    page.goto("/history/")
    page.get_by_label("Rule", exact=True).focus()
    page.get_by_label("Rule", exact=True).select_option("name_empty")
    page.wait_for_url("**rule=name_empty**")
    expect(page.locator("#announce")).to_contain_text("0 newly found, 1 mended since")
    expect(page.get_by_label("Rule", exact=True)).to_be_focused()
    expect(page.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)
    page.get_by_label("College", exact=True).select_option(str(university.arts.pk))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing changed since")
    assert watched.faults == []


def test_it_works_without_javascript(open_as: Callable[..., Watched], looked_back: Term) -> None:
    watched = open_as("viewer", java_script_enabled=False)
    page = watched.page
    page.goto("/history/")
    page.get_by_label("What", exact=True).select_option("mended")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**what=mended**")
    expect(page.locator("#turns tbody tr")).to_have_count(1)
    page.get_by_text("The numbers as a table").click()
    expect(page.get_by_role("row", name="the day itself")).to_have_count(1)
    expect(page.get_by_role("row").filter(has_text="20 days before")).to_have_count(1)
