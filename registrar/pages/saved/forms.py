from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from registrar.models import Account, Reach
from registrar.services import reviewing


class SaveForm(forms.Form):
    name = forms.CharField(max_length=60, label=_lazy("Name"))
    shared = forms.BooleanField(required=False)
    account = forms.ModelChoiceField(
        required=False,
        queryset=Account.objects.none(),
        error_messages={"invalid_choice": _lazy("Choose a sub-account of the list.")},
    )
    for_everybody = forms.BooleanField(required=False)

    def __init__(self, *args: Any, reach: Reach, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = reviewing.accounts(reach)
        field = self.fields["account"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Account.objects.filter(pk__in=[one.pk for one in self.accounts])
