from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture beside a word, never instead of one: it is hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" width="16" height="16"><use href="{}#{}"></use></svg>',
        static("icons/icons.svg"),
        name,
    )
