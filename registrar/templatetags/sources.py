"""The limits of the rule packs, in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import get_language

from registrar.domain.rulepacks import Limit
from registrar.services.inheriting import Measure
from registrar.services.ruling import LIMITS

register = template.Library()


@register.filter
def limit_label(measure: Measure) -> str:
    return str(LIMITS.get(measure.name, measure.name.replace("_", " ")))


@register.filter
def is_flag(measure: Measure) -> bool:
    """Whether the limit's label says all, so that “yes” need not be added."""
    return isinstance(measure.value, bool)


@register.filter
def noted(limit: Limit[Any]) -> str:
    """The note of a rule pack in the language of the page, where the pack has it."""
    return limit.note_in(get_language() or "")
