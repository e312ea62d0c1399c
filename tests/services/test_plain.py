"""A Canvas in good weather: every column, every option, every format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command

from canvas_api.standin import Standin
from registrar.models import Run
from registrar.services.exporting import COLUMNS
from tests.services.door import Row, courses_read, exported, sync

pytestmark = pytest.mark.django_db

READ_AT = "2026-11-23T12:00:00Z"
DRAWING = (2, 2, "2026FA", 1, "ART-101", "Drawing I")
PAINTING = (2, 2, "2026FA", 2, "ART/201.A", "Painting")
CHEMISTRY = (3, 2, "2026FA", 3, "CHEM-110", "Chemistry")
BIOLOGY = (3, 3, "2027SP", 5, None, "Biology")
LOGIC = (1, 2, "2026FA", 6, "PHIL-120", "Logic")
D1 = (*DRAWING, 1, "ART-101-001", "Drawing I 001", 1, "ART-101", False)
D2 = (*DRAWING, 2, "ART-101-002", "Drawing I 002", 1, "ART-101", False)
P3 = (*PAINTING, 3, "ART/201.A-001", "Painting 001", 2, "ART/201.A", False)
P4 = (*PAINTING, 4, "ART/201.A-002", "Painting 002", 2, "ART/201.A", False)
C5 = (*CHEMISTRY, 5, "CHEM-110-001", "Chemistry 001", 3, "CHEM-110", False)
C6 = (*CHEMISTRY, 6, "CHEM-110B-001", "Chemistry B 001", 4, "CHEM-110B", True)
B7 = (*BIOLOGY, 7, None, "Biology new", 5, None, False)
L8 = (*LOGIC, 8, "PHIL-120-001", "Logic 001", 6, "PHIL-120", False)
BASE = ("assignment", "none", "none")
NONE = ("none", "none", "none")
COURSE = ("course", "none", "none")
ALL = ("section", "section", "section")
SECTION = ("section", "none", "none")


def _item(
    place: tuple[Any, ...],
    assignment: tuple[int, str, str],
    dates: tuple[str | None, ...],
    sources: tuple[str, ...],
    feed: tuple[bool, str | None],
    findings: tuple[str, ...] = (),
    students: int = 0,
) -> Row:
    status = "needs_action" if findings else "ready"
    tail = (students, status, list(findings), READ_AT)
    return dict(zip(COLUMNS, (*place, *assignment, 10.0, *dates, *sources, *feed, *tail), strict=True))


def _due(when: str) -> tuple[str | None, ...]:
    return (when, None, None)


DEC_5, NOV_7, NOV_14, NOV_20 = (
    "2026-12-05T06:59:59Z",
    "2026-11-07T06:59:59Z",
    "2026-11-14T06:59:59Z",
    "2026-11-20T06:59:59Z",
)
NOV_21, DEC_1, NOV_10, NOV_12 = (
    "2026-11-21T06:59:59Z",
    "2026-12-01T06:59:59Z",
    "2026-11-10T06:59:59Z",
    "2026-11-12T06:59:59Z",
)
MAR_1, OCT_1 = "2027-03-01T06:59:59Z", "2026-10-01T05:59:59Z"
PORTFOLIO = (1, "Portfolio", "Assignments")
SKETCHBOOK = (2, "Sketchbook", "Assignments")
DRAFT = (4, "Unpublished draft", "Assignments")
STILL_LIFE = (5, "Still life", "Assignments")
SELF_PORTRAIT = (6, "Self-portrait", "Assignments")
LAB, EXAM = (7, "Lab report", "Labs"), (8, "Exam", "Labs")
FIELD_NOTES, ESSAY = (9, "Field notes", "Assignments"), (10, "Essay", "Assignments")
NO_DATES = (None, None, None)
UNPUBLISHED = ("flagged_unpublished",)
OTHER_DATE, MISSING = ("sis_reads_other_date",), ("due_missing",)
NEW = ("flagged_unpublished", "course_without_sis_id", "section_without_sis_id")
LATE = ("due_in_closed_period", "course_concluded")

SMALL: list[Row] = [
    _item(D1, PORTFOLIO, _due(DEC_5), BASE, (True, DEC_5)),
    _item(D2, PORTFOLIO, _due(DEC_5), BASE, (True, DEC_5)),
    _item(D1, SKETCHBOOK, _due(NOV_7), BASE, (True, NOV_7)),
    _item(D2, SKETCHBOOK, _due(NOV_14), SECTION, (True, NOV_14)),
    _item(D1, DRAFT, _due(NOV_20), BASE, (False, None), UNPUBLISHED),
    _item(D2, DRAFT, _due(NOV_20), BASE, (False, None), UNPUBLISHED),
    _item(P3, STILL_LIFE, (NOV_21, "2026-11-01T06:00:00Z", None), ALL, (True, NOV_21)),
    _item(P3, SELF_PORTRAIT, _due(DEC_1), BASE, (True, DEC_1), students=2),
    _item(P4, SELF_PORTRAIT, NO_DATES, SECTION, (True, None), MISSING, students=2),
    _item(C5, LAB, _due(NOV_12), COURSE, (True, NOV_10), OTHER_DATE),
    _item(C6, LAB, _due(NOV_12), COURSE, (True, NOV_10), OTHER_DATE),
    _item(C5, EXAM, NO_DATES, NONE, (True, None), MISSING),
    _item(C6, EXAM, NO_DATES, NONE, (True, None), MISSING),
    _item(B7, FIELD_NOTES, _due(MAR_1), BASE, (False, None), NEW),
    _item(L8, ESSAY, _due(OCT_1), BASE, (True, OCT_1), LATE),
]


def test_it_tells_every_column_of_every_line_item(standin: Standin) -> None:
    run = sync(standin)
    assert run.state == Run.State.COMPLETE
    assert (run.message, run.warnings, run.done, run.failed, run.total) == ("", [], 6, 0, 6)
    assert exported() == SMALL


def test_it_asks_for_no_more_than_the_lists_and_two_pages_a_course(standin: Standin) -> None:
    run = sync(standin)
    lists = sum("/accounts/" in target for _, target, _, _ in standin.requests)
    assert courses_read(standin) == [1, 2, 3, 4, 5, 6]
    assert lists == 6
    assert run.requests == len(standin.requests) <= lists + 2 * 6


def test_it_changes_nothing_when_nothing_changed(standin: Standin) -> None:
    sync(standin)
    before = exported()
    assert sync(standin).state == Run.State.COMPLETE
    assert exported() == before


@pytest.mark.parametrize(
    ("term", "courses"),
    [("2", {1, 2, 3, 6}), ("sis_term_id:2027SP", {5}), ("spring 2027", {5}), ("current", {1, 2, 3, 6})],
)
def test_it_reads_and_exports_one_term(standin: Standin, term: str, courses: set[int], at_small_now: None) -> None:
    sync(standin, term_ref=term)
    assert {row["course_id"] for row in exported()} == courses
    sync(standin, term_ref="all")
    assert {row["course_id"] for row in exported(term=term)} == courses
    assert {row["course_id"] for row in exported(term="all")} == {1, 2, 3, 5, 6}


@pytest.mark.parametrize("account", ["2", "sis_account_id:ARTS"])
def test_it_reads_one_account(standin: Standin, account: str) -> None:
    run = sync(standin, account_ref=account)
    assert run.state == Run.State.COMPLETE
    assert exported() == [row for row in SMALL if row["account_id"] == 2]
    sync(standin)
    assert exported() == SMALL


@pytest.mark.parametrize("course", ["2", "sis_course_id:ART/201.A"])
def test_it_reads_one_course(standin: Standin, course: str) -> None:
    run = sync(standin, course_ref=course)
    assert run.state == Run.State.COMPLETE
    assert exported() == [row for row in SMALL if row["course_id"] == 2]
    assert courses_read(standin) == [2]


def test_it_reads_one_course_again_without_touching_the_others(standin: Standin) -> None:
    sync(standin)
    standin.university.assignments[1].name = "Folder"
    standin.university.assignments[10].name = "Paper"
    sync(standin, course_ref="1")
    names = {row["assignment_name"] for row in exported()}
    assert "Folder" in names
    assert "Essay" in names


# The commands


def test_it_ends_well_and_says_what_it_did(
    standin: Standin, configured: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    configured(standin)
    call_command("sync", json=True)
    told = capsys.readouterr()
    found = json.loads(told.out.splitlines()[-1])
    seconds = found.pop("seconds")
    assert seconds >= 0
    assert found == {
        "run_id": Run.objects.get().pk,
        "complete": True,
        "accounts": 3,
        "courses": 6,
        "sections": 8,
        "assignments": 9,
        "rows": 15,
        "findings": 12,
        "requests": len(standin.requests),
        "warnings": [],
    }
    assert told.err == ""
    assert standin.token not in told.out


@pytest.mark.parametrize(
    "options",
    [{"term": "sis_term_id:2026FA"}, {"course": "sis_course_id:ART/201.A"}, {"quick": True}, {"account": "3"}],
)
def test_it_takes_its_options_from_the_shell(
    standin: Standin, configured: Callable[..., None], options: dict[str, Any]
) -> None:
    configured(standin)
    call_command("sync", **options)
    courses = {"term": {1, 2, 3, 6}, "course": {2}, "quick": {1, 2, 3, 5, 6}, "account": {3, 5}}
    assert {row["course_id"] for row in exported()} == courses[next(iter(options))]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"term": "1999"}, "There is no term “1999” in Canvas."),
        ({"account": "99"}, "Canvas does not have this"),
        ({"account": "sis_account_id:"}, "not a Canvas id"),
        ({"course": "sis_course_id:NONE"}, "Canvas does not have this"),
    ],
)
def test_it_says_in_one_line_what_it_could_not_find(
    standin: Standin,
    configured: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    options: dict[str, str],
    sentence: str,
) -> None:
    configured(standin)
    with pytest.raises(SystemExit) as ended:
        call_command("sync", json=True, **options)
    told = capsys.readouterr()
    assert ended.value.code == 1
    assert sentence in told.err
    assert len(told.err.splitlines()) == 1
    assert json.loads(told.out.splitlines()[-1])["complete"] is False


def test_it_says_which_setting_is_missing(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.CANVAS_BASE_URL, settings.CANVAS_TOKEN = "", ""
    with pytest.raises(SystemExit):
        call_command("sync")
    assert "set CANVAS_BASE_URL and CANVAS_TOKEN" in capsys.readouterr().err


def test_it_says_that_an_address_cannot_be_one(
    settings: Any, configured: Callable[..., None], standin: Standin, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(standin)
    settings.CANVAS_BASE_URL = "https://canvas.example.edu/courses/12"
    with pytest.raises(SystemExit):
        call_command("sync")
    assert "https://canvas.example.edu" in capsys.readouterr().err


def test_it_says_that_a_term_to_export_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("export_readiness", term="1999")
    assert ended.value.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_it_says_that_a_file_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("export_readiness", output="/nowhere/at/all")
    assert ended.value.code == 1
    assert "/nowhere/at/all cannot be written: No such file" in capsys.readouterr().err


# The formats


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value}"


def test_it_exports_the_same_in_three_formats(standin: Standin, tmp_path: Path) -> None:
    sync(standin)
    expected = [list(COLUMNS)] + [[_flat(value) for value in row.values()] for row in exported()]

    call_command("export_readiness", format="csv", output=str(tmp_path / "a.csv"))
    text = (tmp_path / "a.csv").read_bytes().decode("utf-8")
    assert list(csv.reader(io.StringIO(text, newline=""))) == expected

    call_command("export_readiness", format="xlsx", output=str(tmp_path / "a.xlsx"))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    cells = [[_number(_flat(value)) for value in row] for row in sheet.iter_rows(values_only=True)]
    assert cells == [[_number(value) for value in row] for row in expected]


def _number(text: str) -> str:
    """A workbook does not tell 10 from 10.0."""
    return text.removesuffix(".0")


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_it_writes_to_standard_output(standin: Standin, capsys: pytest.CaptureFixture[str], form: str) -> None:
    sync(standin)
    call_command("export_readiness", format=form)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 15 + (form == "csv")
    given = io.StringIO()
    call_command("export_readiness", format=form, stdout=given)
    assert given.getvalue().splitlines() == lines


def test_it_writes_a_workbook_to_standard_output(
    standin: Standin, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    sync(standin)
    call_command("export_readiness", format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(capsysbinary.readouterr().out)).active
    assert sheet is not None
    assert sheet.max_row == 16


def test_it_exports_nothing_but_the_heading_before_the_first_sync(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_readiness", format="csv")
    assert capsys.readouterr().out.strip() == ",".join(COLUMNS)
