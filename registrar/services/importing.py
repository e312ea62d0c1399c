"""Import: a spreadsheet or a JSON Lines file becomes wanted dates, or a list of every cell that cannot be used.

A blank cell leaves a date as it is, ``-`` clears it. A time with an offset is taken as it is; one without is meant
in the course's own time zone; a day without a time means its end (for "available from": its beginning).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from registrar.domain import facts
from registrar.errors import Refused
from registrar.models import Course, LineItem

from .proposing import BadRow, Wanted

if TYPE_CHECKING:
    from django.db.models import QuerySet

NEEDED = ("course_id", "assignment_id", "section_id", *facts.DATE_FIELDS)
LARGEST = 200_000
"""Rows: more than any university has line items in a term, and few enough to check at once."""

Row = Mapping[str, Any]


def read_wanted(name: str, content: bytes) -> tuple[list[Wanted], list[BadRow]]:
    """The rows of a CSV, XLSX or JSON Lines file, and every cell that cannot be used. Raises Refused."""
    rows = list(_rows(name, content))
    if not rows:
        raise Refused(f"{name} has no rows below its heading.")
    zones = _zones(rows)
    current = _current(rows) if "due_at_source" in rows[0] else {}
    wanted: list[Wanted] = []
    bad: list[BadRow] = []
    for number, row in enumerate(rows, start=2 if not name.lower().endswith(("jsonl", "json")) else 1):
        _read_row(number, row, zones, current, wanted, bad)
    if not wanted and not bad:
        raise Refused(f"Nothing in {name} differs from what Canvas has, so there is nothing to change.")
    return wanted, bad


# Files


def _rows(name: str, content: bytes) -> Iterator[Row]:
    suffix = Path(name).suffix.lower()
    if suffix == ".xlsx":
        table = _xlsx(name, content)
    elif suffix in (".jsonl", ".json", ".ndjson"):
        yield from _jsonl(name, content)
        return
    elif suffix in (".csv", ".txt", ".tsv"):
        table = _csv(name, content)
    else:
        raise Refused(f"{name} is not a file of a known kind: it must end in .csv, .xlsx or .jsonl.")
    heading = [str(cell or "").strip().lower() for cell in next(table, ())]
    missing = [column for column in NEEDED if column not in heading]
    if missing:
        raise Refused(f"{name} lacks the columns {', '.join(missing)}. Its first row must name the columns.")
    for number, cells in enumerate(table):
        if number >= LARGEST:
            raise Refused(f"{name} has more than {LARGEST:,} rows. Split it.")
        row = dict(zip(heading, cells, strict=False))
        if any(value not in (None, "") for value in row.values()):
            yield row


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{name} is not UTF-8 text. Save it as “CSV UTF-8”, or as XLSX.") from None


def _csv(name: str, content: bytes) -> Iterator[Sequence[Any]]:
    text = _text(name, content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise Refused(f"{name} is not a table: {error}.") from None


def _xlsx(name: str, content: bytes) -> Iterator[Sequence[Any]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        yield from book.worksheets[0].iter_rows(values_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError, IndexError):
        raise Refused(f"{name} is not a workbook that can be read. Save it again as XLSX.") from None


def _jsonl(name: str, content: bytes) -> Iterator[Row]:
    for number, line in enumerate(_text(name, content).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise Refused(f"Line {number} of {name} is not JSON.") from None
        if not isinstance(row, dict):
            raise Refused(f"Line {number} of {name} is not a JSON object.")
        yield row


# What is known


def _zones(rows: Iterable[Row]) -> dict[int, ZoneInfo]:
    ids = {id_ for row in rows if (id_ := _number(row.get("course_id"))) is not None}
    found = Course.objects.filter(pk__in=ids).values_list("pk", "time_zone") if ids else ()
    return {pk: ZoneInfo(zone) for pk, zone in found}


Current = dict[tuple[int, int, int | None], dict[str, datetime | None]]


def _current(rows: Iterable[Row]) -> Current:
    """The effective dates of an exported table, by which rows nobody edited are told from those that were."""
    ids = {id_ for row in rows if (id_ := _number(row.get("course_id"))) is not None}
    items: QuerySet[LineItem] = LineItem.objects.filter(course_id__in=ids)
    return {
        (item.course_id, item.assignment_id, item.section_id): {
            name: getattr(item, name) for name in facts.DATE_FIELDS
        }
        for item in items.iterator()
    }


# Cells


def _number(value: Any) -> int | None:
    """An id, however a spreadsheet writes it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int):
        return value if 0 < value < 2**63 else None
    text = str(value or "").strip().lstrip("'").removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:20]) < 2**63 else None


