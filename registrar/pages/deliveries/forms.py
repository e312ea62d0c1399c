from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy as _plazy

from registrar.models import Delivery
from registrar.web.listing import ListForm


class LogForm(ListForm):
    q = forms.CharField(required=False, max_length=200, label=_lazy("Search"))
    state = forms.ChoiceField(required=False, choices=Delivery.State.choices, label=_plazy("mail", "State"))
    kind = forms.ChoiceField(required=False, choices=Delivery.Kind.choices, label=_plazy("mail", "Kind"))
    sort = forms.ChoiceField(required=False)
