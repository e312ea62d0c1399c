"""Somebody without a mouse: goes from stop to stop with Tab, and must see at each of them where they are."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

STOP = """wanted => {
  const at = document.activeElement;
  if (!at || at === document.body || at.tagName === "IFRAME") return { there: false, ring: true, html: "" };
  const style = getComputedStyle(at);
  // The button in a field for a day or a time is the browser's own, and so is its ring.
  const inner = ["date", "time"].includes(at.type) && !at.matches(":focus");
  const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const ring = inner || (outline && at.matches(":focus-visible"));
  return { there: at === wanted, ring, html: at.outerHTML.slice(0, 200) };
}"""


def tab_to(page: Page, wanted: Locator) -> None:
    expect(wanted).to_be_visible()
    for _ in range(150):
        page.keyboard.press("Tab")
        stop = wanted.evaluate(STOP)
        assert stop["ring"], f"the focus cannot be seen on {stop['html']}"
        if stop["there"]:
            return
    raise AssertionError("it cannot be reached with the keyboard")


def press(page: Page, role: Any, name: str | re.Pattern[str]) -> None:
    tab_to(page, page.get_by_role(role, name=name).first)
    page.keyboard.press("Enter")
