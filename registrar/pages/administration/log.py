from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registrar.models import Entry, Role
from registrar.models.audit import what_in_words
from registrar.services import auditing
from registrar.web.access import Visit, needs
from registrar.web.listing import listed

from .forms import LogForm

SORTS = {"at": "at"}


@require_safe
@needs(Role.ADMINISTRATOR)
def index(visit: Visit) -> HttpResponseBase:
    """Who decided what, and why."""
    within = auditing.entries(visit.reach)
    kinds = sorted(set(within.order_by().values_list("what", flat=True).distinct()))
    form = LogForm(visit.GET, what=kinds)
    labels = [(kind, what_in_words(kind)) for kind in kinds]
    rows = _matching(within, form)
    if visit.GET.get("format") == "csv":
        return _download(rows)
    page = listed(rows, sorts=SORTS, sort="-at", page=int(form.chosen("page") or 1), exact=False)
    context = {"form": form, "listing": page, "kinds": labels}
    return render(visit, "administration/log.html", context)


def _matching(rows: QuerySet[Entry], form: LogForm) -> QuerySet[Entry]:
    if what := form.chosen("what"):
        rows = rows.filter(what=what)
    if since := form.cleaned_data.get("since"):
        start = datetime.combine(since, time.min, ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
        rows = rows.filter(at__gte=start)
    for word in form.chosen("who").split():
        name = Q(by__first_name__icontains=word) | Q(by__last_name__icontains=word)
        rows = rows.filter(name | Q(by__username__icontains=word))
    for word in form.chosen("q").split():
        rows = rows.filter(Q(subject__icontains=word) | Q(reason__icontains=word))
    return rows


def _download(rows: QuerySet[Entry]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(auditing.csv_chunks(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
    return response
