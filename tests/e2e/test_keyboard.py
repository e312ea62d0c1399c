"""The main job from sign-in to done by two people who have no mouse: not one click, and a ring at each stop."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from canvas_api.standin import Standin
from registrar import tasks
from registrar.models import Course
from tests.e2e.conftest import Watched
from tests.e2e.keyboard import press, tab_to
from tests.e2e.test_proposals import DAY, course, due_dates, queue, standin

__all__ = ["course", "queue", "standin"]


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type(name)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("preflight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("sections")


def test_the_main_job_is_done_with_the_keyboard_alone(
    open_as: Callable[..., Watched], course: Course, queue: list[int], standin: Standin
) -> None:
    reviewer, approver = open_as(""), open_as("", color_scheme="dark")
    page = reviewer.page
    sign_in(page, "reviewer")
    tab_to(page, page.get_by_label("Term"))
    page.keyboard.type("This")
    expect(page).to_have_url(re.compile(r"\?term="))
    expect(page.get_by_label("Term")).to_be_focused()
    colleges = page.get_by_role("region", name="By college")
    tab_to(page, colleges.get_by_role("row", name=re.compile("Example University")).get_by_role("link").nth(1))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/sections/\?term=\d+&account=\S+&state=needs_action"))
    press(page, "link", re.compile("Drawing$"))
    expect(page.get_by_role("heading", name="What to mend here")).to_be_visible()
    dated = page.get_by_role("link", name=re.compile("No date")).first
    tab_to(page, dated)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This holds.")).to_be_visible()
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(dated).to_be_focused()
    tab_to(page, page.get_by_label("Choose assignment Essay"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Propose dates")).to_be_visible()
    tab_to(page, page.get_by_label("Date", exact=True))
    page.keyboard.type(f"{DAY:%m%d%Y}")
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("Agreed.")
    press(page, "button", "Preview the changes")
    press(page, "button", re.compile("Submit 1 change"))
    expect(page.get_by_text("It waits for an approver.")).to_be_visible()

    other = approver.page
    sign_in(other, "approver")
    press(other, "link", re.compile("^Proposals"))
    press(other, "link", re.compile("Change of dates"))
    press(other, "button", "Send back")
    expect(other.locator("#step-trouble")).to_be_focused()
    tab_to(other, other.get_by_label(re.compile("^Comment")))
    other.keyboard.type("I agree.")
    press(other, "button", "Approve 1 change")
    press(other, "button", "Apply 1 change")
    expect(other.get_by_role("heading", name="Writing to Canvas and reading back")).to_be_visible()
    assert due_dates(standin) == {None}, "nothing is written before the worker comes"
    tasks.apply_changes(queue.pop())
    expect(other.get_by_role("heading", name="All done, and read back")).to_be_visible()
    expect(other.locator("#announce")).to_have_text("Applying has ended: done.")
    assert due_dates(standin) != {None}
    assert reviewer.faults == []
    assert [one for one in approver.faults if "422" not in one] == []
