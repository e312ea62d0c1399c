"""Canvas in trouble, and teachers at work: what each comes to, and that no write which arrived is sent again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from canvas_api.standin import Fault
from registrar.errors import CanvasTrouble
from registrar.models import Proposal, ProposalCourse
from registrar.services import applying, deciding, following

from .house import House, messages, overrides_of, states, the, utc, wanted

pytestmark = pytest.mark.django_db

DUE = "2026-12-02T06:59:59Z"
LATER = "2026-12-04T06:59:59Z"
BULK, CREATE, FLAG, GONE = "bulk_update", "POST .*overrides", "PUT .*/assignments/[0-9]+$", "DELETE"


def portfolio(house: House, **dates: Any) -> Proposal:
    return house.approved(house.proposed(wanted(1, 1, None, **(dates or {"due_at": DUE}))))


def due(house: House, assignment: int) -> Any:
    return house.university.assignments[assignment].due_at


def between(house: House, verb: str, part: str, act: Callable[[], None]) -> None:
    """Something happens in Canvas right before the first such request is answered."""
    left = [act]

    def before(request: Any) -> None:
        if left and request.method == verb and part in request.target:
            left.pop()()

    house.standin.before = before


# Canvas's own job


@pytest.mark.parametrize("kind", ["job_hang", "job_waiting", "job_stay_queued"])
def test_it_leaves_a_job_that_takes_hours_and_goes_on_waiting_later(house: House, kind: str) -> None:
    house.standin.faults = [Fault(kind=kind, match=BULK)]
    proposal = house.applied(portfolio(house))
    assert house.running == 1
    assert (proposal.state, the(proposal).state) == ("applying", "pending")
    progress = ProposalCourse.objects.get().progress_id
    house.later(hours=5)
    house.applied(proposal)
    assert (house.running, proposal.state) == (1, "applying")
    house.university.progresses[progress or 0].script = ""
    house.applied(proposal)
    assert (house.running, proposal.state, the(proposal).state) == (0, "verified", "verified")
    assert [target for _, target in house.writes()] == ["/api/v1/courses/1/assignments/bulk_update"]


def test_it_sees_that_a_job_did_its_work_though_it_never_ends(house: House) -> None:
    house.standin.faults = [Fault(kind="job_hang", match=BULK)]

    def arrive() -> None:
        house.university.assignments[1].due_at = utc(DUE)

    between(house, "GET", "/progress/", arrive)
    proposal = house.applied(portfolio(house))
    assert (house.running, the(proposal).state) == (0, "verified")


def require_due_dates(house: House) -> None:
    """An administrator of Canvas does so just before the dates arrive."""

    def switch() -> None:
        house.university.root.settings = {
            "sis_syncing": {"value": True},
            "sis_require_assignment_due_date": {"value": True},
        }

    between(house, "PUT", BULK, switch)


def test_it_says_of_each_row_what_canvas_has_against_it_and_that_the_others_were_not_written(house: House) -> None:
    require_due_dates(house)
    proposal = house.done(wanted(1, 1, None, due_at=None), wanted(1, 4, None, due_at=LATER))
    assert states(proposal) == {(1, None): "failed", (4, None): "failed"}
    said = messages(proposal)
    assert "cannot be blank when Post to Sis is checked" in said[1, None]
    assert said[4, None].startswith("Not written: ")
    assert due(house, 4) == utc("2026-11-20T06:59:59Z")


def test_it_names_the_section_whose_dates_made_canvas_refuse(house: House) -> None:
    require_due_dates(house)
    proposal = house.done(wanted(1, 2, 2, due_at=None))
    assert the(proposal).state == "failed"
    assert "cannot be blank for any assignees" in the(proposal).message


def test_it_reads_what_stands_after_a_job_that_crashed_half_way(house: House) -> None:
    house.standin.faults = [Fault(kind="job_crash", match=BULK)]
    proposal = house.done(wanted(1, 1, None, due_at=DUE), wanted(1, 2, None, due_at=LATER))
    assert states(proposal) == {(1, None): "verified", (2, None): "failed"}
    assert "Unexpected error" in messages(proposal)[2, None]
    assert proposal.state == "problems"
    house.restored(proposal)
    assert due(house, 1) == utc("2026-12-05T06:59:59Z")


def test_it_waits_for_dates_to_arrive_where_a_job_has_vanished(house: House) -> None:
    house.standin.faults = [Fault(kind="job_vanish", match=BULK)]
    proposal = house.applied(portfolio(house))
    assert the(proposal).state == "verified"
    assert len(house.writes()) == 1


def test_it_does_not_take_a_job_for_done_that_vanished_without_doing_it(house: House) -> None:
    house.standin.faults = [Fault(kind="job_vanish", match=BULK)]
    between(house, "GET", "/progress/", house.university.jobs.clear)
    proposal = house.applied(portfolio(house))
    assert (the(proposal).state, the(proposal).message) == ("failed", "Canvas no longer knows this job.")
    assert len(house.writes()) == 1


def test_it_says_so_where_canvas_cancelled_its_job(house: House) -> None:
    house.standin.faults = [Fault(kind="job_canceled", match=BULK)]
    proposal = house.applied(portfolio(house))
    assert the(proposal).state == "failed"
    assert the(proposal).message
    assert due(house, 1) == utc("2026-12-05T06:59:59Z")


def test_it_follows_a_job_through_a_canvas_that_is_away_for_a_while(house: House) -> None:
    house.standin.faults = [Fault(kind="503", match="/progress/", times=8)]
    proposal = house.applied(portfolio(house))
    assert the(proposal).state == "verified"


def test_it_reads_the_course_where_it_may_not_see_the_job(house: House) -> None:
    house.standin.faults = [Fault(kind="forbidden", match="/progress/")]
    proposal = house.applied(portfolio(house))
    assert the(proposal).state == "verified"
    assert len(house.writes()) == 1


# Lost replies


@pytest.mark.parametrize("kind", ["lost_reply", "reset", "short_body", "invalid_json", "login_page", "502"])
@pytest.mark.parametrize("place", [CREATE, BULK])
def test_it_finds_out_by_itself_whether_a_write_arrived(house: House, kind: str, place: str) -> None:
    house.standin.faults = [Fault(kind=kind, match=place, nth=1)]
    before = house.university.snapshot()
    proposal = house.done(wanted(1, 1, None, due_at=DUE), wanted(1, 1, 1, due_at=LATER))
    assert set(states(proposal).values()) == {"verified"}
    assert due(house, 1) == utc(DUE)
    (made,) = overrides_of(house, 1)
    assert (made.set_id, made.due_at) == (1, utc(LATER))
    arrived = kind not in ("login_page", "502")
    assert len([one for one in house.writes() if "/assignments/" in one[1]]) == (2 if arrived else 3)
    house.standin.faults = []
    house.restored(proposal)
    assert house.university.snapshot() == before


def queued(house: House, seconds: float) -> None:
    """The reply is lost, and Canvas leaves its job in the queue for so long."""
    house.standin.faults = [
        Fault(kind="lost_reply", match=BULK, times=1),
        Fault(kind="job_stay_queued", match=BULK, times=1),
    ]
    until = house.clock() + timedelta(seconds=seconds)

    def before(request: Any) -> None:
        if house.clock() >= until:
            for progress in house.university.progresses.values():
                progress.script = ""

    house.standin.before = before


def test_it_waits_for_a_job_that_canvas_queued_though_its_reply_was_lost(house: House) -> None:
    queued(house, 100)
    proposal = house.applied(portfolio(house))
    assert (the(proposal).state, house.standin.count("PUT", BULK)) == ("verified", 1)
    assert house.standin.count("GET", "/courses/1/assignments") < 30


def test_it_sends_again_what_did_not_arrive_for_long_and_the_twin_does_no_harm(house: House) -> None:
    queued(house, 300)
    proposal = house.applied(portfolio(house), patience=timedelta(minutes=20))
    assert (the(proposal).state, house.standin.count("PUT", BULK)) == ("verified", 2)
    assert due(house, 1) == utc(DUE)
    house.later(hours=1)
    house.sync()
    assert due(house, 1) == utc(DUE)


def test_it_does_not_wait_long_where_the_dates_are_no_longer_as_before(house: House) -> None:
    queued(house, 10**6)
    proposal = portfolio(house)
    between(house, "GET", "/progress/", lambda: None)
    began = house.clock()

    def edit(request: Any, reply: Any) -> None:
        if request.method == "PUT":
            house.university.assignments[1].due_at = utc(LATER)

    house.standin.after = edit
    house.applied(proposal)
    assert the(proposal).state == "different"
    assert house.clock() - began < timedelta(seconds=60)


def test_it_records_what_was_sent_though_no_answer_came(house: House) -> None:
    house.standin.faults = [Fault(kind="lost_reply", match=BULK, nth=1), Fault(kind="500", match=CREATE, nth=1)]
    house.done(wanted(1, 1, None, due_at=DUE), wanted(1, 1, 1, due_at=LATER))
    told = [(one["what"], one["status"], bool(one["request_id"])) for one in ProposalCourse.objects.get().receipts]
    assert told == [
        ("POST overrides", 500, True),
        ("POST overrides", 200, True),
        ("PUT bulk_update", None, False),
    ]
    lost = ProposalCourse.objects.get().receipts[-1]
    assert lost["maybe_done"]
    assert "broke off" in lost["message"]


def worker_died(house: House, proposal: Proposal, **last: Any) -> None:
    """As its row stands after a worker that recorded this write and was not heard of again."""
    applying.start(proposal=proposal, now=house.clock())
    ProposalCourse.objects.update(
        stage=ProposalCourse.Stage.WRITING,
        sent_at=house.clock(),
        receipts=[{"at": house.clock().isoformat(), "what": "PUT bulk_update"} | last],
    )


@pytest.mark.parametrize(
    ("last", "waits"),
    [
        ({}, 120),
        ({"status": None, "maybe_done": True}, 120),
        ({"status": 500, "maybe_done": True}, 120),
        ({"what": "POST overrides"}, 10),
        ({"status": 200}, 0),
        ({"status": None, "maybe_done": False}, 0),
    ],
)
def test_it_waits_for_the_write_of_a_dead_worker_only_where_it_may_still_arrive(
    house: House, last: dict[str, Any], waits: int
) -> None:
    proposal, sent = portfolio(house), []
    worker_died(house, proposal, **last)
    began = house.clock()

    def before(request: Any) -> None:
        if request.method == "PUT":
            sent.append((house.clock() - began).total_seconds())

    house.standin.before = before
    house.applied(proposal)
    assert the(proposal).state == "verified"
    (after,) = sent
    assert waits <= after <= waits + 15


@pytest.mark.parametrize("kind", ["lost_reply", "502"])
def test_it_deletes_a_new_override_once_even_where_the_reply_is_lost(house: House, kind: str) -> None:
    proposal = house.done(wanted(1, 1, 1, due_at=LATER))
    house.standin.faults = [Fault(kind=kind, match=GONE, nth=1)]
    back = house.restored(proposal)
    assert the(back).state == "verified"
    assert overrides_of(house, 1) == []


@pytest.mark.parametrize("kind", ["lost_reply", "502"])
def test_it_turns_flags_off_and_on_once_even_where_the_reply_is_lost(house: House, kind: str) -> None:
    before = house.university.snapshot()
    house.standin.faults = [
        Fault(kind=kind, match="disable_post_to_sis", nth=1),
        Fault(kind=kind, match=FLAG, nth=1),
    ]
    proposal = house.applied(house.approved(house.disabled(1)))
    assert states(proposal) == {(1, None): "verified", (2, None): "verified"}
    house.restored(proposal)
    assert house.university.snapshot() == before
    arrived = kind == "lost_reply"
    assert house.standin.count("PUT", "disable_post_to_sis") == (1 if arrived else 2)


def test_it_gives_up_on_a_write_that_canvas_never_takes(house: House) -> None:
    house.standin.faults = [Fault(kind="500", match=BULK)]
    proposal = house.done(wanted(1, 1, None, due_at=DUE), wanted(1, 1, 1, due_at=LATER))
    assert states(proposal) == {(1, None): "failed", (1, 1): "verified"}
    assert proposal.state == "problems"
    assert house.standin.count("PUT", BULK) == 3


# A Canvas that does not answer


def test_it_puts_one_course_off_and_does_the_others(house: House) -> None:
    house.standin.faults = [Fault(kind="500", match="courses/1/assignments")]
    proposal = house.approved(house.proposed(wanted(1, 1, None, due_at=DUE), wanted(2, 6, None, due_at=LATER)))
    with pytest.raises(CanvasTrouble):
        house.applied(proposal)
    assert (proposal.state, states(proposal)) == ("applying", {(1, None): "pending", (6, None): "verified"})
    house.standin.faults = []
    house.applied(proposal)
    assert (proposal.state, set(states(proposal).values())) == ("verified", {"verified"})


def test_it_stops_where_the_token_is_no_longer_good_and_goes_on_with_a_new_one(house: House) -> None:
    proposal = portfolio(house)
    with pytest.raises(CanvasTrouble):
        house.applied(proposal, token="revoked")
    assert (proposal.state, the(proposal).state) == ("applying", "pending")
    house.applied(proposal)
    assert proposal.state == "verified"


@pytest.mark.parametrize("kind", ["throttled_429", "throttled_403"])
def test_it_waits_where_canvas_throttles_it_in_the_middle(house: House, kind: str) -> None:
    house.standin.faults = [Fault(kind=kind, match="courses/1", every=2)]
    proposal = house.done(wanted(1, 1, None, due_at=DUE), wanted(1, 1, 1, due_at=LATER))
    assert proposal.state == "verified"
    assert len([status for verb, _, status, _ in house.standin.requests if verb != "GET" and status == 200]) == 2


# Rights


def test_it_fails_only_the_course_that_the_token_may_not_edit(house: House) -> None:
    house.standin.faults = [Fault(kind="forbidden", match="PUT .*courses/1/")]
    proposal = house.done(wanted(1, 1, None, due_at=DUE), wanted(2, 6, None, due_at=LATER))
    assert states(proposal) == {(1, None): "failed", (6, None): "verified"}
    assert "lacks the right" in messages(proposal)[1, None]


def test_it_understands_the_empty_401_of_the_blind_switch(house: House) -> None:
    proposal = house.approved(house.disabled(1))
    house.applied(proposal, token="no_overrides")
    assert set(states(proposal).values()) == {"failed"}
    assert "lacks the right" in messages(proposal)[1, None]
    assert proposal.state == "problems"


# Changes by others


def test_it_writes_nothing_of_an_assignment_that_a_teacher_changed(house: House) -> None:
    proposal = house.approved(
        house.proposed(
            wanted(1, 2, None, due_at=DUE), wanted(1, 2, 2, due_at=LATER), wanted(1, 1, None, due_at=DUE)
        )
    )
    house.university.overrides[1].due_at = utc("2026-11-30T06:59:59Z")
    house.applied(proposal)
    assert states(proposal) == {(2, None): "conflict", (2, 2): "conflict", (1, None): "verified"}
    assert due(house, 2) == utc("2026-11-07T06:59:59Z")
    found = proposal.changes.get(section_id=2).found
    assert found is not None
    assert found["due_at"] == "2026-11-30T06:59:59Z"


def test_it_takes_what_is_so_already_for_done(house: House) -> None:
    proposal = portfolio(house)
    house.university.assignments[1].due_at = utc(DUE)
    house.applied(proposal)
    assert (the(proposal).state, proposal.state) == ("already", "verified")
    assert house.writes() == []


def test_it_shows_what_a_teacher_made_of_it_between_write_and_reading_back(house: House) -> None:
    proposal = portfolio(house)

    def edit() -> None:
        house.university.assignments[1].due_at = utc("2026-11-30T06:59:59Z")

    reads = []

    def before(request: Any) -> None:
        reads.append(request.target)
        if request.method == "GET" and len([each for each in reads if "/assignments?" in each]) == 2:
            edit()

    house.standin.before = before
    house.applied(proposal)
    assert (the(proposal).state, proposal.state) == ("different", "problems")
    assert the(proposal).found is not None


def test_it_writes_the_others_where_an_assignment_vanishes_between_read_and_write(house: House) -> None:
    def vanish() -> None:
        house.university.assignments[2].workflow_state = "deleted"

    between(house, "PUT", BULK, vanish)
    proposal = house.done(wanted(1, 1, None, due_at=DUE), wanted(1, 2, None, due_at=DUE))
    assert states(proposal) == {(1, None): "verified", (2, None): "conflict"}


def test_it_sees_an_override_that_somebody_made_between_read_and_write(house: House) -> None:
    def make() -> None:
        house.university.add_override(assignment_id=1, course_section_id=1, due_at="2026-11-29T06:59:59Z")

    between(house, "POST", "overrides", make)
    proposal = house.done(wanted(1, 1, 1, due_at=LATER), wanted(1, 2, None, due_at=DUE))
    assert states(proposal) == {(1, 1): "different", (2, None): "verified"}
    (kept,) = overrides_of(house, 1)
    assert kept.due_at == utc("2026-11-29T06:59:59Z")


@pytest.mark.parametrize("gone", ["assignment", "course", "flag", "override"])
def test_it_does_nothing_to_what_is_gone(house: House, gone: str) -> None:
    proposal = house.approved(house.proposed(wanted(1, 2, 2, due_at=LATER)))
    match gone:
        case "assignment":
            house.university.assignments[2].workflow_state = "deleted"
        case "course":
            house.university.courses[1].workflow_state = "deleted"
        case "flag":
            house.university.assignments[2].post_to_sis = False
        case "override":
            house.university.overrides[1].workflow_state = "deleted"
    before = house.university.snapshot()
    house.applied(proposal)
    assert (the(proposal).state, proposal.state) == ("conflict", "problems")
    assert house.university.snapshot() == before


def test_it_changes_an_assignment_that_was_unpublished_meanwhile(house: House) -> None:
    proposal = portfolio(house)
    house.university.assignments[1].workflow_state = "unpublished"
    house.applied(proposal)
    assert (the(proposal).state, due(house, 1)) == ("verified", utc(DUE))


def test_it_does_not_write_dates_that_became_impossible_since_they_were_approved(house: House) -> None:
    proposal = house.approved(house.proposed(wanted(1, 1, 1, due_at=DUE)))
    house.university.assignments[1].lock_at = utc("2026-11-30T06:59:59Z")
    house.applied(proposal)
    assert (the(proposal).state, house.writes()) == ("refused", [])


def test_it_turns_nothing_off_where_canvas_would_take_more_than_was_agreed_to(house: House) -> None:
    proposal = house.approved(house.disabled(1))
    house.university.assignments[4].workflow_state = "published"
    house.applied(proposal)
    assert set(states(proposal).values()) == {"conflict"}
    assert house.standin.count("PUT", "disable_post_to_sis") == 0


def test_it_goes_by_the_grading_period_as_canvas_has_it_now(house: House) -> None:
    proposal = house.approved(house.disabled(3, 2))
    house.university.grading_periods[2].start_date = utc("2026-12-30T06:00:00Z")
    house.university.grading_periods[2].end_date = utc("2026-12-31T06:00:00Z")
    house.applied(proposal)
    assert set(states(proposal).values()) == {"conflict"}
    assert house.writes() == []


def test_it_turns_nothing_off_by_a_grading_period_that_is_gone(house: House) -> None:
    proposal = house.approved(house.disabled(3, 2))
    del house.university.grading_periods[2]
    house.applied(proposal)
    assert set(states(proposal).values()) == {"conflict"}
    assert house.writes() == []


def test_it_tells_and_puts_back_what_the_blind_switch_took_besides(house: House) -> None:
    proposal = house.approved(house.disabled(1))
    before = house.university.snapshot()

    def publish() -> None:
        house.university.assignments[4].workflow_state = "published"

    between(house, "PUT", "disable_post_to_sis", publish)
    house.applied(proposal)
    assert states(proposal) == {(1, None): "verified", (2, None): "verified", (4, None): "different"}
    house.restored(proposal)
    house.university.assignments[4].workflow_state = "unpublished"
    assert house.university.snapshot() == before


# Proposing what is left


def test_it_proposes_the_rest_again_from_what_stands_now(house: House) -> None:
    proposal = house.approved(house.proposed(wanted(1, 1, None, due_at=DUE)))
    house.university.assignments[1].unlock_at = utc("2026-11-01T06:00:00Z")
    house.applied(proposal)
    assert the(proposal).state == "conflict"
    again = following.propose_rest(
        by=house.who["reviewer"], proposal=proposal, reason="once more", now=house.clock()
    )
    assert the(again).before["unlock_at"] == "2026-11-01T06:00:00Z"
    house.applied(house.approved(again))
    assert the(again).state == "verified"
    changed = house.university.assignments[1]
    assert (changed.due_at, changed.unlock_at) == (utc(DUE), utc("2026-11-01T06:00:00Z"))


def test_it_stops_between_courses_and_leaves_the_rest_pending(house: House) -> None:
    proposal = house.approved(house.proposed(wanted(1, 1, None, due_at=DUE), wanted(2, 6, None, due_at=LATER)))
    house.standin.faults = [Fault(kind="500", match="courses/2/assignments")]
    with pytest.raises(CanvasTrouble):
        house.applied(proposal)
    deciding.withdraw(by=house.who["reviewer"], proposal=proposal, now=house.clock())
    house.standin.faults = []
    house.applied(proposal)
    assert (proposal.state, states(proposal)) == ("cancelled", {(1, None): "verified", (6, None): "pending"})
    assert house.applied(proposal).state == "cancelled"
    assert due(house, 6) == utc("2026-12-01T06:59:59Z")
