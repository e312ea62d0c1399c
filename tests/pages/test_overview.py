from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrar.models import LineItem, Run, Standing
from tests.pages import build
from tests.pages.conftest import University

URL = "/"
LINK = re.compile(
    r'href="(/(?:courses|sections|line-items)/\?[^"]+)"[^>]*>(?:<[^>]*>)*\s*([\d,]+)(?: of| reading| course|\s*<)'
)
TILE = re.compile(r'class="tile[^"]*"\s+href="([^"]+)".*?tile-figure">([\d,]+)<', re.DOTALL)


def links(page: str) -> list[tuple[str, int]]:
    found = LINK.findall(page) + TILE.findall(page)
    return [(address.replace("&amp;", "&"), int(number.replace(",", ""))) for address, number in found]


def counted(browser: Client, address: str) -> int:
    return browser.get(address).context["listing"].count.value


def test_it_says_how_many_sections_need_action(viewer: Client) -> None:
    page = viewer.get(URL).content.decode()
    assert "2 of 4</span> sections need action" in page
    assert "Arts" in page
    assert "Science" in page
    assert "No due date" in page


def test_it_links_every_number_to_a_list_that_counts_the_same(viewer: Client, university: University) -> None:
    build.course(university.root, university.term, name="Direct", assignments=[build.assignment(due=None)])
    build.course(university.arts, university.term, trouble="Canvas said no.")
    build.course(
        university.arts,
        university.term,
        read_at=build.NOW - timedelta(days=9),
        assignments=[build.assignment(needs_grading_count=4, in_final_grade=False)],
    )
    build.course(university.arts, build.term("Spring", starts=40, ends=90), assignments=[build.assignment()])
    found = links(viewer.get(URL).content.decode())
    assert len(found) > 20
    for address, number in found:
        assert counted(viewer, address) == number, address


def test_it_counts_only_what_is_within_reach(as_: Callable[[str], Client], university: University) -> None:
    page = as_("scientist").get(URL).content.decode()
    assert "All" in page
    assert "2</span> sections are ready" in page
    assert "Arts" not in page
    assert "No due date" not in page


def test_it_shows_the_term_that_is_asked_for(viewer: Client, university: University) -> None:
    spring = build.term("Spring <b>", starts=40, ends=90)
    build.course(university.arts, spring, assignments=[build.assignment()])
    assert viewer.get(URL).context["term"] == university.term
    page = viewer.get(URL, {"term": spring.pk})
    assert page.context["term"] == spring
    assert page.context["tally"].sections == 1
    assert b"Spring &lt;b&gt;" in page.content


@pytest.mark.parametrize("wanted", ["nonsense", "0", "9" * 40, "\0", ""])
def test_it_falls_back_to_the_running_term(wanted: str, viewer: Client, university: University) -> None:
    assert viewer.get(URL, {"term": wanted}).context["term"] == university.term


def test_it_invites_to_read_when_there_is_nothing(university: University, as_: Callable[[str], Client]) -> None:
    university.ready.delete()
    university.needing.delete()
    assert b"A reviewer can start the first refresh" in as_("viewer").get(URL).content
    assert b"Start a full refresh" in as_("reviewer").get(URL).content


def test_it_tells_old_and_failed_readings(viewer: Client, university: University) -> None:
    build.course(university.arts, university.term, trouble="Canvas said no.")
    old = build.NOW - timedelta(days=9)
    build.course(university.arts, university.term, assignments=[build.assignment()], read_at=old)
    page = viewer.get(URL).content.decode()
    assert "1 reading too old" in page
    assert "1 course could not be read" in page
    assert "9 days ago" in page


def test_it_tells_when_the_feed_could_not_be_read(viewer: Client) -> None:
    Standing.objects.create(feed_open=False, warnings=["The token may not list sub-accounts."])
    page = viewer.get(URL).content.decode()
    assert "feed itself could not be read" in page
    assert "The token may not list sub-accounts." in page


def test_it_offers_refresh_to_reviewers_only(viewer: Client, reviewer: Client) -> None:
    assert reverse("runs:start").encode() not in viewer.get(URL).content
    assert reverse("runs:start").encode() in reviewer.get(URL).content


def test_it_follows_a_run_that_is_going_on(viewer: Client, university: University) -> None:
    run = build.run(university.ready, state=Run.State.READING)
    assert reverse("runs:progress", args=[run.pk]).encode() in viewer.get(URL).content


@pytest.mark.parametrize(
    ("state", "ago", "shown"),
    [("complete", 1, True), ("complete", 5, False), ("failed", 5000, True), ("incomplete", 5000, True)],
)
def test_it_tells_how_the_last_run_ended(
    state: str, ago: int, shown: bool, viewer: Client, university: University
) -> None:
    ended = datetime.now(UTC) - timedelta(minutes=ago)
    build.run(university.ready, university.needing, state=state, finished_at=ended)
    page = viewer.get(URL).content
    assert (b"2 of 2" in page) is shown
    assert b'hx-trigger="every' not in page


def test_it_answers_htmx_with_a_fragment_and_history_with_the_page(viewer: Client) -> None:
    fragment = viewer.get(URL, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b'id="overview"' in fragment.content
    assert "HX-Request" in fragment["Vary"]
    back = viewer.get(URL, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" in back.content


def test_it_asks_as_often_for_many_rows_as_for_few(viewer: Client, university: University) -> None:
    viewer.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as few:
        viewer.get(URL)
    for _ in range(20):
        college = build.account("More", university.root)
        build.course(college, university.term, assignments=[build.assignment(due=None)])
    with CaptureQueriesContext(connection) as many:
        viewer.get(URL)
    assert len(many) == len(few)


def test_it_counts_what_is_excepted(viewer: Client, university: University) -> None:
    accepted = university.needing.line_items.filter(status=LineItem.Status.NEEDS_ACTION).order_by("pk")[:1]
    LineItem.objects.filter(pk__in=accepted.values("pk")).update(status=LineItem.Status.EXCEPTED)
    tally = viewer.get(URL).context["tally"]
    assert (tally.items, tally.items_needing, tally.items_ready, tally.items_excepted) == (10, 3, 6, 1)
