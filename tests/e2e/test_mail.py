"""The log of mail and “My mail” in a real browser: accessible, in their width, by keyboard, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from registrar.models import Delivery, Wish
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.screens import narrow_first
from tests.e2e.test_every_page import SHIFT, breaches
from tests.pages import build

State = Delivery.State
SAID = {
    State.SENT: "250 2.0.0 OK: queued as 4fK9s1",
    State.UNCONFIRMED: "The mail server did not answer in time (timed out).",
    State.REFUSED: "550 5.1.1 <chair@example.edu>: Recipient address rejected: User unknown in local table",
    State.DROPPED: "The addressee may no longer see what it speaks of.",
}


def written() -> dict[str, Delivery]:
    """A mail in each state."""
    found = {}
    for hours, state in enumerate(State):
        found[state] = build.delivery(
            f"chair.of.a.department.with.a.long.name.{state}",
            state=state,
            subject="Fall 2026: 31 sections not ready, 6 days to grade deadline",
            html="<h1>Fall 2026</h1>",
        )
        Delivery.objects.filter(pk=found[state].pk).update(
            trouble=SAID.get(state, ""), created_at=build.NOW - timedelta(hours=20 * hours)
        )
    return found


@narrow_first
def test_it_is_accessible_and_quiet(
    scheme: str, width: int, open_as: Callable[..., Watched], people: dict[str, User]
) -> None:
    rows = written()
    watched = open_as("administrator", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in {
        "mail": "/mail/",
        "mail-nothing": "/mail/?q=zzzz",
        "mail-unconfirmed": f"/mail/{rows[State.UNCONFIRMED].pk}/",
        "mail-refused": f"/mail/{rows[State.REFUSED].pk}/",
        "my-mail": "/my-mail/",
    }.items():
        page.goto(address)
        assert page.evaluate(SHIFT) < 0.01, f"{name} moves after it was loaded"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
        page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert breaches(page) == [], name
    assert watched.faults == []


def test_it_filters_as_one_types_and_sends_again_by_keyboard(
    open_as: Callable[..., Watched], people: dict[str, User]
) -> None:
    written()
    watched = open_as("administrator")
    page = watched.page
    page.goto("/mail/")
    page.get_by_label("Search", exact=True).fill("name.refused")
    expect(page.locator("#count")).to_have_text("1 mail")
    page.get_by_role("link", name="Fall 2026: 31 sections").press("Enter")
    page.get_by_role("button", name="Send again").press("Enter")
    expect(page.get_by_text("It goes out again with the next mail.")).to_be_visible()
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    assert Delivery.objects.filter(state=State.REFUSED).count() == 0
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
