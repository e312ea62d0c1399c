from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registrar.errors import Missing
from registrar.models import LineItem, Role, Section
from registrar.services import reviewing, tallying
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.export import exported
from registrar.web.filters import FilterForm
from registrar.web.listing import listed
from registrar.web.tables import look

SORTS = {"course": "course__sort_key", "section": "name", "needing": "items_needing", "items": "items"}


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    form = _form(visit)
    chosen = form.filters(now=datetime.now(UTC))
    rows = reviewing.sections(visit.reach, chosen).select_related("course", "account", "term")
    page = listed(rows, sorts=SORTS, sort=form.sorted_by, page=form.page_number, exact=not chosen.words)
    context = {
        "form": form,
        "term": form.chosen_term,
        "listing": page,
        "look": look(visit, "sections"),
        "states": LineItem.Status.choices,
        "readings": tallying.readings(visit.reach, chosen.place_only()),
    }
    return htmx.render(visit, "sections/index.html", context, fragment="sections/_results.html")


@require_safe
@needs(Role.VIEWER)
def export(visit: Visit) -> HttpResponseBase:
    """The line items of what the list shows with the same address."""
    now = datetime.now(UTC)
    chosen = _form(visit).filters(now=now)
    return exported(visit, reviewing.items_of_sections(visit.reach, chosen), now)


@require_safe
@needs(Role.VIEWER)
def section(visit: Visit, section_id: int) -> HttpResponse:
    rows = Section.objects.filter(visit.reach.over("account")).select_related("course__account", "term")
    found = rows.filter(pk=section_id).first()
    if found is None:
        raise Missing(_("This section is not there, or it is outside the part that you may see."))
    items = found.line_items.prefetch_related("findings").order_by("due_at", "assignment_name", "pk")
    context = {"section": found, "course": found.course, "term": found.term, "items": items}
    return render(visit, "sections/section.html", context)


def _form(visit: Visit) -> FilterForm:
    return FilterForm(visit.GET, reach=visit.reach, sorts=SORTS, first_sort="-needing")
