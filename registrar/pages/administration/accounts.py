"""Sub-accounts: which rules hold there, where they come from, and what an administrator decided otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrar.errors import Missing, Refused
from registrar.models import Account, CategoryList, Role, Ruling
from registrar.services import categorising, inheriting, reviewing, ruling
from registrar.services.inheriting import Measure, packs
from registrar.services.rights import account_for
from registrar.web.access import Visit, needs
from registrar.web.listing import PER_PAGE, Listing
from registrar.web.listing import Count as Size

from .following import follow_up
from .forms import PackForm, ReasonForm, SearchForm, ThresholdForm, ruling_form

open_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@needs(Role.ADMINISTRATOR)
def index(visit: Visit) -> HttpResponse:
    form = SearchForm(visit.GET)
    tree = reviewing.accounts(visit.reach)
    found = [one for one in tree if form.matches(one.name, one.sis_id)]
    listing = _page(found, int(form.chosen("page") or 1))
    everything = {one.pk: one for one in Account.objects.all()}
    shown = [one.pk for one in listing.rows]
    rulings = Ruling.objects.filter(account__in=shown).order_by().values_list("account").annotate(Count("pk"))
    context = {
        "form": form,
        "listing": listing,
        "rows": [_row(one, everything) for one in listing.rows],
        "rulings": dict(rulings),
        "lists": set(CategoryList.objects.filter(account__in=shown).values_list("account_id", flat=True)),
    }
    return render(visit, "administration/accounts.html", context)


def _page(found: list[Account], number: int) -> Listing[Account]:
    number = min(number, max(1, -(-len(found) // PER_PAGE)))
    start = (number - 1) * PER_PAGE
    return Listing(
        rows=found[start : start + PER_PAGE],
        count=Size(len(found)),
        number=number,
        more=len(found) > start + PER_PAGE,
        sort="",
    )


def _row(account: Account, everything: dict[int, Account]) -> dict[str, Any]:
    chain = list(inheriting.upwards(account, everything))
    pack = inheriting.origin(chain, "rulepack")
    return {
        "account": account,
        "above": [one.name for one in reversed(chain[1:])],
        "pack": packs().get(pack.value or ""),
        "pack_from": pack.account,
    }


@require_safe
@needs(Role.ADMINISTRATOR)
def account(visit: Visit, account_id: int) -> HttpResponse:
    return _shown(visit, account_id)


def _shown(visit: Visit, account_id: int, status: int = 200, **more: Any) -> HttpResponse:
    found = account_for(visit.user, account_id)
    chain = inheriting.chain_of(found)
    measures = inheriting.measures(chain)
    pack = inheriting.origin(chain, "rulepack")
    context = {
        "account": found,
        "above": [(one, visit.reach.holds(one.path)) for one in reversed(chain[1:])],
        "packs": sorted(
            (one for one in packs().values() if one.code != inheriting.BASE), key=lambda one: one.name
        ),
        "pack": packs().get(pack.value or ""),
        "pack_from": pack.account,
        "number": inheriting.origin(chain, "hold_above"),
        "share": inheriting.origin(chain, "hold_above_share"),
        "limits": [(one, ruling.LIMITS[one.name]) for one in measures if one.kind == Ruling.Kind.LIMIT],
        "rules": [one for one in measures if one.kind == Ruling.Kind.SEVERITY],
        "categories": categorising.nearest(found),
    }
    return render(visit, "administration/account.html", context | more, status=status)


@require_POST
@needs(Role.ADMINISTRATOR)
def rulepack(visit: Visit, account_id: int) -> HttpResponse:
    account_for(visit.user, account_id)
    form = PackForm(visit.POST)

    def act(now: datetime) -> int:
        given = form.cleaned_data
        return ruling.choose_pack(
            by=visit.user, account_id=account_id, code=given["code"], reason=given["reason"], now=now
        )

    return _decided(visit, account_id, form, act)


@require_POST
@needs(Role.ADMINISTRATOR)
def threshold(visit: Visit, account_id: int) -> HttpResponse:
    account_for(visit.user, account_id)
    form = ThresholdForm(visit.POST)

    def act(now: datetime) -> int:
        ruling.set_thresholds(by=visit.user, account_id=account_id, now=now, **form.cleaned_data)
        return 0

    return _decided(visit, account_id, form, act)


def _decided(visit: Visit, account_id: int, form: Form, act: Callable[[datetime], int]) -> HttpResponse:
    if not form.is_valid():
        return _shown(visit, account_id, 422, form=form)
    now = datetime.now(UTC)
    try:
        count = act(now)
    except Refused as trouble:
        return _shown(visit, account_id, 422, form=form, refusal=trouble.message)
    follow_up(visit, count, now)
    return redirect("administration:account", account_id)


@open_or_send
@needs(Role.ADMINISTRATOR)
def measure(visit: Visit, account_id: int, kind: str, name: str) -> HttpResponse:
    """One limit or rule: what is said about it, and what is to hold here."""
    found = account_for(visit.user, account_id)
    chain = inheriting.chain_of(found)
    one = _measure(chain, kind, name)
    form, refusal = ruling_form(one, visit.POST if visit.method == "POST" else None), ""
    if visit.method == "POST":
        now = datetime.now(UTC)
        try:
            if (count := _rule(visit, found, one, form, now)) is not None:
                follow_up(visit, count, now)
                return redirect("administration:account", account_id)
        except Refused as trouble:
            refusal = trouble.message
    context = {
        "account": found,
        "measure": one,
        "label": ruling.label_of(kind, name),
        "own": one.ruling is not None and one.ruling.account_id == account_id,
        "form": form,
        "refusal": refusal,
    }
    return render(visit, "administration/measure.html", context, status=422 if visit.method == "POST" else 200)


def _measure(chain: list[Account], kind: str, name: str) -> Measure:
    found = next((one for one in inheriting.measures(chain) if (one.kind, one.name) == (kind, name)), None)
    if found is None:
        raise Missing(_("There is no such limit or rule."))
    return found


def _rule(visit: Visit, account: Account, one: Measure, form: Any, now: datetime) -> int | None:
    """Set or clear, as the button says; None where the form is not yet filled in."""
    given: dict[str, Any] = {"by": visit.user, "account_id": account.pk, "now": now}
    given |= {"kind": one.kind, "name": one.name}
    if visit.POST.get("step") == "clear":
        reason = ReasonForm(visit.POST)
        reason.is_valid()
        return ruling.clear_ruling(reason=reason.cleaned_data.get("reason", ""), **given)
    if not form.is_valid():
        return None
    return ruling.set_ruling(value=form.chosen(), source=form.cleaned_data["source"], **given)
