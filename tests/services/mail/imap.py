"""A small IMAP server in this process: just the verbs that a reader of notices needs, and some bad manners."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class Letter:
    content: bytes
    flags: set[str] = field(default_factory=set)


class Mailbox:
    """``letters`` by their UID. ``silent`` never answers the verbs in it; ``break_off`` closes the line."""

    def __init__(self, *, plain: bool = True, tls: ssl.SSLContext | None = None, at_once: bool = False) -> None:
        self.letters: dict[int, Letter] = {}
        self.heard: list[str] = []
        self.capabilities = (
            "IMAP4rev1" + (" AUTH=PLAIN" if plain else "") + (" STARTTLS" if tls and not at_once else "")
        )
        self.password = "right pässword" if plain else 'right "password"'
        self.silent: set[str] = set()
        self.break_off: set[str] = set()
        self.port = 0
        self._tls, self._at_once = tls, at_once
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def put(self, *contents: bytes) -> None:
        for content in contents:
            self.letters[len(self.letters) + 7] = Letter(content.replace(b"\n", b"\r\n"))

    def flags(self) -> list[set[str]]:
        return [letter.flags for letter in self.letters.values()]

    def start(self) -> None:
        self._thread.start()
        self._server = self._do(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls if self._at_once else None)
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        try:
            while line := (await reader.readline()).decode().strip():
                tag, _, rest = line.partition(" ")
                verb = rest.removeprefix("UID ").split(" ")[0].upper()
                self.heard.append(rest)
                if verb in self.break_off:
                    break
                if verb in self.silent:
                    await asyncio.sleep(60)
                await self._answer(tag, verb, rest, reader, writer)
                if verb == "LOGOUT":
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, tag: str, verb: str, rest: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        ended = f"{tag} OK {verb} done\r\n".encode()
        if verb == "CAPABILITY":
            writer.write(f"* CAPABILITY {self.capabilities}\r\n".encode() + ended)
        elif verb == "STARTTLS":
            writer.write(ended)
            await writer.start_tls(self._tls)  # type: ignore[arg-type]
        elif verb == "AUTHENTICATE":
            writer.write(b"+ \r\n")
            given = base64.b64decode(await reader.readline()).decode()
            right = given == f"\0notices@example.edu\0{self.password}"
            writer.write(ended if right else f"{tag} NO [AUTHENTICATIONFAILED] Not so.\r\n".encode())
        elif verb == "LOGIN":
            quoted = self.password.replace('"', r"\"")
            right = rest == f'LOGIN "notices@example.edu" "{quoted}"'
            writer.write(ended if right else f"{tag} NO Not so.\r\n".encode())
        elif verb == "SELECT" and rest != 'SELECT "Re turned"':
            writer.write(f"{tag} NO There is no such folder.\r\n".encode())
        elif verb == "SELECT":
            writer.write(f"* {len(self.letters)} EXISTS\r\n".encode() + ended)
        elif verb == "SEARCH":
            new = [str(uid) for uid, letter in self.letters.items() if not letter.flags]
            writer.write(f"* SEARCH {' '.join(new)}\r\n".encode() + ended)
        elif verb == "FETCH":
            uid, most = (int(one) for one in re.findall(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)[0])
            content = self.letters[uid].content[:most]
            writer.write(
                f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(content)}}}\r\n".encode() + content + b")\r\n" + ended
            )
        elif verb == "STORE":
            uid_text, flag = re.findall(r"STORE (\d+) \+FLAGS\.SILENT \(\\(\w+)\)", rest)[0]
            self.letters[int(uid_text)].flags.add(flag)
            writer.write(ended)
        else:
            writer.write(ended)
        await writer.drain()
