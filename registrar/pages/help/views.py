from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from registrar.models import Role
from registrar.web import htmx, tables
from registrar.web.access import Visit, needs

PLACES = (("o", "Overview"), ("c", "Courses"), ("s", "Sections"), ("l", "Line items"), ("p", "Proposals"))
IN_LISTS = (
    ("j", "Next row"),
    ("k", "Row before"),
    ("Enter", "Open the row"),
    ("x", "Tick the row, or untick it"),
    ("n", "Next page"),
    ("p", "Page before"),
)
EVERYWHERE = (("/", "Find anything"), ("?", "This sheet"), ("Esc", "Close it"))


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    return render(visit, "help/index.html", _sheet())


@require_safe
@needs(Role.VIEWER)
def keys(visit: Visit) -> HttpResponse:
    """The sheet of shortcuts: in a dialog, or as a page of its own."""
    return htmx.render(visit, "help/keys.html", _sheet(), fragment="help/_keys.html")


@require_POST
@needs(Role.VIEWER)
def switch(visit: Visit) -> HttpResponse:
    """Shortcuts of one letter get in the way of speech input (WCAG 2.1.4): anybody can do without them."""
    response = redirect("help:keys")
    tables.switch_keys(visit, response, on=visit.POST.get("keys") == "on")
    return response


@require_safe
@needs(Role.VIEWER)
def glossary(visit: Visit) -> HttpResponse:
    return render(visit, "help/glossary.html")


def _sheet() -> dict[str, object]:
    return {"places": PLACES, "in_lists": IN_LISTS, "everywhere": EVERYWHERE}
