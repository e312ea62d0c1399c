"""The product's settings with what a test run needs: quick hashing, plain static files, no worker."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")

from registrar.settings import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}
WHITENOISE_AUTOREFRESH = True
# A test that is undone leaves nothing in the database, and must leave nothing in a cache either.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
