"""The dates of a change as people read them, and what stands at a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from registrar.domain.facts import DateField, Inherit

from .figures import named, when

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_stubs_ext import StrOrPromise, StrPromise

    from registrar.models import Step
    from registrar.services.previewing import Line

register = template.Library()


@register.simple_tag
def date_in(line: Line, side: Literal["before", "after"], field: DateField) -> SafeString:
    """Of a section that leaves the date to the assignment: what that comes to, where it is known."""
    state = line.before if side == "before" else line.after
    value = state.get(field)
    if isinstance(value, Inherit):
        known = when(getattr(line.base, field), line.time_zone) if line.base else ""
        return format_html('{} <span class="none">{}</span>', known, _("as the assignment"))
    return when(value, line.time_zone)


@register.simple_tag
def stored_date(state: Mapping[str, Any], field: DateField, zone: str) -> SafeString:
    """As ``date_in``, of a state as it is stored."""
    value = state.get(field)
    if value == "inherit":
        return format_html('<span class="none">{}</span>', _("as the assignment"))
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


@register.filter
def each(rows: Iterable[Any], attribute: str) -> list[Any]:
    return [getattr(row, attribute) for row in rows]


@register.filter
def listed(names: Iterable[str], length: int) -> SafeString:
    """One after the other, none longer than this."""
    return format_html_join(", ", "<bdi>{}</bdi>", ((Truncator(named(name)).chars(length),) for name in names))


@register.filter
def is_composed(step: Step) -> bool:
    """Whether its comment is the program's own."""
    return step.what in ("changed", "removed")


_LABELS: dict[str, StrPromise] = {
    "due_at": pgettext_lazy("date", "Due"),
    "unlock_at": pgettext_lazy("date", "Available from"),
    "lock_at": pgettext_lazy("date", "Until"),
}


@register.filter
def parts(line: Line) -> list[tuple[str, StrOrPromise]]:
    """What a change changes, each with its name; a change is never without a line."""
    found: list[tuple[str, StrOrPromise]] = [(name, _LABELS[name]) for name in line.fields]
    if line.flag_changes:
        found.append(("post_to_sis", _("Grade sync")))
    if line.before.exists and not line.after.exists:
        found = [("exists", _("Section date"))]
    return found or [("nothing", "–")]


@register.filter
def height(line: Line) -> int:
    return len(parts(line))
