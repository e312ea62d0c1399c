"""What changes in place: the focus is never lost, dialogs hold it and give it back, and progress is not chatty."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from registrar.models import Proposal, ProposalCourse, Run
from tests.e2e.conftest import Watched
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University

SWAPPING = {
    *("overview/_overview.html", "shared/_progress.html", "shared/_filters.html"),
    *("courses/_course.html", "courses/_cell.html", "courses/_why.html", "sections/section.html"),
    *("line_items/_row.html", "line_items/_picks.html"),
    *("proposals/_filters.html", "proposals/_progress.html", "proposals/_proposal.html"),
    *("exemptions/_filters.html", "history/_filters.html", "deliveries/_filters.html"),
    *("administration/_picker.html", "runs/_run.html"),
    *("proposals/_unsynced.html", "proposals/_unsynced_filters.html", "search/index.html"),
}
"""The templates that ask by htmx. `test_turning_on` and `test_search` try the last three."""
SETTLING = """() => { window.settled = new Promise((done, fail) => {
  document.addEventListener("htmx:afterSettle", () => setTimeout(done, 50), { once: true });
  setTimeout(() => fail(new Error("nothing was swapped")), 15000);
}); }"""
HEARD = """() => {
  window.heard = [];
  const regions = "[aria-live], [role=status], [role=alert]";
  new MutationObserver(all => {
    for (const one of all) {
      const region = (one.target.closest ? one.target : one.target.parentElement)?.closest(regions);
      const added = [...one.addedNodes].filter(node => node.matches?.(regions) || node.querySelector?.(regions));
      const words = [region, ...added].map(place => place?.textContent.trim());
      window.heard.push(...words.filter(Boolean));
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def test_no_swap_is_left_out() -> None:
    (folder,) = (Path(one) for one in settings.TEMPLATES[0]["DIRS"])
    found = {
        str(one.relative_to(folder))
        for one in folder.rglob("*.html")
        if re.search("hx-(get|post)=", one.read_text())
    }
    assert found == SWAPPING


def swap(page: Page, act: Callable[[], object]) -> None:
    page.evaluate(SETTLING)
    act()
    page.evaluate("() => window.settled")
    assert page.evaluate("document.activeElement !== document.body"), "the focus is lost"


def key(page: Page, wanted: Locator, name: str) -> Callable[[], None]:
    wanted.focus()
    return lambda: page.keyboard.press(name)


LISTS = {
    "/courses/": "State",
    "/sections/": "State",
    "/line-items/": "State",
    "/proposals/": "State",
    "/exemptions/": "State",
    "/mail/": "State",
    "/history/": "What",
}


def test_the_focus_stays_in_every_list_that_is_narrowed(
    open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("all_round")
    page = watched.page
    for address, label in LISTS.items():
        page.goto(address)
        choice = page.locator("main form.filters").get_by_label(label, exact=True)
        assert choice.locator("option").count() > 1, address
        swap(page, key(page, choice, "ArrowDown"))
        expect(choice).to_be_focused()
    assert watched.faults == []


def test_a_dialog_holds_the_focus_and_gives_it_back(
    open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("all_round")
    page = watched.page
    item = build.first_item(university.ready)
    dialog = page.get_by_role("dialog")
    for address in (f"/courses/{item.course_id}/", f"/sections/{item.section_id}/", "/line-items/"):
        page.goto(address)
        opener = page.locator("a[hx-target='#panel-body']").first
        swap(page, key(page, opener, "Enter"))
        expect(dialog.get_by_role("heading", level=2)).to_be_focused()
        stops = set()
        for _ in range(12):
            page.keyboard.press("Tab")
            at = page.evaluate("[panel.contains(document.activeElement), document.activeElement.innerText]")
            assert at[0] or not at[1].strip() or page.evaluate("document.activeElement === document.body"), at
            stops.add(at[1])
        assert len(stops) > 3
        swap(page, key(page, dialog.get_by_role("link", name="Until"), "Enter"))
        assert page.evaluate("panel.contains(document.activeElement)")
        expect(dialog.get_by_role("heading", level=2)).to_have_text("Why is it available until then?")
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()
    table = page.get_by_role("button", name="Table")
    table.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Rows")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('look').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(table).to_be_focused()
    assert watched.faults == []


def test_the_focus_stays_where_one_ticks_and_finds(
    open_as: Callable[..., Watched], university: University
) -> None:
    for number in range(60):
        build.account(f"Department {number}", university.science)
    watched = open_as("all_round")
    page = watched.page
    page.goto("/line-items/")
    tick = page.locator("[name=pick]").first
    swap(page, key(page, tick, "Space"))
    expect(tick).to_be_focused()
    page.goto("/administration/people/new/")
    page.get_by_label("Find a sub-account").fill("Department 17")
    find = page.get_by_role("button", name="Find", exact=True)
    swap(page, key(page, find, "Enter"))
    expect(find).to_be_focused()
    assert watched.faults == []


def heard(page: Page) -> list[str]:
    """The words of live regions, each change of words once."""
    found: list[str] = page.evaluate("window.heard")
    return [one for number, one in enumerate(found) if number == 0 or found[number - 1] != one]


@pytest.mark.usefixtures("sent")
def test_a_sync_keeps_the_focus_and_speaks_only_twice(
    open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("reviewer")
    page = watched.page
    page.evaluate(HEARD)
    swap(page, key(page, page.get_by_role("button", name="Full refresh"), "Enter"))
    details = page.locator("#sync-details")
    details.focus()
    run = Run.objects.get()
    for done in (2, 5):
        Run.objects.filter(pk=run.pk).update(state=Run.State.READING, total=8, done=done, read_from=NOW)
        expect(page.get_by_text(f"{done} of 8")).to_be_visible()
        expect(details).to_be_focused()
    swap(page, key(page, page.locator("#sync-cancel"), "Enter"))
    Run.objects.filter(pk=run.pk).update(state=Run.State.CANCELLED, done=6, finished_at=datetime.now(UTC))
    expect(page.get_by_text("Refresh cancelled")).to_be_visible()
    expect(page.locator("#announce")).to_have_text("The refresh has ended: cancelled.")
    assert page.evaluate("document.activeElement !== document.body")
    assert heard(page) == ["The refresh has begun.", "The refresh has ended: cancelled."]
    assert watched.faults == []


@pytest.mark.usefixtures("sent")
def test_the_focus_outlives_what_a_sync_brings(open_as: Callable[..., Watched], university: University) -> None:
    watched = open_as("reviewer")
    page, course = watched.page, university.needing
    page.goto(f"/courses/{course.pk}/")
    swap(page, key(page, page.get_by_role("button", name="Refresh this course"), "Enter"))
    ended = build.run(course, state=Run.State.COMPLETE, finished_at=NOW)
    for address in (f"/courses/{course.pk}/", f"/runs/{ended.pk}/", "/"):
        page.goto(address)
        page.locator("main a").first.focus()
        swap(page, lambda: page.evaluate("htmx.trigger(document.body, 'synced')"))
    assert watched.faults == []


def test_applying_keeps_the_focus_and_speaks_once(open_as: Callable[..., Watched], university: University) -> None:
    proposal = build.proposal(
        university.ready, university.needing, state=Proposal.State.APPLYING, started_at=NOW, heartbeat_at=NOW
    )
    watched = open_as("approver")
    page = watched.page
    page.goto(f"/proposals/{proposal.pk}/")
    page.evaluate(HEARD)
    stop = page.get_by_role("button", name="Stop before the next course")
    stop.focus()
    first = proposal.courses.order_by("pk")[0]
    ProposalCourse.objects.filter(pk=first.pk).update(stage=ProposalCourse.Stage.DONE)
    expect(page.get_by_text("1 of 2 courses")).to_be_visible()
    expect(stop).to_be_focused()
    assert heard(page) == []
    proposal.courses.update(stage=ProposalCourse.Stage.DONE)
    proposal.changes.update(state="verified")
    Proposal.objects.filter(pk=proposal.pk).update(state=Proposal.State.VERIFIED, finished_at=NOW)
    expect(page.get_by_role("heading", name="All done, and read back")).to_be_visible()
    expect(page.locator("#announce")).to_have_text("Applying has ended: done.")
    expect(stop).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")
    assert heard(page) == ["Applying has ended: done."]
    assert watched.faults == []
