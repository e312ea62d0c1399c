"""The dates of a change as people read them, and what stands at a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from registrar.domain.facts import DateField, Inherit

from .figures import when

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from registrar.services.previewing import Line

register = template.Library()


@register.simple_tag
def date_in(line: Line, side: Literal["before", "after"], field: DateField) -> SafeString:
    """Of a section that leaves the date to the assignment: what that comes to, where it is known."""
    state = line.before if side == "before" else line.after
    value = state.get(field)
    if isinstance(value, Inherit):
        known = when(getattr(line.base, field), line.time_zone) if line.base else ""
        return format_html('{} <span class="none">{}</span>', known, "as the assignment")
    return when(value, line.time_zone)


@register.simple_tag
def stored_date(state: Mapping[str, Any], field: DateField, zone: str) -> SafeString:
    """As ``date_in``, of a state as it is stored."""
    value = state.get(field)
    if value == "inherit":
        return format_html('<span class="none">{}</span>', "as the assignment")
    return when(value, zone)


@register.filter
def person(someone: User) -> SafeString:
    name = someone.get_full_name() or someone.get_username()
    return format_html("<bdi>{}</bdi>", name if len(name) <= 60 else f"{name[:59]}…")


@register.filter
def to_minute(value: datetime) -> datetime:
    """When a person did something: the seconds say nothing."""
    return value.replace(second=0, microsecond=0)


@register.filter
def of(counts: Mapping[Any, Any], key: Any) -> Any:
    """The entry of a table that a template knows only by name."""
    return counts.get(key)


_LABELS: dict[str, str] = {"due_at": "Due", "unlock_at": "Available from", "lock_at": "Until"}


@register.filter
def parts(line: Line) -> list[tuple[str, str]]:
    """What a change changes, each with its name; a change is never without a line."""
    found: list[tuple[str, str]] = [(name, _LABELS[name]) for name in line.fields]
    if line.flag_changes:
        found.append(("post_to_sis", "Grade sync"))
    if line.before.exists and not line.after.exists:
        found = [("exists", "Section date")]
    return found or [("nothing", "–")]


@register.filter
def height(line: Line) -> int:
    return len(parts(line))
