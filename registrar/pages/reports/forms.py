"""What a person fills in about a standing report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy as _plazy

from registrar.domain.findings import RULES, Severity
from registrar.models import Account, Subscription, Term
from registrar.services.showing import hour_words
from registrar.services.subscribing import Wanted

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FARTHEST = 200
"""Days before a deadline: longer than a term."""
SEVERITIES = [
    (str(Severity.BLOCKING), _lazy("What blocks the export")),
    (str(Severity.WARNING), _lazy("Warnings: what goes, but deserves a look")),
]
NO_ADDRESS = _lazy("Write the mail address of whoever is to get the report.")
NO_TIME = _lazy("Choose when it is sent: before the grade deadline, daily or weekly.")


def hours() -> list[tuple[int, str]]:
    return [(hour, hour_words(hour)) for hour in range(24)]


class ReportForm(forms.Form):
    to = forms.ChoiceField(
        choices=[("me", "me"), ("person", "person"), ("address", "address")],
        error_messages={"required": _lazy("Choose who gets the report.")},
    )
    person = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    address = forms.EmailField(required=False, error_messages={"invalid": _lazy("This is not a mail address.")})
    name = forms.CharField(required=False, max_length=120)
    account = forms.TypedMultipleChoiceField(
        required=False, coerce=int, error_messages={"invalid_choice": _lazy("Choose colleges of the list.")}
    )
    term = forms.TypedMultipleChoiceField(
        required=False, coerce=int, error_messages={"invalid_choice": _lazy("Choose terms of the list.")}
    )
    severity = forms.MultipleChoiceField(
        choices=SEVERITIES,
        error_messages={"required": _lazy("Choose what the report is about: at least one of the two.")},
    )
    code = forms.MultipleChoiceField(
        required=False,
        choices=[(str(code), str(code)) for code in RULES],
        error_messages={"invalid_choice": _lazy("Choose rules of the list.")},
    )
    days_before = forms.CharField(required=False, max_length=200)
    daily = forms.BooleanField(required=False)
    weekday = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _plazy("weekly report", "Never")), *Subscription.Weekday.choices],
    )
    hour = forms.TypedChoiceField(
        coerce=int, choices=hours, error_messages={"required": _lazy("Choose the hour.")}
    )
    time_zone = forms.CharField(max_length=60, error_messages={"required": _lazy("Write the time zone.")})
    only_if = forms.ChoiceField(
        choices=Subscription.OnlyIf.choices, error_messages={"required": _lazy("Choose when it may be left out.")}
    )
    with_xlsx = forms.BooleanField(required=False)
    language = forms.ChoiceField(required=False, choices=settings.LANGUAGES)

    def __init__(
        self, *args: Any, by: User, people: list[User], accounts: list[Account], terms: list[Term], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.people = {person.pk: person for person in people}
        self.accounts = {account.pk: account for account in accounts}
        self.terms = {term.pk: term for term in terms}
        self._offer("person", [*self.people])
        self._offer("account", [*self.accounts])
        self._offer("term", [*self.terms])

    def _offer(self, name: str, keys: list[int]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, key) for key in keys]

    def clean_days_before(self) -> tuple[int, ...]:
        text = self.cleaned_data["days_before"]
        found = [part for part in re.split(r"[\s,;]+", text) if part]
        if not all(re.fullmatch(r"[0-9]{1,3}", part) and int(part) <= FARTHEST for part in found):
            raise forms.ValidationError(_("Write the days as numbers up to 200, such as 14, 7, 3, 1, 0."))
        return tuple(sorted({int(part) for part in found}, reverse=True))

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"].strip().replace(" ", "_")
        try:
            return ZoneInfo(name).key
        except (KeyError, OSError, ValueError):
            raise forms.ValidationError(
                _("This is not a time zone; choose one of the list, such as America/Chicago.")
            ) from None

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("to") == "address" and "address" not in self.errors and not given.get("address"):
            self.add_error("address", NO_ADDRESS)
        if given.get("to") == "person" and "person" not in self.errors and not given.get("person"):
            self.add_error("person", _("Choose the person who is to get the report."))
        timed = given.get("daily") or given.get("weekday") is not None or given.get("days_before")
        if not timed and not {"days_before", "weekday"} & self.errors.keys():
            self.add_error("days_before", NO_TIME)

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        plain = given["to"] == "address"
        # Both severities are all there is, and stay all when a third comes.
        severities = tuple(given["severity"]) if len(given["severity"]) < len(SEVERITIES) else ()
        return Wanted(
            person=None if plain else self.by if given["to"] == "me" else self.people[given["person"]],
            address=given["address"] if plain else "",
            name=given["name"] if plain else "",
            accounts=tuple(self.accounts[pk] for pk in given["account"]),
            terms=tuple(self.terms[pk] for pk in given["term"]),
            codes=tuple(given["code"]),
            severities=severities,
            days_before=given["days_before"],
            daily=given["daily"],
            weekday=given["weekday"],
            hour=given["hour"],
            time_zone=given["time_zone"],
            only_if=given["only_if"],
            with_xlsx=given["with_xlsx"],
            language=given["language"],
        )


def initial(subscription: Subscription | None, *, by: User, zone: str) -> dict[str, Any]:
    """What the form shows at first: as it is, or what most will want."""
    if subscription is None:
        return {
            "to": "me",
            "severity": [str(Severity.BLOCKING)],
            "days_before": "14, 7, 3, 1, 0",
            "hour": 7,
            "time_zone": zone,
            "only_if": Subscription.OnlyIf.OPEN,
            "language": get_language() or settings.LANGUAGE_CODE,
        }
    names = ("address", "name", "daily", "weekday", "hour", "time_zone", "only_if", "with_xlsx", "language")
    to = "address" if subscription.person_id is None else "me" if subscription.person_id == by.pk else "person"
    return {name: getattr(subscription, name) for name in names} | {
        "to": to,
        "person": subscription.person_id,
        "account": [account.pk for account in subscription.accounts.all()],
        "term": [term.pk for term in subscription.terms.all()],
        "severity": subscription.severities or [value for value, _ in SEVERITIES],
        "code": subscription.codes,
        "days_before": ", ".join(map(str, subscription.days_before)),
    }
