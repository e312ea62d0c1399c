"""Turning grade sync on: what could be synced is read from Canvas at each look, and ticked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from canvas_api.standin import SMALL_NOW, Fault, Standin, small_university
from registrar.canvas import door as canvas_door
from registrar.models import Change, LineItem, Proposal, Role, Scope
from registrar.services import applying, deciding
from tests.pages import build
from tests.services import door
from tests.services.door import Clock

pytestmark = pytest.mark.django_db
DRAWING = "/proposals/sync-on/?course=1"
REASON = "The dean wants it in the transcript."
NOT_FLAGGED = 3


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standin(clock: Clock) -> Iterator[Standin]:
    with Standin(small_university(), clock=lambda: clock().timestamp(), throttle=False) as server:
        yield server


@pytest.fixture
def canvas(
    db: None, standin: Standin, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Standin]:
    """Drawing I has one assignment that is not flagged; more are added where they are needed."""
    door.sync(standin, clock=clock, term_ref="all")
    settings.CANVAS_BASE_URL, settings.CANVAS_TOKEN = standin.url, standin.token
    monkeypatch.setattr(canvas_door, "_opened", {})
    monkeypatch.setattr(canvas_door, "CanvasClient", partial(door.client))
    standin.requests.clear()
    with time_machine.travel(SMALL_NOW, tick=True):
        yield standin


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def reviewer(canvas: Standin) -> Client:
    return signed_in(build.person("reviewer", Role.REVIEWER))


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def add(canvas: Standin, name: str, **fields: Any) -> int:
    with canvas.lock:
        return canvas.university.add_assignment(course_id=1, name=name, **fields).id


def test_it_lists_what_is_not_synced_with_date_and_state(reviewer: Client, canvas: Standin) -> None:
    add(canvas, "Museum visit", due_at="2026-12-01T06:59:59Z")
    add(canvas, "Reading list", workflow_state="unpublished")
    add(canvas, "Survey", submission_types=("not_graded",))
    response = reviewer.get(DRAWING)
    text = text_of(response)
    assert response.status_code == 200
    assert "4 of 4 assignments not synced" in text
    for part in ("Museum visit", "Nov 30, 2026", "Not published", "Not graded: never synced"):
        assert part in text
    assert "Portfolio" not in text
    assert canvas.count("GET", "/courses/1/assignments") == 1
    assert response.context["rows"][0].facts.name == "Museum visit"


def test_it_asks_once_for_a_hundred(reviewer: Client, canvas: Standin) -> None:
    for number in range(150):
        add(canvas, f"Sheet {number:03}")
    assert "151 of 151" in text_of(reviewer.get(DRAWING))
    assert canvas.count("GET", "/courses/1/assignments") == 2


def test_it_proposes_the_ticked_and_shows_what_would_come_of_them(reviewer: Client, canvas: Standin) -> None:
    one = add(canvas, "Museum visit", due_at="2026-12-01T06:59:59Z")
    response = reviewer.post(DRAWING, {"assignment": [str(one), str(NOT_FLAGGED)], "reason": REASON})
    assert response.status_code == 302
    proposal = Proposal.objects.get()
    assert (proposal.kind, proposal.reason, proposal.state) == ("sync_on", REASON, "draft")
    rows = {row.assignment_id: row for row in proposal.changes.all()}
    assert rows.keys() == {one, NOT_FLAGGED}
    assert (rows[one].before["post_to_sis"], rows[one].after["post_to_sis"]) == (False, True)
    assert rows[one].before["due_at"] == rows[one].after["due_at"] == "2026-12-01T06:59:59Z"
    assert (rows[one].assignment_name, rows[one].state) == ("Museum visit", "pending")
    text = text_of(reviewer.get(response["Location"]))
    assert "gets the scores of 2 assignments" in text
    assert "Causes “No due date” for 1 change" in text
    assert "Causes “Not in the SIS feed”" not in text


def test_it_goes_all_the_way_to_canvas_and_back(reviewer: Client, canvas: Standin, clock: Clock) -> None:
    before = canvas.university.snapshot()
    reviewer.post(DRAWING, {"assignment": [str(NOT_FLAGGED)], "reason": REASON})
    proposal, approver = Proposal.objects.get(), build.person("approver", Role.APPROVER)
    deciding.submit(by=proposal.proposed_by, proposal=proposal, now=clock())
    deciding.approve(by=approver, proposal=proposal, now=clock())
    applying.start(proposal=proposal, now=clock(), by=approver)
    applying.apply(proposal, door.canvas_of(canvas), clock=clock, pause=lambda s: clock.forward(seconds=s))
    assert (proposal.state, canvas.university.assignments[NOT_FLAGGED].post_to_sis) == ("verified", True)
    assert "flagged for sync already" in text_of(reviewer.get(DRAWING))
    items = LineItem.objects.filter(assignment_id=NOT_FLAGGED)
    assert {(one.in_sis_feed, one.due_at) for one in items} == {(True, None)}
    shown = [(one.section_id, one.status, one.in_sis_feed, one.sis_due_at) for one in items.order_by("section_id")]
    door.sync(canvas, clock=clock, term_ref="all")
    read = LineItem.objects.filter(assignment_id=NOT_FLAGGED).order_by("section_id")
    assert [(one.section_id, one.status, one.in_sis_feed, one.sis_due_at) for one in read] == shown
    canvas.university.assignments[NOT_FLAGGED].post_to_sis = False
    assert canvas.university.snapshot() == before


def test_it_keeps_its_judgement_when_the_course_is_read_again(
    reviewer: Client, canvas: Standin, clock: Clock
) -> None:
    never = add(canvas, "Survey", submission_types=("not_graded",))
    reviewer.post(DRAWING, {"assignment": [str(never), str(NOT_FLAGGED)], "reason": REASON})
    proposal = Proposal.objects.get()
    wanted = {never: ("refused", "flag_refused"), NOT_FLAGGED: ("pending", "")}
    assert {row.assignment_id: (row.state, row.refusal) for row in proposal.changes.all()} == wanted
    canvas.university.assignments[1].due_at = clock()
    door.sync(canvas, clock=clock, term_ref="all")
    assert reviewer.get(f"/proposals/{proposal.pk}/").status_code == 200
    assert {row.assignment_id: (row.state, row.refusal) for row in proposal.changes.all()} == wanted


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"q": "MUSEUM"}, {"Museum visit"}),
        ({"published": "no"}, {"Reading list"}),
        ({"published": "yes", "due": "without"}, {"Not flagged"}),
        ({"due": "with"}, {"Museum visit"}),
        ({"due": "nonsense"}, {"Museum visit", "Reading list", "Not flagged"}),
        ({"q": "no such thing"}, set()),
    ],
)
def test_it_filters_and_keeps_what_is_ticked(
    reviewer: Client, canvas: Standin, given: dict[str, str], shown: set[str]
) -> None:
    add(canvas, "Museum visit", due_at="2026-12-01T06:59:59Z")
    add(canvas, "Reading list", workflow_state="unpublished")
    response = reviewer.post(DRAWING, given | {"show": "1", "assignment": [str(NOT_FLAGGED)], "reason": "so far"})
    assert response.status_code == 200
    assert {row.facts.name for row in response.context["rows"]} == shown
    assert response.context["ticked"] == 1
    assert [row.facts.id for row in response.context["kept"]] == ([] if "Not flagged" in shown else [NOT_FLAGGED])
    assert response.content.decode().count(f'value="{NOT_FLAGGED}"') == 1
    assert "so far" in text_of(response)
    assert not Proposal.objects.exists()


def test_it_ticks_and_unticks_all_that_are_shown(reviewer: Client, canvas: Standin) -> None:
    one = add(canvas, "Museum visit")
    add(canvas, "Museum survey", submission_types=("not_graded",))
    shown = reviewer.post(DRAWING, {"q": "museum", "tick": "all", "assignment": [str(NOT_FLAGGED)]}).context
    assert [row.facts.id for row in shown["rows"] if row.ticked] == [one]
    assert shown["ticked"] == 2
    ticked = [str(one), str(NOT_FLAGGED)]
    none = reviewer.post(DRAWING, {"q": "museum", "tick": "none", "assignment": ticked}).context
    assert (none["ticked"], [row.facts.id for row in none["kept"]]) == (1, [NOT_FLAGGED])


def test_it_sends_only_the_list_to_htmx(reviewer: Client) -> None:
    response = reviewer.post(DRAWING, {"show": "1"}, headers={"HX-Request": "true"})
    text = response.content.decode().strip()
    assert text.startswith('<section id="unsynced"')
    assert "<html" not in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"assignment": [str(NOT_FLAGGED)], "reason": " "}, "Give a reason"),
        ({"reason": REASON}, "Tick the assignments"),
        ({"assignment": ["1"], "reason": REASON}, "synced by now, or no longer in the course"),
        ({"assignment": ["x", "99999999999999999999"], "reason": REASON}, "Tick the assignments"),
    ],
)
def test_it_says_what_is_missing(reviewer: Client, given: dict[str, Any], said: str) -> None:
    response = reviewer.post(DRAWING, given)
    assert response.status_code == 422
    text = response.content.decode()
    assert said in text
    assert "autofocus" in text[text.index('id="form-trouble"') :][:200]
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("kind", ["503", "forbidden", "revoked", "reset"])
def test_it_says_so_when_canvas_does_not_answer(reviewer: Client, canvas: Standin, kind: str) -> None:
    canvas.faults = [Fault(kind=kind, match="/courses/1/assignments")]
    response = reviewer.get(DRAWING)
    assert response.status_code == 502
    assert "could not be read from Canvas" in text_of(response)
    assert "Try again" in text_of(response)
    sent = reviewer.post(DRAWING, {"assignment": [str(NOT_FLAGGED)], "reason": REASON})
    assert sent.status_code == 502
    assert reviewer.post(DRAWING, {"show": "1"}, headers={"HX-Request": "true"}).status_code == 502
    assert canvas.token not in sent.content.decode()
    assert not Change.objects.exists()


def test_it_does_not_let_a_person_wait_for_long(reviewer: Client, canvas: Standin) -> None:
    """Canvas names a minute; nobody sits that long before a screen."""
    canvas.faults = [Fault(kind="503", match="/courses/1/assignments", retry_after="60")]
    assert reviewer.get(DRAWING).status_code == 502
    assert canvas.count("GET", "/courses/1/assignments") == 1


def test_it_says_where_to_begin(reviewer: Client, canvas: Standin) -> None:
    assert "Begin with a course" in text_of(reviewer.get("/proposals/sync-on/"))
    assert reviewer.post("/proposals/sync-on/", {"reason": REASON}).status_code == 404
    assert canvas.count() == 0


@pytest.mark.parametrize("course", ["4711", "x", " ", "1' OR 1=1"])
def test_it_does_not_know_other_courses(reviewer: Client, course: str) -> None:
    assert reviewer.get("/proposals/sync-on/", {"course": course}).status_code == 404


def test_it_does_not_show_a_course_out_of_reach(canvas: Standin) -> None:
    person = build.person("scientist", Role.REVIEWER)
    Scope.objects.create(user=person, account_id=3)
    assert signed_in(person).get(DRAWING).status_code == 404
    assert signed_in(person).post(DRAWING, {"assignment": ["3"], "reason": REASON}).status_code == 404
    assert canvas.count() == 0


def test_it_is_for_reviewers(canvas: Standin) -> None:
    assert signed_in(build.person("viewer", Role.VIEWER)).get(DRAWING).status_code == 403
    assert Client().get(DRAWING).status_code == 302
    assert canvas.count() == 0


def test_it_is_offered_on_the_page_of_the_course_to_reviewers(reviewer: Client) -> None:
    assert DRAWING in text_of(reviewer.get("/courses/1/"))
    assert DRAWING not in text_of(signed_in(build.person("viewer", Role.VIEWER)).get("/courses/1/"))
    assert "/proposals/sync-on/?course=4" in text_of(reviewer.get("/courses/4/"))
