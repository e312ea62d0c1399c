from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp, csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from registrar.domain.findings import RULES
from registrar.models import Role, Subscription, Term
from registrar.services import reporting, reviewing, subscribing, summarising
from registrar.services.showing import shown
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.listing import Listing, listed

from .forms import SEVERITIES, ReportForm, hours, initial

SORTS = {"made": "made_at"}
ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    wanted = visit.GET.get("page", "")
    page = max(1, int(wanted)) if wanted.isdecimal() and len(wanted) < 6 else 1
    listing: Listing[Subscription] = listed(
        summarising.with_people(subscribing.visible(visit.user)), sorts=SORTS, sort="-made", page=page, exact=True
    )
    context = {
        "listing": listing,
        "rows": shown(listing.rows, reach=visit.reach, now=datetime.now(UTC)),
        "may_set_up": Role.REVIEWER in visit.roles,
    }
    return htmx.render(visit, "reports/index.html", context, fragment="reports/_list.html")


@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
@needs(Role.VIEWER)
def report(visit: Visit, subscription_id: int) -> HttpResponse:
    """What it is about, and the mail as it would go out now."""
    now = datetime.now(UTC)
    found = subscribing.find(by=visit.user, pk=subscription_id)
    term = _term(visit, found, now)
    context: dict[str, Any] = {
        "one": shown([found], reach=visit.reach, now=now)[0],
        "terms": _terms(found, now),
        "term": term,
    }
    context["mail_language"] = dict(settings.LANGUAGES).get(found.language, found.language)
    if term is not None:
        context["report"] = subscribing.rendered(by=visit.user, subscription=found, term=term, now=now)
        context["silent"] = reporting.is_silent(found, context["report"].summary)
    return render(visit, "reports/report.html", context)


@require_safe
@xframe_options_sameorigin
@csp(  # type: ignore[arg-type]
    {
        "default-src": [NONE],
        "style-src": ["'unsafe-inline'"],
        "frame-ancestors": [SELF],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
)
@needs(Role.VIEWER)
def mail(visit: Visit, subscription_id: int) -> HttpResponse:
    """The HTML part alone, for the frame: its styles stand on its elements, and nothing in it may run."""
    now = datetime.now(UTC)
    found = subscribing.find(by=visit.user, pk=subscription_id)
    term = _term(visit, found, now)
    if term is None:
        return render(visit, "reports/no_term.html")
    return HttpResponse(subscribing.rendered(by=visit.user, subscription=found, term=term, now=now).html)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.VIEWER)
def make(visit: Visit) -> HttpResponseBase:
    form = _form(visit, None)
    if visit.method == "POST" and form.is_valid():
        made = subscribing.set_up(by=visit.user, wanted=form.wanted(), now=datetime.now(UTC))
        messages.success(visit, _("The report is set up. This is how it would look now."))
        return redirect("reports:report", made.pk)
    return _filled_in(visit, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.VIEWER)
def change(visit: Visit, subscription_id: int) -> HttpResponseBase:
    found = subscribing.find(by=visit.user, pk=subscription_id)
    form = _form(visit, found)
    if visit.method == "POST" and form.is_valid():
        subscribing.change(by=visit.user, subscription=found, wanted=form.wanted(), now=datetime.now(UTC))
        messages.success(visit, _("The report is changed."))
        return redirect("reports:report", found.pk)
    return _filled_in(visit, form, found)


def _form(visit: Visit, found: Subscription | None) -> ReportForm:
    return ReportForm(
        visit.POST if visit.method == "POST" else None,
        by=visit.user,
        people=subscribing.addressees(visit.user),
        accounts=reviewing.accounts(visit.reach),
        terms=list(reviewing.terms(visit.reach)),
        initial=initial(found, by=visit.user, zone=settings.TIME_ZONE),
    )


def _filled_in(visit: Visit, form: ReportForm, found: Subscription | None) -> HttpResponse:
    values = {name: form[name].value() for name in form.fields}
    top = min((account.depth for account in form.accounts.values()), default=0)
    chosen = {str(pk) for pk in values["account"] or ()}
    context = {
        "form": form,
        "subscription": found,
        "values": values,
        "may_choose_person": Role.REVIEWER in visit.roles,
        "people": [person for person in form.people.values() if person != visit.user],
        "accounts": [
            (account, account.depth - top)
            for account in form.accounts.values()
            if account.depth <= top + 2 or str(account.pk) in chosen
        ],
        "terms": form.terms.values(),
        "chosen": {
            name: {str(one) for one in values[name] or ()} for name in ("account", "term", "severity", "code")
        },
        "rules": list(RULES),
        "severities": SEVERITIES,
        "hours": hours(),
        "weekdays": Subscription.Weekday.choices,
        "only_ifs": Subscription.OnlyIf.choices,
        "languages": settings.LANGUAGES,
        "zones": sorted({*ZONES, settings.TIME_ZONE}),
    }
    return render(visit, "reports/form.html", context, status=422 if form.errors else 200)


def _terms(found: Subscription, now: datetime) -> list[Term]:
    return summarising.around().terms_of(found, now)


def _term(visit: Visit, found: Subscription, now: datetime) -> Term | None:
    """The one asked for, else the current one of those that the report is about."""
    terms = _terms(found, now)
    wanted = visit.GET.get("term", "")
    return next((one for one in terms if str(one.pk) == wanted), None) or reviewing.current_term(terms, now)
