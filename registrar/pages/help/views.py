from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from registrar.models import Role
from registrar.web import htmx, tables
from registrar.web.access import Visit, needs

PLACES = (
    ("o", _lazy("Overview")),
    ("c", _lazy("Courses")),
    ("s", _lazy("Sections")),
    ("l", _lazy("Line items")),
    ("p", _lazy("Proposals")),
)
IN_LISTS = (
    ("j", _lazy("Next row")),
    ("k", _lazy("Row before")),
    ("Enter", _lazy("Open the row")),
    ("x", _lazy("Tick the row, or untick it")),
    ("n", _lazy("Next page")),
    ("p", _lazy("Page before")),
)
EVERYWHERE = (
    ("/", _lazy("Find anything")),
    ("?", _lazy("This sheet")),
    ("Esc", pgettext_lazy("the sheet of shortcuts", "Close it")),
)


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
