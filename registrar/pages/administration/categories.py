from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registrar.errors import Missing, Refused
from registrar.models import Account, CategoryList, Role
from registrar.services import categorising
from registrar.services.rights import account_for
from registrar.web.access import Visit, needs

from .following import follow_up
from .forms import FileForm


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.ADMINISTRATOR)
def categories(visit: Visit, account_id: int) -> HttpResponse:
    """The list that holds in a sub-account: to look at, to take away, to replace."""
    found = account_for(visit.user, account_id)
    holding = categorising.nearest(found)
    if visit.method != "POST" and visit.GET.get("format") == "csv":
        return _download(holding)
    form = FileForm(visit.POST, visit.FILES) if visit.method == "POST" else FileForm()
    rows: Iterable[categorising.BadName] = ()
    if visit.method == "POST":
        try:
            if (count := _change(visit, found, form)) is not None:
                follow_up(visit, count, datetime.now(UTC))
                return redirect("administration:categories", account_id)
        except categorising.BadNames as trouble:
            rows = trouble.rows
            form.add_error("file", trouble.message)
        except Refused as trouble:
            form.add_error("file", trouble.message)
    own = holding is not None and holding.account_id == found.pk
    context = {"account": found, "holding": holding, "own": own, "form": form, "rows": list(rows)}
    status = 422 if visit.method == "POST" else 200
    return render(visit, "administration/categories.html", context, status=status)


def _change(visit: Visit, account: Account, form: FileForm) -> int | None:
    given: dict[str, Any] = {"by": visit.user, "account_id": account.pk, "now": datetime.now(UTC)}
    if visit.POST.get("step") == "remove":
        return categorising.remove(**given)
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    names = categorising.read_names(file.name, file.read())
    return categorising.keep(names=names, file_name=file.name, **given)


def _download(holding: CategoryList | None) -> HttpResponse:
    if holding is None:
        raise Missing(_("No category list holds here."))
    response = HttpResponse(categorising.as_csv(holding.names), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="categories.csv"'
    return response
