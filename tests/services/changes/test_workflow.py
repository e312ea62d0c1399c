"""Who may do which step, on what, and when; and that no road leads around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from registrar.errors import Missing, Refused
from registrar.models import Account, Course, Proposal, Scope
from registrar.services import applying, catching_up, deciding, following, limiting, switching

from .house import House, messages, states, the, utc, wanted

pytestmark = pytest.mark.django_db

DUE = "2026-12-02T06:59:59Z"
CLOSED = "2026-10-05T05:59:59Z"
Step = Callable[..., None]


def draft(house: House, **options: Any) -> Proposal:
    return house.proposed(wanted(1, 1, None, due_at=DUE), **options)


def submitted(house: House) -> Proposal:
    proposal = draft(house)
    deciding.submit(by=house.who["reviewer"], proposal=proposal, now=house.clock())
    return proposal


def held(house: House) -> Proposal:
    Account.objects.filter(pk=1).update(hold_above=0)
    return submitted(house)


STEPS: list[tuple[Step, Callable[[House], Proposal], set[str]]] = [
    (deciding.submit, draft, {"reviewer"}),
    (deciding.release, held, {"admin"}),
    (deciding.approve, submitted, {"approver", "approver2"}),
    (deciding.reject, submitted, {"approver", "approver2"}),
    (deciding.reject, held, {"approver", "approver2"}),
    (deciding.send_back, submitted, {"approver", "approver2"}),
    (deciding.withdraw, submitted, {"reviewer", "approver", "approver2"}),
]


@pytest.mark.parametrize(("step", "state", "allowed"), STEPS)
@pytest.mark.parametrize("name", ["viewer", "reviewer", "approver", "approver2", "admin"])
def test_it_lets_only_the_right_roles_take_a_step(
    house: House, name: str, step: Step, state: Callable[[House], Proposal], allowed: set[str]
) -> None:
    proposal = state(house)
    before = proposal.state
    if name in allowed:
        step(by=house.who[name], proposal=proposal, now=house.clock(), comment="because")
        assert Proposal.objects.get().state != before
    else:
        with pytest.raises(Refused):
            step(by=house.who[name], proposal=proposal, now=house.clock(), comment="because")
        assert Proposal.objects.get().state == before


@pytest.mark.parametrize(
    ("name", "may"), [("viewer", False), ("reviewer", True), ("approver", False), ("admin", True)]
)
def test_it_lets_only_reviewers_propose(house: House, name: str, may: bool) -> None:
    if may:
        assert draft(house, by=house.who[name]).state == "draft"
        return
    with pytest.raises(Refused):
        draft(house, by=house.who[name])
    with pytest.raises(Refused):
        switching.propose_sync(by=house.who[name], reason="x", chosen={1: [1]}, wanted=False, now=house.clock())
    assert not Proposal.objects.exists()


def test_it_lets_nobody_who_has_left_do_anything(house: House) -> None:
    house.who["reviewer"].is_active = False
    with pytest.raises(Refused):
        draft(house)


@pytest.mark.parametrize("step", [deciding.approve, deciding.reject, deciding.send_back])
def test_it_lets_nobody_decide_on_their_own(house: House, step: Step) -> None:
    proposal = submitted(house)
    house.who["reviewer"].groups.set(house.who["approver"].groups.all())
    with pytest.raises(Refused, match="own"):
        step(by=house.who["reviewer"], proposal=proposal, now=house.clock(), comment="fine by me")
    assert Proposal.objects.get().state == "submitted"


@pytest.mark.parametrize(
    "forged",
    [
        {"decided_by_id": "reviewer"},
        {"decided_by_id": "reviewer", "state": "approved"},
        {"state": "approved"},
        {"state": "applying"},
        {"state": "verified"},
    ],
)
def test_it_keeps_that_in_the_database_too(house: House, forged: dict[str, str]) -> None:
    proposal = submitted(house)
    fields = {key: house.who[value].pk if key.endswith("_id") else value for key, value in forged.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(**fields)


def test_it_does_not_let_the_decider_become_the_proposer(house: House) -> None:
    proposal = house.approved(draft(house))
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(proposed_by=house.who["approver"])


@pytest.mark.parametrize("second", [deciding.approve, deciding.reject, deciding.send_back])
def test_it_lets_the_first_of_two_win_and_tells_the_second(house: House, second: Step) -> None:
    mine = submitted(house)
    theirs = Proposal.objects.get()
    deciding.approve(by=house.who["approver"], proposal=mine, now=house.clock())
    with pytest.raises(Refused, match="approved by approver"):
        second(by=house.who["approver2"], proposal=theirs, now=house.clock(), comment="no")
    assert Proposal.objects.get().decided_by == house.who["approver"]


def test_it_wants_reasons(house: House) -> None:
    with pytest.raises(Refused, match="reason"):
        draft(house, reason="  ")
    with pytest.raises(Refused, match="Say why"):
        deciding.reject(by=house.who["approver"], proposal=submitted(house), now=house.clock())


def test_it_applies_only_what_is_approved(house: House) -> None:
    for proposal in (draft(house), submitted(house)):
        with pytest.raises(Refused):
            applying.start(proposal=proposal, now=house.clock())
    assert house.writes() == []


@pytest.mark.parametrize("name", ["viewer", "reviewer", "admin"])
def test_it_lets_only_approvers_apply(house: House, name: str) -> None:
    proposal = house.approved(draft(house))
    with pytest.raises(Refused):
        applying.start(proposal=proposal, now=house.clock(), by=house.who[name])
    applying.start(proposal=proposal, now=house.clock(), by=house.who["approver2"])
    assert (proposal.state, proposal.applied_by) == ("applying", house.who["approver2"])


def test_it_lets_nobody_apply_their_own_though_another_has_approved(house: House) -> None:
    proposal = house.approved(draft(house))
    house.who["reviewer"].groups.set(house.who["approver"].groups.all())
    with pytest.raises(Refused, match="own"):
        applying.start(proposal=proposal, now=house.clock(), by=house.who["reviewer"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(applied_by=proposal.proposed_by)
    assert Proposal.objects.get().state == "approved"


def test_it_does_not_apply_what_is_out_of_reach(house: House) -> None:
    proposal = house.approved(draft(house))
    Scope.objects.create(user=house.who["approver2"], account_id=3)
    with pytest.raises(Missing):
        applying.start(proposal=proposal, now=house.clock(), by=house.who["approver2"])


def test_it_approves_nothing_where_every_change_is_refused_by_now(house: House) -> None:
    proposal = submitted(house)
    proposal.changes.update(state="refused", refusal="closed_period")
    with pytest.raises(Refused, match="nothing to approve"):
        deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    assert Proposal.objects.get().state == "submitted"


def test_it_ends_well_where_all_that_was_agreed_to_stands(house: House) -> None:
    proposal = house.done(wanted(1, 1, None, due_at=CLOSED), wanted(1, 2, None, due_at=DUE))
    assert (proposal.state, states(proposal)) == ("verified", {(1, None): "refused", (2, None): "verified"})
    again = following.propose_rest(by=house.who["reviewer"], proposal=proposal, reason="x", now=house.clock())
    assert [row.assignment_id for row in again.changes.all()] == [1]


def test_it_remembers_the_rule_that_refused(house: House) -> None:
    proposal = house.proposed(wanted(1, 1, None, due_at=CLOSED), wanted(1, 2, None, due_at="2027-03-01T00:00:00Z"))
    assert [row.refusal for row in proposal.changes.all()] == ["closed_period", "outside_term"]
    by, reason = house.who["admin"], "the dean asks"
    deciding.allow_closed(by=by, proposal=proposal, reason=reason, now=house.clock())
    assert [(row.state, row.refusal) for row in proposal.changes.all()] == [
        ("pending", ""),
        ("refused", "outside_term"),
    ]


def test_it_submits_only_ones_own_and_only_what_has_something_to_do(house: House) -> None:
    proposal = draft(house)
    with pytest.raises(Refused, match="Only the person"):
        deciding.submit(by=house.who["admin"], proposal=proposal, now=house.clock())
    refused = house.proposed(wanted(1, 1, None, due_at="2027-12-02T06:59:59Z"))
    assert the(refused).state == "refused"
    with pytest.raises(Refused, match="nothing to submit"):
        deciding.submit(by=house.who["reviewer"], proposal=refused, now=house.clock())


def test_it_can_be_taken_up_again_after_it_was_sent_back(house: House) -> None:
    proposal = submitted(house)
    deciding.send_back(by=house.who["approver"], proposal=proposal, now=house.clock(), comment="not yet")
    assert proposal.state == "draft"
    house.applied(house.approved(proposal))
    assert proposal.state == "verified"


# The state of Canvas when it is decided


def changed_by_a_teacher(house: House) -> Proposal:
    proposal = house.proposed(wanted(1, 1, None, due_at=DUE), wanted(1, 2, 2, due_at=DUE))
    deciding.submit(by=house.who["reviewer"], proposal=proposal, now=house.clock())
    house.university.assignments[1].unlock_at = utc("2026-11-01T06:00:00Z")
    house.sync()
    return proposal


def test_it_shows_a_changed_canvas_and_asks_again(house: House) -> None:
    proposal = changed_by_a_teacher(house)
    with pytest.raises(Refused, match="1 of its changes"):
        deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    row = proposal.changes.get(assignment_id=1)
    assert (row.before["unlock_at"], row.after["unlock_at"]) == ("2026-11-01T06:00:00Z",) * 2
    assert row.after["due_at"] == DUE
    deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    house.applied(proposal)
    assert proposal.state == "verified"
    assert house.university.assignments[1].unlock_at == utc("2026-11-01T06:00:00Z")


def test_it_says_when_a_change_may_be_made_no_more(house: House) -> None:
    proposal = submitted(house)
    house.university.assignments[1].lock_at = utc("2026-12-01T06:59:59Z")
    house.sync()
    assert catching_up.catch_up(proposal, house.clock()) == 1
    assert the(proposal).state == "refused"
    assert catching_up.catch_up(proposal, house.clock()) == 0
    house.university.assignments[1].lock_at = None
    house.sync()
    assert catching_up.catch_up(proposal, house.clock()) == 1
    assert (the(proposal).state, the(proposal).message) == ("pending", "")


def test_it_drops_nothing_silently_when_an_assignment_leaves_the_feed(house: House) -> None:
    proposal = submitted(house)
    house.university.assignments[1].post_to_sis = False
    house.sync()
    assert catching_up.catch_up(proposal, house.clock()) == 1
    assert the(proposal).state == "refused"


def test_it_gives_a_section_new_dates_where_its_own_have_vanished(house: House) -> None:
    proposal = house.proposed(wanted(1, 2, 2, due_at=DUE))
    deciding.submit(by=house.who["reviewer"], proposal=proposal, now=house.clock())
    house.university.overrides[1].workflow_state = "deleted"
    house.sync()
    assert catching_up.catch_up(proposal, house.clock()) == 1
    deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    house.applied(proposal)
    assert the(proposal).state == "verified"
    assert house.standin.count("POST", "overrides") == 1


def test_it_lists_anew_what_the_blind_switch_would_take(house: House) -> None:
    proposal = house.disabled(1)
    deciding.submit(by=house.who["reviewer"], proposal=proposal, now=house.clock())
    house.university.assignments[4].workflow_state = "published"
    house.university.assignments[2].post_to_sis = False
    house.sync()
    with pytest.raises(Refused, match="2 of its changes"):
        deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    assert states(proposal) == {(1, None): "pending", (4, None): "pending"}
    deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    house.applied(proposal)
    assert proposal.state == "verified"
    assert [house.university.assignments[n].post_to_sis for n in (1, 2, 3, 4)] == [False] * 4


# Thresholds


def test_it_holds_what_is_over_the_threshold_until_an_administrator_releases_it(house: House) -> None:
    Account.objects.filter(pk=1).update(hold_above=100)
    Account.objects.filter(pk=2).update(hold_above=1)
    proposal = house.proposed(wanted(1, 1, None, due_at=DUE), wanted(2, 6, None, due_at=DUE))
    deciding.submit(by=house.who["reviewer"], proposal=proposal, now=house.clock())
    assert proposal.state == "held"
    with pytest.raises(Refused, match="threshold"):
        deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    deciding.release(by=house.who["admin"], proposal=proposal, now=house.clock())
    deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    assert proposal.state == "approved"


@pytest.mark.parametrize(("limit", "state"), [(None, "submitted"), (1, "submitted"), (0, "held")])
def test_it_takes_the_threshold_of_the_nearest_account_that_has_one(
    house: House, limit: int | None, state: str
) -> None:
    Account.objects.filter(pk=1).update(hold_above=limit)
    assert submitted(house).state == state


def test_it_lets_nobody_release_their_own(house: House) -> None:
    Account.objects.filter(pk=1).update(hold_above=0)
    proposal = draft(house, by=house.who["admin"])
    deciding.submit(by=house.who["admin"], proposal=proposal, now=house.clock())
    with pytest.raises(Refused, match="own"):
        deciding.release(by=house.who["admin"], proposal=proposal, now=house.clock())
    assert Proposal.objects.get().state == "held"


@pytest.mark.parametrize(("share", "state"), [(None, "submitted"), (50, "submitted"), (49, "held"), (1, "held")])
def test_it_holds_what_touches_too_large_a_share_of_the_flagged_assignments(
    house: House, share: int | None, state: str
) -> None:
    """The college has three; one of them is in another term. Two changes of one assignment touch one."""
    Account.objects.filter(pk=1).update(hold_above_share=100)
    Account.objects.filter(pk=3).update(hold_above_share=share)
    proposal = house.proposed(wanted(3, 7, None, due_at=DUE), wanted(3, 7, 5, due_at=DUE))
    deciding.submit(by=house.who["reviewer"], proposal=proposal, now=house.clock())
    assert proposal.state == state
    told = [(one.account.name, one.touched, one.of, one.percent) for one in limiting.excesses(proposal)]
    assert told == ([("College of Sciences", 1, 2, 50)] if state == "held" else [])


def test_it_takes_each_limit_by_itself_from_the_nearest_account(house: House) -> None:
    Account.objects.filter(pk=1).update(hold_above=1, hold_above_share=10)
    Account.objects.filter(pk=2).update(hold_above=5)
    proposal = house.proposed(wanted(1, 1, None, due_at=DUE), wanted(1, 2, None, due_at=DUE))
    (only,) = limiting.excesses(proposal)
    assert (only.account.pk, only.limit, only.touched, only.of) == (1, 10, 2, 8)


def test_it_holds_at_approval_what_has_come_over_a_threshold_since_it_was_submitted(house: House) -> None:
    proposal = submitted(house)
    Account.objects.filter(pk=1).update(hold_above=0)
    with pytest.raises(Refused, match="threshold"):
        deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    assert Proposal.objects.get().state == "held"
    deciding.release(by=house.who["admin"], proposal=proposal, now=house.clock())
    deciding.approve(by=house.who["approver"], proposal=proposal, now=house.clock())
    assert Proposal.objects.get().state == "approved"


# Closed grading periods


def test_it_leaves_a_closed_period_closed_unless_an_administrator_opens_it(house: House) -> None:
    proposal = house.proposed(wanted(1, 1, None, due_at=CLOSED), wanted(1, 2, None, due_at=DUE))
    assert states(proposal) == {(1, None): "refused", (2, None): "pending"}
    assert "closed" in messages(proposal)[1, None]
    for name in ("reviewer", "approver"):
        with pytest.raises(Refused):
            deciding.allow_closed(by=house.who[name], proposal=proposal, reason="an appeal", now=house.clock())
    with pytest.raises(Refused, match="Say why"):
        deciding.allow_closed(by=house.who["admin"], proposal=proposal, reason=" ", now=house.clock())
    deciding.allow_closed(by=house.who["admin"], proposal=proposal, reason="an appeal", now=house.clock())
    assert states(proposal) == {(1, None): "pending", (2, None): "pending"}
    house.applied(house.approved(proposal))
    assert house.university.assignments[1].due_at == utc(CLOSED)
    with pytest.raises(Refused):
        deciding.allow_closed(by=house.who["admin"], proposal=proposal, reason="late", now=house.clock())


def test_it_puts_nothing_back_into_a_period_that_has_closed_since(house: House) -> None:
    proposal = house.done(wanted(1, 1, None, due_at=DUE))
    house.clock.now = utc("2026-12-21T12:00:00Z")
    back = following.propose_restore(by=house.who["reviewer"], proposal=proposal, reason="undo", now=house.clock())
    assert the(back).state == "refused"
    deciding.allow_closed(by=house.who["admin"], proposal=back, reason="a mistake", now=house.clock())
    house.applied(house.approved(back))
    assert house.university.assignments[1].due_at == utc("2026-12-05T06:59:59Z")


def test_it_opens_a_closed_period_at_once_for_an_administrator_who_proposes(house: House) -> None:
    asked = wanted(1, 1, None, due_at=CLOSED)
    with pytest.raises(Refused):
        house.proposed(asked, closed_reason="an appeal")
    proposal = house.proposed(asked, by=house.who["admin"], closed_reason="an appeal")
    assert the(proposal).state == "pending"


# Reach


def test_it_shows_no_step_to_whom_the_course_is_out_of_reach(house: House) -> None:
    arts, sciences = Account.objects.get(pk=2), Account.objects.get(pk=3)
    proposal = submitted(house)
    Scope.objects.create(user=house.who["approver"], account=sciences)
    for step in (deciding.approve, deciding.reject, deciding.send_back, deciding.withdraw):
        with pytest.raises(Missing):
            step(by=house.who["approver"], proposal=proposal, now=house.clock(), comment="x")
    Scope.objects.create(user=house.who["approver2"], account=arts)
    deciding.approve(by=house.who["approver2"], proposal=proposal, now=house.clock())


def test_it_proposes_nothing_for_courses_out_of_reach(house: House) -> None:
    Scope.objects.create(user=house.who["reviewer"], account=Account.objects.get(pk=3))
    by = house.who["reviewer"]
    with pytest.raises(Refused):
        draft(house)
    with pytest.raises(Missing):
        switching.propose_sync(by=by, reason="x", chosen={1: [1]}, wanted=False, now=house.clock())
    with pytest.raises(Missing):
        switching.propose_disable(
            by=by,
            reason="x",
            course=Course.objects.get(pk=1),
            period_id=None,
            exact=False,
            now=house.clock(),
        )
    assert not Proposal.objects.exists()


# Restore and again


def test_it_puts_back_only_what_is_finished(house: House) -> None:
    for again in (following.propose_restore, following.propose_rest):
        with pytest.raises(Refused):
            again(by=house.who["reviewer"], proposal=submitted(house), reason="x", now=house.clock())


def test_it_does_not_put_back_what_a_teacher_has_changed_since(house: House) -> None:
    proposal = house.done(wanted(1, 1, None, due_at=DUE), wanted(1, 2, 2, due_at=DUE))
    house.university.assignments[1].due_at = utc("2026-11-30T06:59:59Z")
    back = house.restored(proposal)
    assert states(back) == {(1, None): "conflict", (2, 2): "verified"}
    assert house.university.assignments[1].due_at == utc("2026-11-30T06:59:59Z")


# Grade sync


def test_it_turns_off_just_the_chosen_and_on_again(house: House) -> None:
    before = house.university.snapshot()
    proposal = switching.propose_sync(
        by=house.who["reviewer"], reason="x", chosen={1: [2], 3: [7, 8]}, wanted=False, now=house.clock()
    )
    house.applied(house.approved(proposal))
    assert proposal.state == "verified"
    assert [n for n, one in house.university.assignments.items() if one.post_to_sis] == [1, 4, 5, 6, 9, 10]
    house.restored(proposal)
    assert house.university.snapshot() == before


def test_it_takes_with_a_period_what_canvas_takes_and_with_exact_what_is_meant(house: House) -> None:
    """Exam has no date, so Canvas takes it with every period."""
    house.university.assignments[8].due_at = None
    assert states(house.disabled(3, 1)).keys() == {(8, None)}
    assert states(house.disabled(3, 2)).keys() == {(7, None), (8, None)}
    assert states(house.disabled(3, 2, exact=True)).keys() == {(7, None)}
    with pytest.raises(Refused, match="nothing"):
        house.disabled(3, 1, exact=True)
    with pytest.raises(Missing, match="Second half"):
        house.disabled(3, 99)


def test_it_turns_off_by_period_as_listed(house: House) -> None:
    proposal = house.applied(house.approved(house.disabled(3, 2)))
    assert proposal.state == "verified"
    assert house.writes() == [("PUT", "/api/sis/courses/3/disable_post_to_sis")]
    assert not house.university.assignments[7].post_to_sis
    assert not house.university.assignments[8].post_to_sis


def test_it_does_not_turn_on_what_canvas_turns_off_at_every_save(house: House) -> None:
    house.university.assignments[1].submission_types = ("not_graded",)
    house.sync()
    off = switching.propose_sync(
        by=house.who["reviewer"], reason="x", chosen={1: [1]}, wanted=False, now=house.clock()
    )
    house.applied(house.approved(off))
    back = following.propose_restore(by=house.who["reviewer"], proposal=off, reason="undo", now=house.clock())
    house.applied(house.approved(back))
    assert the(back).state == "refused"
