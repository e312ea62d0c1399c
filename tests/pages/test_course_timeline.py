"""The picture of a course's due dates: what it marks and where, and what it says to those who do not see it."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from registrar.domain import facts
from registrar.models import Course, Finding, GradingPeriod
from registrar.pages.courses.timeline import SHOWN, Timeline
from tests.pages import build
from tests.pages.conftest import University


def page_of(browser: Client, course: Course) -> str:
    return browser.get(reverse("courses:course", args=[course.pk])).content.decode()


def drawn(browser: Client, course: Course) -> Timeline:
    found = browser.get(reverse("courses:course", args=[course.pk])).context["timeline"]
    assert isinstance(found, Timeline)
    return found


def standings(found: Timeline) -> dict[str, list[str]]:
    return {track.head.assignment_name: [due.standing for due in track.dues] for track in found.tracks}


def test_it_marks_what_is_out_of_place(viewer: Client, university: University) -> None:
    GradingPeriod.objects.create(
        canvas_id=7,
        group_id=5,
        title="First <half>",
        start_at=build.NOW - timedelta(days=60),
        end_at=build.NOW - timedelta(days=12),
    )
    GradingPeriod.objects.create(
        canvas_id=8,
        group_id=5,
        title="Second half",
        start_at=build.NOW - timedelta(days=5),
        end_at=build.NOW + timedelta(days=30),
    )
    university.term.period_group_id = 5
    university.term.save()
    build.mark(university.term, days=20)
    course = build.course(
        university.arts,
        university.term,
        assignments=[
            build.assignment("In place"),
            build.assignment("Closed", due=build.NOW - timedelta(days=20)),
            build.assignment("Gap", due=build.NOW - timedelta(days=8)),
            build.assignment("Late", due=build.NOW + timedelta(days=25)),
            build.assignment("Outside", due=build.NOW + timedelta(days=40)),
            build.assignment("None", due=None),
        ],
    )
    found = drawn(viewer, course)
    assert standings(found) == {
        "In place": ["good"],
        "Closed": ["bad"],
        "Gap": ["bad"],
        "Late": ["warn"],
        "Outside": ["bad"],
        "None": [],
    }
    assert [stretch.kind for stretch in found.ground.stretches] == ["outside", "closed", "gap", "open", "outside"]
    page = page_of(viewer, course)
    assert "4 of 6</strong> assignments have due dates to look at" in page
    assert "First &lt;half&gt;" in page
    assert "Grade deadline, " in page
    assert ": 001, needs action" in page
    assert ": 001, warning" in page


def test_sections_with_one_date_share_a_mark(viewer: Client, university: University) -> None:
    sections = [build.section(name) for name in ("A", "B", "C")]
    own = facts.Override(
        id=5, target=facts.Target.SECTION, section_id=sections[2].id, due_at=build.DUE + timedelta(days=1)
    )
    none = facts.Override(id=6, target=facts.Target.SECTION, section_id=sections[1].id, due_at=None)
    course = build.course(
        university.arts,
        university.term,
        sections=sections,
        assignments=[build.assignment("Alike"), build.assignment("Own", overrides=(own, none))],
    )
    alike, differing = drawn(viewer, course).tracks
    assert [len(due.items) for due in alike.dues] == [3]
    assert [len(due.items) for due in differing.dues] == [1, 1]
    assert (alike.undated, differing.undated) == (0, 1)
    page = page_of(viewer, course)
    assert ": A and 2 more" in page
    assert re.search(r"No date in 1 section\s*<", page)


def test_what_is_accepted_is_marked_so(viewer: Client, university: University) -> None:
    course = build.course(
        university.arts, university.term, assignments=[build.assignment(due=build.NOW + timedelta(days=40))]
    )
    Finding.objects.filter(course=course).update(exemption=build.exemption(course, code="due_outside_term"))
    found = drawn(viewer, course)
    assert [due.standing for due in found.tracks[0].dues] == ["excepted"]
    assert found.to_mend == 0
    assert "No due date is out of place" in page_of(viewer, course)


def test_a_name_that_is_too_long_is_nothing_of_dates(viewer: Client, university: University) -> None:
    course = build.course(university.arts, university.term, assignments=[build.assignment(" ")])
    assert build.first_item(course).status == "needs_action"
    assert drawn(viewer, course).to_mend == 0


def test_a_date_far_away_is_said_to_be(viewer: Client, university: University) -> None:
    course = build.course(
        university.arts, university.term, assignments=[build.assignment(due=build.NOW + timedelta(days=4000))]
    )
    assert [due.beyond for due in drawn(viewer, course).tracks[0].dues] == ["after"]
    assert "needs action, further on than the line reaches" in page_of(viewer, course)


def test_many_assignments_are_folded_and_those_to_mend_are_not(viewer: Client, university: University) -> None:
    fine = [build.assignment(f"Week {number}") for number in range(SHOWN + 4)]
    outside = [build.assignment("Outside", due=build.NOW + timedelta(days=40))]
    course = build.course(university.arts, university.term, assignments=[*fine, *outside])
    found = drawn(viewer, course)
    assert (len(found.tracks), len(found.folded)) == (SHOWN, 5)
    assert found.tracks[-1].head.assignment_name == "Outside", "in the order of their dates"
    page = page_of(viewer, course)
    assert "5 more assignments" in page
    assert len(re.findall('id="hatch-outside"', page)) == 1


def test_a_course_goes_by_its_own_dates_and_periods(viewer: Client, university: University) -> None:
    start, end = build.NOW - timedelta(days=10), build.NOW + timedelta(days=10)
    course = build.course(
        university.arts,
        university.term,
        assignments=[build.assignment()],
        restricts_dates=True,
        start_at=start,
        end_at=end,
    )
    GradingPeriod.objects.create(canvas_id=9, course=course, title="Own", start_at=start, end_at=end)
    calendar = drawn(viewer, course).ground.calendar
    assert (calendar.start, calendar.end) == (start, end)
    assert [period.title for period in calendar.periods] == ["Own"]


def test_without_due_dates_there_is_no_picture(viewer: Client, university: University) -> None:
    course = build.course(university.arts, university.term, assignments=[build.assignment(due=None)])
    response = viewer.get(reverse("courses:course", args=[course.pk]))
    assert response.context["timeline"] is None
    assert b"Due dates on a line" not in response.content
