from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from registrar.models import Role
from registrar.web import tables
from registrar.web.access import Visit, needs, own_address


@require_POST
@needs(Role.VIEWER)
def choose(visit: Visit) -> HttpResponse:
    """Which columns a list shows, and how densely; then back to the list."""
    table, response = visit.POST.get("table", ""), redirect(own_address(visit, visit.POST.get("next", "")))
    if table not in tables.TABLES:
        return response
    usual = "usual" in visit.POST
    compact = not usual and visit.POST.get("density") == tables.COMPACT
    keys = None if usual else visit.POST.getlist("column")
    tables.keep(visit, response, table, compact=compact, keys=keys)
    return response
