from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from registrar.models import Reach, Term, Turn
from registrar.services import trending
from registrar.services.tracing import Span
from registrar.web.filters import IN_REASON, FilterForm

SORTS = {"at": "at"}
DAYS = 7


class HistoryForm(FilterForm):
    """The term, college and rule of the lists, a day to look back to, and an earlier term to look at beside."""

    since = forms.DateField(required=False, label=_lazy("Since"), validators=IN_REASON)
    what = forms.ChoiceField(required=False, label=_lazy("What"), choices=Turn.What.choices)
    cause = forms.ChoiceField(required=False, label=_lazy("Why"), choices=Turn.Cause.choices)
    beside = forms.ChoiceField(required=False, label=pgettext_lazy("an earlier term", "Beside"))

    def __init__(self, data: Mapping[str, Any], *, reach: Reach, today: date) -> None:
        super().__init__(data, reach=reach, sorts=SORTS, first_sort="-at")
        self.today = today
        self.counted = list(trending.counted(reach))
        self._offer("beside", [str(term.pk) for term in self.counted])

    @property
    def span(self) -> Span:
        since = self.chosen("since")
        day = date.fromisoformat(since) if since else self.today - timedelta(days=DAYS)
        return Span(since=day, what=self.chosen("what"), cause=self.chosen("cause"))

    def earlier(self, term: Term) -> list[Term]:
        """The terms that may be looked at beside this one, the likeliest first."""
        return trending.to_compare(term, self.counted)

    def beside_term(self, term: Term) -> Term | None:
        offered = self.earlier(term)
        wanted = self.chosen("beside")
        return next((one for one in offered if str(one.pk) == wanted), None) or next(iter(offered), None)
