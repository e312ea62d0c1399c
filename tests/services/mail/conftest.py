from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from registrar.models import Delivery
from registrar.services import mailing
from tests.services.door import Clock

from .server import Mailroom, Server, started

NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
Start = Callable[..., Server]


@pytest.fixture
def room() -> Mailroom:
    return Mailroom()


@pytest.fixture
def start(room: Mailroom, settings: Any) -> Iterator[Start]:
    """Starts the mail server and points the settings to it."""
    running: list[Server] = []

    def begin(**options: Any) -> Server:
        server = started(room, **options)
        running.append(server)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 1
        return server

    yield begin
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1 in one file, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "made.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", *options.split(), "-keyout", key, "-out", made], check=True, capture_output=True, timeout=60
    )
    both = folder / "both.pem"
    both.write_text(key.read_text() + made.read_text())
    return both


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


def waiting(*names: str, **options: Any) -> list[Delivery]:
    """One message to each of them, due now."""
    found = []
    for name in names:
        given: dict[str, Any] = {
            "kind": "report",
            "key": f"to {name}",
            "subject": f"For {name}",
            "text": "Hello.\n",
        }
        row = mailing.write(address=f"{name}@example.edu", now=NOW, **given | options)
        assert row is not None
        found.append(row)
    return found


def states() -> dict[str, str]:
    return {row.address.partition("@")[0]: row.state for row in Delivery.objects.all()}


def the(name: str) -> Delivery:
    return Delivery.objects.get(address=f"{name}@example.edu")
