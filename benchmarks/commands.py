"""A command in a process of its own, and what it took."""

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
    return python("manage.py", *words, environment=environment)


def python(*words: str, environment: Mapping[str, str]) -> Took:
    """``result`` is the last line of what it said, where that is a JSON object."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=os.environ | environment, stdout=out)
        cpu, peak_mb = _watched(process)
        seconds = time.perf_counter() - began
        out.seek(0)
        said = out.read()
    if process.returncode:
        raise Failed(f"{' '.join(words)} ended with {process.returncode}: {said}")
    last = (said.splitlines() or [""])[-1]
    return Took(seconds=seconds, cpu=cpu, peak_mb=peak_mb, result=json.loads(last) if last.startswith("{") else {})


def _watched(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Until its end: seconds of processor time, and the most memory it held."""
    high = 0
    try:
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            high = max(high, _high_water(process.pid))
            time.sleep(LOOK_EVERY)
    except BaseException:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    return ended[2].ru_utime + ended[2].ru_stime, high / 1024


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
    name = f"preflight_bench_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def settle(address: str) -> None:
    """What PostgreSQL does by itself within minutes: forget dead rows, and count those that are left."""
    if address.startswith("postgres"):
        with psycopg.connect(address, autocommit=True) as server:
            server.execute("VACUUM (ANALYZE)")
