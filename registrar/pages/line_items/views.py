from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registrar.models import LineItem, Role
from registrar.services import reviewing, tallying
from registrar.web import htmx, picks
from registrar.web.access import Visit, needs, own_address
from registrar.web.export import exported
from registrar.web.filters import FilterForm
from registrar.web.listing import listed
from registrar.web.tables import look

SORTS = {
    "due": "due_at",
    "course": "course__sort_key",
    "section": "section__name",
    "assignment": "assignment_name",
    "points": "points_possible",
}


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    form = _form(visit)
    chosen = form.filters(now=datetime.now(UTC))
    rows = reviewing.line_items(visit.reach, chosen).select_related("course", "section", "term")
    rows = rows.prefetch_related("findings")
    sorts = SORTS
    if chosen.by_finding:
        rows, sorts = reviewing.with_due_order(rows), SORTS | {"due": "due_order"}
    page = listed(
        rows,
        sorts=sorts,
        sort=form.sorted_by,
        page=form.page_number,
        exact=not chosen.words,
        to_count=reviewing.to_count(visit.reach, chosen, rows),
    )
    context = {
        "form": form,
        "term": form.chosen_term,
        "listing": page,
        "look": look(visit, "line_items"),
        "picks": picks.picks(visit),
        "states": LineItem.Status.choices,
        "readings": tallying.readings(visit.reach, chosen.place_only()),
    }
    return htmx.render(visit, "line_items/index.html", context, fragment="line_items/_results.html")


@require_POST
@needs(Role.REVIEWER)
def pick(visit: Visit) -> HttpResponse:
    """Keep what is ticked; then on to a proposal for it, or back to the list."""
    then = visit.POST.get("then", "")
    if then == "clear":
        picks.forget(visit)
    else:
        shown = visit.POST.getlist("shown")
        picks.keep(visit, shown=shown, ticked=shown if then == "all" else visit.POST.getlist("pick"))
    if htmx.wants_fragment(visit):
        return render(visit, "line_items/_picked.html", {"picks": picks.picks(visit)})
    if then in ("dates", "sync"):
        return redirect(f"{reverse(f'proposals:{then}')}?picked=yes")
    return redirect(own_address(visit, visit.POST.get("next", ""), reverse("line_items:index")))


@require_safe
@needs(Role.VIEWER)
def export(visit: Visit) -> HttpResponseBase:
    """Just what the list shows with the same address, all pages of it."""
    now = datetime.now(UTC)
    return exported(visit, reviewing.line_items(visit.reach, _form(visit).filters(now=now)), now)


def _form(visit: Visit) -> FilterForm:
    return FilterForm(visit.GET, reach=visit.reach, sorts=SORTS, first_sort="due")
