"""Every step of a proposal through its form: taken, refused to others, and refused when forged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from kombu.exceptions import OperationalError

from registrar import tasks
from registrar.models import Change, Proposal, Role
from registrar.services import offering
from registrar.services.offering import Offer
from tests.pages import build
from tests.pages.conftest import University
from tests.pages.test_proposals_page import finished, teacher_moves

State = Proposal.State
WAYS = {
    Offer.SUBMIT: "submit",
    Offer.EDIT: "edit",
    Offer.RELEASE: "release",
    Offer.APPROVE: "approve",
    Offer.REJECT: "reject",
    Offer.SEND_BACK: "send-back",
    Offer.WITHDRAW: "withdraw",
    Offer.APPLY: "apply",
    Offer.STOP: "withdraw",
    Offer.RESTORE: "restore",
    Offer.AGAIN: "again",
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How often a worker was asked to tell those concerned."""
    found: list[Any] = []
    monkeypatch.setattr(tasks.announce, "apply_async", lambda **options: found.append(options))
    return found


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(tasks.apply_changes, "delay", found.append)
    return found


def post(browser: Client, proposal: Proposal, way: str, **given: Any) -> Any:
    form = {"comment": "I looked.", "reason": "It was wrong.", "seen": offering.fingerprint(proposal)}
    return browser.post(f"/proposals/{proposal.pk}/{way}/", form | given)


def state_of(proposal: Proposal) -> str:
    proposal.refresh_from_db()
    return proposal.state


def signed_in(name: str) -> Client:
    browser = Client()
    browser.force_login(User.objects.get(username=name))
    return browser


