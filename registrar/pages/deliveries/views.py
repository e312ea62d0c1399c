"""The log of all mail: what went to whom, what the mail server said, and what is left to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from registrar.errors import Missing
from registrar.models import Delivery, Proposal, Role
from registrar.services import resending
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.listing import both_ways, listed

from .forms import LogForm

SORTS = {"created": "created_at", "state": "state", "kind": "kind", "address": "address"}
HEAVY = ("text", "html", "attachment", "summary")
"""A list shows none of these, and a report can be large."""
REASON = 500
IN_A_BOX = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A mail carries its own styles; no script, no form and no picture of it gets a chance here."""


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    form, seen = LogForm(visit.GET, sort=both_ways(SORTS)), _visible(visit)
    rows = seen.filter(**{name: form.chosen(name) for name in ("state", "kind") if form.chosen(name)})
    for word in form.chosen("q").split():
        rows = rows.filter(Q(address__icontains=word) | Q(subject__icontains=word))
    page = listed(
        rows.defer(*HEAVY),
        sorts=SORTS,
        sort=form.chosen("sort") or "-created",
        page=int(form.chosen("page") or 1),
        exact=True,
    )
    context = {"form": form, "listing": page, "any": page.rows or seen.exists(), "decides": _decides(visit)}
    context["left_open"] = seen.filter(state__in=resending.OPEN).count() if _decides(visit) else 0
    return htmx.render(visit, "deliveries/index.html", context, fragment="deliveries/_results.html")


@require_safe
@needs(Role.VIEWER)
def delivery(visit: Visit, delivery_id: int) -> HttpResponse:
    found = _within_reach(visit, delivery_id)
    context = {
        "delivery": found,
        "decides": _decides(visit) and found.state in resending.OPEN,
        "may_mark_bounced": _decides(visit) and found.state in resending.GONE_OUT,
        "proposal": Proposal.objects.within(visit.reach).filter(deliveries=found).first(),
    }
    return render(visit, "deliveries/delivery.html", context)


@require_safe
@needs(Role.VIEWER)
def as_sent(visit: Visit, delivery_id: int) -> HttpResponse:
    found = _within_reach(visit, delivery_id)
    if not found.html:
        raise Missing(_("This mail is plain text."))
    return HttpResponse(found.html, headers={"Content-Security-Policy": IN_A_BOX})


@require_POST
@needs(Role.ADMINISTRATOR)
def again(visit: Visit, delivery_id: int) -> HttpResponse:
    return _decided(visit, delivery_id, resending.send_again, _("It goes out again with the next mail."))


@require_POST
@needs(Role.ADMINISTRATOR)
def arrived(visit: Visit, delivery_id: int) -> HttpResponse:
    return _decided(visit, delivery_id, resending.mark_arrived, _("Marked as arrived."))


@require_POST
@needs(Role.ADMINISTRATOR)
def bounced(visit: Visit, delivery_id: int) -> HttpResponse:
    mark = partial(resending.mark_bounced, reason=visit.POST.get("reason", "")[:REASON])
    return _decided(visit, delivery_id, mark, _("Marked as bounced."))


def _decided(visit: Visit, delivery_id: int, decide: Callable[..., None], done: str) -> HttpResponse:
    found = _within_reach(visit, delivery_id)
    decide(by=visit.user, pk=found.pk, now=datetime.now(UTC))
    messages.success(visit, done)
    return redirect("deliveries:delivery", found.pk)


def _decides(visit: Visit) -> bool:
    return Role.ADMINISTRATOR in visit.roles


def _visible(visit: Visit) -> QuerySet[Delivery]:
    return resending.visible(by=visit.user, roles=visit.roles, reach=visit.reach)


def _within_reach(visit: Visit, delivery_id: int) -> Delivery:
    rows = _visible(visit).select_related("person", "subscription__made_by", "resent_by")
    found = rows.filter(pk=delivery_id).first() if delivery_id < 2**63 else None
    if found is None:
        raise Missing(_("This mail is not there, or it is outside the part that you may see."))
    return found
