from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrar.errors import Refused
from registrar.models import Role
from registrar.services import admitting
from registrar.web.access import Visit, needs
from registrar.web.listing import both_ways, listed

from .forms import PeopleForm
from .people_forms import InviteForm, PersonForm
from .picking import picker

SORTS = {"username": "username", "name": "last_name", "seen": "last_login"}
open_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@needs(Role.ADMINISTRATOR)
def index(visit: Visit) -> HttpResponse:
    form = PeopleForm(visit.GET, sort=both_ways(SORTS))
    rows = admitting.people(visit.reach)
    for word in form.chosen("q").split():
        rows = rows.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
        )
    if role := form.chosen("role"):
        rows = rows.filter(pk__in=User.objects.filter(groups__name=role).values("pk"))
    if state := form.chosen("state"):
        rows = rows.filter(is_active=state == "active")
    sort = form.chosen("sort") or "username"
    page = listed(rows, sorts=SORTS, sort=sort, page=int(form.chosen("page") or 1), exact=True)
    roles = {one.pk: sorted_roles(one) for one in page.rows}
    context = {"form": form, "listing": page, "roles": roles, "all_roles": Role}
    return render(visit, "administration/people.html", context)


def sorted_roles(person: User) -> list[str]:
    held = admitting.roles_given(person)
    return [str(role.label) for role in Role if role in held]


@open_or_send
@needs(Role.ADMINISTRATOR)
@never_cache
def invite(visit: Visit) -> HttpResponse:
    form, refusal, now = InviteForm(visit.POST if visit.method == "POST" else None), "", datetime.now(UTC)
    if visit.method == "POST" and not form.is_searching and form.is_valid():
        try:
            name = form.cleaned_data["username"]
            made = admitting.invite(by=visit.user, username=name, wanted=form.standing(), now=now)
            return _link(visit, made, now, invited=True)
        except Refused as trouble:
            refusal = trouble.message
    return _form(visit, "administration/invite.html", form, refusal, {})


@open_or_send
@needs(Role.ADMINISTRATOR)
def person(visit: Visit, person_id: int) -> HttpResponse:
    found = admitting.person_for(visit.user, person_id)
    form = PersonForm(visit.POST) if visit.method == "POST" else PersonForm.of(admitting.standing_of(found))
    refusal = ""
    if visit.method == "POST" and not form.is_searching and form.is_valid():
        try:
            wanted = form.standing()
            if admitting.change(by=visit.user, person_id=person_id, wanted=wanted, now=datetime.now(UTC)):
                messages.success(visit, _("Kept. It holds from the person’s next click on."))
            return redirect("administration:person", person_id)
        except Refused as trouble:
            refusal = trouble.message
    context = {"person": found, "is_me": found.pk == visit.user.pk}
    return _form(visit, "administration/person.html", form, refusal, context)


def _form(visit: Visit, template: str, form: PersonForm, refusal: str, context: dict[str, Any]) -> HttpResponse:
    """Looking for a sub-account shows the form again as it was filled in; that is no mistake."""
    searching = visit.method == "POST" and form.is_searching
    if searching:
        form = form.unjudged()
    context |= {"form": form, "refusal": refusal, "all_roles": Role, "picker": picker(visit.reach, form)}
    context["visit_limited"] = visit.reach.paths is not None
    return render(visit, template, context, status=422 if visit.method == "POST" and not searching else 200)


@require_POST
@needs(Role.ADMINISTRATOR)
def active(visit: Visit, person_id: int) -> HttpResponse:
    act = admitting.reactivate if visit.POST.get("active") == "yes" else admitting.deactivate
    try:
        act(by=visit.user, person_id=person_id, now=datetime.now(UTC))
    except Refused as trouble:
        messages.error(visit, trouble.message)
    return redirect("administration:person", person_id)


@require_POST
@needs(Role.ADMINISTRATOR)
@never_cache
def link(visit: Visit, person_id: int) -> HttpResponse:
    return _link(visit, admitting.person_for(visit.user, person_id), datetime.now(UTC), invited=False)


def _link(visit: Visit, found: User, now: datetime, *, invited: bool) -> HttpResponse:
    """Shown once: it is kept nowhere."""
    address = admitting.link_for(by=visit.user, person_id=found.pk, now=now)
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    context = {"person": found, "address": address, "invited": invited, "days": days}
    return render(visit, "administration/link.html", context)
