from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from registrar.models import Course, Role
from registrar.services import searching
from registrar.web.access import Visit, needs


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=200)


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    """An exact id goes straight to its page; anything else is shown by kind."""
    form = SearchForm(visit.GET)
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    if not asked:
        return render(visit, "search/index.html", {"asked": "", "form": form})
    match = searching.exactly(visit.reach, asked)
    if match is not None:
        return redirect("courses:course" if isinstance(match, Course) else "sections:section", match.pk)
    found = searching.search(visit.reach, asked.lower().split())
    return render(visit, "search/index.html", {"asked": asked, "found": found, "form": form})
