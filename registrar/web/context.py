"""What every page knows: the clock, the names of things, and what this person may do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from registrar.models import Role


def site(request: HttpRequest) -> dict[str, Any]:
    roles: frozenset[Role] = getattr(request, "roles", frozenset())
    return {
        "now": datetime.now(UTC),
        "sis_name": settings.SIS_NAME,
        "zone": settings.TIME_ZONE,
        "canvas_url": settings.CANVAS_BASE_URL,
        "may_refresh": Role.REVIEWER in roles,
        "role": _highest(roles),
        "last_term": request.session.get("term") if hasattr(request, "session") else None,
    }


def _highest(roles: frozenset[Role]) -> str:
    order = (Role.ADMINISTRATOR, Role.APPROVER, Role.REVIEWER, Role.VIEWER)
    return next((role.label for role in order if role in roles), "")
