"""The limits of the rule packs, in words."""

from __future__ import annotations

from django import template

from registrar.services.inheriting import Measure
from registrar.services.ruling import LIMITS

register = template.Library()


@register.filter
def limit_label(measure: Measure) -> str:
    return LIMITS.get(measure.name, measure.name.replace("_", " "))


@register.filter
def is_flag(measure: Measure) -> bool:
    """Whether the limit's label says all, so that “yes” need not be added."""
    return isinstance(measure.value, bool)
