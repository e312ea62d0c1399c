"""The writing half of the main job in a real browser: by three people, by keyboard alone, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from playwright.sync_api import Locator, Page, expect

from canvas_api.standin import Standin
from canvas_api.standin.university import University as CanvasUniversity
from registrar import tasks
from registrar.canvas import door as canvas_door
from registrar.models import Change, Course, Proposal, ProposalCourse
from registrar.services import syncing, working
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.screens import every_screen
from tests.e2e.test_every_page import SHIFT, breaches
from tests.pages import build
from tests.pages.conftest import University
from tests.services.door import canvas_of

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = NOW + timedelta(days=7)
ANSWER = {"at": NOW.isoformat(), "what": "PUT post_to_sis", "status": 200, "request_id": "0b1c", "assignment": 7}


def day(offset: int) -> str:
    return (NOW + timedelta(days=offset)).strftime("%Y-%m-%dT06:59:59Z")


def school() -> CanvasUniversity:
    """One course with an essay that has no date and a lab that has one; two sections."""
    made = CanvasUniversity("Example University", seed=1)
    made.root.features = frozenset({"post_grades", "new_sis_integrations"})
    made.add_term(name="This term", sis_term_id="NOW", start_at=day(-60), end_at=day(40))
    made.add_user(name="Ada Okafor", sis_user_id="T002", login_id="aokafor")
    course = made.add_course(
        name="Drawing", sis_course_id="ART-101", enrollment_term_id=2, teacher_ids=(2,), time_zone="America/Denver"
    )
    for number in ("001", "002"):
        made.add_section(course_id=course.id, name=f"Drawing {number}", sis_section_id=f"ART-101-{number}")
    made.add_assignment(course_id=course.id, name="Essay", due_at=None, post_to_sis=True, points_possible=10)
    made.add_assignment(course_id=course.id, name="Lab", due_at=day(5), post_to_sis=True, points_possible=10)
    return made


@pytest.fixture
def standin() -> Iterator[Standin]:
    with Standin(school(), throttle=False) as server:
        yield server


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The proposals for which a worker was told; the test is the worker. Mails go out at once."""

    def tell(**options: Any) -> None:
        tasks.announce()
        tasks.deliver()

    found: list[int] = []
    monkeypatch.setattr(tasks.apply_changes, "delay", found.append)
    monkeypatch.setattr(tasks.announce, "apply_async", tell)
    return found


@pytest.fixture
def course(
    standin: Standin,
    people: dict[str, User],
    queue: list[int],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Course:
    """The course as a sync read it from the running stand-in."""
    settings.CANVAS_BASE_URL, settings.CANVAS_TOKEN = standin.url, standin.token_of("admin")
    monkeypatch.setattr(canvas_door, "_opened", {})
    for name in ("reviewer", "approver"):
        User.objects.filter(username=name).update(email=f"{name}@example.edu")

    def clock() -> datetime:
        return datetime.now(UTC)

    run = syncing.request(mode="full", by=None, trigger="shell", now=clock())
    working.work(run, canvas_of(standin), clock=clock)
    return Course.objects.get(sis_id="ART-101")


def due_dates(standin: Standin) -> set[str | None]:
    """Of the essay: what the stand-in keeps for everyone and for the sections."""
    essay = next(one for one in standin.university.assignments.values() if one.name == "Essay")
    own = (one for one in standin.university.overrides.values() if one.assignment_id == essay.id)
    return {essay.due_at, *(one.due_at for one in own)}


def link_in_the_last_mail() -> str:
    found = re.search(r"https?://[^/]+(/proposals/\d+/)", mail.outbox[-1].body)
    assert found is not None
    return found[1]


def test_it_goes_from_a_finding_to_done_by_three_people(
    open_as: Callable[..., Watched], course: Course, queue: list[int], standin: Standin
) -> None:
    reviewer, approver, viewer = open_as("reviewer"), open_as("approver"), open_as("viewer")
    page = reviewer.page
    page.goto(f"/courses/{course.pk}/")
    page.get_by_role("link", name="Propose dates … for: No due date").click()
    page.get_by_label("Date", exact=True).fill(f"{DAY:%Y-%m-%d}")
    page.get_by_label("Reason").fill("Agreed with the department.")
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_text("Mends “No due date”")).to_be_visible()
    page.get_by_role("button", name="Submit 1 change for approval").click()
    expect(page.get_by_text("It waits for an approver.")).to_be_visible()
    assert mail.outbox[-1].to == ["approver@example.edu"]

    other = approver.page
    other.goto(link_in_the_last_mail())
    expect(other.locator(".badge")).to_contain_text("1")
    other.get_by_role("button", name="Approve 1 change").click()
    other.get_by_role("button", name="Apply 1 change").click()
    expect(other.get_by_role("heading", name="Writing to Canvas and reading back")).to_be_visible()
    viewer.page.goto(other.url)
    expect(viewer.page.get_by_text("0 of 1 course")).to_be_visible()
    assert due_dates(standin) == {None}, "nothing is written before the worker comes"

    tasks.apply_changes(queue.pop())
    for watching in (other, viewer.page):
        expect(watching.get_by_role("heading", name="All done, and read back")).to_be_visible()
        expect(watching.get_by_text("Changed and read back").first).to_be_visible()
    expect(other.locator("#announce")).to_have_text("Applying has ended: done.")
    assert len(due_dates(standin)) == 1
    assert mail.outbox[-1].to == ["reviewer@example.edu"]

    page.goto(link_in_the_last_mail())
    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_text("PUT bulk_update")).to_be_visible()
    page.goto(f"/courses/{course.pk}/")
    expect(page.get_by_role("heading", name="Effective dates")).to_be_visible()
    expect(page.get_by_role("link", name="Propose dates … for: No due date")).to_have_count(0)
    assert reviewer.faults == approver.faults == viewer.faults == []


