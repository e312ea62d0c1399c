"""The Celery application. Each worker process builds its own Canvas session, after the fork."""

from __future__ import annotations

import os

from celery import Celery

from registrar import broker  # noqa: F401 - registers the embedded transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registrar.settings")

app = Celery("registrar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["registrar"])
