from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from registrar.domain.findings import Code
from registrar.models import Account, Change, Course, Proposal, ProposalCourse
from registrar.services import exempting
from registrar.services.assessing import facts_of
from registrar.services.covering import Target
from tests.pages import build
from tests.pages.conftest import University

State = Proposal.State


def text_of(browser: Client, proposal: Proposal, query: str = "") -> str:
    response = browser.get(f"/proposals/{proposal.pk}/{query}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def teacher_moves(course: Course, days: int = 2) -> None:
    """What a sync brings in after somebody changed every base date in Canvas."""
    read = facts_of(course.pk)
    assert read is not None
    moved = [
        replace(one, dates=replace(one.dates, due_at=one.dates.due_at and one.dates.due_at + timedelta(days=days)))
        for one in read.assignments
    ]
    build.read(course, sections=read.sections, assignments=moved)


def finished(university: University, **states: int) -> Proposal:
    """A proposal on the course in order that has ended with its changes in these states."""
    proposal = build.proposal(university.ready, state=State.PROBLEMS, finished_at=build.NOW, started_at=build.NOW)
    rows = list(proposal.changes.order_by("pk"))
    for state in (state for state, count in states.items() for _ in range(count)):
        Change.objects.filter(pk=rows.pop().pk).update(state=state, message="Because of this.")
    proposal.courses.update(
        stage=ProposalCourse.Stage.DONE,
        receipts=[
            {
                "at": build.NOW.isoformat(),
                "what": "PUT bulk_update",
                "status": 200,
                "request_id": "9f3c",
                "progress": 17,
            }
        ],
    )
    return proposal


def test_it_shows_before_and_after(viewer: Client, university: University) -> None:
    text = text_of(viewer, build.proposal(university.needing))
    for part in ("Before and after", "Portfolio", "New section date", "as the assignment", "What it will cause"):
        assert part in text
    assert "Mends “No due date” for 2 changes" in text
    assert "Canvas may tell students" in text


def test_it_offers_nothing_to_those_who_only_look(viewer: Client, university: University) -> None:
    for state in State:
        assert viewer.get(f"/proposals/{build.proposal(university.ready, state=state).pk}/").status_code == 200
        found = viewer.get(f"/proposals/{build.proposal(university.ready, state=state).pk}/")
        assert found.context["offers"] == frozenset()
        main = found.content.decode().partition("<main")[2].partition("</main>")[0]
        assert "Before and after" in main
        assert "<form" not in main


@pytest.mark.parametrize(
    ("who", "state", "button"),
    [
        ("proposer", State.DRAFT, "Submit 4 changes for approval"),
        ("approver", State.SUBMITTED, "Approve 4 changes"),
        ("approver", State.SUBMITTED, "Send back"),
        ("approver", State.SUBMITTED, "Reject"),
        ("administrator", State.HELD, "Release to the approvers"),
        ("approver", State.APPROVED, "Apply 4 changes"),
        ("proposer", State.APPLYING, "Stop before the next course"),
        ("reviewer", State.PROBLEMS, "Propose the rest again"),
    ],
)
def test_it_makes_the_next_action_plain(
    who: str, state: str, button: str, as_: Callable[[str], Client], university: University
) -> None:
    proposal = build.proposal(university.ready, state=state)
    browser = Client()
    browser.force_login(User.objects.get(username=who))
    assert button in text_of(browser, proposal)


def test_it_says_that_an_exemption_ends(reviewer: Client, people: dict[str, User], university: University) -> None:
    exempting.accept(
        by=people["reviewer"],
        code=Code.DUE_MISSING,
        target=Target(course_id=university.needing.pk),
        until=(build.NOW + timedelta(days=5)).date(),
        reason="Graded on paper.",
        now=build.NOW,
    )
    text = text_of(reviewer, build.proposal(university.needing))
    assert "Ends 1 exemption from “No due date”" in text
    assert text.count("An exemption for this finding ends with this change: No due date") == 2
    assert "ends with this change" not in text_of(reviewer, build.proposal(university.ready))


def test_it_marks_what_is_refused(reviewer: Client, university: University, people: dict[str, User]) -> None:
    proposal = build.proposal(university.ready, by=people["reviewer"], days=400)
    text = text_of(reviewer, proposal, "?show=refused")
    assert "Will not be made" in text
    assert "4 changes will not be made" in text
    assert "Nothing here" in text_of(reviewer, proposal, "?show=problems")


def test_it_shows_the_new_state_when_canvas_has_changed(
    as_: Callable[[str], Client], university: University
) -> None:
    proposal = build.proposal(university.ready, state=State.SUBMITTED)
    assert "Canvas has changed since" not in text_of(as_("approver"), proposal)
    Change.objects.update(
        before={
            "due_at": "2026-01-01T00:00:00Z",
            "unlock_at": None,
            "lock_at": None,
            "post_to_sis": True,
            "exists": True,
        }
    )
    teacher_moves(university.ready)
    for _ in range(2):
        assert "Canvas has changed since this was proposed" in text_of(as_("approver"), proposal)


def test_it_says_who_allowed_a_closed_period(
    viewer: Client, university: University, people: dict[str, User]
) -> None:
    proposal = build.proposal(
        university.ready, closed_allowed_by=people["administrator"], closed_allowed_reason="The dean agreed."
    )
    assert "The dean agreed." in text_of(viewer, proposal)


def test_it_says_what_was_found_where_it_went_wrong(viewer: Client, university: University) -> None:
    proposal = finished(university, conflict=1, different=1, failed=1, verified=1)
    found = {"due_at": "2026-12-24T12:00:00Z", "unlock_at": None, "lock_at": "inherit", "post_to_sis": True}
    proposal.changes.filter(state="conflict").update(found=found)
    text = text_of(viewer, proposal)
    for part in ("Changed in Canvas meanwhile", "Canvas shows something else", "Failed", "Changed and read back"):
        assert part in text
    assert "Because of this." in text
    assert "Dec 24, 2026" in text
    problems = text_of(viewer, proposal, "?show=problems")
    assert "Page" not in problems
    assert problems.count('class="change') == 3
    assert text_of(viewer, proposal, "?show=done").count('class="change') == 1


def test_it_turns_pages(viewer: Client, university: University) -> None:
    many = build.course(
        university.arts, university.term, assignments=[build.assignment(f"Quiz {n:03}") for n in range(120)]
    )
    proposal = build.proposal(many)
    assert "Quiz 000" in text_of(viewer, proposal)
    assert "Page 3 of 3" in text_of(viewer, proposal, "?page=3")
    for odd in ("?page=99", "?page=-1", "?page=x", "?page=9999999999"):
        assert " of 3" in text_of(viewer, proposal, odd)
    assert "Page 3 of 3" in text_of(viewer, build.proposal(many, state=State.VERIFIED), "?page=3")


def test_it_names_what_follows(viewer: Client, university: University) -> None:
    proposal = finished(university, verified=4)
    other = build.proposal(university.ready, kind=Proposal.Kind.RESTORE, follows=proposal)
    assert f'href="/proposals/{other.pk}/"' in text_of(viewer, proposal)
    assert f'puts back <a href="/proposals/{proposal.pk}/"' in text_of(viewer, other)


def test_it_shows_odd_names_safely(viewer: Client, university: University) -> None:
    odd = build.course(
        university.arts,
        university.term,
        name="<b>x</b>",
        assignments=[build.assignment("<script>alert(1)</script>")],
    )
    text = text_of(viewer, build.proposal(odd))
    assert "<script>alert" not in text
    assert "<b>x" not in text


# Progress


def progress(browser: Client, proposal: Proposal) -> Any:
    return browser.get(f"/proposals/{proposal.pk}/progress/", headers={"HX-Request": "true"})


def test_it_follows_it_while_it_runs(viewer: Client, university: University) -> None:
    proposal = build.proposal(
        university.ready, university.needing, state=State.APPLYING, heartbeat_at=build.NOW, started_at=build.NOW
    )
    proposal.courses.filter(course=university.ready).update(stage=ProposalCourse.Stage.DONE)
    proposal.changes.filter(course=university.ready).update(state=Change.State.VERIFIED)
    response = progress(viewer, proposal)
    text = " ".join(response.content.decode().split())
    assert response.status_code == 200
    assert "1 of 2" in text
    assert "4 changed and read back" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text
    assert "<html" in viewer.get(f"/proposals/{proposal.pk}/progress/").content.decode()


def test_it_stops_asking_at_the_end(viewer: Client, university: University) -> None:
    response = progress(viewer, finished(university, verified=3, failed=1))
    assert response.status_code == 286
    assert response["HX-Trigger"] == "applied"
    assert "every 2s" not in response.content.decode()
    assert "Applying has ended: done, with problems." in response.content.decode()


def test_it_says_when_nothing_moves(viewer: Client, university: University) -> None:
    old = build.NOW - timedelta(minutes=9)
    proposal = build.proposal(university.ready, state=State.APPLYING, started_at=old, heartbeat_at=old)
    assert "Nothing has moved since" in progress(viewer, proposal).content.decode()


def test_it_sends_a_fragment_to_htmx(viewer: Client, university: University) -> None:
    proposal = build.proposal(university.ready)
    response = viewer.get(f"/proposals/{proposal.pk}/", headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert 'id="proposal"' in response.content.decode()


# Receipt


def test_it_prints_a_receipt(viewer: Client, university: University) -> None:
    proposal = finished(university, verified=3, failed=1)
    text = " ".join(viewer.get(f"/proposals/{proposal.pk}/receipt/").content.decode().split())
    for part in ("proposer", "decider", "lost to snow", "PUT bulk_update", "job 17", "9f3c", "Because of this."):
        assert part in text


def test_it_keeps_a_receipt_as_json_and_xlsx(viewer: Client, university: University) -> None:
    proposal = finished(university, verified=4)
    address = f"/proposals/{proposal.pk}/receipt/"
    record = json.loads(viewer.get(f"{address}?format=json").content)
    assert record["id"] == proposal.pk
    assert len(record["items"]) == 4
    response = viewer.get(f"{address}?format=xlsx")
    assert response["Content-Disposition"] == f'attachment; filename="receipt-{proposal.pk}.xlsx"'
    book = load_workbook(BytesIO(response.content))
    assert len(list(book["Changes"].rows)) == 5


def test_it_has_no_receipt_before_the_end(viewer: Client, university: University) -> None:
    response = viewer.get(f"/proposals/{build.proposal(university.ready).pk}/receipt/")
    assert response.status_code == 403
    assert "there is no receipt yet" in response.content.decode()


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.APPROVED, State.APPLYING, State.VERIFIED])
def test_it_asks_as_often_for_many_changes_as_for_few(state: str, viewer: Client, university: University) -> None:
    def queries(proposal: Proposal) -> int:
        with CaptureQueriesContext(connection) as found:
            text_of(viewer, proposal)
        return len(found)

    few, many = (
        build.course(university.arts, university.term, assignments=[build.assignment() for _ in range(count)])
        for count in (10, 200)
    )
    text_of(viewer, build.proposal(few, state=state))
    assert queries(build.proposal(few, state=state)) == queries(build.proposal(many, state=state))


