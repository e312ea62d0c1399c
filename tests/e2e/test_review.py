"""The reading half of the main job, by htmx and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from registrar.models import Run
from tests.e2e.conftest import Watched
from tests.pages import build
from tests.pages.conftest import University


def test_it_filters_as_one_types(open_as: Callable[..., Watched], university: University) -> None:
    watched = open_as("viewer")
    page = watched.page
    page.goto("/line-items/")
    count = page.locator("#count")
    expect(count).to_have_text(re.compile("10 line items"))
    page.get_by_label("Search").fill("ecology")
    expect(count).to_have_text(re.compile("4 line items"))
    expect(page).to_have_url(re.compile(r"/line-items/\?q=ecology$"))
    page.get_by_label("State").select_option("needs_action")
    expect(page.get_by_text("Nothing matches these filters")).to_be_visible()
    page.go_back()
    expect(page.locator("#count")).to_have_text(re.compile("4 line items"))
    expect(page.get_by_label("Search")).to_have_value("ecology")
    assert watched.faults == []


def test_it_follows_a_run_to_its_end(
    open_as: Callable[..., Watched], university: University, sent: list[int]
) -> None:
    watched = open_as("reviewer")
    page = watched.page
    page.get_by_role("button", name="Full refresh").click()
    expect(page.locator("#announce")).to_have_text("The refresh has begun.")
    run = Run.objects.get()
    Run.objects.filter(pk=run.pk).update(state=Run.State.READING, total=8, done=3, read_from=build.NOW)
    expect(page.get_by_text("3 of 8")).to_be_visible()
    university.needing.line_items.all().delete()
    Run.objects.filter(pk=run.pk).update(state=Run.State.COMPLETE, done=8, finished_at=datetime.now(UTC))
    expect(page.locator("#announce")).to_have_text("The refresh has ended: complete.")
    expect(page.get_by_text("Refresh complete")).to_be_visible()
    expect(page.locator(".tile").first).to_contain_text("0")
    assert watched.faults == []


def test_it_sends_a_lost_login_to_sign_in(open_as: Callable[..., Watched], university: University) -> None:
    page = open_as("viewer").page
    page.goto("/line-items/")
    page.context.clear_cookies()
    page.get_by_label("State").select_option("ready")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/line-items/"))


def test_it_says_in_place_what_went_wrong(open_as: Callable[..., Watched], university: University) -> None:
    page = open_as("viewer").page
    page.goto("/line-items/")
    university.needing.line_items.all().delete()
    university.ready.line_items.all().delete()
    page.locator("td.date a").first.click()
    expect(page.get_by_role("alert")).to_contain_text("has been read again since")


@pytest.mark.parametrize("who", ["reviewer"])
def test_it_works_without_javascript(
    who: str, open_as: Callable[..., Watched], university: University, sent: list[int]
) -> None:
    page = open_as(who, java_script_enabled=False).page
    page.get_by_role("link", name=re.compile("sections need action")).click()
    page.get_by_role("link", name="PHIL 101 Ethics").first.click()
    page.get_by_role("link", name=re.compile("No date")).first.click()
    expect(page.get_by_role("heading", name="Why this date")).to_be_visible()
    page.goto("/line-items/")
    page.get_by_label("Search").fill("ecology")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#count")).to_have_text(re.compile("4 line items"))
    page.get_by_role("link", name="Effective due date", exact=True).click()
    expect(page).to_have_url(re.compile("sort=-due"))
    page.goto("/")
    page.get_by_role("button", name="Refresh", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Quick refresh"))).to_be_visible()
