from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from registrar.models import Role, Term, Turn
from registrar.services import counting, exporting, reviewing, tracing, trending
from registrar.services.reviewing import Filters
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.listing import listed

from .forms import SORTS, HistoryForm

DRIFTS = 20
"""So many are shown; the others are counted."""


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    now = datetime.now(UTC)
    form = HistoryForm(visit.GET, reach=visit.reach, today=counting.today(now))
    term, chosen = _chosen(form, now)
    context: dict[str, Any] = {"form": form, "term": term, "today": form.today, "span": form.span}
    if term is not None:
        context |= _trend(visit, form, term, chosen) | _moved(visit, form, chosen) | _drift(visit, form, chosen)
    return htmx.render(visit, "history/index.html", context, fragment="history/_results.html")


def _chosen(form: HistoryForm, now: datetime) -> tuple[Term | None, Filters]:
    """History is that of one term: without a word about it, the one that runs."""
    term = form.chosen_term or reviewing.current_term(form.terms, now)
    return term, replace(form.filters(now=now), term=term.pk if term else None)


def _trend(visit: Visit, form: HistoryForm, term: Term, chosen: Filters) -> dict[str, Any]:
    beside = form.beside_term(term)
    terms = [term, beside] if beside else [term]
    return {
        "trends": trending.trends(visit.reach, chosen, terms),
        "earlier": form.earlier(term),
        "beside": beside,
    }


def _moved(visit: Visit, form: HistoryForm, chosen: Filters) -> dict[str, Any]:
    rows = tracing.turns(visit.reach, chosen, form.span)
    # The tiles count whatever came and went, so that each leads to its own part of the list.
    whole = rows if not form.span.what else tracing.turns(visit.reach, chosen, replace(form.span, what=""))
    page = listed(
        rows.select_related("course"), sorts=SORTS, sort=form.sorted_by, page=form.page_number, exact=False
    )
    return {
        "listing": page,
        "openable": tracing.visible(visit.reach, page.rows),
        "summary": tracing.summary(whole, form.accounts),
        "whats": Turn.What.choices,
        "causes": Turn.Cause.choices,
    }


def _drift(visit: Visit, form: HistoryForm, chosen: Filters) -> dict[str, Any]:
    found = list(tracing.drifts(visit.reach, chosen, form.span)[: DRIFTS + 1])
    return {"drifts": found[:DRIFTS], "more_drifts": len(found) > DRIFTS}


@require_safe
@needs(Role.VIEWER)
def export(visit: Visit) -> HttpResponseBase:
    """What the list shows with the same address, all pages of it."""
    now = datetime.now(UTC)
    form = HistoryForm(visit.GET, reach=visit.reach, today=counting.today(now))
    _, chosen = _chosen(form, now)
    rows = tracing.turns(visit.reach, chosen, form.span)
    chunks = exporting.csv_of(tracing.table(visit.reach, rows))
    response = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="history-{now:%Y-%m-%d}.csv"'
    return response