def test_it_asks_as_often_for_many_courses_as_for_few(viewer: Client, university: University) -> None:
    courses = [build.course(university.arts, university.term, assignments=[build.assignment()]) for _ in range(12)]
    few, many = build.proposal(*courses[:2]), build.proposal(*courses)
    for one in (few, many):
        text_of(viewer, one)
    with CaptureQueriesContext(connection) as of_few:
        text_of(viewer, few)
    with CaptureQueriesContext(connection) as of_many:
        text_of(viewer, many)
    assert len(of_few) == len(of_many)


# Thresholds, closed periods, what was left out


def test_it_says_which_threshold_is_exceeded_and_by_how_much(
    viewer: Client, as_: Callable[[str], Client], university: University
) -> None:
    Account.objects.filter(pk=university.ready.account_id).update(hold_above=3, hold_above_share=40)
    proposal = build.proposal(university.ready, state=State.HELD)
    text = text_of(viewer, proposal)
    assert "4 changes at once; more than 3 need to be released" in text
    assert "flagged for sync, " in text
    assert "more than 40 % need to be released" in text
    assert "an administrator must release them first" in text
    assert "Release to the approvers" in text_of(as_("administrator"), proposal)
    Account.objects.update(hold_above=None, hold_above_share=None)
    assert "need to be released" not in text_of(viewer, proposal)


