"""What every page bears: zoom, other spacing, a very wide screen, forced colours, and the focus always in sight.

Each time a few pages of each kind are tried, in the soak all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import Watched
from tests.e2e.places import places
from tests.pages.conftest import University

ALWAYS = (
    *("overview", "course", "line-items", "search", "run-reading", "proposal-waiting", "propose-dates"),
    *("calendar-term", "history", "report", "sub-account", "glossary"),
)
SPACING = """*:not(svg *) { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }"""
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth ? [document.documentElement.scrollWidth] : []"
FOCUS = """() => {
  const every = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const shown = one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0;
  const hits = (one, x, y) => {
    const hit = x >= 0 && y >= 0 && x < innerWidth && y < innerHeight && document.elementFromPoint(x, y);
    return hit && (one === hit || one.contains(hit));
  };
  // Nine points of each of its boxes, as far as they are on the screen; one that can be seen is enough.
  const seen = one => [...one.getClientRects()].some(box => {
    const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)];
    const [wide, high] = [Math.min(box.right, innerWidth) - left, Math.min(box.bottom, innerHeight) - top];
    return [0.05, 0.5, 0.95].some(i => [0.05, 0.5, 0.95].some(j => hits(one, left + i * wide, top + j * high)));
  });
  const ring = one => {
    const style = getComputedStyle(one);
    const width = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
    if (!one.matches(":focus-visible") || width < 2) return false;
    const out = width + parseFloat(style.outlineOffset);
    const box = one.getBoundingClientRect();
    const lost = new Set();
    for (let at = one.parentElement; at; at = at.parentElement) {
      if (getComputedStyle(at).overflow === "visible") continue;
      const frame = at.getBoundingClientRect();
      if (at === document.documentElement || at === document.body) continue;
      if (box.left - out < frame.left - 1) lost.add("left");
      if (box.right + out > frame.right + 1) lost.add("right");
      if (box.top - out < frame.top - 1) lost.add("top");
      if (box.bottom + out > frame.bottom + 1) lost.add("bottom");
    }
    return lost.size < 3;
  };
  const found = [];
  for (const one of document.querySelectorAll(every)) {
    if (!shown(one)) continue;
    one.focus();
    if (document.activeElement !== one) continue;
    const html = one.outerHTML.replace(/\\s+/g, " ").slice(0, 160);
    if (!seen(one)) found.push("covered: " + html);
    if (!ring(one)) found.push("without a ring: " + html);
  }
  document.activeElement.blur();
  scrollTo(0, 0);
  return found;
}"""
CUT = """() => {
  const found = new Set();
  for (const one of document.querySelectorAll("body *")) {
    const style = getComputedStyle(one);
    // A name that is cut on purpose stands whole on its own page.
    if (!/hidden|clip/.test(style.overflow) || one.closest("svg, .unseen, .name, .clamp")) continue;
    if (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
      found.add(one.outerHTML.replace(/\\s+/g, " ").slice(0, 160));
  }
  return [...found];
}"""
LONG_LINES = """most => {
  const found = [];
  const texts = "main :is(p, li, dd, dt, legend, label, summary, blockquote, figcaption)";
  for (const one of document.querySelectorAll(texts)) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim().length > 20);
    if (!own || one.closest("table, pre, .unseen") || !one.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(one);
    const lines = new Map();
    for (const box of range.getClientRects()) {
      const line = lines.get(Math.round(box.bottom / 8)) ?? [Infinity, -Infinity];
      lines.set(Math.round(box.bottom / 8), [Math.min(line[0], box.left), Math.max(line[1], box.right)]);
    }
    const size = parseFloat(getComputedStyle(one).fontSize);
    const width = Math.max(...[...lines.values()].map(([from, to]) => to - from)) / size;
    const words = one.textContent.trim().replace(/\\s+/g, " ").slice(0, 120);
    if (width > most) found.push(Math.round(width) + " em: " + words);
  }
  return found;
}"""
MOST_EM = 52
"""About a hundred characters."""


def borne(page: Page) -> dict[str, list[str]]:
    """What a page does not bear, by what was done to it."""
    found: dict[str, list[str]] = {}
    page.keyboard.press("Tab")
    found["focus"] = page.evaluate(FOCUS)
    page.set_viewport_size({"width": 2560, "height": 1300})
    found["2560"] = page.evaluate(TOO_WIDE) + page.evaluate(LONG_LINES, MOST_EM)
    page.set_viewport_size({"width": 320, "height": 256})
    found["320"] = page.evaluate(TOO_WIDE)
    page.keyboard.press("Tab")
    found["focus at 320"] = page.evaluate(FOCUS)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        before = page.evaluate(CUT)
        style = page.add_style_tag(content=SPACING)
        found[f"spacing at {width}"] = page.evaluate(TOO_WIDE) + [
            one for one in page.evaluate(CUT) if one not in before
        ]
        style.evaluate("it => it.remove()")
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.keyboard.press("Tab")
    found["forced colours"] = page.evaluate(FOCUS)
    page.evaluate("document.querySelectorAll('.list').forEach(one => one.classList.add('htmx-request'))")
    found["reduced motion"] = page.evaluate("document.getAnimations().map(one => one.animationName)")
    page.emulate_media(forced_colors="none", reduced_motion="no-preference")
    page.set_viewport_size({"width": 1280, "height": 600})
    return {what: wrong for what, wrong in found.items() if wrong}


@pytest.mark.parametrize(
    "whole", [pytest.param(False, id="some"), pytest.param(True, id="all", marks=pytest.mark.soak)]
)
def test_it_is_borne(
    whole: bool, open_as: Callable[..., Watched], university: University, people: dict[str, Any]
) -> None:
    page = open_as("administrator", viewport={"width": 1280, "height": 600}, bypass_csp=True).page
    found = []
    for name, address in places(university, people).items():
        if whole or name in ALWAYS:
            page.goto(address)
            found += [f"{name}, {what}: {one}" for what, wrong in borne(page).items() for one in wrong]
    assert found == [], "\n".join(found)


def test_what_is_not_borne_is_seen(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 600})
    page.set_content(
        "<style>:focus-visible { outline: 2px solid } @keyframes x { to { color: red } }"
        ".list { animation: x 1s infinite }</style><main>"
        "<a href=/ id=a>Plain</a><a href=/ id=b style='outline: none'>Ringless</a><a href=/ id=c>Covered</a>"
        "<div style='position: absolute; inset: 0 0 auto; height: 3rem; clip-path: inset(0 0 0 110px)'></div>"
        "<p style='width: 12.2em; height: 1.2em; overflow: hidden'>Just as many as fit</p>"
        f"<p>{'Words without end. ' * 20}</p><p class=list style='width: 400px'>Wide</p></main>"
    )
    found = borne(page)
    assert [one.partition(":")[0] for one in found["focus"]] == ["without a ring", "covered"]
    assert ["Words without end" in one for one in found["2560"]] == [True]
    assert found["320"] == [400 + 8]
    assert "Just as many" in str(found["spacing at 1280"])
    assert found["reduced motion"] == ["x"]
    page.close()
