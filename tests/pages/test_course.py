from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrar.domain import facts
from registrar.models import Course, Run
from tests.pages import build
from tests.pages.conftest import University


def page_of(browser: Client, course: Course) -> str:
    return browser.get(reverse("courses:course", args=[course.pk])).content.decode()


def test_it_lays_sections_across_and_assignments_down(viewer: Client, university: University) -> None:
    response = viewer.get(reverse("courses:course", args=[university.needing.pk]))
    grid = response.context["grid"]
    assert [column.section.name for column in grid.columns] == ["A", "B"]
    assert len(grid.rows) == 3
    assert all(len(row.cells) == 2 for row in grid.rows)
    assert grid.rows[-1].cells[0].due_at is None


def test_it_says_what_is_wrong_why_who_and_how(viewer: Client, university: University) -> None:
    page = page_of(viewer, university.needing)
    assert "No due date" in page
    assert "Why it matters" in page
    assert "Who can mend it" in page
    assert "Open the assignment in Canvas and set a due date" in page
    assert "in all 2 sections" in page
    assert "https://canvas.example.edu/a/" in page


def test_it_shows_dates_in_the_zone_of_the_course(viewer: Client, university: University) -> None:
    due = datetime(2026, 11, 1, 5, 59, tzinfo=UTC)
    course = build.course(
        university.arts, university.term, assignments=[build.assignment(due=due)], time_zone="America/Chicago"
    )
    page = page_of(viewer, course)
    assert "Sun, Nov 1, 2026, 12:59 am" in page
    assert "CDT" in page
    assert "Times in America/Chicago" in page


def test_it_names_a_section_date(viewer: Client, university: University) -> None:
    section = build.section("A")
    override = facts.Override(
        id=5, target=facts.Target.SECTION, section_id=section.id, due_at=build.DUE + timedelta(days=1)
    )
    course = build.course(
        university.arts,
        university.term,
        sections=[section],
        assignments=[build.assignment(overrides=(override,))],
    )
    assert "Section date" in page_of(viewer, course)


def test_it_shows_assignments_that_no_section_has(viewer: Client, university: University) -> None:
    alone = build.assignment("Makeup", only_visible_to_overrides=True)
    course = build.course(university.arts, university.term, assignments=[alone])
    page = page_of(viewer, course)
    assert "Given to no section" in page
    assert "Makeup" in page


def test_it_tells_that_the_last_reading_failed(viewer: Client, university: University) -> None:
    Course.objects.filter(pk=university.ready.pk).update(trouble="Canvas <timed> out.", trouble_at=build.NOW)
    page = page_of(viewer, university.ready)
    assert "Canvas &lt;timed&gt; out." in page
    assert "What you see is the last whole reading" in page


def test_it_tells_that_the_course_is_gone(reviewer: Client, university: University) -> None:
    Course.objects.filter(pk=university.ready.pk).update(gone_at=build.NOW)
    page = page_of(reviewer, university.ready)
    assert "no longer in Canvas" in page
    assert "Refresh this course" not in page


def test_it_tells_that_nothing_is_flagged(viewer: Client, university: University) -> None:
    course = build.course(university.arts, university.term, assignments=[])
    assert "No assignment of this course is flagged for sync" in page_of(viewer, course)


def test_it_asks_as_often_for_many_assignments_as_for_few(viewer: Client, university: University) -> None:
    sections = [build.section(str(one)) for one in range(8)]
    many_items = [build.assignment(due=None) for _ in range(12)]
    big = build.course(university.arts, university.term, sections=sections, assignments=many_items)
    with CaptureQueriesContext(connection) as few:
        page_of(viewer, university.needing)
    with CaptureQueriesContext(connection) as many:
        page_of(viewer, big)
    assert len(many) == len(few)


def test_it_answers_htmx_with_a_fragment(viewer: Client, university: University) -> None:
    address = reverse("courses:course", args=[university.ready.pk])
    fragment = viewer.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b'id="course"' in fragment.content


def why_url(course: Course, field: str = "due_at") -> str:
    item = build.first_item(course)
    return reverse("courses:why", args=[course.pk, item.assignment_id, item.section_id, field])


@pytest.mark.parametrize("field", ["due_at", "unlock_at", "lock_at"])
def test_it_explains_each_date_step_by_step(field: str, viewer: Client, university: University) -> None:
    page = viewer.get(why_url(university.ready, field)).content.decode()
    assert "<html" in page
    assert "The assignment itself says" in page
    assert "This holds." in page


def test_it_explains_what_was_weighed_and_lost(viewer: Client, university: University) -> None:
    section, later = build.section("A"), build.DUE + timedelta(days=2)
    overrides = (
        facts.Override(id=5, target=facts.Target.SECTION, section_id=section.id, due_at=build.DUE),
        facts.Override(id=6, target=facts.Target.COURSE, due_at=later),
        facts.Override(id=7, target=facts.Target.COURSE),
    )
    course = build.course(
        university.arts, university.term, sections=[section], assignments=[build.assignment(overrides=overrides)]
    )
    response = viewer.get(why_url(course))
    steps = [(str(step.kind), step.wins) for step in response.context["steps"]]
    assert ("course", True) in steps
    assert ("section", False) in steps
    page = response.content.decode()
    assert "The date for the whole course says" in page
    assert "leaves this one to the assignment" in page


def test_it_explains_in_a_fragment(viewer: Client, university: University) -> None:
    fragment = viewer.get(why_url(university.ready), headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b'id="panel-title"' in fragment.content


def test_it_knows_no_other_dates(viewer: Client, university: University) -> None:
    assert viewer.get(why_url(university.ready, "created_at")).status_code == 404


def test_it_explains_only_what_is_there(viewer: Client, university: University) -> None:
    response = viewer.get(reverse("courses:why", args=[university.ready.pk, 1, 1, "due_at"]))
    assert response.status_code == 404
    assert b"has been read again since" in response.content


def test_it_refreshes_one_course(
    reviewer: Client,
    university: University,
    sent: list[int],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    address = reverse("courses:refresh", args=[university.ready.pk])
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        response = reviewer.post(address)
    run = Run.objects.get()
    assert (run.mode, run.course_ref, sent) == ("course", str(university.ready.pk), [run.pk])
    assert response["Location"] == reverse("courses:course", args=[university.ready.pk])
    fragment = reviewer.post(address, headers={"HX-Request": "true"})
    assert Run.objects.get() == run, "the open run is taken, not a second one made"
    assert reverse("runs:progress", args=[run.pk]).encode() in fragment.content
    assert b"The refresh has begun" in fragment.content
