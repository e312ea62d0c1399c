"""Every page, light and dark, narrow and wide: accessible, quiet, within its width and on its own origin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from registrar.models import Run, RunItem
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.screens import every_screen
from tests.pages import build
from tests.pages.conftest import University

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHIFT = """() => new Promise(done => {
  let total = 0;
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) total += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(total), 150);
})"""


def addresses(university: University) -> dict[str, str]:
    needing = university.needing
    item = build.first_item(needing)
    run = build.run(university.ready, needing, state=Run.State.INCOMPLETE, failed=1, done=1)
    run.items.filter(course=needing).update(state=RunItem.State.FAILED, message="Canvas took too long to answer.")
    return {
        "overview": "/",
        "courses": "/courses/",
        "course": f"/courses/{needing.pk}/",
        "why": f"/courses/{needing.pk}/why/{item.assignment_id}/{item.section_id}/due_at/",
        "sections": "/sections/",
        "section": f"/sections/{item.section_id}/",
        "line-items": "/line-items/?state=needs_action",
        "nothing": "/line-items/?q=zzzz",
        "ignored": "/line-items/?rule=no_such_rule",
        "runs": "/runs/",
        "run": f"/runs/{run.pk}/",
    }


def breaches(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: Any = page.evaluate("tags => axe.run({ runOnly: tags })", RULES)
    return [f"{one['id']}: {[node['html'][:200] for node in one['nodes']][:3]}" for one in found["violations"]]


@every_screen
def test_it_is_accessible_and_quiet(
    scheme: str, width: int, open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("reviewer", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in addresses(university).items():
        page.goto(address)
        assert page.evaluate(SHIFT) < 0.01, f"{name} moves after it was loaded"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
        page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert breaches(page) == [], name
    assert watched.faults == []


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator", "scientist"])
def test_it_is_quiet_for_every_role(who: str, open_as: Callable[..., Watched], university: University) -> None:
    watched = open_as(who)
    for address in ("/", "/courses/", f"/courses/{university.ready.pk}/", "/line-items/", "/runs/"):
        watched.page.goto(address)
        assert breaches(watched.page) == [], address
    assert watched.faults == []
