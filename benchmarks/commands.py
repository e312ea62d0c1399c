"""``manage.py`` in a process of its own, and what it took."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).parent.parent
LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    seconds: float
    cpu: float
    peak_mb: float
    """The kernel's high-water mark of resident memory (VmHWM)."""
    result: dict[str, Any]


class Failed(Exception):
    """A command that was to be measured did not do its work."""


def manage(*words: str, environment: Mapping[str, str]) -> Took:
    with tempfile.TemporaryFile("w+") as out:
        began, high = time.perf_counter(), 0
        process = subprocess.Popen(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=os.environ | environment, stdout=out
        )
        try:
            while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
                high = max(high, _high_water(process.pid))
                time.sleep(LOOK_EVERY)
        except BaseException:
            process.kill()
            raise
        seconds, usage = time.perf_counter() - began, ended[2]
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        out.seek(0)
        said = out.read()
    if process.returncode:
        raise Failed(f"manage.py {' '.join(words)} ended with {process.returncode}: {said}")
    result = json.loads(said.splitlines()[-1]) if "--json" in words else {}
    return Took(seconds=seconds, cpu=usage.ru_utime + usage.ru_stime, peak_mb=high / 1024, result=result)


def _high_water(pid: int) -> int:
    """Kilobytes; 0 for a process that has just ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


@contextmanager
def database() -> Iterator[str]:
    """The address of an empty one: SQLite, or beside the database that DATABASE_URL names. Gone afterwards."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        with _beside(given) as address:
            yield address
    else:
        with tempfile.TemporaryDirectory(prefix="preflight-bench-") as folder:
            yield f"sqlite:///{folder}/bench.sqlite3"


@contextmanager
def _beside(given: str) -> Iterator[str]:
    name = f"preflight_bench_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
