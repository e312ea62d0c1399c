from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrar.models import Run, RunItem
from tests.pages import build
from tests.pages.conftest import University

HTMX = {"HX-Request": "true"}
Captured = Callable[..., object]


def test_it_lists_runs_the_latest_first(viewer: Client, university: University) -> None:
    build.run(university.ready, trigger="schedule")
    build.run(university.ready, state=Run.State.FAILED, message="Canvas said no.")
    page = viewer.get(reverse("runs:index"))
    assert [run.state for run in page.context["listing"].rows] == ["failed", "complete"]
    assert b"The schedule" in page.content


def test_it_lists_only_runs_that_concern_this_person(as_: Callable[[str], Client], university: University) -> None:
    both = build.run(university.ready, university.needing)
    build.run(university.needing)
    rows = as_("scientist").get(reverse("runs:index")).context["listing"].rows
    assert rows == [both]


def test_it_counts_only_courses_within_reach(as_: Callable[[str], Client], university: University) -> None:
    run = build.run(university.ready, university.needing, warnings=["About arts."], message="Arts broke.")
    run.items.filter(course=university.needing).update(state=RunItem.State.FAILED, message="Arts broke.")
    page = as_("scientist").get(reverse("runs:run", args=[run.pk]))
    assert (page.context["total"], page.context["failures"]) == (1, 0)
    assert b"Arts broke" not in page.content
    assert b"About arts" not in page.content
    assert b"PHIL 101" not in page.content
    assert b"Arts broke" in as_("viewer").get(reverse("runs:run", args=[run.pk])).content


def test_it_tells_per_course_what_went_wrong(viewer: Client, university: University) -> None:
    run = build.run(university.ready, university.needing, state=Run.State.INCOMPLETE, failed=1, done=1)
    run.items.filter(course=university.needing).update(state=RunItem.State.FAILED, message="Canvas <said> no.")
    page = viewer.get(reverse("runs:run", args=[run.pk])).content.decode()
    assert "PHIL 101" in page
    assert "Canvas &lt;said&gt; no." in page
    assert "last whole reading" in page


