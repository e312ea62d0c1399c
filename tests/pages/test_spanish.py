"""Every page in Spanish: nothing of it is left in English but data, and what is marked as kept in English."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client

from tests.pages.site import NAMES
from tests.pages.test_access import POST_ONLY

ENGLISH = re.compile(
    r"\b(the|of|and|is|are|was|not|with|from|to|this|that|for|by|it|on|at|which|whose|all|but|nothing|section|due)\b",
    re.IGNORECASE,
)
SILENT = ("bdi", "script", "style", "kbd", "code", "title")
"""Of a page's title, which may name data, the heading says the same."""
READ_ALOUD = ("title", "aria-label", "placeholder", "alt")
VOID = {"meta", "link", "input", "br", "hr", "img", "use", "wbr", "col", "path", "line", "circle", "rect"}


class _Spoken(HTMLParser):
    """What a page says in its own language: no data, and nothing that is marked as another language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        other = fields.get("lang", "es") != "es" or fields.get("translate") == "no" or tag in SILENT
        if not self._silent() and not other:
            self.said += [
                fields[name] or "" for name in ("title", "aria-label", "placeholder") if fields.get(name)
            ]
        if tag not in VOID:
            self._open.append((tag, other))

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag not in VOID:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self._silent() and data.strip():
            self.said.append(" ".join(data.split()))

    def _silent(self) -> bool:
        return any(other for _, other in self._open)


def spoken(page: str) -> list[str]:
    parser = _Spoken()
    parser.feed(page)
    parser.close()
    return parser.said


def english_in(page: str) -> list[str]:
    return [text for text in spoken(page) if ENGLISH.search(text)]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in POST_ONLY])
@pytest.mark.usefixtures("sent")
def test_every_page_speaks_spanish(
    name: str,
    addresses: dict[str, str],
    as_: Callable[[str], Client],
) -> None:
    browser = as_("all_round")
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    response = browser.get(addresses[name])
    if not response["Content-Type"].startswith("text/html") or not response.content:
        return
    assert english_in(response.content.decode()) == []


def test_english_would_be_heard() -> None:
    page = '<p lang="es">Todo <b title="of it">the</b> <bdi>and</bdi></p>'
    assert english_in(page) == ["of it", "the"]
