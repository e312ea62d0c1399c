"""What the box in front of a line item stands for."""

from __future__ import annotations

from django import template

from registrar.models import LineItem

register = template.Library()


@register.filter
def pick(item: LineItem) -> str:
    return f"{item.course_id}-{item.assignment_id}-{item.section_id or 0}"


@register.filter
def picked_in(item: LineItem, chosen: set[tuple[int, int, int]]) -> bool:
    return (item.course_id, item.assignment_id, item.section_id or 0) in chosen
