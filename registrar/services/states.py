"""States as JSON, which is part of the public contract: a date is an ISO time, null (no date) or "inherit"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from registrar.domain import changes as rules
from registrar.domain import facts
from registrar.domain.changes import State
from registrar.models import Change


def as_json(state: State) -> dict[str, Any]:
    written: dict[str, Any] = {name: _date_as_json(state.get(name)) for name in facts.DATE_FIELDS}
    return written | {"post_to_sis": state.post_to_sis, "exists": state.exists}


def _date_as_json(value: facts.OverrideDate) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None if value is None else "inherit"


def from_json(stored: Mapping[str, Any]) -> State:
    dates = {name: _date_from_json(stored[name]) for name in facts.DATE_FIELDS}
    return State(**dates, post_to_sis=stored["post_to_sis"], exists=stored.get("exists", True))


def _date_from_json(value: str | None) -> facts.OverrideDate:
    if value is None:
        return None
    return facts.INHERIT if value == "inherit" else datetime.fromisoformat(value)


def as_change(row: Change) -> rules.Change:
    return rules.Change(
        assignment_id=row.assignment_id,
        section_id=row.section_id,
        before=from_json(row.before),
        after=from_json(row.after),
    )
