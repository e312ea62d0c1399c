from __future__ import annotations

from django.apps import AppConfig


class RegistrarConfig(AppConfig):
    name = "registrar"
    label = "registrar"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Preflight"
