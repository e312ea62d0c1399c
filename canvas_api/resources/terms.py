"""https://canvas.instructure.com/doc/api/enrollment_terms.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import Struct

from canvas_api.ids import Ref, path
from canvas_api.pagination import rows
from canvas_api.records import TermRecord, decoder
from canvas_api.transport import Transport


class _Terms(Struct):
    enrollment_terms: list[TermRecord]


_ONE = decoder(TermRecord)
_LIST = decoder(_Terms)


@dataclass(frozen=True, slots=True)
class Terms:
    transport: Transport

    def of_account(self, root_account: Ref, state: Sequence[str] = ("active",)) -> Iterator[TermRecord]:
        """``state``: active, deleted or all. Canvas refuses an account that is not a root."""
        target = path("/api/v1/accounts/{}/terms", root_account)
        query = [("workflow_state[]", each) for each in state]
        return rows(self.transport, target, lambda body: _LIST(body).enrollment_terms, query)

    def one(self, root_account: Ref, term: Ref) -> TermRecord:
        return self.transport.get(path("/api/v1/accounts/{}/terms/{}", root_account, term), _ONE).value