def tab_to(page: Page, wanted: Locator) -> None:
    expect(wanted).to_be_visible()
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError("it cannot be reached with the keyboard")


def press(page: Page, role: Any, name: str | re.Pattern[str]) -> None:
    tab_to(page, page.get_by_role(role, name=name).first)
    page.keyboard.press("Enter")


def test_it_is_done_with_the_keyboard_alone(
    open_as: Callable[..., Watched], course: Course, queue: list[int], standin: Standin
) -> None:
    page = open_as("reviewer").page
    page.goto(f"/courses/{course.pk}/")
    tab_to(page, page.get_by_label("Choose assignment Essay"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Propose dates")).to_be_visible()
    tab_to(page, page.get_by_label("Date", exact=True))
    page.keyboard.type(f"{DAY:%m%d%Y}")
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("Agreed.")
    press(page, "button", "Preview the changes")
    press(page, "button", re.compile("Submit 1 change"))
    expect(page.get_by_text("It waits for an approver.")).to_be_visible()

    other = open_as("approver").page
    press(other, "link", re.compile("^Proposals"))
    press(other, "link", re.compile("Change of dates"))
    press(other, "button", "Send back")
    alert = other.locator("#step-trouble")
    expect(alert).to_be_focused()
    tab_to(other, other.get_by_label(re.compile("^Comment")))
    other.keyboard.type("I agree.")
    press(other, "button", "Approve 1 change")
    press(other, "button", "Apply 1 change")
    expect(other.get_by_role("heading", name="Writing to Canvas and reading back")).to_be_visible()
    tasks.apply_changes(queue.pop())
    expect(other.get_by_role("heading", name="All done, and read back")).to_be_visible()
    assert due_dates(standin) != {None}


def test_it_works_without_javascript(
    open_as: Callable[..., Watched], course: Course, queue: list[int], standin: Standin
) -> None:
    page = open_as("reviewer", java_script_enabled=False).page
    page.goto("/line-items/")
    page.get_by_role("link", name=re.compile("Turn off grade sync")).click()
    page.get_by_label("Reason").fill("On paper this term.")
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_role("heading", name=re.compile("Turn off grade sync for"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Submit")).click()
    address = page.url
    other = open_as("approver", java_script_enabled=False).page
    other.goto(address)
    other.get_by_role("button", name="Reject").click()
    expect(other.get_by_text("Say why:")).to_be_visible()
    other.get_by_label(re.compile("^Comment")).fill("The department still grades online.")
    other.get_by_role("button", name="Reject").click()
    expect(other.get_by_text("Rejected by").first).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("The department still grades online.").first).to_be_visible()
    assert queue == []


# Every page of proposals, light and dark, narrow and wide


def addresses(university: University) -> dict[str, str]:
    needing, ready = university.needing, university.ready
    waiting = build.proposal(ready, needing, state=Proposal.State.SUBMITTED)
    running = build.proposal(ready, state=Proposal.State.APPLYING, started_at=NOW, heartbeat_at=NOW)
    ended = build.proposal(ready, state=Proposal.State.PROBLEMS, started_at=NOW, finished_at=NOW)
    for row, state in zip(ended.changes.all(), ("verified", "conflict", "different", "failed"), strict=False):
        Change.objects.filter(pk=row.pk).update(state=state, message="Said by Canvas.", found=row.before)
    ended.courses.update(stage=ProposalCourse.Stage.DONE, receipts=[ANSWER])
    own = build.proposal(ready, by=User.objects.get(username="all_round"), days=400)
    return {
        "proposals": "/proposals/",
        "proposals-none": "/proposals/?kind=sync_on",
        "proposal-waiting": f"/proposals/{waiting.pk}/",
        "proposal-running": f"/proposals/{running.pk}/",
        "proposal-ended": f"/proposals/{ended.pk}/",
        "proposal-draft": f"/proposals/{own.pk}/",
        "proposal-receipt": f"/proposals/{ended.pk}/receipt/",
        "propose-dates": f"/proposals/dates/?course={needing.pk}",
        "propose-sync": f"/proposals/sync/?course={ready.pk}",
        "propose-file": "/proposals/file/",
    }


@every_screen
def test_it_is_accessible_and_quiet(
    scheme: str, width: int, open_as: Callable[..., Watched], university: University
) -> None:
    watched = open_as("all_round", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = watched.page
    ARTEFACTS.mkdir(exist_ok=True)
    for name, address in addresses(university).items():
        page.goto(address)
        assert page.evaluate(SHIFT) < 0.01, f"{name} moves after it was loaded"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
        page.screenshot(path=ARTEFACTS / f"{name}-{scheme}-{width}.png", full_page=True)
        assert breaches(page) == [], name
    assert watched.faults == []
