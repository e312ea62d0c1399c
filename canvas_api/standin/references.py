"""What an id in a path means: a number, a word, ``sis_…:value`` or ``hex:`` (canvas-behaviour.md, section 10)."""

from __future__ import annotations

import re
from typing import Any

from .entities import Term
from .university import University

NUMBER = re.compile(r"\d{1,19}")
PREFIXES: dict[str, dict[str, str]] = {
    "courses": {"sis_course_id": "sis_course_id", "sis_integration_id": "integration_id"},
    "accounts": {"sis_account_id": "sis_account_id", "sis_integration_id": "integration_id"},
    "sections": {"sis_section_id": "sis_section_id", "sis_integration_id": "integration_id"},
    "terms": {"sis_term_id": "sis_term_id", "sis_integration_id": "integration_id"},
    "users": {"sis_user_id": "sis_user_id", "sis_login_id": "login_id", "sis_integration_id": "integration_id"},
    "student_groups": {"sis_group_id": "sis_group_id"},
    "assignments": {"sis_assignment_id": "sis_assignment_id"},
}


def find(university: University, collection: str, text: str, *, user_id: int = 0) -> Any | None:
    """The row, or None for anything that does not resolve."""
    table: dict[int, Any] = getattr(university, collection)
    text = unhexed(text)
    if NUMBER.fullmatch(text):
        return table.get(int(text))
    if ":" not in text:
        return _word(university, collection, text, user_id)
    prefix, _, value = text.partition(":")
    if prefix == "uuid":
        return next((each for each in table.values() if uuid(collection, each.id) == value), None)
    attribute = PREFIXES.get(collection, {}).get(prefix)
    if attribute is None or not value:
        return None
    return next((each for each in table.values() if _same(attribute, getattr(each, attribute), value)), None)


def unhexed(text: str) -> str:
    """``hex:sis_course_id:41422f31`` is ``sis_course_id:AB/1``."""
    match = re.fullmatch(r"hex:([a-z_]+):((?:[0-9a-fA-F]{2})+)", text)
    return f"{match[1]}:{bytes.fromhex(match[2]).decode('utf-8', 'replace')}" if match else text


def uuid(collection: str, number: int) -> str:
    return f"{collection[0]}{number:039d}"


def _same(attribute: str, held: str | None, value: str) -> bool:
    if held is None:
        return False
    return held.lower() == value.lower() if attribute == "login_id" else held == value


def _word(university: University, collection: str, word: str, user_id: int) -> Any | None:
    if collection == "accounts" and word in ("self", "default"):
        return university.root
    if collection == "users" and word == "self":
        return university.users.get(user_id)
    if collection == "terms" and word == "default":
        return university.default_term
    return _current(university) if (collection, word) == ("terms", "current") else None


def _current(university: University) -> Term | None:
    """The only active term that holds now and has a start or an end."""
    now = university.now
    held = [
        t
        for t in university.terms.values()
        if t.workflow_state == "active"
        and (t.start_at or t.end_at)
        and (t.start_at is None or t.start_at <= now)
        and (t.end_at is None or now <= t.end_at)
    ]
    return held[0] if len(held) == 1 else None
