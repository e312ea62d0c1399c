"""A person as an administrator fills them in: names, roles, and the sub-accounts they are limited to."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _lazy

from registrar.models import Role
from registrar.services.admitting import Standing


class PersonForm(forms.Form):
    """With a search for sub-accounts in it, which is sent with the rest so that nothing is lost."""

    first_name = forms.CharField(required=False, max_length=150)
    last_name = forms.CharField(required=False, max_length=150)
    email = forms.EmailField(
        required=False, max_length=254, error_messages={"invalid": _lazy("Write the address as name@example.edu.")}
    )
    role = forms.MultipleChoiceField(
        required=False, choices=Role.choices, error_messages={"invalid_choice": _lazy("Choose roles of the list.")}
    )
    account = forms.TypedMultipleChoiceField(required=False, coerce=int)
    find = forms.CharField(required=False, max_length=200)
    found = forms.CharField(required=False, max_length=200)
    """What was looked for when the form was shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["account"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        # Which of them exist, and within whose reach they are, is for the service to say.
        field.choices = [(pk, pk) for pk in self.ticked]

    @classmethod
    def of(cls, standing: Standing) -> Self:
        return cls(
            initial={
                "first_name": standing.first_name,
                "last_name": standing.last_name,
                "email": standing.email,
                "role": [role.value for role in standing.roles],
                "account": sorted(standing.accounts),
            }
        )

    def unjudged(self) -> Self:
        """The same as it was filled in, without a word about what is still missing."""
        names = [name for name in self.fields if name not in ("role", "account")]
        values: dict[str, Any] = {name: self.data.get(name, "") for name in names}
        values |= {"role": self._sent("role"), "account": sorted(self.ticked)}
        return type(self)(initial=values)

    @property
    def ticked(self) -> set[int]:
        if not self.is_bound:
            return set(self.initial.get("account", ()))
        return {int(one) for one in self._sent("account") if one.isdecimal() and len(one) < 19}

    def _sent(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    @property
    def roles_ticked(self) -> list[str]:
        return list(self["role"].value() or ())

    @property
    def search(self) -> str:
        return str(self["find"].value() or "").strip()[:200]

    @property
    def is_searching(self) -> bool:
        """Whether the person asked for sub-accounts, by the button or by keying in words and sending the form."""
        asked = self.data.get("find", "").strip()
        return "look" in self.data or (asked != "" and asked != self.data.get("found", "").strip())

    def standing(self) -> Standing:
        given = self.cleaned_data
        return Standing(
            first_name=given["first_name"],
            last_name=given["last_name"],
            email=given["email"],
            roles=frozenset(map(Role, given["role"])),
            accounts=frozenset(given["account"]),
        )


class InviteForm(PersonForm):
    username = forms.CharField(
        max_length=150,
        validators=[User.username_validator],
        error_messages={"required": _lazy("Write the user name with which the person signs in.")},
    )
