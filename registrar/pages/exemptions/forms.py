"""What a person fills in about an exemption. What it comes to is judged by `services.exempting`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from registrar.domain.readiness import RULES
from registrar.models import Account, Exemption, Term
from registrar.services.exempting import NO_REASON
from registrar.web.filters import FilterForm

STATES = [("in_force", pgettext_lazy("exemptions", "In force")), *Exemption.Ended.choices]


class ListForm(FilterForm):
    """The filters of the list: by term, college and rule as everywhere, and by what became of it."""

    state = forms.ChoiceField(required=False, choices=STATES, label=_lazy("State"))


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=2000, error_messages={"required": NO_REASON})


class EndingForm(ReasonForm):
    until = forms.DateField(
        error_messages={
            "required": _lazy("Choose the last day: nothing is accepted for ever."),
            "invalid": _lazy("Write the day as 2026-12-15."),
        }
    )


class AcceptForm(EndingForm):
    where = forms.ChoiceField(error_messages={"required": _lazy("Choose for what it is accepted.")})

    def __init__(self, *args: Any, places: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["where"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(place, place) for place in places]
        field.error_messages["invalid_choice"] = _("Choose one of the places that are offered.")


class RuleForm(EndingForm):
    rule = forms.ChoiceField(
        choices=[(str(code), str(code)) for code in RULES],
        error_messages={
            "required": _lazy("Choose the rule."),
            "invalid_choice": _lazy("Choose a rule of the list."),
        },
    )
    term = forms.ModelChoiceField(
        queryset=Term.objects.none(),
        error_messages={
            "required": _lazy("Choose the term."),
            "invalid_choice": _lazy("Choose a term of the list."),
        },
    )
    account = forms.ModelChoiceField(
        queryset=Account.objects.none(),
        error_messages={
            "required": _lazy("Choose the college."),
            "invalid_choice": _lazy("Choose a college of the list."),
        },
    )

    def __init__(self, *args: Any, terms: Iterable[Term], accounts: Iterable[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms, self.accounts = list(terms), list(accounts)
        self._offer("term", Term.objects.filter(pk__in=[one.pk for one in self.terms]))
        self._offer("account", Account.objects.filter(pk__in=[one.pk for one in self.accounts]))

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows
