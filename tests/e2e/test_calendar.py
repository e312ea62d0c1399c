"""The calendar in a real browser: a deadline set with the keyboard alone, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from registrar.models import Finding, GradingPeriod, Mark, Term
from tests.e2e.conftest import Watched
from tests.pages import build
from tests.pages.conftest import University

DAY = timedelta(days=1)


@pytest.fixture
def term(university: University) -> Term:
    Term.objects.filter(pk=university.term.pk).update(period_group_id=7)
    term = Term.objects.get(pk=university.term.pk)
    for pk, title, first, last in ((1, "First Half", -60, -10), (2, "Second Half", -6, 25)):
        GradingPeriod.objects.create(
            canvas_id=pk,
            group_id=7,
            title=title,
            start_at=build.NOW + first * DAY,
            end_at=build.NOW + last * DAY,
            close_at=build.NOW + (last + 7) * DAY,
        )
    gap, own = build.NOW - 8 * DAY, build.NOW + 2 * DAY
    build.course(university.arts, term, assignments=[build.assignment(due=gap), build.assignment(due=gap)])
    course = build.course(university.science, term, assignments=[build.assignment(due=own)])
    GradingPeriod.objects.create(
        canvas_id=9, course=course, title="Module", start_at=own - DAY, end_at=own + DAY, close_at=own + 2 * DAY
    )
    Mark.objects.create(
        term=term,
        kind="other",
        name="Senior grades",
        account=university.arts,
        at=build.NOW + 3 * DAY,
        set_at=build.NOW,
    )
    Mark.objects.create(term=term, kind="census", at=build.NOW - 40 * DAY, set_at=build.NOW)
    return term


def test_a_deadline_is_set_with_the_keyboard_alone(open_as: Callable[..., Watched], term: Term) -> None:
    watched = open_as("administrator")
    page = watched.page
    page.get_by_role("link", name="Calendar", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Add a date").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Day", exact=True).focus()
    day = (build.NOW + DAY).strftime("%m%d%Y")
    page.keyboard.type(day)
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Saved. The findings of")
    expect(page.get_by_role("listitem").filter(has_text="Grade deadline")).to_contain_text("5:00 pm tomorrow")
    late = Finding.objects.filter(code="due_after_grade_deadline").count()
    assert late
    ahead = page.get_by_role("row", name="After the grade deadline").get_by_role("link").first
    expect(ahead).to_have_text(str(late))
    ahead.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Line items")
    expect(page.locator("#count")).to_contain_text(str(late))
    assert watched.faults == []


def test_it_works_without_javascript_and_says_what_is_wrong(open_as: Callable[..., Watched], term: Term) -> None:
    page = open_as("administrator", java_script_enabled=False).page
    page.goto(f"/calendar/{term.pk}/add/")
    page.get_by_label("Census date").check()
    page.get_by_label("Day", exact=True).fill((build.NOW - DAY).strftime("%Y-%m-%d"))
    page.get_by_role("button", name="Save").click()
    trouble = page.locator("#form-trouble")
    expect(trouble).to_contain_text("This date has passed")
    page.get_by_label("It is meant to be in the past").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    page.get_by_role("button", name="Leave this term out").click()
    expect(page.get_by_role("heading", name="Syncs leave this term out")).to_be_visible()
    assert Term.objects.get(pk=term.pk).watched is False
