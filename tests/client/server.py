"""A server that says exactly what a test tells it to say, over a real socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """``raw`` is sent as it is, and the connection is closed after it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def encoded(self) -> bytes:
        if self.raw is not None:
            return self.raw
        headers = {"Content-Type": "application/json", "Content-Length": str(len(self.body))} | self.headers
        lines = [f"HTTP/1.1 {self.status} Status", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status=status, body=json.dumps(value).encode(), headers=named)


RESET = Reply(raw=b"reset")


class FakeCanvas:
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.replies: list[Reply] = []
        self.answer: Callable[[Seen], Reply] = lambda _seen: self.replies.pop(0)
        self.connections = count()
        self.lock = threading.Lock()
        self.url = ""

    def says(self, *replies: Reply) -> None:
        self.replies += replies

    @property
    def targets(self) -> list[str]:
        return [seen.target for seen in self.seen]


class _Handler(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        next(self.server.canvas.connections)
        stream = self.request.makefile("rb")
        while seen := _read(stream):
            with self.server.canvas.lock:
                self.server.canvas.seen.append(seen)
                answer = self.server.canvas.answer
            reply = answer(seen)
            if reply is RESET:
                # A closed socket with lingering off resets the connection.
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                break
            self.request.sendall(reply.encoded())
            if reply.raw is not None:
                break
        stream.close()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    canvas: FakeCanvas

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)


def _read(stream: Any) -> Seen | None:
    first = stream.readline().decode("latin-1").split()
    if not first:
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.title()] = value.strip()
    body = stream.read(int(headers.get("Content-Length", 0)))
    return Seen(method=first[0], target=first[1], headers=headers, body=body)


@contextmanager
def serving() -> Iterator[FakeCanvas]:
    canvas = FakeCanvas()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.canvas = canvas
        canvas.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield canvas
        finally:
            server.shutdown()
            thread.join()
