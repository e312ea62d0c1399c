from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registrar.models import Change, Proposal, ProposalCourse, Role
from registrar.services import offering, receipts
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.export import XLSX
from registrar.web.listing import Listing, both_ways, listed

from .forms import ProposalsForm
from .shown import told, whole, within_reach

STOP_POLLING = 286
"""htmx's own status: swap this in and ask no more."""
SORTS = {"created": "created_at", "state": "state", "kind": "kind", "person": "proposed_by__last_name"}


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    form = ProposalsForm(visit.GET, sort=both_ways(SORTS))
    rows = Proposal.objects.within(visit.reach).select_related("proposed_by", "decided_by")
    rows = rows.filter(**{name: form.chosen(name) for name in ("state", "kind") if form.chosen(name)})
    if form.chosen("whose") == "mine":
        rows = rows.filter(proposed_by=visit.user)
    waiting = offering.waiting(by=visit.user, roles=visit.roles, reach=visit.reach)
    if form.chosen("whose") == "waiting":
        rows = rows.filter(pk__in=waiting.values("pk"))
    page = listed(
        rows, sorts=SORTS, sort=form.chosen("sort") or "-created", page=int(form.chosen("page") or 1), exact=True
    )
    context = {
        "form": form,
        "listing": page,
        "mine_to_do": set(waiting.filter(pk__in=[row.pk for row in page.rows]).values_list("pk", flat=True)),
        "any": page.rows or Proposal.objects.within(visit.reach).exists(),
    }
    return htmx.render(visit, "proposals/index.html", context | _sizes(page), fragment="proposals/_results.html")


def _sizes(page: Listing[Proposal]) -> dict[str, Any]:
    """How many changes each has, and in which colleges: two queries for the whole page."""
    shown = [row.pk for row in page.rows]
    counts = Change.objects.filter(proposal__in=shown).order_by().values_list("proposal").annotate(Count("pk"))
    inside = ProposalCourse.objects.filter(proposal__in=shown).order_by("course__account__name")
    colleges: dict[int, list[str]] = {}
    for pk, name in inside.values_list("proposal_id", "course__account__name").distinct():
        colleges.setdefault(pk, []).append(name)
    return {"counts": dict(counts), "colleges": colleges}


@require_safe
@needs(Role.VIEWER)
def proposal(visit: Visit, proposal_id: int) -> HttpResponse:
    found = within_reach(visit, proposal_id)
    context = whole(visit, found, datetime.now(UTC))
    return htmx.render(visit, "proposals/proposal.html", context, fragment="proposals/_proposal.html")


@require_safe
@needs(Role.VIEWER)
def progress(visit: Visit, proposal_id: int) -> HttpResponse:
    found = within_reach(visit, proposal_id)
    now = datetime.now(UTC)
    if not htmx.wants_fragment(visit):
        return render(visit, "proposals/proposal.html", whole(visit, found, now))
    response = htmx.render(
        visit, "proposals/proposal.html", told(visit, found, now), fragment="proposals/_told.html"
    )
    if found.state != Proposal.State.APPLYING:
        response.status_code = STOP_POLLING
        response["HX-Trigger"] = "applied"
    return response


@require_safe
@needs(Role.VIEWER)
def receipt(visit: Visit, proposal_id: int) -> HttpResponseBase:
    """The frozen record: to print, or with ``format=json`` or ``format=xlsx`` to keep."""
    found = within_reach(visit, proposal_id)
    record = receipts.receipt(found)
    name = f"receipt-{found.pk}"
    wanted = visit.GET.get("format")
    if wanted == "json":
        response: HttpResponse = JsonResponse(record, json_dumps_params={"indent": 2})
    elif wanted == "xlsx":
        book = BytesIO()
        receipts.write_xlsx(found, book)
        response = HttpResponse(book.getvalue(), content_type=XLSX)
    else:
        return render(visit, "proposals/receipt.html", _record(visit, found, record))
    response["Content-Disposition"] = f'attachment; filename="{name}.{wanted}"'
    return response


def _record(visit: Visit, found: Proposal, record: dict[str, Any]) -> dict[str, Any]:
    rows = list(found.changes.select_related("course__account"))
    parts = found.courses.select_related("course").order_by("course__sort_key", "pk")
    return {
        "proposal": found,
        "record": record,
        "rows": rows,
        "parts": parts,
        "steps": found.steps.select_related("by"),
    }
