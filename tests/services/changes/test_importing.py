"""Spreadsheets: what is understood, what is refused with its row and column, and that there are no tracebacks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from registrar.models import LineItem, Proposal
from registrar.services import exporting, importing, opening
from registrar.services.importing import BadFile
from registrar.services.proposing import BadRows, Wanted

from .house import House, utc

pytestmark = pytest.mark.django_db

HEAD = ["course_id", "assignment_id", "section_id", "due_at", "unlock_at", "lock_at"]
NAIVE = datetime.fromisoformat("2026-12-02 17:00")


def sheet(*rows: Sequence[Any], head: Sequence[str] = HEAD, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([head, *rows])
    return text.getvalue().encode()


def book(*rows: Sequence[Any], head: Sequence[str] = HEAD) -> bytes:
    made, packed = Workbook(), io.BytesIO()
    for row in (head, *rows):
        made.active.append(list(row))
    made.save(packed)
    return packed.getvalue()


def read(*cells: Any) -> Wanted:
    (one,), bad = importing.read_wanted("in.xlsx", book(cells))
    assert bad == []
    return one


def told(error: BadRows) -> set[tuple[int, str]]:
    return {(row.row, row.column) for row in error.rows}


@pytest.mark.parametrize(
    ("cell", "when"),
    [
        ("2026-12-02 17:00", "2026-12-03T00:00:00Z"),
        ("2026-12-02T17:00:30", "2026-12-03T00:00:30Z"),
        ("2026-12-02T17:00:00Z", "2026-12-02T17:00:00Z"),
        ("2026-12-02T17:00:00+01:00", "2026-12-02T16:00:00Z"),
        ("'2026-12-02 17:00", "2026-12-03T00:00:00Z"),
        (NAIVE, "2026-12-03T00:00:00Z"),
        (NAIVE - timedelta(microseconds=400), "2026-12-03T00:00:00Z"),
        ("2026-12-02", "2026-12-03T06:59:59Z"),
        (date(2026, 12, 2), "2026-12-03T06:59:59Z"),
        ("-", None),
        (" – ", None),
    ],
)
def test_it_reads_dates_in_the_zone_of_the_course(house: House, cell: Any, when: str | None) -> None:
    assert read(1, 1, None, cell, None, None).dates == {"due_at": utc(when) if when else None}


def test_it_lets_a_day_begin_where_something_becomes_available(house: House) -> None:
    dates = read(1, 1, 1, None, date(2026, 12, 2), "2026-12-02").dates
    assert dates == {"unlock_at": utc("2026-12-02T07:00:00Z"), "lock_at": utc("2026-12-03T06:59:59Z")}


@pytest.mark.parametrize("cell", [1, 1.0, "1", "1.0", "'1", " 1 "])
def test_it_reads_ids_however_a_spreadsheet_writes_them(house: House, cell: Any) -> None:
    assert read(cell, cell, cell, "-", None, None).section_id == 1


@pytest.mark.parametrize(
    "cell", ["x", "0", "-1", "1e3", True, 1.5, 2**70, 1e300, float("inf"), "9" * 10_000, "0" * 30 + "1", "½"]
)
def test_it_says_what_is_no_id(house: House, cell: Any) -> None:
    line = json.dumps({"course_id": cell, "assignment_id": 1, "due_at": "-"}).encode()
    wanted, (bad,) = importing.read_wanted("in.jsonl", line)
    assert (wanted, bad.row, bad.column) == ([], 1, "course_id")


@pytest.mark.parametrize(
    "cell",
    [
        "12/3/2026",
        "soon",
        "2026-13-01",
        "2026-12-02 25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31 23:59",
        "1850-01-01",
        "2026-03-08 02:30",
        "=A1+1",
        45992.5,
        time(12, 0),
        "x" * 10_000,
        [1],
        {"a": 1},
        "\0",
    ],
)
def test_it_says_what_is_no_date(house: House, cell: Any) -> None:
    row = {
        "course_id": 1,
        "assignment_id": 1,
        "section_id": None,
        "due_at": str(cell) if cell == time(12) else cell,
    }
    wanted, (bad,) = importing.read_wanted("in.jsonl", json.dumps(row).encode())
    assert (wanted, bad.row, bad.column) == ([], 1, "due_at")
    assert len(bad.message) < 160


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_it_reads_what_spreadsheets_save_as_csv(house: House, delimiter: str, mark: bytes) -> None:
    content = mark + sheet([1, 1, "", "2026-12-02 17:00", "", ""], delimiter=delimiter)
    wanted, bad = importing.read_wanted("In.CSV", content)
    assert (len(wanted), bad) == (1, [])


def test_it_numbers_rows_as_the_spreadsheet_does(house: House) -> None:
    rows: tuple[list[Any], ...] = ([1, 1, "", "-", "", ""], [], ["", "", ""], [1, 2, "", "never", "", ""])
    for name, content in (("in.csv", sheet(*rows)), ("in.xlsx", book(*rows))):
        wanted, bad = importing.read_wanted(name, content)
        assert [one.row for one in wanted] == [2]
        assert [(one.row, one.column) for one in bad] == [(5, "due_at")]
    lines = b'\n{"course_id": 1, "assignment_id": 1, "due_at": "-"}\n\n{"course_id": "?", "assignment_id": 2}\n'
    wanted, bad = importing.read_wanted("in.jsonl", lines)
    assert ([one.row for one in wanted], [one.row for one in bad]) == ([2], [4])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("in.csv", b"", "lacks the columns"),
        ("in.csv", sheet(head=HEAD[:-1]), "lacks the columns lock_at"),
        ("in.csv", sheet(head=[*HEAD, "Due_At"]), "more than one column due_at"),
        ("in.csv", sheet(), "no rows"),
        ("in.csv", sheet([1, 1, "", "", "", ""]), "nothing to change"),
        ("in.csv", "größe".encode("utf-16"), "UTF-8"),
        ("in.csv", b'"' + b"x" * 200_000, "is not a table"),
        ("in.csv", bytes(range(256)), "UTF-8"),
        ("in.xlsx", b"", "not a workbook"),
        ("in.xlsx", b"PK\x03\x04 half a file", "not a workbook"),
        ("in.xlsx", bytes(range(256)) * 40, "not a workbook"),
        ("in.xlsx", sheet([1, 1, "", "-", "", ""]), "not a workbook"),
        ("in.jsonl", b"[1]", "not a JSON object"),
        ("in.jsonl", b"{", "not JSON"),
        ("in.jsonl", b"[" * 100_000, "not JSON"),
        ("in.jsonl", b"\xff", "UTF-8"),
        ("in.ods", b"", "known kind"),
        ("in", b"", "known kind"),
    ],
)
def test_it_says_why_a_file_cannot_be_read(house: House, name: str, content: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        importing.read_wanted(name, content)


def test_it_is_not_unpacked_to_death(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LARGEST_UNPACKED", 1000)
    with pytest.raises(BadFile):
        importing.read_wanted("in.xlsx", book([1, 1, None, "-", None, None]))


def test_it_reads_no_more_rows_than_any_university_has(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LARGEST", 2)
    rows = [[1, 1, "", "-", "", ""]] * 3
    with pytest.raises(BadFile, match="more than 2 rows"):
        importing.read_wanted("in.csv", sheet(*rows))
    assert len(importing.read_wanted("in.csv", sheet(*rows[:2], *([[]] * 9)))[0]) == 2


def test_it_quotes_what_is_no_text_at_all(house: House) -> None:
    wanted, bad = importing.read_wanted(
        "in.jsonl", b'{"course_id": "\\ud800", "assignment_id": 1, "due_at": "\\udfff"}'
    )
    assert wanted == []
    assert [str(row).encode() for row in bad] == [
        "Row 1, course_id: “?” is not a Canvas id (a whole number).".encode(),
        "Row 1, due_at: “?” is not a date. Write it as 2026-12-11 23:59, or leave it empty, "
        "or - for no date.".encode(),
    ]


def test_it_does_not_take_a_formula_without_a_value_for_an_empty_cell(house: House) -> None:
    wanted, bad = importing.read_wanted("in.xlsx", book([1, 1, None, "=TODAY()+1", "-", None]))
    assert (wanted, [(one.row, one.column) for one in bad]) == ([], [(2, "due_at")])


def test_it_takes_the_value_of_a_formula_that_was_worked_out(house: House) -> None:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, [1, 1])
        page.write_formula(1, 3, '="2026-12-02 17:"&"00"', None, "2026-12-02 17:00")
    (one,), bad = importing.read_wanted("in.xlsx", packed.getvalue())
    assert (one.dates, bad) == ({"due_at": utc("2026-12-03T00:00:00Z")}, [])


def test_it_sees_cells_beyond_the_size_that_a_sheet_claims(house: House) -> None:
    content = book([1, 1, None, "-", None, None])
    with ZipFile(io.BytesIO(content)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"A1:F2", b"A1:A1")
    again = io.BytesIO()
    with ZipFile(again, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    assert len(importing.read_wanted("in.xlsx", again.getvalue())[0]) == 1


def test_it_lists_every_bad_row_and_stores_nothing(house: House) -> None:
    content = sheet(
        [1, 1, "", "2026-12-01 23:59", "2026-12-05", ""],
        [1, 77, "", "2026-12-01 23:59", "", ""],
        ["x", 1, 1, "12/3/2026", "", ""],
        [99, 1, "", "-", "", ""],
        [2, 6, 4, "2028-12-02 00:00", "", ""],
        [2, 6, 9, "-", "", ""],
        [1, 2, "", "-", "", ""],
        [1, 2, "", "-", "", ""],
        [1, 2, 1, "-", "", "", "more"],
        [2, 5, 4, "2026-12-01 23:59", "", ""],
        [1, 4, "", "2026-10-01 23:59", "", ""],
    )
    wanted, unusable = importing.read_wanted("in.csv", content)
    with pytest.raises(BadRows) as raised:
        house.proposed(*wanted, unusable=unusable)
    assert told(raised.value) == {
        (2, "due_at"),
        (3, "assignment_id"),
        (4, "course_id"),
        (4, "due_at"),
        (5, "course_id"),
        (6, "due_at"),
        (7, "section_id"),
        (9, "assignment_id"),
        (10, "row"),
        (11, "due_at"),
        (12, "due_at"),
    }
    assert [row.row for row in raised.value.rows] == sorted(row.row for row in raised.value.rows)
    assert not Proposal.objects.exists()


def test_it_proposes_what_a_good_file_asks_for(house: House) -> None:
    wanted, unusable = importing.read_wanted("in.csv", sheet([1, 1, 1, "2026-12-02", "", "-"]))
    (row,) = house.proposed(*wanted, unusable=unusable).changes.all()
    assert row.before == {
        "due_at": "inherit",
        "unlock_at": "inherit",
        "lock_at": "inherit",
        "post_to_sis": True,
        "exists": False,
    }
    assert row.after == {**row.before, "due_at": "2026-12-03T06:59:59Z", "lock_at": None, "exists": True}


def exported(tmp_path: Path, kind: str) -> tuple[str, bytes]:
    path = tmp_path / f"out.{kind}"
    items = LineItem.objects.all()
    if kind == "xlsx":
        exporting.write_xlsx(items, path)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            getattr(exporting, f"write_{kind}")(items, stream)
    return path.name, path.read_bytes()


def edited(kind: str, content: bytes, edits: dict[tuple[str, str, str], str]) -> bytes:
    """The same file after a person has written into some cells, named by assignment, section and column."""
    if kind == "jsonl":
        rows = [json.loads(line) for line in content.splitlines()]
        for (assignment, section, column), value in edits.items():
            for row in rows:
                if (str(row["assignment_id"]), str(row["section_id"])) == (assignment, section):
                    row[column] = value
        return "\n".join(json.dumps(row) for row in rows).encode()
    if kind == "csv":
        table: list[list[Any]] = list(csv.reader(io.StringIO(content.decode())))
    else:
        table = [list(row) for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]
    at = {name: number for number, name in enumerate(table[0])}
    for (assignment, section, column), value in edits.items():
        for row in table[1:]:
            if (str(row[at["assignment_id"]]), str(row[at["section_id"]])) == (assignment, section):
                row[at[column]] = value
    return sheet(*table[1:], head=table[0]) if kind == "csv" else book(*table[1:], head=table[0])


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_it_finds_exactly_the_two_cells_that_were_edited_in_an_export(
    house: House, tmp_path: Path, kind: str
) -> None:
    name, content = exported(tmp_path, kind)
    with pytest.raises(BadFile, match="differs"):
        importing.read_wanted(name, content)
    edits = {("1", "1", "due_at"): "2026-12-02 17:00", ("2", "2", "lock_at"): "2026-12-04 17:00"}
    wanted, unusable = importing.read_wanted(name, edited(kind, content, edits))
    assert unusable == []
    assert {(one.assignment_id, one.section_id): set(one.dates) for one in wanted} == {
        (1, 1): {"due_at"},
        (2, 2): {"lock_at"},
    }
    assert house.proposed(*wanted, unusable=unusable).changes.count() == 2


@settings(max_examples=60, deadline=None)
@given(st.sampled_from((".csv", ".xlsx", ".jsonl")), st.binary(max_size=300))
def test_it_never_ends_in_a_traceback(suffix: str, content: bytes) -> None:
    with pytest.raises(BadFile):
        importing.read_wanted(f"in{suffix}", content)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=8), max_size=5))
def test_it_has_an_answer_to_any_table(rows: list[list[str]]) -> None:
    try:
        wanted, bad = importing.read_wanted("in.csv", sheet(*rows))
    except BadFile:
        return
    assert wanted or bad


def test_it_adds_edits_of_the_same_dates_up_where_they_come_from_a_page(house: House) -> None:
    one = Wanted(course_id=1, assignment_id=1, section_id=None, dates={"due_at": utc("2026-12-02T07:00:00Z")})
    two = Wanted(course_id=1, assignment_id=1, section_id=None, dates={"lock_at": None, "unlock_at": None})
    (row,) = house.proposed(one, two).changes.all()
    assert row.after["due_at"] == "2026-12-02T07:00:00Z"
