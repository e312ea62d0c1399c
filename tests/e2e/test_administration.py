"""Administration in a real browser: by keyboard, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from registrar.models import Account, reach_of
from tests.e2e.conftest import Watched
from tests.e2e.places import decide
from tests.e2e.test_every_page import breaches
from tests.pages.conftest import University

HOME = "/administration/"
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def decided(university: University, people: dict[str, Any]) -> University:
    decide(university, people)
    return university


def test_a_mistake_is_where_the_focus_goes(open_as: Callable[..., Watched], decided: University) -> None:
    page = open_as("administrator", viewport=NARROW).page
    page.goto(f"{HOME}sub-accounts/{decided.arts.pk}/limit/name_length/")
    page.get_by_label("Value").fill("0")
    page.get_by_label("Where it comes from").fill("A guess")
    page.get_by_role("button", name="Set it here").click()
    page.wait_for_selector("#form-trouble")
    assert page.evaluate("document.activeElement.id") == "form-trouble"
    assert breaches(page) == []


def test_a_rule_is_turned_off_by_keyboard_alone(open_as: Callable[..., Watched], decided: University) -> None:
    watched = open_as("administrator")
    page = watched.page
    page.goto(f"{HOME}sub-accounts/{decided.arts.pk}/severity/due_missing/")
    page.get_by_role("radio", name="Blocking").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Arts gives no dates")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sub-accounts/{decided.arts.pk}/")
    assert page.get_by_text("Kept. The findings of 1 course").is_visible()
    page.goto("/line-items/?rule=due_missing")
    assert page.get_by_text("Nothing matches these filters").is_visible()
    assert watched.faults == []


@pytest.mark.parametrize("script", [True, False])
def test_a_person_is_invited_and_limited_to_one_of_many(
    script: bool, open_as: Callable[..., Watched], decided: University
) -> None:
    watched = open_as("administrator", java_script_enabled=script)
    page = watched.page
    page.goto(f"{HOME}people/new/")
    page.get_by_label("User name").fill("ada")
    page.get_by_role("checkbox", name="Reviewer:").check()
    page.get_by_label("Find a sub-account").fill("the 17. century")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("checkbox", name="Department of the History of the 17. Century").check()
    assert page.get_by_label("User name").input_value() == "ada"
    page.get_by_role("button", name="Invite").last.click()
    address = page.locator(".link-once").inner_text()
    made, department = User.objects.get(username="ada"), Account.objects.get(name__contains="the 17.")
    assert reach_of(made).paths == (department.path,)
    page.get_by_role("button", name="Sign out").click()
    page.goto(address[address.index("/password/") :])
    page.get_by_label("New password").fill("lofty-heron-71")
    page.get_by_label("The same again").fill("lofty-heron-71")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url(lambda found: found.endswith("/"))
    assert page.get_by_role("link", name="Administration").count() == 0
    assert watched.faults == []
