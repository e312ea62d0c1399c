"""Every page as every role, light and dark, narrow and wide: accessible, quiet, still and on its own origin.

Each time one person sees all pages on a narrow screen, the others some on a wide one. The soak does all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.template.loader import render_to_string
from django.test import Client
from playwright.sync_api import Browser, Page, Route

from registrar.models import Role
from registrar.web.access import MARK
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.places import places, public_places, view_name
from tests.e2e.screens import NARROW, SCREENS, WIDE
from tests.pages.conftest import University
from tests.pages.site import ALL
from tests.pages.test_access import HELD, POST_ONLY

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHIFT = """() => new Promise(done => {
  // A page may be painted in parts as it comes: before it is loaded a little is forgiven, after that nothing.
  const loaded = performance.getEntriesByType("navigation")[0].loadEventStart;
  let [before, after] = [0, 0];
  new PerformanceObserver(list => {
    for (const one of list.getEntries())
      if (one.startTime < loaded) before += one.value;
      else if (!one.hadRecentInput) after += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(after + (before > 0.05 ? before : 0)), 150);
})"""
NO_PAGES = POST_ONLY | {
    *("health:live", "health:ready"),
    *("courses:export", "sections:export", "line_items:export", "exemptions:export", "history:export"),
    *("runs:progress", "proposals:progress"),
    *("deliveries:as_sent", "reports:mail"),
}
"""For machines; files; parts of a page; mails, which `test_reports` looks at."""
LIMITED = "science_all_round"
PEOPLE = ["viewer", "reviewer", "approver", "administrator", LIMITED]
MOST = "administrator"


def breaches(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: Any = page.evaluate("tags => axe.run({ runOnly: tags, resultTypes: ['violations'] })", RULES)
    return [f"{one['id']}: {[node['html'][:200] for node in one['nodes']][:3]}" for one in found["violations"]]


def look_at(page: Page, addresses: dict[str, str], folder: str) -> None:
    screens = ARTEFACTS / folder
    screens.mkdir(parents=True, exist_ok=True)
    found = []
    for name, address in addresses.items():
        response = page.goto(address)
        assert response is not None
        wrong = breaches(page)
        if response.status != 200:
            wrong.append(f"answers {response.status}")
        if shift := page.evaluate(SHIFT):
            wrong.append(f"moves by {shift}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append("is wider than the screen")
        page.screenshot(path=screens / f"{name}.jpg", type="jpeg", quality=70, full_page=True)
        found += [f"{name}: {one}" for one in wrong]
    assert found == [], "\n".join(found)


def answering(text: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=text, content_type="text/html")


def open_to(name: str, who: str) -> bool:
    roles = set(Role) if who == LIMITED else HELD[who]
    return bool(getattr(ALL[name].callback, MARK) & roles)


def opened(addresses: dict[str, str], who: str, browser: Client) -> dict[str, str]:
    """The pages that somebody may see. Whom a row does not concern, the server does not tell that it is there."""
    found = {name: address for name, address in addresses.items() if open_to(view_name(address), who)}
    answers = {name: browser.get(address).status_code for name, address in found.items()}
    assert set(answers.values()) <= ({200} if who == MOST else {200, 404}), answers
    return {name: address for name, address in found.items() if answers[name] == 200}


def every_screen_as(people: Iterable[str], *always: tuple[str, tuple[int, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("who", "width", "scheme"),
        [
            pytest.param(who, *screen, marks=() if (who, screen) in always else pytest.mark.soak)
            for who in people
            for screen in SCREENS
        ],
    )


def test_no_page_is_left_out(university: University, people: dict[str, Any]) -> None:
    addresses = places(university, people) | public_places(university, people)
    assert {view_name(one) for one in addresses.values()} == ALL.keys() - NO_PAGES


def test_what_is_wrong_is_seen(chromium: Browser) -> None:
    page = chromium.new_page()
    text = (
        "<html lang=en><title>x</title><main><h1>x</h1><p style='color: gray; background: silver'>Faint</p>"
        "<a href=/ style='display: block; height: 10px; width: 10px'></a>"
        "<a href=/ style='display: block; height: 10px; width: 10px'></a></main>"
    )
    page.goto(f"data:text/html,{quote(text)}")
    found = {one.partition(":")[0] for one in breaches(page)}
    assert found >= {"color-contrast", "link-name", "target-size"}
    page.evaluate("document.querySelector('h1').style.marginTop = '300px'")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate(SHIFT) > 0
    page.close()


@every_screen_as(PEOPLE, (MOST, NARROW))
def test_it_is_accessible_and_quiet(
    who: str,
    width: int,
    scheme: str,
    open_as: Callable[..., Watched],
    as_: Callable[[str], Client],
    university: University,
    people: dict[str, Any],
) -> None:
    addresses = opened(places(university, people), who, as_(who))
    watched = open_as(who, color_scheme=scheme, viewport={"width": width, "height": 900})
    look_at(watched.page, addresses, f"{who}-{scheme}-{width}")
    assert watched.faults == []


def test_the_others_share_the_pages(
    open_as: Callable[..., Watched],
    as_: Callable[[str], Client],
    university: University,
    people: dict[str, Any],
) -> None:
    """One page in eight each."""
    width, scheme = WIDE
    addresses = places(university, people)
    others = [who for who in PEOPLE if who != MOST]
    for number, who in enumerate(others):
        share = dict(list(opened(addresses, who, as_(who)).items())[number::8])
        watched = open_as(who, color_scheme=scheme, viewport={"width": width, "height": 900})
        look_at(watched.page, share, f"{who}-{scheme}-{width}")
        assert watched.faults == []


@pytest.mark.soak
def test_it_is_so_in_spanish(
    open_as: Callable[..., Watched], university: University, people: dict[str, Any]
) -> None:
    """Its words are longer."""
    width, scheme = NARROW
    watched = open_as(MOST, locale="es", color_scheme=scheme, viewport={"width": width, "height": 900})
    look_at(watched.page, places(university, people), f"spanish-{scheme}-{width}")
    assert watched.page.evaluate("document.documentElement.lang") == "es"
    assert watched.faults == []


@every_screen_as(["nobody"], ("nobody", NARROW))
def test_it_is_so_for_strangers_and_where_something_is_wrong(
    who: str,
    width: int,
    scheme: str,
    open_as: Callable[..., Watched],
    university: University,
    people: dict[str, Any],
    settings: Any,
) -> None:
    settings.DEMO = True
    watched = open_as("", color_scheme=scheme, viewport={"width": width, "height": 900})
    page, folder = watched.page, f"strangers-{scheme}-{width}"
    look_at(page, public_places(university, people), folder)
    assert watched.faults == []
    for name in ("403_csrf", "errors/500"):
        page.route("**/broken/", answering(render_to_string(f"{name}.html")))
        page.goto("/broken/")
        # These have no style sheet, and axe takes the browser's own dark ground for white.
        page.evaluate("document.documentElement.style.background = 'Canvas'")
        assert breaches(page) == [], name
    assert watched.faults == []
    page.goto("/password/MQ/no-token/")
    assert breaches(page) == []
    refused = open_as("viewer", color_scheme=scheme, viewport={"width": width, "height": 900}).page
    for address in ("/administration/", "/courses/999999/", "/courses/1/refresh/"):
        refused.goto(address)
        assert breaches(refused) == [], address
