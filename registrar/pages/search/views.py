from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from registrar.models import Course, Role
from registrar.services import searching
from registrar.web import htmx
from registrar.web.access import Visit, needs


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=200)


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    """An exact id goes straight to its page, but not while one still types; anything else is shown by kind."""
    form = SearchForm(visit.GET)
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    context: dict[str, Any] = {"asked": asked, "form": form}
    if asked:
        match = searching.exactly(visit.reach, asked)
        if match is not None and not htmx.wants_fragment(visit):
            return redirect("courses:course" if isinstance(match, Course) else "sections:section", match.pk)
        context |= {"match": match, "found": searching.search(visit.reach, asked.lower().split())}
    return htmx.render(visit, "search/index.html", context, fragment="search/_results.html")
