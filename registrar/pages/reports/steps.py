"""What is done with a standing report by one button each."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from registrar import tasks
from registrar.errors import Missing
from registrar.models import Role, Subscription
from registrar.services import subscribing, summarising
from registrar.web.access import Visit, needs, own_address, public


@require_POST
@needs(Role.VIEWER)
def test(visit: Visit, subscription_id: int) -> HttpResponse:
    now = datetime.now(UTC)
    found = subscribing.find(by=visit.user, pk=subscription_id)
    terms = summarising.around().terms_of(found, now)
    wanted = visit.POST.get("term", "")
    term = next((one for one in terms if str(one.pk) == wanted), next(iter(terms), None))
    if term is None:
        raise Missing(_("The report is about no term at present, so there is nothing to send."))
    subscribing.send_test(by=visit.user, subscription=found, term=term, now=now)
    transaction.on_commit(tasks.deliver.delay)
    messages.success(visit, _("A test is on its way to %(address)s.") % {"address": visit.user.email})
    return redirect("reports:report", found.pk)


@require_POST
@needs(Role.VIEWER)
def pause(visit: Visit, subscription_id: int) -> HttpResponse:
    found = subscribing.find(by=visit.user, pk=subscription_id)
    subscribing.pause(by=visit.user, subscription=found, now=datetime.now(UTC))
    messages.success(visit, _("Paused: nothing is sent until it is resumed."))
    return redirect(_back(visit, found))


@require_POST
@needs(Role.VIEWER)
def resume(visit: Visit, subscription_id: int) -> HttpResponse:
    found = subscribing.find(by=visit.user, pk=subscription_id)
    subscribing.resume(by=visit.user, subscription=found, now=datetime.now(UTC))
    messages.success(visit, _("Resumed. What was missed meanwhile is not sent."))
    return redirect(_back(visit, found))


@require_POST
@needs(Role.VIEWER)
def remove(visit: Visit, subscription_id: int) -> HttpResponse:
    found = subscribing.find(by=visit.user, pk=subscription_id)
    subscribing.remove(by=visit.user, subscription=found, now=datetime.now(UTC))
    messages.success(visit, _("The report is removed."))
    return redirect("reports:index")


def _back(visit: Visit, found: Subscription) -> str:
    """To the page with the button."""
    return own_address(visit, visit.POST.get("back", ""), reverse("reports:report", args=[found.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # the key is what is trusted: mail programs send this by themselves (RFC 8058)
@never_cache
@public
def unsubscribe(request: HttpRequest, key: str) -> HttpResponseBase:
    found = subscribing.by_key(key)
    if request.method == "POST":
        subscribing.unsubscribe(subscription=found, now=datetime.now(UTC))
        found.refresh_from_db()
    return render(request, "reports/unsubscribe.html", {"subscription": found})
