from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrar.errors import Refused
from registrar.models import Role, SavedView
from registrar.services import saving
from registrar.web.access import Visit, needs
from registrar.web.filters import FilterForm
from registrar.web.tables import TABLES


class SaveForm(forms.Form):
    name = forms.CharField(max_length=60, label="Name")
    shared = forms.BooleanField(required=False, label="Share it with the office")


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    return render(visit, "saved/index.html", {"views": saving.views_for(visit.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.VIEWER)
def save(visit: Visit) -> HttpResponse:
    """The address names the list and its filters, as the list's own does."""
    table = visit.GET.get("list", "")
    table = table if table in TABLES else SavedView.Table.LINE_ITEMS.value
    sorts = [column.key for column in TABLES[table] if column.sorts]
    filters = FilterForm(visit.GET, reach=visit.reach, sorts=sorts, first_sort="")
    query = urlencode({name: value for name, value in filters.values.items() if value and name != "page"})
    address = reverse(f"{table}:index") + (f"?{query}" if query else "")
    form = SaveForm(visit.POST if visit.method == "POST" else None)
    if visit.method == "POST" and form.is_valid() and _is_saved(visit, form, table, query):
        messages.success(visit, f"Saved as “{form.cleaned_data['name']}”.")
        return redirect(address)
    label = SavedView.Table(table).label
    context = {"form": form, "filters": filters, "address": address, "label": label}
    return render(visit, "saved/save.html", context, status=422 if visit.method == "POST" else 200)


def _is_saved(visit: Visit, form: SaveForm, table: str, query: str) -> bool:
    given = form.cleaned_data
    try:
        saving.save_view(
            by=visit.user,
            table=table,
            name=given["name"],
            query=query,
            shared=given["shared"],
            now=datetime.now(UTC),
        )
    except Refused as trouble:
        form.add_error(None, trouble.message)
        return False
    return True


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
