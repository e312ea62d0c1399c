"""Interaction to next paint in a real browser, and how long until what was asked for is painted."""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.report import Report
from benchmarks.site import Site

MOST_MS = 200
ROUNDS = 9
CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
WATCH = """
window.bench = { events: {}, swaps: [] };
try { bench.before = Number(sessionStorage.longest ?? 0); } catch {}
// What the browser itself calls an interaction; it tells of none that took less than 16 ms.
const told = (entries) => {
  for (const one of entries) {
    const longest = bench.events[one.interactionId] ?? 0;
    if (one.interactionId) bench.events[one.interactionId] = Math.max(longest, one.duration);
  }
};
const observer = new PerformanceObserver((list) => told(list.getEntries()));
observer.observe({ type: "event", durationThreshold: 16, buffered: true });
addEventListener("pagehide", () => {
  told(observer.takeRecords());
  try { sessionStorage.longest = Math.max(0, ...Object.values(bench.events)); } catch {}
});
const began = new WeakMap();
document.addEventListener("htmx:beforeRequest", (event) => began.set(event.detail.xhr, performance.now()));
document.addEventListener("htmx:afterSettle", (event) => requestAnimationFrame(() => setTimeout(() => {
  const at = began.get(event.detail.xhr);
  if (at !== undefined) bench.swaps.push(performance.now() - at);
})));
// A whole page: from the click, on the page before, to the first paint of the next.
for (const kind of ["click", "keydown"]) {
  addEventListener(kind, (event) => {
    try { sessionStorage.began = performance.timeOrigin + event.timeStamp; } catch {}
  }, { capture: true });
}
new PerformanceObserver((list) => {
  for (const one of list.getEntriesByName("first-contentful-paint")) {
    bench.painted = performance.timeOrigin + one.startTime - Number(sessionStorage.began);
  }
}).observe({ type: "paint", buffered: true });
"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"


@dataclass(slots=True)
class Felt:
    """Milliseconds, of every round."""

    next_paint: list[float] = field(default_factory=list)
    until_there: list[float] = field(default_factory=list)


def compare(site: Site, report: Report) -> None:
    found = _measured(site)
    if found is None:
        report.say("\nInteraction to next paint: no Chromium on this machine.")
        return
    rows = []
    for name, felt in found.items():
        worst, there = max(felt.next_paint), felt.until_there
        cells = [f"{worst:.0f}" if worst >= 16 else "< 16", report.kept(worst, MOST_MS)]
        if there:
            middle = statistics.median(there)
            cells += [f"{middle:.0f}", f"{max(there):.0f}", report.kept(middle, MOST_MS)]
        rows.append((name, cells))
    columns = ["next paint", f"{MOST_MS} ms", "there", "worst", f"{MOST_MS} ms"]
    report.table(f"Interactions, milliseconds, {ROUNDS} rounds", columns, rows)
    report.say("  “next paint”: the worst of all rounds; “there”: the answer painted, in the median round.")


def _measured(site: Site) -> dict[str, Felt] | None:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CANDIDATES)), None)
    if path is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": site.places["session"], "url": site.url}])
        context.add_init_script(WATCH)
        page = context.new_page()
        found = {name: _rounds(page, act) for name, act in INTERACTIONS.items()}
        browser.close()
    return found


def _rounds(page: Page, act: Callable[[Page, Felt], None]) -> Felt:
    """The first round warms, and does not count."""
    act(page, Felt())
    felt = Felt()
    for _ in range(ROUNDS):
        act(page, felt)
    return felt


def _swapped(page: Page, felt: Felt, swaps: int = 1) -> None:
    page.wait_for_function("swaps => bench.swaps.length >= swaps", arg=swaps)
    found = _seen(page, felt)
    felt.until_there += found["swaps"][-1:]


def _loaded(page: Page, felt: Felt) -> None:
    """The page before left word of what was done on it."""
    page.wait_for_function("() => bench.painted !== undefined")
    felt.until_there.append(page.evaluate("bench.painted"))
    felt.next_paint.append(page.evaluate("bench.before"))


def _seen(page: Page, felt: Felt) -> Mapping[str, Any]:
    page.evaluate(PAINTED)
    found: Mapping[str, Any] = page.evaluate("bench")
    felt.next_paint.append(max(found["events"].values(), default=0))
    return found


def typing(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    page.locator("#q").click()
    page.keyboard.type("course 42", delay=60)
    _swapped(page, felt)


def finding(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    page.locator("#find").click()
    page.keyboard.type("course 42", delay=60)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    _loaded(page, felt)


def filtering(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    page.locator("#state").focus()
    page.keyboard.press("ArrowDown")
    _swapped(page, felt)


def paging(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    with page.expect_navigation():
        page.locator("main a[rel=next]").click()
    _loaded(page, felt)


def ticking(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    page.locator("#items input[name=pick]").nth(3).click()
    _swapped(page, felt)


def asking_why(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    page.locator("#items td.date a").nth(3).click()
    _swapped(page, felt)


def tightening(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    page.get_by_role("button", name="Table").click()
    other = "comfortable" if page.locator("table.dense--compact").count() else "compact"
    page.locator(f"#look input[value={other}]").click()
    with page.expect_navigation():
        page.locator("#look .button--main").click()
    _loaded(page, felt)


def helping(page: Page, felt: Felt) -> None:
    page.goto("/line-items/")
    page.keyboard.press("?")
    _swapped(page, felt)


INTERACTIONS: Mapping[str, Callable[[Page, Felt], None]] = {
    "typing into the list's search": typing,
    "finding from anywhere (a page)": finding,
    "changing a filter": filtering,
    "paging (a page)": paging,
    "ticking a row": ticking,
    "opening the panel “why”": asking_why,
    "switching the density (a page)": tightening,
    "opening the sheet of shortcuts": helping,
}
