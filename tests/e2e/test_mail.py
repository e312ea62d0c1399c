"""The log of mail and “My mail” in a real browser: by keyboard, and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from registrar.models import Delivery, Wish
from tests.e2e.conftest import Watched
from tests.e2e.places import mails
from tests.pages import build


def test_it_filters_as_one_types_and_sends_again_by_keyboard(
    open_as: Callable[..., Watched], people: dict[str, User]
) -> None:
    mails()
    watched = open_as("administrator")
    page = watched.page
    page.goto("/mail/")
    page.get_by_label("Search", exact=True).fill("name.refused")
    expect(page.locator("#count")).to_have_text("1 mail")
    page.get_by_role("link", name="Fall 2026: 31 sections").press("Enter")
    page.get_by_role("button", name="Send again").press("Enter")
    expect(page.get_by_text("It goes out again with the next mail.")).to_be_visible()
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    assert Delivery.objects.filter(state=Delivery.State.REFUSED).count() == 0
    assert watched.faults == []


def test_it_shows_a_mail_in_a_box_of_its_own(open_as: Callable[..., Watched], people: dict[str, User]) -> None:
    row = build.delivery(html='<p style="color: rgb(1, 2, 3)">Hello</p><script>document.title = "ran"</script>')
    page = open_as("administrator").page
    page.goto(f"/mail/{row.pk}/")
    page.get_by_role("link", name="As mail programs show it").click()
    expect(page.get_by_text("Hello")).to_have_css("color", "rgb(1, 2, 3)")
    assert page.title() != "ran"


@pytest.mark.parametrize("scripts", [True, False])
def test_it_keeps_a_wish(scripts: bool, open_as: Callable[..., Watched], people: dict[str, User]) -> None:
    watched = open_as("reviewer", java_script_enabled=scripts)
    page = watched.page
    page.get_by_role("link", name="My mail").press("Enter")
    page.get_by_role("group", name="Your proposal was decided").get_by_label("Once a day, together").check()
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("group", name="Your proposal was decided").get_by_label("Once a day")).to_be_checked()
    assert Wish.objects.get(person=people["reviewer"], news="decided").how == Wish.How.DIGEST
    assert watched.faults == []