def test_it_starts_a_refresh_after_the_commit(
    reviewer: Client, sent: list[int], django_capture_on_commit_callbacks: Captured
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        response = reviewer.post(reverse("runs:start"), {"mode": "full"})
        assert sent == []
    run = Run.objects.get()
    assert (run.mode, run.trigger, run.requested_by.username) == ("full", "person", "reviewer")  # type: ignore[union-attr]
    assert sent == [run.pk]
    assert response["Location"] == reverse("runs:run", args=[run.pk])


def test_it_starts_with_progress_in_place(reviewer: Client, sent: list[int]) -> None:
    fragment = reviewer.post(reverse("runs:start"), {"mode": "quick"}, headers=HTMX)
    assert reverse("runs:progress", args=[Run.objects.get().pk]).encode() in fragment.content
    assert b"<html" not in fragment.content


@pytest.mark.parametrize("asked", [{}, {"mode": "course"}, {"mode": "quick", "term": "1; drop"}])
def test_it_refuses_an_invalid_start(asked: dict[str, str], reviewer: Client, sent: list[int]) -> None:
    page = reviewer.post(reverse("runs:start"), asked)
    assert page.status_code == 422
    assert b'tabindex="-1"' in page.content
    assert b"Choose" in page.content
    assert b"<html" not in reviewer.post(reverse("runs:start"), asked, headers=HTMX).content
    assert not Run.objects.exists()


def test_it_reads_only_the_own_part_for_a_limited_person(
    as_: Callable[[str], Client], university: University, sent: list[int]
) -> None:
    browser = as_("science_reviewer")
    response = browser.post(reverse("runs:start"), {"mode": "full"})
    run = Run.objects.get()
    assert run.account_ref == str(university.science.pk)
    assert browser.get(response["Location"]).status_code == 200


def test_it_polls_while_open_and_stops_at_the_end(viewer: Client, university: University) -> None:
    run = build.run(university.ready, state=Run.State.READING, total=4, done=1, read_from=build.NOW)
    address = reverse("runs:progress", args=[run.pk])
    going = viewer.get(address, headers=HTMX)
    assert going.status_code == 200
    assert b'hx-trigger="every 2s"' in going.content
    assert b"1 of 4" in going.content
    assert b"left" in going.content
    Run.objects.filter(pk=run.pk).update(state=Run.State.COMPLETE)
    ended = viewer.get(address, headers=HTMX)
    assert ended.status_code == 286
    assert ended["HX-Trigger"] == "synced"
    assert b"hx-trigger" not in ended.content
    assert b"The refresh has ended: complete" in ended.content
    assert viewer.get(address).status_code == 200


def test_it_asks_a_run_to_stop(reviewer: Client, university: University) -> None:
    run = build.run(university.ready, state=Run.State.READING)
    address = reverse("runs:cancel", args=[run.pk])
    fragment = reviewer.post(address, headers=HTMX)
    run.refresh_from_db()
    assert run.cancel_asked_at is not None
    assert b"stopping after the course in hand" in fragment.content
    assert reviewer.post(address)["Location"] == reverse("runs:run", args=[run.pk])


def test_it_runs_again(
    reviewer: Client, university: University, sent: list[int], django_capture_on_commit_callbacks: Captured
) -> None:
    old = build.run(university.ready, state=Run.State.FAILED, term_ref="7")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        response = reviewer.post(reverse("runs:again", args=[old.pk]))
    new = Run.objects.exclude(pk=old.pk).get()
    assert (new.mode, new.term_ref, sent) == (old.mode, "7", [new.pk])
    assert response["Location"] == reverse("runs:run", args=[new.pk])


def test_it_does_not_run_again_what_still_runs(reviewer: Client, university: University, sent: list[int]) -> None:
    run = build.run(university.ready, state=Run.State.READING)
    response = reviewer.post(reverse("runs:again", args=[run.pk]))
    assert response.status_code == 403
    assert b"still going on" in response.content


@pytest.mark.parametrize("name", ["runs:cancel", "runs:again"])
def test_it_leaves_wider_runs_to_others(
    name: str, as_: Callable[[str], Client], university: University, sent: list[int]
) -> None:
    run = build.run(university.ready, university.needing)
    response = as_("science_reviewer").post(reverse(name, args=[run.pk]))
    assert response.status_code == 403
    assert b"more than your part" in response.content


@pytest.mark.parametrize("page", ["0", "x", "9" * 30, "2"])
def test_it_takes_any_page_number(page: str, viewer: Client, university: University) -> None:
    build.run(university.ready)
    assert viewer.get(reverse("runs:index"), {"page": page}).status_code == 200


def test_it_asks_as_often_for_many_runs_as_for_few(viewer: Client, university: University) -> None:
    build.run(university.ready)
    with CaptureQueriesContext(connection) as few:
        viewer.get(reverse("runs:index"))
    for _ in range(30):
        build.run(university.ready)
    with CaptureQueriesContext(connection) as many:
        viewer.get(reverse("runs:index"))
    assert len(many) == len(few)


def test_it_answers_htmx_with_a_fragment(viewer: Client, university: University) -> None:
    run = build.run(university.ready)
    for address in (reverse("runs:index"), reverse("runs:run", args=[run.pk])):
        assert b"<html" not in viewer.get(address, headers=HTMX).content


def test_a_run_whose_courses_are_no_longer_kept_says_so(viewer: Client, university: University) -> None:
    run = build.run(university.ready, state=Run.State.INCOMPLETE, failed=1)
    run.items.all().delete()
    page = viewer.get(f"/runs/{run.pk}/").content.decode()
    assert "Which courses could not be read was removed after 400 days." in " ".join(page.split())
    assert "What went wrong" not in page
