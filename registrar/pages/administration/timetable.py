from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from registrar.errors import Refused
from registrar.models import Role
from registrar.services import scheduling
from registrar.web.access import Visit, needs

from .forms import FullForm, QuickForm

FORMS: dict[str, type[FullForm | QuickForm]] = {"full": FullForm, "quick": QuickForm}
KEPT = {
    "full": _lazy("Kept. Full syncs start by the new times from now on."),
    "quick": _lazy("Kept. Quick syncs start by the new times from now on."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.ADMINISTRATOR)
def index(visit: Visit) -> HttpResponse:
    """When syncs start by themselves: one form for each kind, each with its own button."""
    now, sent = datetime.now(UTC), visit.POST.get("mode", "")
    times = {one.mode: one for one in scheduling.timetables(now)}
    forms = {mode: FORMS[mode].of(times[mode]) for mode in FORMS}
    refusal = _("Choose full or quick.") if visit.method == "POST" and sent not in FORMS else ""
    if visit.method == "POST" and sent in FORMS:
        form = forms[sent] = FORMS[sent](visit.POST)
        try:
            if form.is_valid():
                scheduling.change(by=visit.user, mode=sent, times=form.times(), now=now)
                messages.success(visit, KEPT[sent])
                return redirect("administration:timetable")
        except Refused as trouble:
            refusal = trouble.message
    context = {
        "parts": [(times[mode], forms[mode], scheduling.next_slot(times[mode], now)) for mode in FORMS],
        "form": forms.get(sent),
        "refusal": refusal,
        "may_change": visit.reach.paths is None,
    }
    return render(visit, "administration/timetable.html", context, status=422 if visit.method == "POST" else 200)
