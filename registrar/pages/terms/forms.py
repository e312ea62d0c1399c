"""What an administrator fills in about a date. Whether it can be right is judged by `services.marking`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from registrar.models import Account, Mark, Term
from registrar.services import marking

WATCHED = {"yes": True, "no": False, "dates": None}


class WatchForm(forms.Form):
    watched = forms.ChoiceField(choices=[(name, name) for name in WATCHED])


class MarkForm(forms.Form):
    kind = forms.ChoiceField(
        choices=Mark.Kind.choices,
        error_messages={
            "required": _lazy("Choose what kind of date it is."),
            "invalid_choice": _lazy("Choose a kind of date."),
        },
    )
    name = forms.CharField(required=False, max_length=80)
    account = forms.ModelChoiceField(
        required=False,
        queryset=Account.objects.none(),
        error_messages={"invalid_choice": _lazy("Choose for whom it holds.")},
    )
    date = forms.DateField(
        error_messages={"required": _lazy("Choose the day."), "invalid": _lazy("Write the day as 2026-12-15.")}
    )
    time = forms.TimeField(
        error_messages={
            "required": _lazy("Choose the time of day."),
            "invalid": _lazy("Write the time as 17:00."),
        }
    )
    past_is_meant = forms.BooleanField(required=False)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        term: Term,
        mark: Mark | None,
        accounts: Iterable[Account],
        whole: bool,
        now: datetime,
    ) -> None:
        super().__init__(data, initial=_initial(mark))
        self.term, self.mark, self.whole, self.now = term, mark, whole, now
        self.accounts = list(accounts)
        field = self.fields["account"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Account.objects.filter(pk__in=[one.pk for one in self.accounts])
        field.required = not whole
        field.error_messages["required"] = _("Choose for which part it holds.")
        self.wanted: marking.Wanted | None = None

    def clean(self) -> None:
        given = self.cleaned_data
        if self.errors:
            return
        at = datetime.combine(given["date"], given["time"], ZoneInfo(settings.TIME_ZONE))
        if at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
            self.add_error("time", _("On that day the clock skips this time. Choose another."))
            return
        self.wanted = marking.Wanted(
            kind=given["kind"],
            name=given["name"],
            at=at.astimezone(UTC),
            account=given["account"],
            past_is_meant=given["past_is_meant"],
        )
        found = marking.objections(term=self.term, wanted=self.wanted, now=self.now, mark=self.mark)
        for field, said in found.items():
            self.add_error("date" if field == "at" else field, said)

    @property
    def asks_whether_past(self) -> bool:
        """The box is shown only to those whom it concerns."""
        return bool(self["past_is_meant"].value()) or "date" in self.errors


def _initial(mark: Mark | None) -> dict[str, Any]:
    if mark is None:
        return {"kind": Mark.Kind.GRADE_DEADLINE, "time": "17:00"}
    local = mark.at.astimezone(ZoneInfo(settings.TIME_ZONE))
    known = {"kind": mark.kind, "name": mark.name, "account": mark.account_id}
    return known | {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}
