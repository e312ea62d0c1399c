"""What an administrator fills in. What it comes to is judged by the services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from registrar.domain.findings import Severity
from registrar.models import Role, Ruling, Timetable
from registrar.services import inheriting
from registrar.services.inheriting import Measure
from registrar.services.scheduling import Times
from registrar.web.listing import ListForm

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class SearchForm(ListForm):
    q = forms.CharField(required=False, max_length=200, label=_lazy("Search"))

    def matches(self, *texts: str) -> bool:
        whole = " ".join(texts).casefold()
        return all(word in whole for word in self.chosen("q").casefold().split())


class PeopleForm(SearchForm):
    role = forms.ChoiceField(required=False, choices=Role.choices, label=_lazy("Role"))
    state = forms.ChoiceField(
        required=False,
        choices=[
            ("active", pgettext_lazy("people", "Active")),
            ("deactivated", pgettext_lazy("people", "Deactivated")),
        ],
        label=_lazy("State"),
    )
    sort = forms.ChoiceField(required=False)


class LogForm(SearchForm):
    who = forms.CharField(required=False, max_length=200, label=_lazy("Who"))
    what = forms.ChoiceField(required=False, label=_lazy("What"))
    since = forms.DateField(required=False, label=_lazy("Since"))


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=2000)


class PackForm(ReasonForm):
    code = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": _lazy("Choose a rule pack of the list.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, code) for code in inheriting.packs() if code != inheriting.BASE]


def _whole(most: int, words: StrPromise) -> forms.IntegerField:
    errors = {"invalid": words, "min_value": words, "max_value": words}
    return forms.IntegerField(required=False, min_value=0, max_value=most, error_messages=errors)


class ThresholdForm(ReasonForm):
    number = _whole(
        1_000_000,
        _lazy("Write the number of changes as a whole number from 0 to 1,000,000, or leave it empty."),
    )
    share = _whole(100, _lazy("Write the share in percent as a whole number from 0 to 100, or leave it empty."))


class RulingForm(forms.Form):
    """What is to hold for one limit or rule; `ruling_form` gives it the field for its kind of value."""

    none = forms.BooleanField(required=False)
    source = forms.CharField(
        max_length=2000,
        error_messages={"required": _lazy("Say where the value comes from: it is shown beside it.")},
    )

    def __init__(self, data: Mapping[str, Any] | None, *, value: forms.Field, measure: Measure) -> None:
        super().__init__(data)
        value.required = False
        self.fields["value"] = value
        self.now = measure.value
        self.is_choice, self.is_text = isinstance(value, forms.ChoiceField), isinstance(value, forms.CharField)
        self.is_flag = measure.is_flag

    def clean(self) -> None:
        given = self.cleaned_data
        if "value" not in self.errors and not given.get("none") and given.get("value") in (None, ""):
            self.add_error("value", _("Choose or write the value that is to hold."))

    @property
    def shown(self) -> Any:
        """What the field holds: what was sent, else what is in force."""
        if self.is_bound:
            return self.data.get("value", "")
        if self.is_flag:
            return "yes" if self.now else "no"
        return "off" if self.now is None and self.is_choice else self.now

    def chosen(self) -> Any:
        value = self.cleaned_data["value"]
        return None if self.cleaned_data["none"] or value == "off" else value


SEVERITIES = [
    (Severity.BLOCKING.value, pgettext_lazy("severity", "Blocking")),
    (Severity.WARNING.value, pgettext_lazy("severity", "Warning")),
    ("off", pgettext_lazy("severity", "Off")),
]
LENGTHS = _lazy("Write a whole number from 1 to 10,000.")
POINTS = _lazy("Write a number of 0 or more.")


def ruling_form(measure: Measure, data: Mapping[str, Any] | None) -> RulingForm:
    return RulingForm(data, value=_field(measure), measure=measure)


def _field(measure: Measure) -> forms.Field:
    if measure.kind == Ruling.Kind.SEVERITY:
        return forms.ChoiceField(
            choices=SEVERITIES, error_messages={"invalid_choice": _("Choose one of the three.")}
        )
    match measure.name:
        case "name_length":
            errors = dict.fromkeys(("invalid", "min_value", "max_value"), LENGTHS)
            return forms.IntegerField(min_value=1, max_value=10_000, error_messages=errors)
        case "points_maximum":
            errors = dict.fromkeys(("invalid", "min_value", "max_value"), POINTS)
            return forms.FloatField(min_value=0, max_value=1e9, error_messages=errors, localize=True)
        case "name_characters":
            return forms.CharField(max_length=200, strip=False)
    return forms.TypedChoiceField(
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda text: text == "yes",
        empty_value=None,
        error_messages={"invalid_choice": _("Choose yes or no.")},
    )


class FileForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=True, error_messages={"required": _lazy("Choose a file: CSV, XLSX, or a name a line.")}
    )


class TimesForm(forms.Form):
    on = forms.BooleanField(required=False)
    time_zone = forms.ChoiceField(error_messages={"invalid_choice": _lazy("Choose a time zone of the list.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(zone, zone) for zone in zones()]


def zones() -> list[str]:
    """Places first: most people know their city and not a name like "Etc/GMT+6"."""
    known = sorted(available_timezones())
    return [zone for zone in known if "/" in zone and not zone.startswith("Etc/")] + ["UTC"]


class FullForm(TimesForm):
    at = forms.TimeField(error_messages=dict.fromkeys(("required", "invalid"), _lazy("Write the time as 02:15.")))

    @classmethod
    def of(cls, found: Timetable) -> Self:
        at = time(found.at_minute // 60, found.at_minute % 60)
        return cls(initial={"on": found.on, "at": at.strftime("%H:%M"), "time_zone": found.time_zone})

    def times(self) -> Times:
        given = self.cleaned_data
        minute = given["at"].hour * 60 + given["at"].minute
        return Times(on=given["on"], at_minute=minute, every_hours=24, time_zone=given["time_zone"])


class QuickForm(TimesForm):
    every = forms.TypedChoiceField(
        coerce=int,
        choices=[(hours, hours) for hours in (1, 2, 3, 4, 6, 8, 12, 24)],
        error_messages={"invalid_choice": _lazy("Choose how often.")},
    )
    minute = forms.IntegerField(
        min_value=0,
        max_value=59,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), _lazy("Write a minute of the hour, from 0 to 59.")
        ),
    )

    @classmethod
    def of(cls, found: Timetable) -> Self:
        told = {"on": found.on, "every": found.every_hours, "minute": found.at_minute}
        return cls(initial=told | {"time_zone": found.time_zone})

    def times(self) -> Times:
        given = self.cleaned_data
        return Times(
            on=given["on"],
            at_minute=given["minute"],
            every_hours=given["every"],
            time_zone=given["time_zone"],
        )
