"""Results while one types, in the field of the bar, on the search page only; and a page of rows ticked at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Watched
from tests.pages.conftest import University


def test_it_finds_as_one_types(open_as: Callable[..., Watched], university: University) -> None:
    watched = open_as("viewer")
    page = watched.page
    page.goto("/search/")
    asked = page.evaluate("history.length")
    field = page.get_by_label("Find anything")
    field.focus()
    page.keyboard.type("phil")
    count = page.locator("#count")
    expect(count).to_have_text("3 results")
    expect(count).to_have_attribute("role", "status")
    expect(page.get_by_role("heading", level=1)).to_have_text("Found for “phil”")
    expect(page).to_have_title("Found for “phil” · Preflight")
    expect(page).to_have_url(re.compile(r"/search/\?q=phil$"))
    expect(field).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("x")
    expect(count).to_have_text("No results")
    assert field.evaluate("it => [it.value, it.selectionStart]") == ["phixl", 4]
    page.keyboard.press("Backspace")
    expect(count).to_have_text("3 results")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    expect(page.get_by_text("An exact ID opens its page at once")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/search/$"))
    assert page.evaluate("history.length") == asked, "no entry for each letter"
    page.keyboard.type(str(university.needing.canvas_id))
    expect(page.get_by_text("Exactly this ID")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/courses/{university.needing.pk}/$"))
    assert watched.faults == []


def test_it_says_when_the_server_cannot_be_reached(
    open_as: Callable[..., Watched], university: University
) -> None:
    page = open_as("viewer").page
    page.goto("/search/?q=phil")
    page.get_by_label("Find anything").focus()
    page.context.set_offline(True)
    page.keyboard.type("x")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    expect(page.get_by_role("link", name="Load the page again")).to_have_attribute("href", page.url)
    page.context.set_offline(False)
    page.keyboard.press("Backspace")
    expect(page.get_by_text("The server cannot be reached")).to_have_count(0)
    expect(page.locator("#count")).to_have_text("3 results")


def test_elsewhere_the_field_waits_for_enter(open_as: Callable[..., Watched], university: University) -> None:
    watched = open_as("viewer", java_script_enabled=False)
    page = watched.page
    page.goto("/courses/")
    page.get_by_label("Find anything").fill("phil")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text("3 results")
    assert watched.faults == []


def test_a_box_in_the_head_ticks_the_page(open_as: Callable[..., Watched], university: University) -> None:
    watched = open_as("reviewer")
    page = watched.page
    page.goto("/line-items/")
    whole = page.get_by_label("Tick all on this page")
    boxes = page.locator("#items [name=pick]")
    whole.check()
    expect(page.locator("#picked")).to_have_text(f"{boxes.count()} line items ticked")
    boxes.first.uncheck()
    expect(page.locator("#picked")).to_have_text(f"{boxes.count() - 1} line items ticked")
    expect(whole).to_be_checked(indeterminate=True)
    page.reload()
    expect(page.get_by_label("Tick all on this page")).to_be_checked(indeterminate=True)
    whole.check()
    whole.uncheck()
    expect(page.locator("#picked")).to_have_text("0 line items ticked")
    assert watched.faults == []


def test_without_script_a_button_ticks_the_page(open_as: Callable[..., Watched], university: University) -> None:
    page = open_as("reviewer", java_script_enabled=False).page
    page.goto("/line-items/?q=ecology")
    page.get_by_role("button", name="Tick all on this page").click()
    expect(page).to_have_url(re.compile(r"/line-items/\?q=ecology$"))
    expect(page.locator("#picked")).to_have_text("4 line items ticked")
