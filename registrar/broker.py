"""The embedded broker: a message is a file, so that a demo needs no server and still loses nothing.

Kombu's own ``filesystem://`` reads files that are still being written and forgets what a killed worker had taken.
Here publishing and claiming are renames, a file lives until it is acknowledged, and a dead process's claims are
given back: each process holds a lock on a file of its own, which the kernel lets go when the process ends.

For one machine and a few dozen messages a second. Production uses Redis.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

RETURN_EVERY = 2.0
"""Seconds between two looks for claims of dead processes."""


class Claims:
    """The messages that this process has taken and not yet acknowledged."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.root = folder
        self.folder = folder / f"claimed-{uuid4().hex}"
        self._lock = os.open(self.folder.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder.mkdir()
        self._files: dict[str, Path] = {}
        self._looked_at = 0.0

    def take(self, message: Path) -> dict[str, Any] | None:
        mine = self.folder / message.name
        try:
            message.rename(mine)  # of several, one wins
        except FileNotFoundError:
            return None
        payload: dict[str, Any] = loads(bytes_to_str(mine.read_bytes()))
        self._files[payload["properties"]["delivery_tag"]] = mine
        return payload

    def settle(self, tag: str) -> None:
        if taken := self._files.pop(tag, None):
            taken.unlink(missing_ok=True)

    def give_back_the_dead(self) -> None:
        if time.monotonic() - self._looked_at < RETURN_EVERY:
            return
        self._looked_at = time.monotonic()
        for folder in self.root.glob("claimed-*/"):
            if folder != self.folder:
                _give_back(folder)

    def close(self) -> None:
        for message in self.folder.iterdir():
            message.rename(self.root / message.name)
        self.folder.rmdir()
        self.folder.with_suffix(".lock").unlink(missing_ok=True)
        os.close(self._lock)


def _give_back(folder: Path) -> None:
    lock_path = folder.with_suffix(".lock")
    try:
        lock = os.open(lock_path, os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for message in folder.iterdir():
            message.rename(folder.parent / message.name)
        folder.rmdir()
        lock_path.unlink(missing_ok=True)
    except (BlockingIOError, FileNotFoundError):
        return  # its owner lives, or another process was quicker
    finally:
        os.close(lock)


class Channel(virtual.Channel):
    @property
    def claims(self) -> Claims:
        transport: Transport = self.connection  # type: ignore[assignment]
        if transport.claims is None:
            options: dict[str, Any] = transport.client.transport_options  # type: ignore[assignment, union-attr]
            transport.claims = Claims(Path(options["data_folder"]))
        return transport.claims

    def _put(self, queue: str, message: dict[str, Any], **_: object) -> None:
        name = f"{time.time_ns():020d}_{uuid4().hex}.{queue}.msg"
        draft = self.claims.root / f".{name}.draft"
        with draft.open("wb") as file:
            file.write(str_to_bytes(dumps(message)))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.claims.root / name)

    def _waiting(self, queue: str) -> list[Path]:
        return sorted(self.claims.root.glob(f"[0-9]*.{queue}.msg"))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        self.claims.give_back_the_dead()
        for message in self._waiting(queue):
            if payload := self.claims.take(message):
                return payload
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for message in waiting:
            message.unlink(missing_ok=True)
        return len(waiting)

    def _restore(self, message: Any) -> None:
        super()._restore(message)
        self.claims.settle(message.delivery_tag)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        super().basic_ack(delivery_tag, multiple)
        self.claims.settle(delivery_tag)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().basic_reject(delivery_tag, requeue=requeue)
        self.claims.settle(delivery_tag)


class Transport(virtual.Transport):
    Channel = Channel
    driver_type = driver_name = "safefs"
    default_port = 0
    claims: Claims | None = None

    def driver_version(self) -> str:
        return "1"

    def close_connection(self, connection: Any) -> None:
        super().close_connection(connection)
        if self.claims is not None:
            self.claims.close()
            self.claims = None


TRANSPORT_ALIASES["safefs"] = "registrar.broker:Transport"
