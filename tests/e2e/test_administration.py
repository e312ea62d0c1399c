"""Administration in a real browser: accessible everywhere, by keyboard, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from registrar.models import Account, reach_of
from registrar.services import categorising, ruling
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import SHIFT, breaches
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University

HOME = "/administration/"
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def decided(university: University, people: dict[str, Any]) -> University:
    """With a pack, a ruling, a category list and more sub-accounts than fit on a page."""
    given = {"by": people["administrator"], "account_id": university.root.pk, "now": NOW}
    ruling.choose_pack(code="powerschool", reason="We use it", **given)
    ruling.set_ruling(kind="limit", name="name_length", value=25, source="Our own test", **given)
    ruling.set_ruling(kind="severity", name="mastery_path", value=None, source="Nobody uses it", **given)
    categorising.keep(names=["Tests", "Quizzes"], file_name="categories.csv", **given)
    for number in range(60):
        build.account(f"Department of the History of the {number}. Century", university.science)
    return university


def addresses(university: University, people: dict[str, Any]) -> dict[str, str]:
    science = f"{HOME}sub-accounts/{university.science.pk}/"
    return {
        "administration": HOME,
        "sub-accounts": f"{HOME}sub-accounts/",
        "sub-account": science,
        "limit": f"{science}limit/name_length/",
        "rule": f"{science}severity/mastery_path/",
        "categories": f"{science}categories/",
        "timetable": f"{HOME}timetable/",
        "people": f"{HOME}people/",
        "person": f"{HOME}people/{people['scientist'].pk}/",
        "invite": f"{HOME}people/new/",
        "log": f"{HOME}log/",
        "password": "/password/",
    }


@narrow_first
def test_it_is_accessible_and_quiet(
    scheme: str, width: int, open_as: Callable[..., Watched], decided: University, people: dict[str, Any]
) -> None:
    watched = open_as("administrator", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in addresses(decided, people).items():
        page.goto(address)
        assert page.evaluate(SHIFT) < 0.01, f"{name} moves after it was loaded"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
        page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert breaches(page) == [], name
    assert watched.faults == []


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
