"""My mail: which news a person wants, and how."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registrar.models import Role
from registrar.services import showing, subscribing, telling, wishing
from registrar.web.access import Visit, needs

from .forms import WishesForm


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    kinds, now = wishing.kinds_for(visit.roles), wishing.wishes_of(visit.user)
    form = WishesForm(visit.POST if visit.method == "POST" else None, kinds=kinds, now=now)
    if form.is_bound and form.is_valid():
        wishing.choose(by=visit.user, wishes=form.cleaned_data)
        messages.success(visit, _("Saved. It holds from the next news on."))
        return redirect("wishes:index")
    context = {
        "form": form,
        "digest_at": showing.hour_words(telling.DIGEST_AT),
        "at_most": telling.AT_MOST,
        "reports": showing.shown(subscribing.to(visit.user), reach=visit.reach, now=datetime.now(UTC)),
    }
    return render(visit, "wishes/index.html", context, status=422 if form.is_bound else 200)
