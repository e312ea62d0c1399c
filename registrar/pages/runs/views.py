from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from registrar import tasks
from registrar.errors import Missing, Refused
from registrar.models import Role, Run, RunItem
from registrar.services import reviewing, syncing
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.listing import listed
from registrar.web.progress import told

from .forms import StartForm

STOP_POLLING = 286
"""htmx's own status: swap this in and ask no more."""
SORTS = {"created": "created_at"}
SHOWN = 200
"""Courses listed on a run's page, the failed ones first."""


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    page = int(visit.GET["page"]) if visit.GET.get("page", "").isdecimal() and len(visit.GET["page"]) < 6 else 1
    listing = listed(reviewing.runs(visit.reach), sorts=SORTS, sort="-created", page=max(1, page), exact=True)
    context = {"listing": listing, "wide": visit.reach.paths is None}
    return htmx.render(visit, "runs/index.html", context, fragment="runs/_results.html")


@require_safe
@needs(Role.VIEWER)
def run(visit: Visit, run_id: int) -> HttpResponse:
    found = _within_reach(visit, run_id)
    items = reviewing.run_items(visit.reach, found)
    failed = items.filter(state=RunItem.State.FAILED).order_by("course__sort_key", "pk")[:SHOWN]
    context = {
        "at_run": True,
        "failed": failed,
        "shown": SHOWN,
        "pruned_after": 0 if found.is_open or found.items.exists() else settings.KEEP_RUNS_DAYS,
        "reasons": reviewing.run_reasons(visit.reach, found),
    }
    return htmx.render(
        visit, "runs/run.html", told(visit, found, datetime.now(UTC)) | context, fragment="runs/_run.html"
    )


@require_safe
@needs(Role.VIEWER)
def progress(visit: Visit, run_id: int) -> HttpResponse:
    found = _within_reach(visit, run_id)
    context = told(visit, found, datetime.now(UTC))
    response = htmx.render(visit, "runs/run.html", context, fragment="shared/_told.html")
    if not found.is_open and htmx.wants_fragment(visit):
        response.status_code = STOP_POLLING
        response["HX-Trigger"] = "synced"
    return response


@require_POST
@needs(Role.REVIEWER)
def start(visit: Visit) -> HttpResponse:
    form = StartForm(visit.POST)
    if not form.is_valid():
        return htmx.render(visit, "runs/start.html", {"form": form}, fragment="runs/_start.html", status=422)
    now, term = datetime.now(UTC), form.cleaned_data["term"]
    begun = [
        syncing.request(
            mode=form.cleaned_data["mode"],
            by=visit.user,
            trigger="person",
            now=now,
            account_ref=ref,
            term_ref=term,
        )
        for ref in _accounts_of(visit)
    ]
    for one in begun:
        transaction.on_commit(partial(tasks.work.delay, one.pk))
    if htmx.wants_fragment(visit):
        return render(visit, "shared/_told.html", told(visit, begun[0], now) | {"started": True})
    return redirect("runs:run", begun[0].pk) if len(begun) == 1 else redirect("runs:index")


@require_POST
@needs(Role.REVIEWER)
def cancel(visit: Visit, run_id: int) -> HttpResponse:
    found = _of_own_part(visit, run_id)
    syncing.ask_cancel(run=found, now=datetime.now(UTC))
    if htmx.wants_fragment(visit):
        found.refresh_from_db()
        return render(visit, "shared/_told.html", told(visit, found, datetime.now(UTC)))
    return redirect("runs:run", run_id)


@require_POST
@needs(Role.REVIEWER)
def again(visit: Visit, run_id: int) -> HttpResponse:
    found = _of_own_part(visit, run_id)
    if found.is_open:
        raise Refused(_("This run is still going on. Wait for its end, or cancel it first."))
    new = syncing.again(run=found, by=visit.user, now=datetime.now(UTC))
    transaction.on_commit(partial(tasks.work.delay, new.pk))
    return redirect("runs:run", new.pk)


def _accounts_of(visit: Visit) -> list[str]:
    """A person who is limited to some sub-accounts refreshes those; nobody else's are read for them."""
    return [""] if visit.reach.paths is None else reviewing.roots(visit.reach)


def _within_reach(visit: Visit, run_id: int) -> Run:
    found = reviewing.runs(visit.reach).filter(pk=run_id).first()
    if found is None:
        raise Missing(_("This run is not there, or it is outside the part that you may see."))
    return found


def _of_own_part(visit: Visit, run_id: int) -> Run:
    found = _within_reach(visit, run_id)
    if not reviewing.covers(visit.reach, found):
        raise Refused(_("This run reads more than your part of the university; others decide about it."))
    return found
