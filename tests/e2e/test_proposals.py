"""The writing half of the main job in a real browser: by three people, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from playwright.sync_api import expect

from canvas_api.standin import Standin
from canvas_api.standin.university import University as CanvasUniversity
from registrar import tasks
from registrar.canvas import door as canvas_door
from registrar.models import Course
from registrar.services import syncing, working
from tests.e2e.conftest import Watched
from tests.services.door import canvas_of

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = NOW + timedelta(days=7)


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


def test_it_works_without_javascript(
    open_as: Callable[..., Watched], course: Course, queue: list[int], standin: Standin
) -> None:
    page = open_as("reviewer", java_script_enabled=False).page
    page.goto(f"/courses/{course.pk}/")
    page.get_by_role("link", name="Propose dates … for: No due date").click()
    page.get_by_label("Date", exact=True).fill(f"{DAY:%Y-%m-%d}")
    page.get_by_label("Reason").fill("Agreed with the department.")
    page.get_by_role("button", name="Preview the changes").click()
    page.get_by_role("button", name="Submit 1 change for approval").click()
    expect(page.get_by_text("It waits for an approver.")).to_be_visible()
    address = page.url
    other = open_as("approver", java_script_enabled=False).page
    other.goto(address)
    other.get_by_role("button", name="Reject").click()
    expect(other.get_by_text("Say why:")).to_be_visible()
    other.get_by_label(re.compile("^Comment")).fill("That suits us.")
    other.get_by_role("button", name="Approve 1 change").click()
    other.get_by_role("button", name="Apply 1 change").click()
    expect(other.get_by_role("heading", name="Writing to Canvas and reading back")).to_be_visible()
    tasks.apply_changes(queue.pop())
    other.get_by_role("link", name="Reload to see how far it is").click()
    expect(other.get_by_role("heading", name="All done, and read back")).to_be_visible()
    assert due_dates(standin) != {None}
    page.goto(address)
    expect(page.get_by_text("That suits us.").first).to_be_visible()
    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_text("PUT bulk_update")).to_be_visible()


def test_it_is_rejected_without_javascript(
    open_as: Callable[..., Watched], course: Course, queue: list[int]
) -> None:
    page = open_as("reviewer", java_script_enabled=False).page
    page.goto("/line-items/")
    page.get_by_role("link", name=re.compile("Turn off grade sync")).click()
    page.get_by_label("Reason").fill("On paper this term.")
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.get_by_role("heading", name=re.compile("Turn off grade sync for"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Submit")).click()
    other = open_as("approver", java_script_enabled=False).page
    other.goto(page.url)
    other.get_by_label(re.compile("^Comment")).fill("The department still grades online.")
    other.get_by_role("button", name="Reject").click()
    expect(other.get_by_text("Rejected by").first).to_be_visible()
    page.goto(other.url)
    expect(page.get_by_text("The department still grades online.").first).to_be_visible()
    assert queue == []
