"""What every page knows: the clock, the names of things, and what this person may do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from registrar.models import Reach, Role
from registrar.services import offering

from . import language, tables, tour


def site(request: HttpRequest) -> dict[str, Any]:
    roles: frozenset[Role] = getattr(request, "roles", frozenset())
    return {
        "now": datetime.now(UTC),
        "sis_name": settings.SIS_NAME,
        "zone": settings.TIME_ZONE,
        "kept_language": settings.LANGUAGE_CODE,
        "other_languages": language.others(),
        "canvas_url": settings.CANVAS_BASE_URL,
        "may_refresh": Role.REVIEWER in roles,
        "role": _highest(roles),
        "administers": Role.ADMINISTRATOR in roles,
        "proposals_waiting": SimpleLazyObject(lambda: _proposals_waiting(request, roles)),
        "keys_on": hasattr(request, "user") and tables.keys_on(request),
        "demo": settings.DEMO,
        "tour": tour.stop(request),
        "last_term": request.session.get("term") if hasattr(request, "session") else None,
    }


def _proposals_waiting(request: HttpRequest, roles: frozenset[Role]) -> int:
    """Asked for by the bar of a whole page, and by no fragment."""
    reach: Reach | None = getattr(request, "reach", None)
    if reach is None or not isinstance(request.user, User):
        return 0
    return offering.waiting(by=request.user, roles=roles, reach=reach).count()


def _highest(roles: frozenset[Role]) -> str:
    order = (Role.ADMINISTRATOR, Role.APPROVER, Role.REVIEWER, Role.VIEWER)
    return next((str(role.label) for role in order if role in roles), "")
