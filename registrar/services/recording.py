"""Record what Canvas is asked for a course and what it answers: for the receipt, and for whoever follows a crash.

A write is recorded before it leaves. One without an answer in the record may have arrived or not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registrar.canvas import Answered
from registrar.models import ProposalCourse

from .holding import Doubt, Part

BULK = "PUT bulk_update"


def about_to_send(part: Part, what: str, now: datetime, **details: Any) -> None:
    """Kept by the caller together with its claim."""
    part.row.receipts.append({"at": now.isoformat(), "what": what} | details)


def answered(part: Part, answer: Answered, **details: Any) -> None:
    """The answer to what was recorded last."""
    part.row.receipts[-1] |= {"status": answer.status, "request_id": answer.request_id} | details
    ProposalCourse.objects.filter(pk=part.row.pk).update(
        receipts=part.row.receipts, progress_id=part.row.progress_id
    )


def doubt_left(row: ProposalCourse) -> Doubt | None:
    """By a worker that is gone: its last write may not have been answered, or not clearly."""
    if row.sent_at is None or not row.receipts:
        return None
    last = row.receipts[-1]
    if last.get("maybe_done", "status" not in last):
        return Doubt(datetime.fromisoformat(last["at"]), queued=last["what"] == BULK)
    return None
