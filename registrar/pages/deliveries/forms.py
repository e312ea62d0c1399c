from __future__ import annotations

from django import forms

from registrar.models import Delivery
from registrar.web.listing import ListForm


class LogForm(ListForm):
    q = forms.CharField(required=False, max_length=200, label="Search")
    state = forms.ChoiceField(required=False, choices=Delivery.State.choices)
    kind = forms.ChoiceField(required=False, choices=Delivery.Kind.choices)
    sort = forms.ChoiceField(required=False)