def _read_row(
    number: int, row: Row, zones: dict[int, ZoneInfo], current: Current, wanted: list[Wanted], bad: list[BadRow]
) -> None:
    before = len(bad)
    course, assignment = (_id(number, row, column, bad) for column in ("course_id", "assignment_id"))
    section = None if _blank(row.get("section_id")) else _id(number, row, "section_id", bad)
    zone = zones.get(course or 0)
    if course is not None and zone is None:
        bad.append(BadRow(number, "course_id", f"course {course} is not known, or not within your reach."))
    dates: dict[facts.DateField, facts.OverrideDate] = {}
    for name in facts.DATE_FIELDS:
        if not _blank(row.get(name)):
            _read_date(number, name, row[name], zone or ZoneInfo("UTC"), dates, bad)
    if len(bad) > before or course is None or assignment is None:
        return
    stands = current.get((course, assignment, section))
    if stands is not None:
        dates = {name: value for name, value in dates.items() if not _equal(value, stands[name])}
    if dates:
        wanted.append(
            Wanted(course_id=course, assignment_id=assignment, section_id=section, dates=dates, row=number)
        )


def _equal(value: facts.OverrideDate, other: datetime | None) -> bool:
    if isinstance(value, datetime) and other is not None:
        return value.replace(microsecond=0) == other.replace(microsecond=0)
    return value is None and other is None


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _id(number: int, row: Row, column: str, bad: list[BadRow]) -> int | None:
    found = _number(row.get(column))
    if found is None:
        bad.append(BadRow(number, column, f"“{_short(row.get(column))}” is not a Canvas id (a whole number)."))
    return found


def _read_date(
    number: int,
    name: facts.DateField,
    value: Any,
    zone: ZoneInfo,
    dates: dict[facts.DateField, facts.OverrideDate],
    bad: list[BadRow],
) -> None:
    try:
        dates[name] = _date(name, value, zone)
    except ValueError as error:
        bad.append(BadRow(number, name, str(error)))


def _date(name: facts.DateField, value: Any, zone: ZoneInfo) -> datetime | None:
    if isinstance(value, str):
        text = value.strip().lstrip("'").strip()
        if text in ("-", "–", "—"):
            return None
        value = _parsed(text)
    if isinstance(value, datetime):
        return _in_utc(value, zone)
    if isinstance(value, date):
        return _in_utc(datetime.combine(value, time.min if name == "unlock_at" else time(23, 59, 59)), zone)
    raise ValueError(f"“{_short(value)}” is not a date. Write it as 2026-12-11 23:59.")


def _parsed(text: str) -> datetime | date:
    try:
        if len(text) == len("2026-12-11"):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        raise ValueError(
            f"“{_short(text)}” is not a date. Write it as 2026-12-11 23:59, or leave it empty, or - for no date."
        ) from None


def _in_utc(when: datetime, zone: ZoneInfo) -> datetime:
    if when.tzinfo is not None:
        found = when.astimezone(UTC)
    else:
        found = when.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) != when:
            raise ValueError(f"{when:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clock is put forward then.")
    if not 1990 <= found.year <= 2200:
        raise ValueError(f"the year {found.year} cannot be meant.")
    return found.replace(microsecond=0)


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
