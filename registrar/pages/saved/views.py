from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrar.errors import Refused
from registrar.models import Role, SavedView
from registrar.services import saving
from registrar.web.access import Visit, needs
from registrar.web.filters import FilterForm
from registrar.web.tables import TABLES

from .forms import SaveForm

open_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    return render(visit, "saved/index.html", {"views": saving.views_for(visit.user)})


@open_or_send
@needs(Role.VIEWER)
def save(visit: Visit) -> HttpResponse:
    """The address names the list and its filters, as the list's own does."""
    table = visit.GET.get("list", "")
    table = table if table in TABLES else SavedView.Table.LINE_ITEMS.value
    filters = _filters(visit, table, visit.GET)
    query = urlencode({name: value for name, value in filters.values.items() if value and name != "page"})
    address = _address(table, query)
    form = SaveForm(visit.POST if visit.method == "POST" else None, reach=visit.reach)
    if form.is_bound and form.is_valid() and _is_saved(visit, form, table, query):
        messages.success(visit, _("Saved as “%(name)s”.") % {"name": form.cleaned_data["name"]})
        return redirect(address)
    context = {"form": form} | _shown(visit, table, query, filters)
    return render(visit, "saved/save.html", context, status=422 if form.is_bound else 200)


def _is_saved(visit: Visit, form: SaveForm, table: str, query: str) -> bool:
    try:
        saving.save_view(
            by=visit.user,
            table=table,
            query=query,
            now=datetime.now(UTC),
            **form.cleaned_data,
        )
    except Refused as trouble:
        form.add_error(None, trouble.message)
        return False
    return True


@open_or_send
@needs(Role.VIEWER)
def edit(visit: Visit, view_id: int) -> HttpResponse:
    """Its name, and with whom it is shared: one's own only."""
    view = saving.view_for(visit.user, view_id)
    known = {"name": view.name, "shared": view.shared, "account": view.account_id}
    form = SaveForm(
        visit.POST if visit.method == "POST" else None,
        initial=known | {"for_everybody": view.for_everybody},
        reach=visit.reach,
    )
    if form.is_bound and form.is_valid():
        try:
            saving.change_view(by=visit.user, pk=view.pk, **form.cleaned_data)
            return redirect("saved:index")
        except Refused as trouble:
            form.add_error("name", trouble.message)
    filters = _filters(visit, view.table, QueryDict(view.query))
    context = {"form": form, "view": view} | _shown(visit, view.table, view.query, filters)
    return render(visit, "saved/edit.html", context, status=422 if form.is_bound else 200)


@require_POST
@needs(Role.VIEWER)
def change(visit: Visit) -> HttpResponse:
    """Share, keep to oneself, or remove: one's own only."""
    pk, then = visit.POST.get("view", ""), visit.POST.get("then", "")
    if pk.isdecimal() and len(pk) < 19:
        if then == "remove":
            saving.remove_view(by=visit.user, pk=int(pk))
        else:
            saving.share_view(by=visit.user, pk=int(pk), shared=then == "share")
    return redirect("saved:index")


def _filters(visit: Visit, table: str, given: QueryDict) -> FilterForm:
    sorts = [column.key for column in TABLES[table] if column.sorts]
    return FilterForm(given, reach=visit.reach, sorts=sorts, first_sort="")


def _address(table: str, query: str) -> str:
    return reverse(f"{table}:index") + (f"?{query}" if query else "")


def _shown(visit: Visit, table: str, query: str, filters: FilterForm) -> dict[str, Any]:
    return {
        "filters": filters,
        "address": _address(table, query),
        "label": SavedView.Table(table).label,
        "of_a_college": saving.names_college(query),
        "whole": visit.reach.paths is None,
    }
