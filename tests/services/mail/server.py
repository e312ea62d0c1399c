"""A real mail server in this process, that can be told to be difficult."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Reply = Callable[[str], str | None]


class Mailroom:
    """What arrived, and how the server behaves: ``refuse`` answers a recipient, ``at_end`` the message."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, EmailMessage]] = []
        self.senders: list[str | None] = []
        """Of the envelope."""
        self.port = 0
        self.greetings = 0
        self.pace = 0.0
        """Seconds for every message."""
        self.refuse: Reply = lambda address: None
        self.at_end: Reply = lambda address: None
        self.slow: dict[str, float] = {}
        self.slow_end: dict[str, float] = {}
        self.hang_up: set[str] = set()
        """Before the reply to the message: it has been taken all the same."""
        self.cut_off: set[str] = set()
        """At the recipient, without a word."""
        self.hang_up_after: set[str] = set()
        """With the reply: the message is taken, and the line is closed."""
        self.at: Callable[[str], None] = lambda stage: None
        """Called at each stage of each message: recipient, message, taken."""

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.arrived]

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for _, message in self.arrived]

    async def handle_RCPT(
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.at("recipient")
        await asyncio.sleep(self.slow.get(address, 0))
        if address in self.cut_off:
            server.transport.abort()
        reply = self.refuse(address)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        self.at("message")
        reply = self.at_end(address)
        if reply is None:
            assert isinstance(envelope.content, bytes)
            self.senders.append(envelope.mail_from)
            self.arrived.append((address, message_from_bytes(envelope.content, policy=policy.default)))
        self.at("taken")
        await asyncio.sleep(self.slow_end.get(address, self.pace))
        if address in self.hang_up:
            server.transport.abort()
        if address in self.hang_up_after:
            await server.push("250 Taken, good-bye")
            server.transport.close()
        return reply or "250 OK"


def checked(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"preflight", b"right")
    return AuthResult(success=right, handled=False)


class Counting(SMTP):
    """Counts who came, so that one connection for many messages can be seen."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.greetings += 1
        super().connection_made(transport)


class Server(Controller):
    handler: Mailroom

    def factory(self) -> SMTP:
        return Counting(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        """The system has chosen the port; whoever starts the server asks for it."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def started(room: Mailroom, **options: Any) -> Server:
    server = Server(room, hostname="127.0.0.1", port=0, **options)
    server.start()
    room.port, room.greetings = server.port, 0
    return server
