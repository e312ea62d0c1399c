"""Settings, from the environment alone (`.env` is read if present).

A bad value stops start-up with one line per variable that names it; see the README for the whole list.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

T = TypeVar("T")
_faults: list[str] = []


def _read_dotenv(path: Path) -> None:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, found, value = line.strip().removeprefix("export ").partition("=")
        if found and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def _parsed(name: str, default: str, parse: Callable[[str], T], fallback: T) -> T:
    """One variable through its parser; a ValueError is kept, so that all bad variables are named at once."""
    try:
        return parse(_text(name, default))
    except ValueError as error:
        _faults.append(f"{name}: {error}")
        return fallback


def _boolean(value: str) -> bool:
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"“{value}” is neither yes nor no; write 1 or 0.")


def _secret_key() -> str:
    """The given key, else one that is made once and kept beside the embedded database."""
    if given := _text("SECRET_KEY"):
        return given
    path = VAR_DIR / "secret_key"
    VAR_DIR.mkdir(exist_ok=True)
    if not path.exists():
        draft = VAR_DIR / f".secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        draft.rename(path)
    return path.read_text()


def _canvas_address(value: str) -> str:
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"“{value}” is not an address; write it as https://canvas.example.edu.")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("only scheme, host and path belong here; the token goes into CANVAS_TOKEN.")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("only https is allowed, but for a Canvas on this very machine.")
    return value.rstrip("/")


def _canvas_token(value: str) -> str:
    if not value and (path := _text("CANVAS_TOKEN_FILE")):
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            _faults.append(f"CANVAS_TOKEN_FILE: cannot be read: {error.strerror}.")
    if any(not "!" <= character <= "~" for character in value):
        raise ValueError("holds a blank or a character that no token has; copy it again.")
    return value


def _database(value: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(value, conn_max_age=60, conn_health_checks=True))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise ValueError("not understood; write sqlite:///path or postgres://user:password@host/name.") from None
    if found["ENGINE"].endswith("sqlite3"):
        name = Path(found["NAME"])
        if found["NAME"] != ":memory:" and not name.is_absolute():
            found["NAME"] = str(BASE_DIR / name)
            (BASE_DIR / name).parent.mkdir(parents=True, exist_ok=True)
        found["CONN_MAX_AGE"] = None
        found["OPTIONS"] = SQLITE_OPTIONS
    elif not found["ENGINE"].endswith("postgresql"):
        raise ValueError("only SQLite and PostgreSQL are supported.")
    return found


def _broker(value: str) -> str:
    if urlsplit(value).scheme not in ("redis", "rediss", "unix", "redis+socket", "safefs", "memory"):
        raise ValueError("write redis://host:6379/0, or leave it empty for the embedded broker.")
    return value


def _mail(value: str) -> dict[str, Any]:
    parts = urlsplit(value)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": parts.path,
        }
    if parts.scheme not in ("smtp", "smtps", "smtp+tls") or not parts.hostname:
        raise ValueError("write smtp://user:password@host:587?tls=1, smtps://…, or console:.")
    tls = parts.scheme == "smtp+tls" or parse_qs(parts.query).get("tls", ["0"])[-1] in ("1", "true")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtps": 465, "smtp": 587 if tls else 25}.get(parts.scheme, 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": tls,
    }


def _sender(value: str) -> str:
    if "@" not in parseaddr(value)[1]:
        raise ValueError(f"“{value}” is not a mail address.")
    return value


def _imap(value: str) -> dict[str, Any]:
    if not value:
        return {}
    parts = urlsplit(value)
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    ports = {"imaps": 993, "imap+tls": 143, "imap": 143}
    if parts.scheme not in ports or not parts.hostname or not user:
        raise ValueError("write imaps://user:password@host/INBOX.")
    if parts.scheme == "imap" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("imap:// is allowed on this very machine only; write imaps:// or imap+tls://.")
    if not all(text.isprintable() for text in (user, password)) or not (folder.isascii() and folder.isprintable()):
        raise ValueError("holds a character that no mailbox has; copy it again.")
    return {
        "host": parts.hostname,
        "port": parts.port or ports[parts.scheme],
        "user": user,
        "password": password,
        "folder": folder,
        "encryption": {"imaps": "tls", "imap+tls": "starttls", "imap": ""}[parts.scheme],
    }


def _days(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 5:
        raise ValueError(f"“{value}” is not a number of days; write 400, or 0 for ever.")
    return int(value)


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (KeyError, OSError, ValueError):
        raise ValueError(f"“{value}” is not a time zone; write it as America/Chicago.") from None


def _language(value: str) -> str:
    if value not in dict(LANGUAGES):
        raise ValueError(f"“{value}” is not a language of Preflight; write {' or '.join(dict(LANGUAGES))}.")
    return value


def _site(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("write only scheme and host: https://preflight.example.edu.")
    return value.rstrip("/")


LANGUAGES = [("en", "English"), ("es", "Español")]
SQLITE_OPTIONS = {
    "timeout": 20,
    # A transaction that reads first and writes later fails at once when another wrote in between, whatever the
    # time-out; IMMEDIATE takes the write lock at the start and waits for it instead.
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; PRAGMA cache_size=-32000; "
        "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;"
    ),
}

_read_dotenv(BASE_DIR / ".env")

DEBUG = _parsed("DEBUG", "0", _boolean, False)
SECRET_KEY = _secret_key()
SITE_URL = _parsed("SITE_URL", "http://localhost:8000", _site, "http://localhost:8000")
DEMO = "PREFLIGHT_DEMO" in os.environ
"""Set by `manage.py demo` alone: what it shows is partly made up, and says so."""
ALLOWED_HOSTS = [
    host.strip() for host in _text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host.strip()
]
_https = SITE_URL.startswith("https:")

CANVAS_BASE_URL = _parsed("CANVAS_BASE_URL", "", _canvas_address, "")
CANVAS_TOKEN = _parsed("CANVAS_TOKEN", "", _canvas_token, "")
CANVAS_ACCOUNT = _text("CANVAS_ACCOUNT", "self")
SIS_NAME = _text("SIS_NAME") or gettext_lazy("the SIS")
READING_LIMIT_HOURS = _parsed("READING_LIMIT_HOURS", "36", int, 36)

_no_database: dict[str, Any] = {}
DATABASES = {
    "default": _parsed("DATABASE_URL", "sqlite:///var/registrar.sqlite3", _database, _no_database),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "registrar.apps.RegistrarConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "registrar.web.errors.TroubleMiddleware",
]
ROOT_URLCONF = "registrar.urls"
WSGI_APPLICATION = "registrar.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registrar.web.context.site",
            ],
        },
    }
]

LOGIN_URL = "sessions:sign_in"
LOGIN_REDIRECT_URL = "overview:index"
LOGOUT_REDIRECT_URL = "sessions:sign_in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = _parsed("LANGUAGE_CODE", "en", _language, "en")
"""Of mail, files and whatever is kept; people choose for their own pages."""
LOCALE_PATHS = [BASE_DIR / "registrar" / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = _parsed("TIME_ZONE", "UTC", _zone, "UTC")
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SSL_REDIRECT = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
    }
}

_no_mail: dict[str, Any] = {}
globals().update(_parsed("EMAIL_URL", "console:", _mail, _no_mail))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = _parsed("DEFAULT_FROM_EMAIL", "preflight@localhost", _sender, "preflight@localhost")
BOUNCES_ADDRESS = _parsed("BOUNCES_ADDRESS", DEFAULT_FROM_EMAIL, _sender, DEFAULT_FROM_EMAIL)
"""Where what cannot be delivered comes back to (the envelope sender)."""
_no_mailbox: dict[str, Any] = {}
BOUNCES_URL = _parsed("BOUNCES_URL", "", _imap, _no_mailbox)
KEEP_MAIL_DAYS = _parsed("KEEP_MAIL_DAYS", "400", _days, 400)
KEEP_RUNS_DAYS = _parsed("KEEP_RUNS_DAYS", "400", _days, 400)

# Messages are hints, rows are the truth (design.md, section 7): whatever is lost here costs seconds, not work.
CELERY_BROKER_URL = _parsed("CELERY_BROKER_URL", "safefs://localhost", _broker, "safefs://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"data_folder": str(VAR_DIR / "broker"), "polling_interval": 0.05}
    if CELERY_BROKER_URL.startswith("safefs:")
    else {"visibility_timeout": 900, "unacked_restore_interval": 10, "unacked_restore_throttle": 1}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not CELERY_BROKER_URL.startswith("safefs:")
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
# How often the rows are asked; what they say is when things are due.
CELERY_BEAT_SCHEDULE = {
    "syncs of the timetable": {"task": "registrar.tasks.tick", "schedule": crontab()},
    "work that lost its message": {"task": "registrar.tasks.sweep", "schedule": 30.0},
    "reports that are due": {"task": "registrar.tasks.report", "schedule": crontab()},
    "mail that came back": {"task": "registrar.tasks.collect_bounces", "schedule": crontab(minute="*/5")},
    "counts after changes": {"task": "registrar.tasks.count_again", "schedule": 300.0},
    "the counts of the day": {"task": "registrar.tasks.keep_history", "schedule": crontab(hour=23, minute=50)},
}

# A person at a shell reads sentences; what a developer needs goes to the file, or to stderr with LOG_FILE=-.
_log: dict[str, Any] = {"class": "logging.StreamHandler", "formatter": "line"}
if (_log_file := _text("LOG_FILE", str(VAR_DIR / "preflight.log"))) != "-":
    VAR_DIR.mkdir(exist_ok=True)
    _log |= {"class": "logging.handlers.WatchedFileHandler", "filename": _log_file, "delay": True}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"log": _log},
    "root": {"handlers": ["log"], "level": _text("LOG_LEVEL", "WARNING")},
}


if _faults:
    sys.exit("Preflight cannot start:\n" + "\n".join(f"  {fault}" for fault in _faults))
