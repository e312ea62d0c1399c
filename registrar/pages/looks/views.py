from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from registrar.models import Role
from registrar.web import tables
from registrar.web.access import Visit, needs


@require_POST
@needs(Role.VIEWER)
def choose(visit: Visit) -> HttpResponse:
    """Which columns a list shows, and how densely; then back to the list."""
    table, response = visit.POST.get("table", ""), redirect(_back(visit))
    if table not in tables.TABLES:
        return response
    usual = "usual" in visit.POST
    compact = not usual and visit.POST.get("density") == tables.COMPACT
    keys = None if usual else visit.POST.getlist("column")
    tables.keep(visit, response, table, compact=compact, keys=keys)
    return response


def _back(visit: Visit) -> str:
    """Only to this site's own pages, whatever the form says."""
    wanted = visit.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(wanted, {visit.get_host()}, require_https=visit.is_secure())
    return wanted if own and wanted.startswith("/") else "/"
