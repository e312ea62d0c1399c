"""One address, two sizes: the whole page, or the part of it that changed."""

from __future__ import annotations

from typing import Any

from django import shortcuts
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from .access import Visit


def wants_fragment(visit: Visit) -> bool:
    """When Back finds nothing in htmx's cache it asks for the page again, as a whole."""
    return bool(visit.htmx) and not visit.htmx.boosted and not visit.htmx.history_restore_request


def render(visit: Visit, page: str, context: dict[str, Any], *, fragment: str, status: int = 200) -> HttpResponse:
    response = shortcuts.render(visit, fragment if wants_fragment(visit) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response
