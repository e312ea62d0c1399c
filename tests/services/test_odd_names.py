"""Names that people and programs stumble over: shown as they are, exported as text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command

from canvas_api.standin import Standin, University
from registrar.models import Course, Run
from registrar.services.exporting import COLUMNS
from tests.services.door import exported, sync

pytestmark = pytest.mark.django_db

NAMES = {
    "markup": "<script>alert('x')</script> & <b>bold</b>",
    "emoji": "Family 👩‍👩‍👧‍👦 and flag 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "right to left": "מבוא \u202eabc\u202c لغة",
    "equals": '=HYPERLINK("http://example.com","x")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(A1:A9)",
    "tab": "\t=1+1",
    "line break": "\n=1+1\r\nsecond",
    "NUL": "before\0after",
    "controls": "a\x01\x1f\x7f\ufffe\uffffz",
    "long": "x" * 10_000,
    "capital that grows": "İ" * 90,
    "quotes": "a \"quoted\", one; and 'another'",
    "number": "007",
    "link": "https://example.com/?a=b",
}


def _named(name: str) -> University:
    """Everything that has a name or an id bears this one."""
    university = University(name)
    university.root.features = frozenset({"post_grades"})
    college = university.add_account(name=name, sis_account_id=name)
    term = university.add_term(name=name, sis_term_id=name, start_at="2026-08-24T00:00:00Z")
    university.add_grading_period(
        term_id=term.id, title=name, start_date="2026-08-24T00:00:00Z", end_date="2026-11-01T00:00:00Z"
    )
    teacher = university.add_user(name=name)
    university.add_course(
        name=name,
        course_code=name,
        sis_course_id=name,
        account_id=college.id,
        enrollment_term_id=term.id,
        teacher_ids=(teacher.id,),
    )
    university.add_section(course_id=1, name=name, sis_section_id=name)
    university.add_section(course_id=1, name=name, sis_section_id=None)
    group = university.add_assignment_group(course_id=1, name=name, sis_source_id=name)
    for _ in range(2):
        made = university.add_assignment(
            course_id=1, name=name, assignment_group_id=group.id, due_at="2026-10-01T00:00:00Z", post_to_sis=True
        )
        university.add_override(assignment_id=made.id, course_section_id=1, due_at="2026-10-02T00:00:00Z")
    return university


@pytest.fixture(params=list(NAMES.values()), ids=list(NAMES))
def name(request: pytest.FixtureRequest) -> str:
    with Standin(_named(request.param), throttle=False) as standin:
        run = sync(standin)
        assert (run.state, run.message) == (Run.State.COMPLETE, "")
    return str(request.param)


def test_it_exports_names_as_they_are(name: str, tmp_path: Path) -> None:
    kept = name.replace("\0", "\ufffd")
    rows = exported()
    assert len(rows) == 4
    for row in rows:
        assert row["course_name"] == row["assignment_name"] == row["section_name"] == kept
        assert row["course_sis_id"] == row["term_sis_id"] == row["assignment_group"] == kept
    _assert_csv_is_harmless(kept, tmp_path / "a.csv")
    _assert_workbook_is_text(kept, tmp_path / "a.xlsx")
    assert len(Course.objects.get().sort_key) <= 80


def _assert_csv_is_harmless(name: str, path: Path) -> None:
    call_command("export_readiness", format="csv", output=str(path))
    table = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))
    assert len(table) == 5
    for row in table:
        assert len(row) == len(COLUMNS)
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)
    shown = table[1][COLUMNS.index("assignment_name")]
    assert shown in (name, f"'{name}")


def _assert_workbook_is_text(name: str, path: Path) -> None:
    call_command("export_readiness", format="xlsx", output=str(path))
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    shown = sheet.cell(2, COLUMNS.index("assignment_name") + 1)
    assert shown.data_type == "s"
    if name.isprintable():
        assert shown.value == name


@pytest.mark.parametrize("number", [-5.0, 1e308, 0.1, 12345678901234.0])
def test_it_exports_numbers_as_numbers(number: float, tmp_path: Path) -> None:
    university = _named("Plain")
    university.assignments[1].points_possible = number
    with Standin(university, throttle=False) as standin:
        sync(standin)
    call_command("export_readiness", format="xlsx", output=str(tmp_path / "a.xlsx"))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert float(str(sheet.cell(2, COLUMNS.index("points_possible") + 1).value)) == pytest.approx(number)
