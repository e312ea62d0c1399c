"""What goes out with a write, and what Canvas's job then says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from canvas_api import records
from canvas_api.transport import RequestInfo
from registrar.domain import facts
from registrar.domain.changes import BulkEntry

from .found import Answered, ProgressFound, RowError
from .reading import clean, given


def sent_dates(dates: Mapping[facts.DateField, datetime | None]) -> dict[str, str | None]:
    return {name: when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None for name, when in dates.items()}


def bulk_item_of(entry: BulkEntry) -> dict[str, Any]:
    base = [{"base": True} | sent_dates(entry.base)] if entry.base else []
    overrides = [{"id": id_} | sent_dates(dates) for id_, dates in sorted(entry.overrides.items())]
    return {"id": entry.assignment_id, "all_dates": base + overrides}


def answered_of(last: RequestInfo | None) -> Answered:
    return Answered(status=last.status, request_id=clean(last.request_id)) if last else Answered()


def progress_of(found: records.ProgressRecord, last: RequestInfo | None) -> ProgressFound:
    results = given(found.results)
    return ProgressFound(
        id=found.id,
        ended=found.workflow_state in ("completed", "failed", "canceled"),
        completed=found.workflow_state == "completed",
        message=clean(found.message) or _message_of(results),
        errors=tuple(_row_errors(results)),
        answered=answered_of(last),
    )


def _message_of(results: Any) -> str:
    """A job that fails as a whole answers with an object, one that refuses rows with a list."""
    return clean(str(results["message"])) if isinstance(results, dict) and "message" in results else ""


def _row_errors(results: Any) -> Iterator[RowError]:
    for one in results if isinstance(results, list) else ():
        if isinstance(one, dict) and str(one.get("assignment_id", "")).isdecimal():
            override = str(one.get("assignment_override_id") or "")
            yield RowError(
                assignment_id=int(one["assignment_id"]),
                override_id=int(override) if override.isdecimal() else None,
                message="; ".join(_messages(one.get("errors"))),
            )


def _messages(errors: Any) -> Iterator[str]:
    for attribute, entries in errors.items() if isinstance(errors, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            text = entry.get("message") if isinstance(entry, dict) else entry
            yield f"{attribute}: {clean(str(text))}"
