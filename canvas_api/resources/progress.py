"""https://canvas.instructure.com/doc/api/progress.html"""

from __future__ import annotations

from dataclasses import dataclass

from canvas_api.ids import path
from canvas_api.records import ProgressRecord, decoder
from canvas_api.transport import Transport

_ONE = decoder(ProgressRecord)


@dataclass(frozen=True, slots=True)
class Progress:
    transport: Transport

    def one(self, progress_id: int) -> ProgressRecord:
        return self.transport.get(path("/api/v1/progress/{}", progress_id), _ONE).value
