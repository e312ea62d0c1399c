"""What was approved and applied, and then changed in Canvas by somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from registrar.models import Change, Finding, Turn
from registrar.services import following

from .house import House, the, utc, wanted

pytestmark = pytest.mark.django_db

DUE = "2026-12-02T06:59:59Z"
OTHER = "2026-11-20T18:00:00Z"
THIRD = "2026-11-21T18:00:00Z"


def edit(house: House, due: str) -> None:
    """A teacher at work."""
    house.university.assignments[1].due_at = utc(due)


def test_it_notices_a_later_edit_once_and_forgets_it_when_it_comes_back(house: House) -> None:
    proposal = house.done(wanted(1, 1, None, due_at=DUE))
    assert the(proposal).state == Change.State.VERIFIED
    assert the(proposal).drifted_at is None
    house.later(hours=1)
    edit(house, OTHER)
    house.sync()
    seen = house.clock()
    drift: Any = the(proposal).drifted_to
    assert (the(proposal).drifted_at, drift["due_at"]) == (seen, OTHER)
    house.later(hours=1)
    edit(house, THIRD)
    house.sync()
    drift = the(proposal).drifted_to
    assert (the(proposal).drifted_at, drift["due_at"]) == (seen, THIRD)
    house.later(hours=1)
    edit(house, DUE)
    house.sync()
    assert (the(proposal).drifted_at, the(proposal).drifted_to) == (None, None)


def test_what_drifted_is_proposed_again_with_one_click(house: House) -> None:
    proposal = house.done(wanted(1, 1, None, due_at=DUE))
    house.later(hours=1)
    edit(house, OTHER)
    house.sync()
    again = following.propose_rest(
        by=house.who["reviewer"], proposal=proposal, reason="as agreed", now=house.clock()
    )
    assert (the(again).before["due_at"], the(again).after["due_at"]) == (OTHER, DUE)
    house.later(hours=1)
    house.applied(house.approved(again))
    assert the(again).state == Change.State.VERIFIED
    assert not proposal.changes.drifted().exists()


def test_putting_it_back_is_no_drift(house: House) -> None:
    proposal = house.done(wanted(1, 1, None, due_at=DUE))
    house.later(hours=1)
    back = house.restored(proposal)
    house.later(hours=1)
    house.sync()
    assert the(back).state == Change.State.VERIFIED
    assert [the(one).drifted_at for one in (proposal, back)] == [None, None]


def test_sync_that_is_turned_on_again_has_drifted(house: House) -> None:
    proposal = house.applied(house.approved(house.disabled(1, exact=True)))
    house.later(hours=1)
    house.sync()
    assert not proposal.changes.exclude(drifted_at=None).exists()
    row = proposal.changes.filter(state=Change.State.VERIFIED)[0]
    house.university.assignments[row.assignment_id].post_to_sis = True
    house.later(hours=1)
    house.sync()
    assert list(proposal.changes.exclude(drifted_at=None)) == [row]


def test_what_it_took_out_is_told_as_its_doing(house: House) -> None:
    assert Finding.objects.filter(course=2, code="due_missing").exists()
    proposal = house.applied(house.approved(house.disabled(2, exact=True)))
    found = Turn.objects.filter(course=2)
    assert {(turn.what, turn.cause, turn.proposal_id) for turn in found} == {("left", "proposal", proposal.pk)}
