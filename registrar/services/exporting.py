"""Export: the current line items as CSV, XLSX or JSON Lines (design.md, section 10)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from django.db.models import QuerySet
from xlsxwriter import Workbook

from registrar.models import LineItem

COLUMNS = (
    "account_id",
    "term_id",
    "term_sis_id",
    "course_id",
    "course_sis_id",
    "course_name",
    "section_id",
    "section_sis_id",
    "section_name",
    "origin_course_id",
    "origin_course_sis_id",
    "cross_listed",
    "assignment_id",
    "assignment_name",
    "assignment_group",
    "points_possible",
    "due_at",
    "unlock_at",
    "lock_at",
    "due_at_source",
    "unlock_at_source",
    "lock_at_source",
    "in_sis_feed",
    "sis_due_at",
    "student_exceptions",
    "status",
    "findings",
    "read_at",
)

XLSX_CELL = 32_767
"""Characters that fit into one cell of a workbook; XlsxWriter leaves out what is longer."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")

Value = str | int | float | bool | list[str] | None


def records(items: QuerySet[LineItem]) -> Iterator[dict[str, Value]]:
    """One dict per line item, in a steady order, without holding them all in memory."""
    chosen = items.select_related("course", "section", "term").order_by("course_id", "assignment_id", "section_id")
    for item in chosen.iterator(chunk_size=1000):
        yield dict(zip(COLUMNS, _values(item), strict=True))


def _values(item: LineItem) -> tuple[Value, ...]:
    course, section = item.course, item.section
    return (
        item.account_id,
        item.term_id,
        item.term.sis_id or None,
        item.course_id,
        course.sis_id or None,
        course.name,
        section.pk if section else None,
        section.sis_id or None if section else None,
        section.name if section else None,
        section.origin_course_id if section else None,
        section.origin_course_sis_id or None if section else None,
        section.cross_listed if section else None,
        item.assignment_id,
        item.assignment_name,
        item.assignment_group or None,
        item.points_possible,
        _time(item.due_at),
        _time(item.unlock_at),
        _time(item.lock_at),
        item.due_at_source,
        item.unlock_at_source,
        item.lock_at_source,
        item.in_sis_feed,
        _time(item.sis_due_at),
        item.student_exceptions,
        item.status,
        item.codes,
        _time(course.read_at),
    )


def _time(when: datetime | None) -> str | None:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def write_jsonl(items: QuerySet[LineItem], stream: TextIO) -> int:
    count = 0
    for record in records(items):
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        count += 1
    return count


BYTE_ORDER_MARK = "\ufeff"
"""By this at the start of a file Excel knows UTF-8. Scripts would trip over it, so only downloads carry it."""


def csv_chunks(items: QuerySet[LineItem]) -> Iterator[str]:
    """The CSV row by row."""
    return csv_of(_table(items))


def csv_of(table: Iterable[Sequence[Value]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in table:
        writer.writerow(defused(row))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def write_csv(items: QuerySet[LineItem], stream: TextIO) -> int:
    count = -1
    for chunk in csv_chunks(items):
        stream.write(chunk)
        count += 1
    return count


def write_xlsx(items: QuerySet[LineItem], path: Path | io.BytesIO) -> int:
    """A workbook in which every text is a text: no formula, no link, whatever a name begins with."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    count = -1
    with Workbook(path if isinstance(path, io.BytesIO) else str(path), options) as workbook:
        sheet = workbook.add_worksheet("Line items")
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(_table(items)):
            count = number
            for column, value in enumerate(row):
                write_cell(sheet, number, column, value)
    return count


def write_cell(sheet: Any, row: int, column: int, value: Value) -> None:
    if isinstance(value, int | float) and abs(value) < 2**53:
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, _printable(str(value))[:XLSX_CELL])


def _printable(text: str) -> str:
    """Without what a workbook's XML does not allow."""
    return _NOT_IN_XML.sub(" ", text)


def _table(items: QuerySet[LineItem]) -> Iterator[list[Value]]:
    yield list(COLUMNS)
    for record in records(items):
        yield [_cell(value) for value in record.values()]


def _cell(value: Value) -> Value:
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def defused(row: Iterable[Value]) -> list[Value]:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return [f"'{value}" if isinstance(value, str) and value.startswith(RUNS) else value for value in row]


RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
