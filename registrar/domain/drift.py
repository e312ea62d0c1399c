"""Drift: what was changed with somebody's approval, and was changed in Canvas again afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from registrar.domain.changes import Change, State, has_become, rebased, state_of
from registrar.domain.facts import Assignment, DateField


def drifted(changes: Sequence[Change], assignment: Assignment | None, zone: tzinfo) -> dict[int, State | None]:
    """For each change of one key, by its place in the order they were applied: what Canvas shows instead, or None
    where it stands. Left out is what cannot be told.

    A later change speaks for what it changed, so an earlier one is asked only for the rest.
    """
    found: dict[int, State | None] = {}
    spoken: set[DateField] = set()
    flag_spoken = False
    for number, change in reversed(list(enumerate(changes))):
        left = _without(change, spoken, flag=flag_spoken)
        if _can_be_told(left, assignment):
            found[number] = _instead(left, assignment, zone) if assignment else None
        spoken.update(change.fields)
        flag_spoken = flag_spoken or change.before.post_to_sis != change.after.post_to_sis
    return found


def _can_be_told(change: Change, assignment: Assignment | None) -> bool:
    """Only flagged assignments are read: of one whose flag was turned off its absence is what was wanted."""
    if assignment is None:
        return change.before.post_to_sis and not change.after.post_to_sis
    return change.section_id is None or assignment.overrides is not None


def _without(change: Change, spoken: set[DateField], *, flag: bool) -> Change:
    """The change without those dates, and without its flag where that was changed later."""
    before, after = change.before, change.after
    kept = replace(
        after,
        due_at=before.due_at if "due_at" in spoken else after.due_at,
        unlock_at=before.unlock_at if "unlock_at" in spoken else after.unlock_at,
        lock_at=before.lock_at if "lock_at" in spoken else after.lock_at,
        post_to_sis=before.post_to_sis if flag else after.post_to_sis,
        exists=before.exists if spoken else after.exists,
    )
    return replace(change, after=kept)


def _instead(change: Change, assignment: Assignment, zone: tzinfo) -> State | None:
    now = state_of(assignment, change.section_id)
    wanted = rebased(now, change.before, change.after)
    return None if has_become(now, wanted, zone, section_id=change.section_id) else now
