"""https://canvas.instructure.com/doc/api/accounts.html"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from canvas_api.ids import Ref, path
from canvas_api.pagination import rows
from canvas_api.records import AccountRecord, decoder
from canvas_api.transport import Transport

_ONE = decoder(AccountRecord)
_LIST = decoder(list[AccountRecord])


@dataclass(frozen=True, slots=True)
class Accounts:
    transport: Transport

    def managed(self) -> Iterator[AccountRecord]:
        """Those where the token's owner is an administrator."""
        return rows(self.transport, "/api/v1/accounts", _LIST)

    def self_(self) -> AccountRecord:
        return self.one("self")

    def one(self, account: Ref) -> AccountRecord:
        return self.transport.get(path("/api/v1/accounts/{}", account), _ONE).value

    def sub_accounts(self, account: Ref, recursive: bool = True) -> Iterator[AccountRecord]:
        """In no order; needs the right to manage account settings."""
        query = [("recursive", "true")] if recursive else []
        return rows(self.transport, path("/api/v1/accounts/{}/sub_accounts", account), _LIST, query)
