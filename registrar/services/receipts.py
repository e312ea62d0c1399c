"""The receipt of a finished proposal: who, when, why, before, after, what Canvas answered, what was read back.

It is made from rows that nothing changes any more, so it reads the same each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy
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
UNCLEAR = _lazy("the answer was lost")
HEAD = ("id", "kind", "state", "reason", "proposed_by", "decided_by", "applied_by", "comment")
TIMES = ("created_at", "submitted_at", "decided_at", "started_at", "finished_at")
_HEADINGS = {
    "at": pgettext_lazy("receipt", "at"),
    "by": pgettext_lazy("receipt", "by"),
    "what": pgettext_lazy("receipt", "what"),
    "comment": pgettext_lazy("receipt", "comment"),
    "id": pgettext_lazy("receipt", "id"),
    "kind": pgettext_lazy("receipt", "kind"),
    "state": pgettext_lazy("receipt", "state"),
    "reason": pgettext_lazy("receipt", "reason"),
    "proposed_by": pgettext_lazy("receipt", "proposed_by"),
    "decided_by": pgettext_lazy("receipt", "decided_by"),
    "applied_by": pgettext_lazy("receipt", "applied_by"),
    "created_at": pgettext_lazy("receipt", "created_at"),
    "submitted_at": pgettext_lazy("receipt", "submitted_at"),
    "decided_at": pgettext_lazy("receipt", "decided_at"),
    "started_at": pgettext_lazy("receipt", "started_at"),
    "finished_at": pgettext_lazy("receipt", "finished_at"),
    "closed_allowed_by": pgettext_lazy("receipt", "closed_allowed_by"),
    "closed_allowed_reason": pgettext_lazy("receipt", "closed_allowed_reason"),
    "follows": pgettext_lazy("receipt", "follows"),
    "course_id": pgettext_lazy("receipt", "course_id"),
    "course_name": pgettext_lazy("receipt", "course_name"),
    "assignment_id": pgettext_lazy("receipt", "assignment_id"),
    "assignment_name": pgettext_lazy("receipt", "assignment_name"),
    "section_id": pgettext_lazy("receipt", "section_id"),
    "section_name": pgettext_lazy("receipt", "section_name"),
    "due_at_before": pgettext_lazy("receipt", "due_at_before"),
    "unlock_at_before": pgettext_lazy("receipt", "unlock_at_before"),
    "lock_at_before": pgettext_lazy("receipt", "lock_at_before"),
    "post_to_sis_before": pgettext_lazy("receipt", "post_to_sis_before"),
    "due_at_after": pgettext_lazy("receipt", "due_at_after"),
    "unlock_at_after": pgettext_lazy("receipt", "unlock_at_after"),
    "lock_at_after": pgettext_lazy("receipt", "lock_at_after"),
    "post_to_sis_after": pgettext_lazy("receipt", "post_to_sis_after"),
    "due_at_found": pgettext_lazy("receipt", "due_at_found"),
    "unlock_at_found": pgettext_lazy("receipt", "unlock_at_found"),
    "lock_at_found": pgettext_lazy("receipt", "lock_at_found"),
    "post_to_sis_found": pgettext_lazy("receipt", "post_to_sis_found"),
    "message": pgettext_lazy("receipt", "message"),
    "status": pgettext_lazy("receipt", "status"),
    "request_id": pgettext_lazy("receipt", "request_id"),
    "progress": pgettext_lazy("receipt", "progress"),
    "details": pgettext_lazy("receipt", "details"),
    "count": pgettext_lazy("receipt", "count"),
    "assignments": pgettext_lazy("receipt", "assignments"),
    "assignment": pgettext_lazy("receipt", "assignment"),
    "result": pgettext_lazy("receipt", "result"),
}
"""The workbook is for people; the record for programs keeps the names."""


def receipt(proposal: Proposal) -> dict[str, Any]:
    """Plain values, ready for JSON. Raises Refused while it is not finished."""
    if proposal.state not in Proposal.FINISHED:
        told = _("Proposal %(number)s has not been applied, so there is no receipt yet.")
        raise Refused(told % {"number": proposal.pk})
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
            (_("Proposal"), _head(record)),
            (_("Changes"), _changes(record)),
            ("Canvas", _answers(record)),
        ):
            sheet = book.add_worksheet(title)
            for number, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    write_cell(sheet, number, column, value)


def _head(record: dict[str, Any]) -> Iterator[list[Any]]:
    for name in (*HEAD, *TIMES, "closed_allowed_by", "closed_allowed_reason", "follows"):
        yield [_heading(name), record[name]]
    yield []
    yield _headings(("at", "by", "what", "comment"))
    for step in record["steps"]:
        yield list(step.values())


def _headings(names: Iterable[str]) -> list[str]:
    return [_heading(name) for name in names]


def _heading(name: str) -> str:
    return str(_HEADINGS.get(name, name))


def _changes(record: dict[str, Any]) -> Iterator[list[Any]]:
    yield _headings(COLUMNS)
    for item in record["items"]:
        states = [item[name] or {} for name in ("before", "after", "found")]
        dates = [_shown(state.get(name)) for state in states for name in DATES]
        yield [*(item[name] for name in COLUMNS[:6]), *dates, item["state"], item["message"]]


def _shown(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _answers(record: dict[str, Any]) -> Iterator[list[Any]]:
    yield _headings((*ANSWER, "details"))
    for course in record["courses"]:
        for answer in course["canvas"]:
            yield [course["course_id"], *(answer.get(name) for name in ANSWER[1:]), _details(answer)]


def _details(answer: Mapping[str, Any]) -> str:
    told = {name: value for name, value in answer.items() if name not in ANSWER and name != "maybe_done"}
    said = [f"{_heading(name)} {value}" for name, value in told.items() if value not in (None, "")]
    return ", ".join([*said, str(UNCLEAR)] if is_unclear(answer) else said)


def is_unclear(answer: Mapping[str, Any]) -> bool:
    """Whether the answer to a write was lost, so that only reading back told what came of it."""
    return bool(answer.get("maybe_done", "status" not in answer))
