from __future__ import annotations

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _lazy

MISSING = {
    "old_password": _lazy("Enter the password that you have now."),
    "new_password1": _lazy("Enter a new password."),
    "new_password2": _lazy("Enter the new password a second time."),
}


class _NamesWhatIsMissing(forms.Form):
    """The messages stand together above the form: each has to say which field it is about."""

    def full_clean(self) -> None:
        for name, field in self.fields.items():
            field.error_messages["required"] = MISSING[name]
        super().full_clean()


class ChoosePassword(_NamesWhatIsMissing, SetPasswordForm):  # type: ignore[type-arg]
    pass


class ChangePassword(_NamesWhatIsMissing, PasswordChangeForm):
    pass
