"""Real processes for tests of crashes: `manage.py` in an environment of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.door import Row

HOME = Path(__file__).parent.parent.parent
LIMIT = 240
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPYCACHEPREFIX")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """One installation: a database, a Canvas and a broker folder, and nothing of ours."""

    database: str
    canvas: str
    token: str
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in KEPT}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "tests.tasks.settings",
            "SECRET_KEY": "only-for-tests",
            "DATABASE_URL": self.database,
            "CANVAS_BASE_URL": self.canvas,
            "CANVAS_TOKEN": self.token,
            "LOG_FILE": str(self.folder / "log"),
            "BROKER_FOLDER": str(self.folder / "broker"),
            **self.extra,
        }

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=HOME,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def manage(self, *command: str) -> subprocess.Popen[str]:
        return self.start("manage.py", *command)

    def done(self, *command: str) -> str:
        """Its standard output; whoever calls expects it to end well."""
        child = self.manage(*command)
        out, err = child.communicate(timeout=LIMIT)
        assert child.returncode == 0, err + out
        return out

    def sync(self, *options: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.done("sync", "--json", *options).splitlines()[-1])
        return found

    def exported(self) -> list[Row]:
        return [json.loads(line) for line in self.done("export_readiness").splitlines()]


def kill(child: subprocess.Popen[str]) -> None:
    """As `kill -9`, with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
