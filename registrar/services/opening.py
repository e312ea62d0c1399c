"""Open: the cells of a file that a person sends, CSV or XLSX, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from registrar.errors import Refused

TABLES = (".csv", ".txt", ".tsv", ".xlsx")
LARGEST_UNPACKED = 512 * 1024 * 1024
"""Bytes of a workbook; what unpacks to more is not a spreadsheet that a person made."""

Table = Iterator[tuple[int, Sequence[Any]]]
"""Rows with their numbers as a spreadsheet shows them."""


class BadFile(Refused):
    """Nothing in it can be read at all."""


def table(name: str, content: bytes) -> Table:
    return _xlsx(name, content) if Path(name).suffix.lower() == ".xlsx" else _csv(name, content)


def text_of(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        told = _("%(file)s is not UTF-8 text. Save it as “CSV UTF-8”, or as XLSX.")
        raise BadFile(told % {"file": name}) from None


def _csv(name: str, content: bytes) -> Table:
    text = text_of(name, content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1)
    except csv.Error as error:
        raise BadFile(_("%(file)s is not a table: %(error)s.") % {"file": name, "error": error}) from None


def _xlsx(name: str, content: bytes) -> Table:
    try:
        values = _sheet(content, formulas=False)
        if not _has_formulas(content):
            yield from enumerate(values, start=1)
            return
        pairs = zip(values, _sheet(content, formulas=True), strict=True)
        for number, (shown, written) in enumerate(pairs, start=1):
            yield number, [_shown(*cell) for cell in zip(shown, written, strict=True)]
    except (BadFile, GeneratorExit):
        raise
    except Exception as error:  # what a broken workbook makes openpyxl raise cannot be listed
        told = _("%(file)s is not a workbook that can be read. Save it again as XLSX.")
        raise BadFile(told % {"file": name}) from error


def _sheet(content: bytes, *, formulas: bool) -> Iterator[Sequence[Any]]:
    with ZipFile(io.BytesIO(content)) as packed:
        if sum(each.file_size for each in packed.infolist()) > LARGEST_UNPACKED:
            raise ValueError("too large")
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=not formulas)
    sheet = book.worksheets[0]
    # The size that a file claims for its sheet may be wrong.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(values_only=True)


def _has_formulas(content: bytes) -> bool:
    with ZipFile(io.BytesIO(content)) as packed:
        sheets = [each for each in packed.namelist() if each.startswith("xl/worksheets/")]
        return any(b"<f>" in (text := packed.read(each)) or b"<f " in text for each in sheets)


def _shown(value: Any, written: Any) -> Any:
    """A formula that no program has worked out yet has no value; it must not pass for an empty cell."""
    return written if value is None else value
