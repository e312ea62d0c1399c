from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from registrar.models import Delivery
from registrar.web.listing import LAST_PAGE


class ListForm(forms.Form):
    """The filters of the log; what is not understood is said and ignored."""

    q = forms.CharField(required=False, max_length=200, label="Search")
    state = forms.ChoiceField(required=False, choices=Delivery.State.choices)
    kind = forms.ChoiceField(required=False, choices=Delivery.Kind.choices)
    page = forms.IntegerField(required=False, min_value=1, max_value=LAST_PAGE)
    sort = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any], *, sorts: Iterable[str]) -> None:
        super().__init__(data)
        field = self.fields["sort"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(sort, sort) for one in sorts for sort in (one, f"-{one}")]
        self.is_valid()

    def chosen(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or "")

    @property
    def values(self) -> dict[str, str]:
        return {name: self.chosen(name) for name in self.fields}

    @property
    def ignored(self) -> list[str]:
        return [str(self.fields[name].label or name).lower() for name in self.errors]

    @property
    def active(self) -> bool:
        return any(self.chosen(name) for name in ("q", "state", "kind"))
