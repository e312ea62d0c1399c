"""All day at the desk: dense tables, fast hands, focus that stays, and every kind of eye and screen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import breaches
from tests.pages import build
from tests.pages.conftest import University

FOCUSED = "document.activeElement.closest('tr')?.rowIndex ?? -1"


@pytest.fixture
def many(university: University) -> University:
    for number in range(30):
        sections = [build.section(f"{number}-A"), build.section(f"{number}-B")]
        names = [build.assignment("long name " * 1000 if number == 3 else "Essay")]
        build.course(university.arts, university.term, code=f"HIST {number}", sections=sections, assignments=names)
    return university


def top_left(page: Page) -> tuple[float, float]:
    head = page.locator(".list thead th").first.bounding_box()
    cell = page.locator(".list tbody th").last.bounding_box()
    assert head is not None
    assert cell is not None
    return head["y"], cell["x"]


@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_heads_and_first_column_stay_in_sight(
    width: int, open_as: Callable[..., Watched], many: University
) -> None:
    page = open_as("reviewer", viewport={"width": width, "height": 900}).page
    page.goto("/line-items/")
    scroll = page.locator(".list > .scroll")
    scroll.evaluate("it => it.scrollIntoView()")
    before = top_left(page)
    assert scroll.evaluate("it => { it.scrollTop = 400; it.scrollLeft = 150; return it.scrollTop; }") > 100
    assert top_left(page) == pytest.approx(before, abs=1)
    row = page.locator(".list tbody tr").filter(has_text="long name").first.bounding_box()
    assert row is not None
    assert row["height"] < 80


def test_the_columns_are_chosen_without_script(open_as: Callable[..., Watched], many: University) -> None:
    page = open_as("viewer", java_script_enabled=False).page
    page.goto("/courses/?state=needs_action")
    page.get_by_role("button", name="Table").click()
    page.get_by_label("Compact").check()
    page.get_by_role("checkbox", name="College").uncheck()
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"/courses/\?state=needs_action$"))
    expect(page.get_by_role("columnheader", name="College")).to_have_count(0)
    expect(page.locator("table.dense--compact")).to_be_visible()


def test_the_rows_are_walked_ticked_and_opened_by_keys(open_as: Callable[..., Watched], many: University) -> None:
    watched = open_as("reviewer")
    page = watched.page
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/line-items/**")
    page.goto("/line-items/")
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED) == 1
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#picked")).to_have_text("2 line items ticked")
    assert page.evaluate(FOCUSED) == 2
    page.keyboard.press("k")
    assert page.evaluate(FOCUSED) == 1
    page.keyboard.press("n")
    expect(page.get_by_text("Page 2 of")).to_be_visible()
    expect(page.locator("#picked")).to_have_text("2 line items ticked")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#picked")).to_have_text("3 line items ticked")
    page.get_by_role("button", name="Propose dates for the ticked").click()
    expect(page).to_have_url(re.compile(r"/proposals/dates/\?picked=yes"))
    expect(page.locator(".counts")).to_contain_text("3")
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/courses/\d+/#assignment-\d+"))
    assert watched.faults == []


def test_the_keys_rest_while_one_types_and_can_be_switched_off(
    open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("viewer")
    page = watched.page
    page.keyboard.press("/")
    expect(page.get_by_label("Find anything")).to_be_focused()
    page.keyboard.type("g c ? jk/")
    expect(page.get_by_label("Find anything")).to_have_value("g c ? jk/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("heading", level=1).click()
    page.locator("main").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Keyboard shortcuts")).to_be_focused()
    assert breaches(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    dialog.get_by_role("button", name="Switch the shortcuts off").click()
    expect(page.get_by_text("They are switched off")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Find anything")).not_to_be_focused()
    assert watched.faults == []


def test_it_is_found_from_anywhere(open_as: Callable[..., Watched], university: University) -> None:
    page = open_as("viewer").page
    page.keyboard.press("/")
    page.keyboard.type("phil")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Found for")).to_be_visible()
    page.get_by_role("link", name=re.compile("in the list of sections")).click()
    expect(page.locator("#count")).to_have_text(re.compile("2 sections"))
    page.get_by_label("Find anything").fill(university.ready.sis_id)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/courses/{university.ready.pk}/"))


def test_the_focus_outlives_a_swap(open_as: Callable[..., Watched], university: University) -> None:
    page = open_as("reviewer").page
    link = page.locator("#overview a[href*='rule=due_missing']").first
    link.focus()
    page.evaluate("htmx.trigger(document.body, 'synced')")
    page.wait_for_timeout(500)
    assert page.evaluate("document.activeElement.getAttribute('href')") == link.get_attribute("href")
    page.evaluate(
        "document.getElementById('sync').insertAdjacentHTML('afterend', '<a href=\"#x\" id=\"gone\">x</a>')"
    )
    page.locator("#gone").focus()
    page.evaluate("htmx.trigger(document.body, 'synced')")
    expect(page.locator("#gone")).to_have_count(0)
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.id") == "overview"


def test_the_focus_stays_in_the_filters(open_as: Callable[..., Watched], university: University) -> None:
    page = open_as("viewer").page
    page.goto("/line-items/")
    page.get_by_label("State").focus()
    page.get_by_label("State").select_option("ready")
    expect(page.locator("#count")).to_have_text(re.compile("line items"))
    expect(page.get_by_label("State")).to_be_focused()
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")


def test_a_list_that_could_not_be_asked_for_looks_old(
    open_as: Callable[..., Watched], university: University
) -> None:
    page = open_as("viewer").page
    page.goto("/line-items/")
    page.route("**/line-items/**", lambda route: route.abort())
    page.get_by_label("State").select_option("ready")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    expect(page.locator("#results.stale")).to_be_visible()
    page.unroute("**/line-items/**")
    page.get_by_label("State").select_option("")
    expect(page.locator("#results.stale")).to_have_count(0)
    expect(page.locator("#trouble")).to_be_empty()


@pytest.mark.parametrize("options", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_eye_can_read_it(
    options: dict[str, str], scheme: str, open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("reviewer", color_scheme=scheme, **options)
    page = watched.page
    page.goto("/line-items/?state=needs_action")
    here = page.get_by_role("link", name="Line items", exact=True).first
    if "forced_colors" in options:
        assert here.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
        chip = page.locator(".chip").first
        assert chip.evaluate("it => getComputedStyle(it).borderTopStyle") == "solid"
    else:
        page.evaluate("document.getElementById('results').classList.add('htmx-request')")
        assert page.evaluate("getComputedStyle(results, '::before').animationName") == "none"
    assert watched.faults == []


@narrow_first
def test_the_desk_is_accessible(
    scheme: str, width: int, open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("reviewer", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    page.goto("/line-items/")
    page.get_by_role("button", name="Table").click()
    assert breaches(page) == []
    page.keyboard.press("Escape")
    page.locator("[name=pick]").first.check()
    assert breaches(page) == []
    assert watched.faults == []
