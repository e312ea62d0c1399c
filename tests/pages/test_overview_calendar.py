"""The Overview's picture of when line items are due, and the table behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from registrar.models import LineItem
from tests.pages import build
from tests.pages.conftest import University

WEEK = re.compile(r'<a class="week"\s+href="([^"]+)"\s+tabindex="-1">\s*<title>[^:]+: (\d+) due, (\d+) need')


def weeks(browser: Client) -> list[tuple[str, int, int]]:
    page = browser.get("/").content.decode()
    return [(address.replace("&amp;", "&"), int(due), int(bad)) for address, due, bad in WEEK.findall(page)]


def test_each_bar_leads_to_as_many_line_items(viewer: Client, university: University) -> None:
    far = [build.assignment(due=build.NOW + timedelta(days=days)) for days in (-900, -50, 33, 900)]
    build.course(university.arts, university.term, assignments=far)
    found = weeks(viewer)
    assert len(found) >= 5
    for address, due, needing in found:
        assert viewer.get(address).context["listing"].count.value == due, address
        assert viewer.get(f"{address}&state=needs_action").context["listing"].count.value == needing, address
    dated = LineItem.objects.filter(due_at__isnull=False).count()
    assert sum(due for _, due, _ in found) == dated


def test_it_tells_what_has_no_date_and_where_a_week_lies(viewer: Client, university: University) -> None:
    build.mark(university.term, days=20)
    build.course(
        university.arts, university.term, assignments=[build.assignment(due=build.NOW + timedelta(days=400))]
    )
    page = viewer.get("/").content.decode()
    assert "Grade deadline, " in page
    assert "The weeks as a table" in page
    assert "line items have no due date, and need action" in " ".join(re.sub("<[^>]*>", "", page).split())
    assert "Outside the term" in page
    assert re.search(r">From \w+ \d+ on<", page)


def test_it_shows_nothing_of_what_is_out_of_reach(as_: Callable[[str], Client], university: University) -> None:
    build.course(
        university.arts, university.term, assignments=[build.assignment(due=build.NOW + timedelta(days=20))]
    )
    assert sum(due for _, due, _ in weeks(as_("scientist"))) == university.ready.line_items.count()


def test_where_nothing_is_due_there_is_no_picture(viewer: Client, university: University) -> None:
    LineItem.objects.update(due_at=None)
    response = viewer.get("/")
    assert response.context["picture"] is None
    assert b"When line items are due" not in response.content
