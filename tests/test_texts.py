"""Every text that a person reads can be translated: none stands in a template or a sentence outside gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, Token, TokenType

HOUSE = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((HOUSE / "templates").rglob("*.*"))
SOURCES = [
    path
    for folder in ("models", "pages", "services", "templatetags", "web", "words", "canvas")
    for path in sorted((HOUSE / "registrar" / folder).rglob("*.py"))
]

NAMES = {"Preflight", "Canvas", "Excel", "CSV", "JSON", "XLSX", "SIS", "CRN", "ID", "BOM", "UTF-8"}
"""The same in every language."""

READ_ALOUD = {
    "title",
    "aria-label",
    "alt",
    "placeholder",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
}
BUTTONS = ("submit", "button", "reset")
WORD = re.compile(r"[^\W\d_]{2,}")
TRANSLATED = {"blocktranslate": "endblocktranslate", "blocktrans": "endblocktrans", "comment": "endcomment"}
SAID_AT_ONCE = {"Refused", "Missing", "CanvasTrouble", "RegistrarError", "ValidationError"}
SAID_BY_NAME = {"label", "help_text", "empty_label", "verbose_name", "verbose_name_plural"}


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "code", "kbd", "samp"):
            self._silent.append(tag)
        fields = dict(attrs)
        for name, value in attrs:
            if name in READ_ALOUD and value:
                self._hear(value)
            if name == "value" and value and tag == "input" and fields.get("type") in BUTTONS:
                self._hear(value)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._hear(data)

    def _hear(self, text: str) -> None:
        words = [word for word in WORD.findall(text) if word not in NAMES]
        if words:
            self.found.append(" ".join(text.split()))


def untranslated(source: str) -> list[str]:
    """The texts of a template that stand outside `{% translate %}` and `{% blocktranslate %}`."""
    parser = _Texts()
    parser.feed("".join(_outside(Lexer(source).tokenize())))
    parser.close()
    return parser.found


def _outside(tokens: list[Token]) -> Iterator[str]:
    until = None
    for token in tokens:
        word = token.split_contents()[0] if token.token_type == TokenType.BLOCK else ""
        if until:
            until = None if word == until else until
        elif word in TRANSLATED:
            until = TRANSLATED[word]
        elif token.token_type == TokenType.TEXT:
            yield token.contents


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE / "templates")))
def test_no_template_speaks_outside_gettext(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []


def plain_sentences(source: str) -> list[tuple[int, str]]:
    """What is said to a person by a name that says so, without gettext."""
    return [
        (text.lineno, ast.unparse(text))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        for text in _said(node)
        if _is_plain(text)
    ]


def _said(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name in SAID_AT_ONCE and call.args:
        yield call.args[0]
    yield from (word.value for word in call.keywords if word.arg in SAID_BY_NAME)


def _is_plain(text: ast.expr) -> bool:
    if isinstance(text, ast.Constant):
        return isinstance(text.value, str) and bool(WORD.search(text.value))
    if isinstance(text, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and WORD.search(part.value) for part in text.values)
    if isinstance(text, ast.BinOp):
        return _is_plain(text.left) or _is_plain(text.right)
    if isinstance(text, ast.IfExp):
        return _is_plain(text.body) or _is_plain(text.orelse)
    return False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_module_speaks_outside_gettext(path: Path) -> None:
    assert plain_sentences(path.read_text(encoding="utf-8")) == []


def test_what_is_outside_is_found() -> None:
    assert untranslated("<p>Ready {% translate 'to go' %}</p>") == ["Ready"]
    assert untranslated('<a title="Open" href="x">{{ name }}</a>') == ["Open"]
    assert untranslated("{% blocktranslate trimmed %}Ready{% endblocktranslate %}<b>Canvas</b>") == []
    assert plain_sentences("raise Refused(f'Not {x} here.')") == [(1, "f'Not {x} here.'")]
    assert plain_sentences("raise Refused(_('Not here.'))") == []
    assert plain_sentences("Field(label='Name')") == [(1, "'Name'")]
