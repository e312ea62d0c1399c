from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from openpyxl import load_workbook

from registrar.web import export
from tests.pages import build
from tests.pages.conftest import University

URL = "/line-items/export/"


def table(browser: Client, url: str = URL, **asked: object) -> list[dict[str, str]]:
    response = browser.get(url, asked)
    assert isinstance(response, StreamingHttpResponse)
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_it_exports_just_what_is_filtered(viewer: Client) -> None:
    shown = viewer.get("/line-items/", {"state": "needs_action"}).context["listing"]
    found = table(viewer, state="needs_action", format="csv")
    assert len(found) == shown.count.value > 0
    assert {row["status"] for row in found} == {"needs_action"}


def test_it_names_the_file(viewer: Client) -> None:
    response = viewer.get(URL)
    assert response["Content-Disposition"].startswith('attachment; filename="line-items-')
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_it_exports_only_what_is_within_reach(as_: Callable[[str], Client], university: University) -> None:
    found = table(as_("scientist"))
    assert {row["course_id"] for row in found} == {str(university.ready.pk)}


def test_it_exports_all_pages(viewer: Client) -> None:
    assert len(table(viewer, page=2)) == viewer.get("/line-items/").context["listing"].count.value


def test_it_writes_a_workbook(viewer: Client, university: University) -> None:
    build.course(university.arts, university.term, assignments=[build.assignment("=1+1")])
    response = viewer.get(URL, {"format": "xlsx", "q": "=1+1"})
    sheet = load_workbook(io.BytesIO(b"".join(response))).active  # type: ignore[arg-type]
    rows = [
        dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in row], strict=True))
        for row in sheet.iter_rows(min_row=2)
    ]
    assert [row["assignment_name"] for row in rows] == ["=1+1"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_it_refuses_a_workbook_that_takes_too_long(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "XLSX_ROWS", 2)
    response = viewer.get(URL, {"format": "xlsx"})
    assert response.status_code == 400
    assert b"Narrow the filters" in response.content


@pytest.mark.parametrize("url", ["/courses/export/", "/sections/export/"])
def test_it_exports_the_line_items_of_other_lists(
    url: str, viewer: Client, as_: Callable[[str], Client], university: University
) -> None:
    assert len(table(viewer, url)) == 10
    assert {row["course_id"] for row in table(viewer, url, state="ready")} == {str(university.ready.pk)}
    assert {row["findings"] for row in table(viewer, url, rule="due_missing")} == {"due_missing"}
    assert {row["course_id"] for row in table(as_("scientist"), url)} == {str(university.ready.pk)}
