from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from registrar.models import Run


class StartForm(forms.Form):
    mode = forms.ChoiceField(
        choices=[(Run.Mode.QUICK, Run.Mode.QUICK.label), (Run.Mode.FULL, Run.Mode.FULL.label)],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _lazy("Choose quick or full.")),
    )
    term = forms.RegexField(
        r"^(all|\d{1,18})$", required=False, error_messages={"invalid": _lazy("Choose a term from the list.")}
    )
