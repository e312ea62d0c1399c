from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from registrar.models import Wish

CHOOSE = _lazy("Choose for each kind of news how you want to hear of it.")


class WishesForm(forms.Form):
    """One choice for each kind of news that can concern this person."""

    def __init__(
        self, data: Mapping[str, Any] | None, *, kinds: Iterable[Wish.News], now: Mapping[str, str]
    ) -> None:
        super().__init__(data, initial={kind: now[kind] for kind in kinds})
        for kind in kinds:
            self.fields[kind] = forms.ChoiceField(
                label=kind.label,
                choices=Wish.How.choices,
                error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
                widget=forms.RadioSelect,
            )