def test_it_tells_an_administrator_that_another_must_release_their_own(
    as_: Callable[[str], Client], people: dict[str, User], university: University
) -> None:
    proposal = build.proposal(university.ready, by=people["administrator"], state=State.HELD)
    text = text_of(as_("administrator"), proposal)
    assert "another administrator must release them first" in text
    assert "Release to the approvers" not in text


@pytest.mark.parametrize(("refusal", "offered"), [("closed_period", True), ("out_of_order", False)])
def test_it_offers_to_open_a_closed_period_only_where_one_is_closed(
    refusal: str, offered: bool, as_: Callable[[str], Client], university: University
) -> None:
    proposal = build.proposal(university.ready, state=State.SUBMITTED)
    row = proposal.changes.first()
    assert row is not None
    Change.objects.filter(pk=row.pk).update(state=Change.State.REFUSED, refusal=refusal)
    assert ("Allow changes in closed grading periods" in text_of(as_("administrator"), proposal)) is offered


def test_it_is_done_where_only_what_was_refused_before_is_missing(viewer: Client, university: University) -> None:
    proposal = finished(university, verified=3, refused=1)
    Proposal.objects.filter(pk=proposal.pk).update(state=State.VERIFIED)
    text = text_of(viewer, proposal)
    assert "All that was agreed to is done, and read back" in text
    assert "1 refused, left out" in text
    assert "Refused before approval, left out" in text_of(viewer, proposal, "?show=refused")
