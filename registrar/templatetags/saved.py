"""Saved views wherever a list, or the way to one, is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.urls import reverse

from registrar.models import SavedView
from registrar.services import saving

register = template.Library()


@register.simple_tag(takes_context=True)
def saved_views(context: Mapping[str, Any], table: str = "") -> list[SavedView]:
    """Of one list, or of all."""
    user = context["request"].user
    if not isinstance(user, User):
        return []
    return saving.views_for(user, table)


@register.filter
def address_of(view: SavedView) -> str:
    return reverse(f"{view.table}:index") + (f"?{view.query}" if view.query else "")
