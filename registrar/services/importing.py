"""Import: a spreadsheet or a JSON Lines file becomes wanted dates, or a list of every cell that cannot be used.

A blank cell leaves a date as it is, ``-`` clears it. A time with an offset is taken as it is; one without is meant
in the course's own time zone; a day without a time means its end (for "available from": its beginning).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from registrar.domain import facts
from registrar.models import Course, LineItem
from registrar.words.numbers import grouped

from .opening import TABLES, BadFile, Table, table, text_of
from .proposing import BadRow, Wanted

if TYPE_CHECKING:
    from django.db.models import QuerySet

__all__ = ["BadFile", "read_wanted"]

NEEDED = ("course_id", "assignment_id", "section_id", *facts.DATE_FIELDS)
LARGEST = 200_000
"""Rows: more than any university has line items in a term, and few enough to check at once."""

Row = Mapping[str, Any]


def read_wanted(name: str, content: bytes) -> tuple[list[Wanted], list[BadRow]]:
    """The rows of a CSV, XLSX or JSON Lines file, and every cell that cannot be used. Raises BadFile."""
    rows = list(_rows(name, content))
    if not rows:
        raise BadFile(_("%(file)s has no rows below its heading.") % {"file": name})
    zones = _zones(row for _, row in rows)
    current = _current(row for _, row in rows) if "due_at_source" in rows[0][1] else {}
    wanted: list[Wanted] = []
    bad: list[BadRow] = []
    for number, row in rows:
        _read_row(number, row, zones, current, wanted, bad)
    if not wanted and not bad:
        told = _("Nothing in %(file)s differs from what Canvas has, so there is nothing to change.")
        raise BadFile(told % {"file": name})
    return wanted, bad


# Files


def _rows(name: str, content: bytes) -> Iterator[tuple[int, Row]]:
    suffix = Path(name).suffix.lower()
    if suffix in (".jsonl", ".json", ".ndjson"):
        rows: Iterator[tuple[int, Row]] = _jsonl(name, content)
    elif suffix in TABLES:
        rows = _named(name, table(name, content))
    else:
        told = _("%(file)s is not a file of a known kind: it must end in .csv, .xlsx or .jsonl.")
        raise BadFile(told % {"file": name})
    filled = ((number, row) for number, row in rows if not all(_blank(value) for value in row.values()))
    for count, found in enumerate(filled):
        if count >= LARGEST:
            most = grouped(LARGEST)
            raise BadFile(_("%(file)s has more than %(most)s rows. Split it.") % {"file": name, "most": most})
        yield found


def _named(name: str, cells_of: Table) -> Iterator[tuple[int, Row]]:
    first = next(cells_of, (1, ()))[1]
    heading = [str(cell or "").strip().lower() for cell in first]
    missing = [column for column in NEEDED if column not in heading]
    if missing:
        told = _("%(file)s lacks the columns %(columns)s. Its first row must name the columns.")
        raise BadFile(told % {"file": name, "columns": ", ".join(missing)})
    if twice := [column for column in NEEDED if heading.count(column) > 1]:
        told = _("%(file)s has more than one column %(columns)s.")
        raise BadFile(told % {"file": name, "columns": ", ".join(twice)})
    for number, cells in cells_of:
        row = dict(zip(heading, cells, strict=False))
        if not all(_blank(cell) for cell in cells[len(heading) :]):
            row[MORE] = True
        yield number, row


MORE = "more cells than columns"


def _jsonl(name: str, content: bytes) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(text_of(name, content).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise BadFile(
                _("Line %(number)s of %(file)s is not JSON.") % {"number": number, "file": name}
            ) from None
        if not isinstance(row, dict):
            raise BadFile(
                _("Line %(number)s of %(file)s is not a JSON object.") % {"number": number, "file": name}
            )
        yield number, row


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
        value = int(value)
    if isinstance(value, int):
        return value if 0 < value < 2**63 else None
    text = str(value or "").strip().lstrip("'").removesuffix(".0")
    usable = text.isascii() and text.isdecimal() and len(text) < 20
    return int(text) if usable and 0 < int(text) < 2**63 else None


def _read_row(
    number: int, row: Row, zones: dict[int, ZoneInfo], current: Current, wanted: list[Wanted], bad: list[BadRow]
) -> None:
    before = len(bad)
    if MORE in row:
        message = _("it has more cells than there are columns; is a text not in quotes?")
        bad.append(BadRow(number, "row", message))
    course, assignment = (_id(number, row, column, bad) for column in ("course_id", "assignment_id"))
    section = None if _blank(row.get("section_id")) else _id(number, row, "section_id", bad)
    zone = zones.get(course or 0)
    if course is not None and zone is None:
        message = _("course %(course)s is not known, or not within your reach.") % {"course": course}
        bad.append(BadRow(number, "course_id", message))
    dates: dict[facts.DateField, facts.OverrideDate] = {}
    for name in facts.DATE_FIELDS:
        if not _blank(row.get(name)):
            _read_date(number, name, row[name], zone or ZoneInfo("UTC"), dates, bad)
    if len(bad) > before or course is None or assignment is None:
        return
    stands = current.get((course, assignment, section))
    if stands is not None:
        dates = {name: value for name, value in dates.items() if value != stands[name]}
    if dates:
        wanted.append(
            Wanted(course_id=course, assignment_id=assignment, section_id=section, dates=dates, row=number)
        )


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _id(number: int, row: Row, column: str, bad: list[BadRow]) -> int | None:
    found = _number(row.get(column))
    if found is None:
        message = _("“%(text)s” is not a Canvas id (a whole number).") % {"text": _short(row.get(column))}
        bad.append(BadRow(number, column, message))
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
    elif isinstance(value, datetime) and value.time() == time.min:
        value = value.date()  # a workbook has no days without a time
    if isinstance(value, datetime):
        return _in_utc(value, zone)
    if isinstance(value, date):
        return _in_utc(datetime.combine(value, time.min if name == "unlock_at" else time(23, 59, 59)), zone)
    raise ValueError(_("“%(text)s” is not a date. Write it as 2026-12-11 23:59.") % {"text": _short(value)})


def _parsed(text: str) -> datetime | date:
    try:
        if len(text) == len("2026-12-11"):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        told = _("“%(text)s” is not a date. Write it as 2026-12-11 23:59, or leave it empty, or - for no date.")
        raise ValueError(told % {"text": _short(text)}) from None


def _in_utc(when: datetime, zone: ZoneInfo) -> datetime:
    if not 1990 <= when.year <= 2200:
        raise ValueError(_("the year %(year)s cannot be meant.") % {"year": when.year})
    # A spreadsheet counts in fractions of days, so that a minute may be off by some milliseconds.
    when = (when + timedelta(milliseconds=500)).replace(microsecond=0)
    if when.tzinfo is not None:
        found = when.astimezone(UTC)
    else:
        found = when.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) != when:
            told = _("%(time)s does not exist in %(zone)s: the clock is put forward then.")
            raise ValueError(told % {"time": f"{when:%Y-%m-%d %H:%M}", "zone": zone.key})
    return found


def _short(value: Any) -> str:
    # JSON can name half a character, which no page can show.
    text = "" if value is None else str(value).encode(errors="replace").decode()
    return text if len(text) <= 40 else text[:39] + "…"
