"""Django's own admin, for people, scopes, terms and the choice of rule packs. Readings are looked at elsewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

from registrar.models import Account, Scope, Term
from registrar.services.inheriting import packs

admin.site.site_header = admin.site.site_title = "Preflight administration"
admin.site.unregister(User)


class ScopeInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Scope
    extra = 1
    raw_id_fields = ("account",)
    verbose_name = "sub-account this person is limited to"
    verbose_name_plural = "limited to sub-accounts (none: sees everything)"


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    inlines = (ScopeInline,)
    list_display = ("username", "email", "first_name", "last_name", "is_active")


class FromCanvas:
    """Rows that Canvas gave are neither made nor deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Term)
class TermAdmin(FromCanvas, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "sis_id", "start_at", "end_at", "watched")
    fields = ("name", "sis_id", "start_at", "end_at", "watched")
    readonly_fields = ("name", "sis_id", "start_at", "end_at")


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    rulepack = forms.ChoiceField(required=False, help_text="For this sub-account and all below it.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = sorted(packs().values(), key=lambda pack: pack.name)
        choices = [(pack.code, pack.name) for pack in chosen if pack.code != "canvas"]
        self.fields["rulepack"].choices = [("", "As above it"), *choices]  # type: ignore[attr-defined]


@admin.register(Account)
class AccountAdmin(FromCanvas, admin.ModelAdmin):  # type: ignore[type-arg]
    form = AccountForm
    list_display = ("name", "parent", "sis_id", "rulepack", "hold_above", "hold_above_share")
    search_fields = ("name", "sis_id")
    fields = ("name", "parent", "sis_id", "time_zone", "rulepack", "hold_above", "hold_above_share")
    readonly_fields = ("name", "parent", "sis_id", "time_zone")
