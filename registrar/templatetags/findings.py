"""The words for a finding stand in templates keyed by its code; these tags fetch a part of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag(takes_context=True)
def words(
    context: Mapping[str, Any], code: str, part: str, params: Mapping[str, Any] | None = None, zone: str = "UTC"
) -> SafeString:
    """``part`` is label, wrong, why, who or how. An unknown code, from an older reading, speaks for itself."""
    sis_name = context.get("sis_name") or _("the SIS")
    values = {"part": part, "params": params or {}, "zone": zone, "sis_name": sis_name}
    try:
        found = get_template(f"findings/{code}.html")
    except template.TemplateDoesNotExist:
        return SafeString(code.replace("_", " ") if code.isidentifier() and part == "label" else "")
    return mark_safe(found.render(values).strip())  # noqa: S308 - rendered with autoescape
