"""Line items as a file to take away: one row each, whichever list they were chosen from."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from registrar.errors import RegistrarError
from registrar.models import LineItem
from registrar.services import exporting
from registrar.words.numbers import grouped

from .access import Visit

XLSX_ROWS = 50_000
"""A workbook is written before its first byte can be sent; more than this takes too long to wait for."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exported(visit: Visit, rows: QuerySet[LineItem], now: datetime) -> HttpResponseBase:
    """As CSV, or as a workbook where the address asks for ``format=xlsx``."""
    name = f"line-items-{now:%Y-%m-%d}"
    if visit.GET.get("format") == "xlsx":
        return _workbook(rows, f"{name}.xlsx")
    response = StreamingHttpResponse(exporting.csv_chunks(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _workbook(rows: QuerySet[LineItem], name: str) -> FileResponse:
    if rows.order_by()[: XLSX_ROWS + 1].count() > XLSX_ROWS:
        said = _("A workbook can hold %(n)s line items from here. Narrow the filters, or export as CSV.")
        raise RegistrarError(said % {"n": grouped(XLSX_ROWS)})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        exporting.write_xlsx(rows, path)
        # The open file outlives its folder.
        return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=XLSX)
