"""What administrators decided, in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from registrar.services.auditing import in_words
from registrar.words.numbers import grouped

register = template.Library()
register.filter("in_words", in_words)


@register.filter
def as_limit(value: Any) -> str:
    """The value of a limit, as it stands in a table."""
    if value is None:
        return _("No limit")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, str) else grouped(value)
