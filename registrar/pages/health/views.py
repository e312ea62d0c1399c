"""For load balancers: the process is there; the process can do its work."""

from __future__ import annotations

from celery import current_app
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import KombuError

from registrar.web.access import public


@require_safe
@never_cache
@public
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
@public
def ready(request: HttpRequest) -> JsonResponse:
    """What is not "ok" is named without a reason: the answer is public."""
    found = {"database": _database(), "broker": _broker()}
    status = 200 if all(found.values()) else 503
    return JsonResponse({name: "ok" if fine else "unreachable" for name, fine in found.items()}, status=status)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> bool:
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OSError, KombuError):
        return False
    return True
