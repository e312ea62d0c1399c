"""The filters that the lists share. The address holds them all; what is not understood is said and ignored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from registrar.domain.readiness import RULES, Severity
from registrar.models import Account, LineItem, Reach, Term
from registrar.services import placing, reviewing
from registrar.services.placing import NONE, OWN
from registrar.services.reviewing import DIRECTLY

from .listing import LAST_PAGE

IN_REASON = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2999, 12, 31))]

RARER = ("severity", "published", "reading", "due_from", "due_to", "period")


class FilterForm(forms.Form):
    q = forms.CharField(required=False, max_length=200, label=_lazy("Search"))
    term = forms.ChoiceField(required=False, label=_lazy("Term"))
    account = forms.ChoiceField(required=False, label=_lazy("College"))
    rule = forms.ChoiceField(
        required=False, label=_lazy("Rule"), choices=[(str(code), str(code)) for code in RULES]
    )
    severity = forms.ChoiceField(
        required=False, label=_lazy("Severity"), choices=[(str(one), str(one)) for one in Severity]
    )
    state = forms.ChoiceField(required=False, label=_lazy("State"), choices=LineItem.Status.choices)
    published = forms.ChoiceField(
        required=False, label=pgettext_lazy("filter", "Published"), choices=[("yes", "yes"), ("no", "no")]
    )
    reading = forms.ChoiceField(
        required=False,
        label=pgettext_lazy("from Canvas", "Reading"),
        choices=[("failed", "failed"), ("old", "old")],
    )
    due_from = forms.DateField(required=False, label=_lazy("Due from"), validators=IN_REASON)
    due_to = forms.DateField(required=False, label=_lazy("Due to"), validators=IN_REASON)
    period = forms.ChoiceField(required=False, label=_lazy("Grading period"))
    page = forms.IntegerField(required=False, min_value=1, max_value=LAST_PAGE, label=_lazy("Page"))
    sort = forms.ChoiceField(required=False, label=pgettext_lazy("order of a list", "Sort"))

    def __init__(self, data: Mapping[str, Any], *, reach: Reach, sorts: Collection[str], first_sort: str) -> None:
        super().__init__(data)
        self.first_sort = first_sort
        self.terms = list(reviewing.terms(reach))
        self.accounts = reviewing.accounts(reach)
        self.rules = list(RULES)
        self._offer("term", (str(term.pk) for term in self.terms))
        paths = [str(account.pk) for account in self.accounts]
        self._offer("account", (*paths, *(f"{DIRECTLY}{path}" for path in paths)))
        self.periods = list(placing.periods(self.terms))
        self._offer("period", (*(str(period.canvas_id) for period in self.periods), NONE, OWN))
        self._offer("sort", (*sorts, *(f"-{sort}" for sort in sorts)))

    def _offer(self, name: str, values: Collection[str] | Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(value, value) for value in values]

    def chosen(self, name: str) -> str:
        """A value that was understood, as the address has it, else nothing."""
        return str(self.cleaned_data.get(name) or "") if self.is_bound and self._cleaned() else ""

    def _cleaned(self) -> bool:
        self.is_valid()
        return True

    @property
    def account_choices(self) -> list[dict[str, str]]:
        """The tree down to the departments, and whatever was chosen."""
        top = min((account.depth for account in self.accounts), default=0)
        chosen = self.chosen("account")
        return [
            {"value": value, "label": label}
            for account in self.accounts
            for value, label in self._choices_of(account, top)
            if account.depth <= top + 2 or value == chosen
        ]

    def _choices_of(self, account: Account, top: int) -> list[tuple[str, str]]:
        label = "\u2007" * 2 * (account.depth - top) + account.name[:60]
        own = (f"{DIRECTLY}{account.pk}", _("%(college)s, directly") % {"college": label})
        is_chosen = self.chosen("account") == own[0]
        return [(str(account.pk), label), *([own] if is_chosen else [])]

    @property
    def period_choices(self) -> list[dict[str, str]]:
        """Those of the chosen term, or of the only set there is; and whatever was chosen."""
        groups = {self.chosen_term.period_group_id} if self.chosen_term else {one.group_id for one in self.periods}
        return [
            {"value": str(one.canvas_id), "label": one.title[:60]}
            for one in self.periods
            if (len(groups) == 1 and one.group_id in groups) or str(one.canvas_id) == self.chosen("period")
        ]

    @property
    def ignored(self) -> list[str]:
        """The names of the filters in the address that could not be understood."""
        return [str(self.fields[name].label or name).lower() for name in self.errors]

    @property
    def values(self) -> dict[str, str]:
        return {name: self.chosen(name) for name in self.fields}

    @property
    def active(self) -> bool:
        return any(self.chosen(name) for name in self.fields if name not in ("term", "page", "sort"))

    @property
    def has_more(self) -> bool:
        """Whether one of the rarer filters is set, which stand folded away."""
        return any(self.chosen(name) for name in RARER)

    @property
    def sorted_by(self) -> str:
        return self.chosen("sort") or self.first_sort

    @property
    def page_number(self) -> int:
        return int(self.chosen("page") or 1)

    @property
    def chosen_term(self) -> Term | None:
        return next((term for term in self.terms if str(term.pk) == self.chosen("term")), None)

    def filters(self, *, now: datetime) -> reviewing.Filters:
        account = self.chosen("account")
        path = next((one.path for one in self.accounts if str(one.pk) == account.removeprefix(DIRECTLY)), "")
        return reviewing.Filters(
            words=tuple(self.chosen("q").lower().split()),
            term=int(self.chosen("term")) if self.chosen("term") else None,
            path=path,
            directly=account.startswith(DIRECTLY),
            rule=self.chosen("rule"),
            severity=self.chosen("severity"),
            state=self.chosen("state"),
            published={"yes": True, "no": False}.get(self.chosen("published")),
            reading=self.chosen("reading"),
            old_before=reviewing.old_before(now),
            due_from=self._midnight("due_from"),
            due_before=self._midnight("due_to", after=1),
            period=self.chosen("period"),
            now=now,
        )

    def _midnight(self, name: str, *, after: int = 0) -> datetime | None:
        """When the chosen day begins where the registrar's office is, or so many days after it."""
        day: date | None = self.cleaned_data.get(name) if self._cleaned() else None
        return placing.midnight(day + timedelta(days=after)) if day else None
