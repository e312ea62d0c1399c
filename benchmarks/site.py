"""The product served as in production, collected files and all, and one person signed in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.commands import ROOT, Failed, manage, python

SERVER = ("--workers", "3", "--threads", "4", "--no-control-socket", "--log-level", "error")
"""As in docker-compose.yml."""
WARMING = 6
"""More than there are server processes, each with its own memory."""
PATIENCE = 60
CSRF = "c" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    port: int
    environment: dict[str, str]
    places: dict[str, Any]
    """What `benchmarks.visitor` found."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, address: str) -> float:
        """Seconds to the first byte. Each time a new connection, so that any of the processes may answer."""
        return self._asked("GET", address, 200)

    def post(self, address: str, form: Mapping[str, str]) -> float:
        return self._asked("POST", address, 302, urlencode({**form, "csrfmiddlewaretoken": CSRF}))

    def _asked(self, method: str, address: str, expected: int, body: str | None = None) -> float:
        headers = {
            "Cookie": f"sessionid={self.places['session']}; csrftoken={CSRF}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept-Encoding": "gzip",
        }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        began = time.perf_counter()
        connection.request(method, address, body, headers)
        answer = connection.getresponse()
        took = time.perf_counter() - began
        answer.read()
        connection.close()
        if answer.status != expected:
            raise Failed(f"{address} was answered with {answer.status}.")
        return took


@contextmanager
def site(given: Mapping[str, str]) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="preflight-bench-") as folder:
        environment = dict(given) | {
            "BENCH_FOLDER": folder,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "SECRET_KEY": "only-for-benchmarks",
            "LOG_FILE": str(Path(folder) / "log"),
        }
        manage("collectstatic", "--noinput", "-v", "0", environment=environment)
        places = python("-m", "benchmarks.visitor", environment=environment).result
        port = _free_port()
        with _serving(port, environment):
            yield Site(port=port, environment=environment, places=places)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _serving(port: int, environment: Mapping[str, str]) -> Iterator[None]:
    words = [sys.executable, "-m", "gunicorn", "registrar.wsgi", "--bind", f"127.0.0.1:{port}", *SERVER]
    process = subprocess.Popen(words, cwd=ROOT, env=os.environ | environment)
    try:
        _wait(port, process)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise Failed("gunicorn did not start.")
