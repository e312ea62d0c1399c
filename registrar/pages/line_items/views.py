from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from registrar.errors import RegistrarError
from registrar.models import LineItem, Role
from registrar.services import exporting, reviewing
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.filters import FilterForm
from registrar.web.listing import listed

SORTS = {
    "due": "due_at",
    "course": "course__sort_key",
    "section": "section__name",
    "assignment": "assignment_name",
    "points": "points_possible",
}
XLSX_ROWS = 50_000
"""A workbook is written before its first byte can be sent; more than this takes too long to wait for."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    form = _form(visit)
    chosen = form.filters(now=datetime.now(UTC))
    rows = reviewing.line_items(visit.reach, chosen).select_related("course", "section", "term")
    rows = rows.prefetch_related("findings")
    page = listed(rows, sorts=SORTS, sort=form.sorted_by, page=form.page_number, exact=not chosen.words)
    context = {"form": form, "term": form.chosen_term, "listing": page, "states": LineItem.Status.choices}
    return htmx.render(visit, "line_items/index.html", context, fragment="line_items/_results.html")


@require_safe
@needs(Role.VIEWER)
def export(visit: Visit) -> HttpResponseBase:
    """Just what the list shows with the same address, all pages of it."""
    now = datetime.now(UTC)
    rows = reviewing.line_items(visit.reach, _form(visit).filters(now=now))
    name = f"line-items-{now:%Y-%m-%d}"
    if visit.GET.get("format") == "xlsx":
        return _workbook(rows, f"{name}.xlsx")
    response = StreamingHttpResponse(exporting.csv_chunks(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _workbook(rows: QuerySet[LineItem], name: str) -> FileResponse:
    if rows.order_by()[: XLSX_ROWS + 1].count() > XLSX_ROWS:
        raise RegistrarError(
            f"A workbook can hold {XLSX_ROWS:,} line items from here. Narrow the filters, or export as CSV."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        exporting.write_xlsx(rows, path)
        # The open file outlives its folder.
        return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=XLSX)


def _form(visit: Visit) -> FilterForm:
    return FilterForm(visit.GET, reach=visit.reach, sorts=SORTS, first_sort="due")
