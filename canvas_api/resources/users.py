"""https://canvas.instructure.com/doc/api/users.html"""

from __future__ import annotations

from dataclasses import dataclass

from canvas_api.records import UserRecord, decoder
from canvas_api.transport import Transport

_ONE = decoder(UserRecord)


@dataclass(frozen=True, slots=True)
class Users:
    transport: Transport

    def self_(self) -> UserRecord:
        return self.transport.get("/api/v1/users/self", _ONE).value