@pytest.mark.parametrize(
    ("who", "before", "way", "after"),
    [
        ("proposer", State.DRAFT, "submit", State.SUBMITTED),
        ("administrator", State.HELD, "release", State.SUBMITTED),
        ("approver", State.SUBMITTED, "approve", State.APPROVED),
        ("approver", State.SUBMITTED, "reject", State.REJECTED),
        ("approver", State.SUBMITTED, "send-back", State.DRAFT),
        ("proposer", State.SUBMITTED, "withdraw", State.WITHDRAWN),
        ("approver", State.APPROVED, "withdraw", State.WITHDRAWN),
        ("approver", State.APPROVED, "apply", State.APPLYING),
    ],
)
@pytest.mark.usefixtures("people")
def test_it_takes_the_step(
    who: str,
    before: str,
    way: str,
    after: str,
    university: University,
    told: list[Any],
    applied: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    proposal = build.proposal(university.ready, state=before)
    with django_capture_on_commit_callbacks(execute=True):
        response = post(signed_in(who), proposal, way)
    assert response.status_code == 302
    assert response["Location"] == f"/proposals/{proposal.pk}/"
    assert state_of(proposal) == after
    step = proposal.steps.last()
    assert step is not None
    assert step.by is not None
    assert step.by.username == who
    assert applied == ([proposal.pk] if way == "apply" else [])
    assert len(told) == (way != "apply")


def test_it_asks_to_stop_what_runs(as_: Callable[[str], Client], university: University) -> None:
    proposal = build.proposal(university.ready, state=State.APPLYING)
    assert post(as_("approver"), proposal, "withdraw").status_code == 302
    assert state_of(proposal) == State.APPLYING
    assert proposal.cancel_asked_at is not None


def test_it_proposes_to_put_back(as_: Callable[[str], Client], university: University) -> None:
    proposal = finished(university, verified=3, failed=1)
    response = post(as_("approver"), proposal, "restore", reason="It was the wrong week.")
    new = Proposal.objects.exclude(pk=proposal.pk).get()
    assert response["Location"] == f"/proposals/{new.pk}/"
    assert (new.kind, new.follows_id, new.reason) == ("restore", proposal.pk, "It was the wrong week.")
    assert new.changes.count() == 3


def test_it_proposes_the_rest_again(as_: Callable[[str], Client], university: University) -> None:
    proposal = finished(university, verified=3, failed=1)
    response = post(as_("reviewer"), proposal, "again")
    new = Proposal.objects.exclude(pk=proposal.pk).get()
    assert response["Location"] == f"/proposals/{new.pk}/"
    assert new.changes.count() == 1
    assert new.proposed_by.username == "reviewer"


def test_it_rewords_a_draft(university: University) -> None:
    proposal = build.proposal(university.ready)
    assert post(signed_in("proposer"), proposal, "edit", reason="Better said.").status_code == 302
    proposal.refresh_from_db()
    assert proposal.reason == "Better said."


def test_it_removes_single_changes(university: University) -> None:
    proposal = build.proposal(university.ready, university.needing)
    mine = signed_in("proposer")
    gone = [row.pk for row in proposal.changes.filter(course=university.needing)]
    assert post(mine, proposal, "remove", change=gone).status_code == 302
    assert set(proposal.changes.values_list("course", flat=True)) == {university.ready.pk}
    assert [part.course_id for part in proposal.courses.all()] == [university.ready.pk]
    rest = [row.pk for row in proposal.changes.all()]
    for nothing in ([], ["x"], [999_999_999], [str(10**30)], rest):
        assert post(mine, proposal, "remove", change=nothing).status_code == 403
    assert proposal.changes.count() == len(rest)


def test_it_removes_nothing_of_another_proposal(university: University) -> None:
    proposal, other = build.proposal(university.ready), build.proposal(university.ready)
    foreign = [row.pk for row in other.changes.all()]
    assert post(signed_in("proposer"), proposal, "remove", change=foreign).status_code == 403
    assert other.changes.count() == 4


def test_it_lets_an_administrator_open_a_closed_period(
    as_: Callable[[str], Client], university: University, people: dict[str, User]
) -> None:
    proposal = build.proposal(university.ready, state=State.SUBMITTED)
    assert post(as_("administrator"), proposal, "allow-closed", reason="The dean agreed.").status_code == 302
    proposal.refresh_from_db()
    assert proposal.closed_allowed_by == people["administrator"]
    assert post(as_("administrator"), proposal, "allow-closed", reason="").status_code == 422


# What is missing


@pytest.mark.parametrize(
    ("who", "state", "way", "given"),
    [
        ("approver", State.SUBMITTED, "reject", {"comment": " "}),
        ("approver", State.SUBMITTED, "send-back", {"comment": ""}),
        ("proposer", State.DRAFT, "edit", {"reason": ""}),
        ("approver", State.SUBMITTED, "reject", {"comment": "x" * 2001}),
    ],
)
def test_it_says_what_is_missing(
    who: str, state: str, way: str, given: dict[str, str], people: dict[str, User], university: University
) -> None:
    proposal = build.proposal(university.ready, state=state)
    response = post(signed_in(who), proposal, way, **given)
    assert response.status_code == 422
    text = response.content.decode()
    assert "autofocus" in text[text.index('id="step-trouble"') :][:200]
    assert state_of(proposal) == state


# What is refused, by whatever road it comes


@pytest.mark.parametrize("who", ["viewer", "reviewer", "approver", "administrator", "proposer"])
@pytest.mark.parametrize("state", list(State))
@pytest.mark.usefixtures("people", "applied", "told")
def test_it_offers_what_is_taken_and_refuses_the_rest(who: str, state: str, university: University) -> None:
    """The page and the services must agree for every person in every state."""
    browser = signed_in(who) if who != "proposer" else None
    proposal = build.proposal(university.ready, state=state, finished_at=build.NOW, started_at=build.NOW)
    if state in Proposal.FINISHED:
        half = proposal.changes.all()[:2]
        Change.objects.filter(pk__in=[row.pk for row in half]).update(state=Change.State.VERIFIED)
        proposal.changes.exclude(pk__in=[row.pk for row in half]).update(state=Change.State.FAILED)
    browser = browser or signed_in(who)
    offers = browser.get(f"/proposals/{proposal.pk}/").context["offers"]
    ways = {WAYS[one] for one in offers if one in WAYS}
    for way in dict.fromkeys(WAYS.values()):
        with transaction.atomic():
            response = post(browser, proposal, way)
            if way in ways:
                assert response.status_code == 302, (way, state, who)
            elif response.status_code == 302:
                assert (way, state) in MORE_THAN_OFFERED, (way, state, who)
            else:
                assert response.status_code == 403, (way, state, who)
                assert state_of(proposal) == state
            transaction.set_rollback(True)


MORE_THAN_OFFERED = {("withdraw", state) for state in (State.DRAFT, State.SUBMITTED, State.HELD)}
"""An approver may withdraw what waits, but is shown the plainer ways: to reject it or to send it back."""


@pytest.mark.parametrize("way", ["approve", "reject", "send-back", "apply", "release"])
def test_it_refuses_to_decide_on_ones_own(way: str, university: University) -> None:
    both = build.person("both", Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
    state = {"apply": State.APPROVED, "release": State.HELD}.get(way, State.SUBMITTED)
    proposal = build.proposal(university.ready, by=both, state=state)
    response = post(signed_in("both"), proposal, way)
    assert response.status_code == 403
    assert "their own proposal" in response.content.decode()
    assert state_of(proposal) == state
    with pytest.raises(IntegrityError):
        Proposal.objects.filter(pk=proposal.pk).update(decided_by=both)


def test_it_refuses_to_approve_what_was_not_read(as_: Callable[[str], Client], university: University) -> None:
    proposal = build.proposal(university.ready, state=State.SUBMITTED)
    for forged in ("", "0" * 24):
        response = post(as_("approver"), proposal, "approve", seen=forged)
        assert response.status_code == 403
        assert "changed after you opened it" in response.content.decode()
    assert state_of(proposal) == State.SUBMITTED


def test_it_asks_again_when_canvas_changed_between_the_look_and_the_click(
    as_: Callable[[str], Client], university: University
) -> None:
    build.read(
        university.ready,
        sections=[build.section("001")],
        assignments=[build.assignment("Lab"), build.assignment("Exam")],
    )
    proposal = build.proposal(university.ready)
    items = university.ready.line_items
    Change.objects.filter(proposal=proposal).delete()
    row = items.first()
    assert row is not None
    base = {
        "due_at": "2026-12-01T00:00:00Z",
        "unlock_at": None,
        "lock_at": None,
        "post_to_sis": True,
        "exists": True,
    }
    Change.objects.create(
        proposal=proposal,
        course=university.ready,
        assignment_id=row.assignment_id,
        assignment_name="Lab",
        before=base,
        after=base | {"due_at": build.DUE.strftime("%Y-%m-%dT%H:%M:%SZ")},
    )
    Proposal.objects.filter(pk=proposal.pk).update(state=State.SUBMITTED)
    seen = offering.fingerprint(proposal)
    teacher_moves(university.ready, days=1)
    response = post(as_("approver"), proposal, "approve", seen=seen)
    assert response.status_code == 403
    assert "Canvas has changed since this was proposed" in response.content.decode()
    assert state_of(proposal) == State.SUBMITTED
    assert post(as_("approver"), proposal, "approve", seen=offering.fingerprint(proposal)).status_code == 302


def test_it_tells_the_second_of_two_who_decide(as_: Callable[[str], Client], university: University) -> None:
    build.person("second", Role.APPROVER)
    proposal = build.proposal(university.ready, state=State.SUBMITTED)
    assert post(as_("approver"), proposal, "approve").status_code == 302
    response = post(signed_in("second"), proposal, "reject")
    assert response.status_code == 403
    assert "is approved by approver" in response.content.decode()
    assert state_of(proposal) == State.APPROVED


def test_it_needs_the_token_of_the_form(people: dict[str, User], university: University) -> None:
    proposal = build.proposal(university.ready, state=State.SUBMITTED)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["approver"])
    assert post(browser, proposal, "approve").status_code == 403
    assert state_of(proposal) == State.SUBMITTED


# Mail


@pytest.mark.usefixtures("people")
def test_it_takes_the_step_when_no_mail_can_be_sent(
    university: University, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def down(*args: Any, **options: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.announce, "apply_async", down)
    proposal = build.proposal(university.ready)
    with django_capture_on_commit_callbacks(execute=True):
        assert post(signed_in("proposer"), proposal, "submit").status_code == 302
    assert state_of(proposal) == State.SUBMITTED
