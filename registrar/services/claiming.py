"""Who holds a piece of work, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path
from uuid import uuid4


@cache
def _nonce(pid: int) -> str:
    return uuid4().hex[:8]


def owner_name() -> str:
    """Names this process so that others on the same machine can tell whether it still lives."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}:{_nonce(pid)}"


def is_gone(owner: str) -> bool:
    """Whether the process of a claim has certainly ended. Of another machine's processes nothing is certain."""
    host, pid, started, _ = [*owner.split(":"), "", "", ""][:4]
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """When the process began, in the kernel's ticks, because process ids are given out again. Empty off Linux."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # A zombie has ended; only its parent has not taken notice yet.
    return "ended" if fields[0] == "Z" else fields[19]
