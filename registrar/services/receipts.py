"""The receipt of a finished proposal: who, when, why, before, after, what Canvas answered, what was read back.

It is made from rows that nothing changes any more, so it reads the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlsxwriter import Workbook

from registrar.errors import Refused
from registrar.models import Change, Proposal

from .exporting import write_cell

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DATES = ("due_at", "unlock_at", "lock_at", "post_to_sis")
COLUMNS = (
    "course_id",
    "course_name",
    "assignment_id",
    "assignment_name",
    "section_id",
    "section_name",
    *(f"{name}_before" for name in DATES),
    *(f"{name}_after" for name in DATES),
    *(f"{name}_found" for name in DATES),
    "state",
    "message",
)
ANSWER = ("course_id", "at", "what", "status", "request_id", "progress")
"""What the record tells of each request; anything else is in words."""
UNCLEAR = "the answer was lost"
HEAD = ("id", "kind", "state", "reason", "proposed_by", "decided_by", "applied_by", "comment")
TIMES = ("created_at", "submitted_at", "decided_at", "started_at", "finished_at")


def receipt(proposal: Proposal) -> dict[str, Any]:
    """Plain values, ready for JSON. Raises Refused while it is not finished."""
    if proposal.state not in Proposal.FINISHED:
        raise Refused(f"Proposal {proposal.pk} has not been applied, so there is no receipt yet.")
    return {
        "id": proposal.pk,
        "kind": proposal.kind,
        "state": proposal.state,
        "reason": proposal.reason,
        "proposed_by": _name(proposal.proposed_by),
        "decided_by": _name(proposal.decided_by),
        "comment": proposal.comment,
        "applied_by": _name(proposal.applied_by),
        "period_id": proposal.period_id,
        "closed_allowed_by": _name(proposal.closed_allowed_by),
        "closed_allowed_reason": proposal.closed_allowed_reason,
        "follows": proposal.follows_id,
        **{name: _time(getattr(proposal, name)) for name in TIMES},
        "steps": [
            {"at": _time(step.at), "by": _name(step.by), "what": step.what, "comment": step.comment}
            for step in proposal.steps.select_related("by")
        ],
        "courses": [
            {"course_id": part.course_id, "name": part.course.name, "canvas": part.receipts}
            for part in proposal.courses.select_related("course").order_by("course_id")
        ],
        "items": [_item(row) for row in proposal.changes.select_related("course")],
    }


def _name(person: User | None) -> str | None:
    return person.get_username() if person else None


def _time(when: datetime | None) -> str | None:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def _item(row: Change) -> dict[str, Any]:
    """``found`` is what was read back where it is not what was wanted; null where it is."""
    return {
        "course_id": row.course_id,
        "course_name": row.course.name,
        "assignment_id": row.assignment_id,
        "assignment_name": row.assignment_name,
        "section_id": row.section_id,
        "section_name": row.section_name,
        "before": row.before,
        "after": row.after,
        "found": row.found,
        "state": row.state,
        "message": row.message,
    }


def write_xlsx(proposal: Proposal, path: Path | BytesIO) -> None:
    """Three sheets in which every text is a text, whatever it begins with."""
    record = receipt(proposal)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(path if isinstance(path, BytesIO) else str(path), options) as book:
        for title, rows in (
            ("Proposal", _head(record)),
            ("Changes", _changes(record)),
            ("Canvas", _answers(record)),
        ):
            sheet = book.add_worksheet(title)
            for number, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    write_cell(sheet, number, column, value)


def _head(record: dict[str, Any]) -> Iterator[list[Any]]:
    for name in (*HEAD, *TIMES, "closed_allowed_by", "closed_allowed_reason", "follows"):
        yield [name, record[name]]
    yield []
    yield ["at", "by", "what", "comment"]
    for step in record["steps"]:
        yield list(step.values())


def _changes(record: dict[str, Any]) -> Iterator[list[Any]]:
    yield list(COLUMNS)
    for item in record["items"]:
        states = [item[name] or {} for name in ("before", "after", "found")]
        dates = [_shown(state.get(name)) for state in states for name in DATES]
        yield [*(item[name] for name in COLUMNS[:6]), *dates, item["state"], item["message"]]


def _shown(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _answers(record: dict[str, Any]) -> Iterator[list[Any]]:
    yield [*ANSWER, "details"]
    for course in record["courses"]:
        for answer in course["canvas"]:
            yield [course["course_id"], *(answer.get(name) for name in ANSWER[1:]), _details(answer)]


def _details(answer: Mapping[str, Any]) -> str:
    told = {name: value for name, value in answer.items() if name not in ANSWER and name != "maybe_done"}
    said = [f"{name} {value}" for name, value in told.items() if value not in (None, "")]
    return ", ".join([*said, UNCLEAR] if is_unclear(answer) else said)


def is_unclear(answer: Mapping[str, Any]) -> bool:
    """Whether the answer to a write was lost, so that only reading back told what came of it."""
    return bool(answer.get("maybe_done", "status" not in answer))
