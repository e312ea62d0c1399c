from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


class RegistrarConfig(AppConfig):
    name = "registrar"
    label = "registrar"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Preflight"

    def ready(self) -> None:
        # Without this import a web process would publish its messages to Celery's default broker.
        import registrar.celery  # noqa: F401

        register(check_canvas, Tags.compatibility, deploy=True)
        register(check_redelivery, Tags.compatibility)


def check_canvas(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    missing = [name for name in ("CANVAS_BASE_URL", "CANVAS_TOKEN") if not getattr(settings, name)]
    if not missing:
        return []
    hint = "Set it in the environment or in .env; the README lists all settings."
    return [Warning(f"{' and '.join(missing)} not set: no sync can run.", hint=hint, id="registrar.W001")]


def check_redelivery(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A task that outlives the broker's visibility time-out is delivered again while it still runs."""
    visible = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout")
    if visible is None or visible > settings.CELERY_TASK_TIME_LIMIT:
        return []
    return [
        Warning(
            "CELERY_TASK_TIME_LIMIT is not below the broker's visibility_timeout.",
            hint="Raise visibility_timeout above the hard time limit of tasks.",
            id="registrar.W002",
        )
    ]
