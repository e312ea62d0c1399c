"""The product's own settings, but for a broker folder of the test's own."""

from __future__ import annotations

import os

from registrar.settings import *  # noqa: F403
from registrar.settings import CELERY_BROKER_TRANSPORT_OPTIONS, CELERY_BROKER_URL

if CELERY_BROKER_URL.startswith("safefs:"):
    CELERY_BROKER_TRANSPORT_OPTIONS["data_folder"] = os.environ["BROKER_FOLDER"]
else:
    # A message of a killed worker comes back after this long; in production that is a matter of minutes.
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"visibility_timeout": 5}
