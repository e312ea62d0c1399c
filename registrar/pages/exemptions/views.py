"""What has been accepted: the list for review and audit, one exemption by itself, and taking it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from registrar.errors import Refused
from registrar.models import Exemption, Finding, Role
from registrar.services import exempting
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.listing import listed

from .forms import STATES, ListForm, ReasonForm
from .tables import csv_chunks

SORTS = {"until": "until", "made": "made_at", "rule": "code", "subject": "subject", "person": "made_by__last_name"}
SHOWN = 50
"""Findings of one exemption that its page shows; the list of line items shows them all."""


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    now = datetime.now(UTC)
    form = _form(visit)
    page = listed(_chosen(visit, form, now), sorts=SORTS, sort=form.sorted_by, page=form.page_number, exact=True)
    covering = Finding.objects.filter(exemption__in=page.rows).order_by().values_list("exemption")
    context = {
        "form": form,
        "term": form.chosen_term,
        "listing": page,
        "states": STATES,
        "rows": [(row, row.state(now)) for row in page.rows],
        "counts": dict(covering.annotate(Count("pk"))),
        "any": bool(page.rows) or Exemption.objects.concerning(visit.reach).exists(),
        "may_accept_rules": Role.ADMINISTRATOR in visit.roles,
    }
    return htmx.render(visit, "exemptions/index.html", context, fragment="exemptions/_results.html")


@require_safe
@needs(Role.VIEWER)
def export(visit: Visit) -> HttpResponseBase:
    """Just what the list shows with the same address, all pages of it."""
    now = datetime.now(UTC)
    rows = _chosen(visit, _form(visit), now).order_by("made_at", "pk")
    response = StreamingHttpResponse(csv_chunks(rows, now), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="exemptions-{now:%Y-%m-%d}.csv"'
    return response


def _form(visit: Visit) -> ListForm:
    return ListForm(visit.GET, reach=visit.reach, sorts=SORTS, first_sort="until")


def _chosen(visit: Visit, form: ListForm, now: datetime) -> QuerySet[Exemption]:
    chosen = form.filters(now=now)
    rows = Exemption.objects.concerning(visit.reach)
    if chosen.term is not None:
        rows = rows.filter(term=chosen.term)
    if chosen.path:
        rows = rows.below(chosen.path, directly=chosen.directly)
    if chosen.rule:
        rows = rows.filter(code=chosen.rule)
    if chosen.state:
        rows = rows.in_state(chosen.state, now)
    return rows.select_related("course__account", "account", "term", "made_by", "ended_by")


@require_safe
@needs(Role.VIEWER)
def exemption(visit: Visit, exemption_id: int) -> HttpResponse:
    return _shown(visit, exempting.for_person(visit.user, exemption_id))


@require_POST
@needs(Role.REVIEWER)
def revoke(visit: Visit, exemption_id: int) -> HttpResponse:
    found, form = exempting.for_person(visit.user, exemption_id), ReasonForm(visit.POST)
    if not form.is_valid():
        return _shown(visit, found, 422, form=form)
    try:
        exempting.revoke(by=visit.user, exemption=found, reason=form.cleaned_data["reason"], now=datetime.now(UTC))
    except Refused as trouble:
        return _shown(visit, exempting.for_person(visit.user, exemption_id), 403, refusal=trouble.message)
    messages.success(visit, _("Taken back. What it covered counts again from now on."))
    return redirect("exemptions:exemption", found.pk)


def _shown(visit: Visit, found: Exemption, status: int = 200, **said: Any) -> HttpResponse:
    now = datetime.now(UTC)
    covered = found.findings.filter(visit.reach.over("account"))
    context = {
        "exemption": found,
        "state": found.state(now),
        "course": found.course,
        "term": found.term,
        "covers": covered.select_related("line_item__section", "course").order_by("line_item", "pk")[:SHOWN],
        "count": covered.count(),
        "may_revoke": found.ended_at is None and exempting.may_revoke(visit.user, found),
    }
    return render(visit, "exemptions/exemption.html", context | said, status=status)
