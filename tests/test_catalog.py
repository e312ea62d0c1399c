"""The catalogs of the other languages: complete, in step with the texts, and compiled."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.conf import settings

HOUSE = Path(__file__).resolve().parent.parent
LOCALE = HOUSE / "registrar" / "locale"
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
MARKUP = re.compile(r"</?[a-z][^>]*>|&[a-z]+;")
PATTERN = "pattern of a "

every_language = pytest.mark.parametrize("language", LANGUAGES)


def catalog(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))


def said(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_there_is_another_language() -> None:
    assert [path.name for path in sorted(LOCALE.iterdir())] == LANGUAGES


@every_language
def test_nothing_is_left_to_translate(language: str) -> None:
    of = catalog(language)
    assert len(of) > 1000
    assert [entry.msgid for entry in of if not all(said(entry))] == []
    assert [entry.msgid for entry in of.fuzzy_entries()] == []
    assert [entry.msgid for entry in of.obsolete_entries()] == []


@every_language
def test_a_translation_holds_what_the_text_holds(language: str) -> None:
    """The same values and the same markup; one of the plural forms may leave the number out, as the text does."""
    wrong = []
    for entry in catalog(language):
        for found, text in enumerate(said(entry)):
            own = entry.msgid if found == 0 or not entry.msgid_plural else entry.msgid_plural
            both = {entry.msgid, entry.msgid_plural or entry.msgid}
            same_values = set(PLACEHOLDER.findall(text)) in [set(PLACEHOLDER.findall(one)) for one in both]
            same_markup = Counter(MARKUP.findall(text)) == Counter(MARKUP.findall(own))
            if not (same_values and same_markup):
                wrong.append((entry.msgid, text))
    assert wrong == []


@every_language
def test_a_translation_begins_and_ends_as_the_text(language: str) -> None:
    """A blank or a full stop that is lost or added shows where texts are put side by side."""
    wrong = []
    for entry in catalog(language):
        own = entry.msgid_plural or entry.msgid
        if (entry.msgctxt or "").startswith(PATTERN):
            continue
        for text in said(entry):
            same_blanks = (text[:1].isspace(), text[-1:].isspace()) == (own[:1].isspace(), own[-1:].isspace())
            if not same_blanks or (text[-1:] in ".:…?") != (own[-1:] in ".:…?"):
                wrong.append((own, text))
    assert wrong == []


@every_language
def test_what_is_compiled_is_what_was_translated(language: str) -> None:
    """The compiled catalog is kept beside the source, so that nobody who runs this needs gettext."""
    compiled = polib.mofile(str(LOCALE / language / "LC_MESSAGES" / "django.mo"))
    assert {(one.msgctxt, one.msgid): said(one) for one in compiled} == {
        (one.msgctxt, one.msgid): said(one) for one in catalog(language)
    }


@pytest.mark.gettext
@pytest.mark.skipif(
    not shutil.which("xgettext"), reason="NO GETTEXT: whether the catalogs miss a text is not known"
)
@every_language
def test_no_text_is_missing_from_the_catalog(language: str, tmp_path: Path) -> None:
    """As `make messages` would write it, in a copy."""
    for name in ("manage.py", "Makefile", "registrar", "templates"):
        source = HOUSE / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    recipe = re.search(r"manage\.py (makemessages (?:.*\\\n)*.*)", (HOUSE / "Makefile").read_text())
    assert recipe
    command = recipe[1].replace("\\\n", " ").replace("'", "").split()
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "registrar.settings", "SECRET_KEY": "test"}
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=tmp_path, env=environment, check=True, capture_output=True
    )
    now = polib.pofile(str(tmp_path / "registrar" / "locale" / language / "LC_MESSAGES" / "django.po"))
    ids = {(one.msgctxt, one.msgid, one.msgid_plural) for one in now}
    assert ids == {(one.msgctxt, one.msgid, one.msgid_plural) for one in catalog(language)}
