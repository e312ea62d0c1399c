"""The stand-in as a running HTTP server: one thread for each connection, all state in memory."""

from __future__ import annotations

import itertools
import socket
import socketserver
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType

from . import faults as scripted
from .bucket import HIGH_WATER, Bucket
from .faults import Fault
from .handling import answer, identify
from .jobs import advance
from .university import University
from .wire import Refused, Reply, Request, refused

MOST_REMEMBERED = 50_000
NO_AGENT = "API requests must send a valid user agent."
Cost = Callable[[Request, Reply], float]


class Standin(socketserver.ThreadingTCPServer):
    """A Canvas on 127.0.0.1 for as long as the ``with`` block lasts.

    ``latency`` is in seconds for each request. ``refusal`` is the status of a throttled request: 429, or 403 as
    older Canvas says it. Hold ``lock`` while changing ``university`` from outside. ``before`` and ``after`` run
    around every request, within the lock: set them to change the university in the middle of a run.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        university: University,
        *,
        faults: Iterable[Fault] = (),
        latency: float = 0.0,
        throttle: bool = True,
        refusal: int = 429,
        high_water: float = HIGH_WATER,
        clock: Callable[[], float] = time.time,
        cost: Cost | None = None,
        port: int = 0,
    ) -> None:
        self.university = university
        university.clock = clock
        self.faults = list(faults)
        self.latency, self.throttle, self.refusal, self.high_water = latency, throttle, refusal, high_water
        self.clock = clock
        self.cost = cost or self._usual_cost
        self.before: Callable[[Request], None] | None = None
        self.after: Callable[[Request, Reply], None] | None = None
        self.lock = threading.RLock()
        self.requests: deque[tuple[str, str, int, str]] = deque(maxlen=MOST_REMEMBERED)
        """(method, raw target, status, token name), the oldest first; status 0 where no answer was sent."""
        self.request_count = 0
        self.refusals = 0
        self.buckets: dict[str, Bucket] = {}
        self._serial = itertools.count(1)
        self._connections: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        super().__init__(("127.0.0.1", port), Connection)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def token(self) -> str:
        return self.university.tokens["admin"].value

    def token_of(self, name: str) -> str:
        return self.university.tokens[name].value

    def __enter__(self) -> Standin:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopping.set()
        self.shutdown()
        self._thread.join()
        with self.lock:
            for each in self._connections:
                _hang_up(each)
        self.server_close()

    def count(self, method: str = "", part: str = "") -> int:
        """Remembered requests by method and a part of their target."""
        return sum(part in target and method in ("", verb) for verb, target, _, _ in self.requests)

    # One request

    def exchange(self, request: Request, connection: socket.socket) -> bool:
        """Answers one request. False: the connection is at its end."""
        fired = [fault for fault in self._fired(request) if not self._slow(fault)]
        reply = self._throttled(request, fired)
        wire = next((scripted.WIRE[fault.kind] for fault in fired if fault.kind in scripted.WIRE), None)
        self._remember(request, reply, lost=wire is scripted.WIRE["lost_reply"])
        sent = self._encoded(request, reply)
        if wire is not None:
            wire(connection, sent)
            return False
        connection.sendall(sent)
        return not request.closes

    def _fired(self, request: Request) -> list[Fault]:
        with self.lock:
            request.token_name = self._token_name(request)
            return [fault for fault in self.faults if fault.fires(request)]

    def _slow(self, fault: Fault) -> bool:
        """Waits within ``delay`` and ``hang``; a stop ends the waiting."""
        if fault.kind in scripted.SLOW:
            self._stopping.wait(fault.seconds)
        return fault.kind in scripted.SLOW

    def _token_name(self, request: Request) -> str:
        token = identify(self.university, request)
        return token.name if token is not None else ""

    def _throttled(self, request: Request, fired: list[Fault]) -> Reply:
        if not self.throttle:
            return self._carried_out(request, fired)
        with self.lock:
            key = request.headers.get("authorization", "")
            bucket = self.buckets.setdefault(key, Bucket(clock=self.clock, high_water=self.high_water))
            admitted = bucket.arrive()
        if not admitted:
            refusal = scripted.throttled(self.refusal).reply
            refusal.headers["X-Rate-Limit-Remaining"] = str(bucket.remaining)
            self.refusals += 1
            return refusal
        reply = self._carried_out(request, fired)
        with self.lock:
            cost = self.cost(request, reply)
            bucket.leave(cost)
            reply.headers["X-Request-Cost"] = str(cost)
            reply.headers["X-Rate-Limit-Remaining"] = str(bucket.remaining)
        return reply

    def _usual_cost(self, request: Request, reply: Reply) -> float:
        return round(0.02 + self.latency + 0.0005 * reply.rows, 4)

    def _carried_out(self, request: Request, fired: list[Fault]) -> Reply:
        if self.latency:
            self._stopping.wait(self.latency)
        with self.lock:
            try:
                reply = self._handled(request, fired)
            except Refused as refusal:
                reply = refusal.reply
            except Exception:
                # Canvas answers 500 to what it did not expect, and so do we; the reason goes to stderr.
                traceback.print_exc()
                reply = scripted.broken().reply
            if self.after is not None:
                self.after(request, reply)
            return reply

    def _handled(self, request: Request, fired: list[Fault]) -> Reply:
        if not request.headers.get("user-agent"):
            raise refused(403, {"error": "Forbidden", "message": NO_AGENT})
        for fault in fired:
            refusal = scripted.BEFORE[fault.kind](fault, request) if fault.kind in scripted.BEFORE else None
            if refusal is not None:
                raise refusal
            if fault.kind in scripted.JOBS:
                request.script = fault.kind.removeprefix("job_")
        if self.before is not None:
            self.before(request)
        advance(self.university)
        reply = answer(self.university, request)
        for fault in fired:
            if fault.kind in scripted.AFTER:
                scripted.AFTER[fault.kind](fault, request, reply)
        return reply

    def _remember(self, request: Request, reply: Reply, *, lost: bool) -> None:
        with self.lock:
            self.request_count += 1
            status = 0 if lost else reply.status
            self.requests.append((request.method, request.target, status, request.token_name))

    def _encoded(self, request: Request, reply: Reply) -> bytes:
        body = reply.encoded(string_ids=request.string_ids)
        head = {
            "Content-Type": reply.content_type,
            **reply.headers,
            "X-Request-Context-Id": f"stand-in-{next(self._serial)}",
        }
        if request.closes:
            head["Connection"] = "close"
        if reply.status != 204:
            head["Content-Length"] = str(len(body))
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + (
            b"" if request.method == "HEAD" else body
        )

    def opened(self, connection: socket.socket) -> None:
        with self.lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self.lock:
            self._connections.discard(connection)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class Connection(socketserver.StreamRequestHandler):
    """HTTP/1.1 with keep-alive, read by hand so that a raw target stays raw."""

    disable_nagle_algorithm = True
    server: Standin

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def handle(self) -> None:
        with suppress(OSError):
            while (request := self._read()) is not None and self.server.exchange(request, self.connection):
                pass

    def finish(self) -> None:
        self.server.closed(self.connection)
        with suppress(OSError):
            super().finish()

    def _read(self) -> Request | None:
        words = self.rfile.readline(65536).split()
        if len(words) != 3:
            return None
        headers: dict[str, str] = {}
        while line := self.rfile.readline(65536).strip():
            name, _, value = line.partition(b":")
            headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Request(method=words[0].decode(), target=words[1].decode("latin-1"), headers=headers, body=body)
