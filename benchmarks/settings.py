"""The product's own settings, but for folders of this run's own and a broker that keeps to itself."""

from __future__ import annotations

import os
from pathlib import Path

from registrar.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["BENCH_FOLDER"]) / "static"
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
