"""Ticked line items: they survive paging, other filters and a sync, and lead to a proposal for just them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from registrar.models import LineItem
from registrar.web import picks
from tests.pages import build
from tests.pages.conftest import University

HTMX = {"HX-Request": "true"}


def name(item: LineItem) -> str:
    return "-".join(str(part) for part in picks.pick_of(item))


def tick(browser: Client, *items: LineItem, shown: tuple[LineItem, ...] = (), **more: str) -> str:
    given = {"pick": [name(one) for one in items], "shown": [name(one) for one in shown]} | more
    return str(browser.post("/line-items/picks/", given)["Location"])


def ticked(browser: Client) -> set[tuple[int, int, int]]:
    found: set[tuple[int, int, int]] = browser.get("/line-items/").context["picks"]
    return found


@pytest.fixture
def items(university: University) -> list[LineItem]:
    return list(LineItem.objects.order_by("pk"))


def test_they_survive_paging(reviewer: Client, items: list[LineItem]) -> None:
    tick(reviewer, items[0], items[1], shown=(items[0], items[1]))
    tick(reviewer, items[4], shown=(items[4], items[5]))
    assert ticked(reviewer) == {picks.pick_of(items[at]) for at in (0, 1, 4)}
    tick(reviewer, items[1], shown=(items[0], items[1]))
    assert ticked(reviewer) == {picks.pick_of(items[at]) for at in (1, 4)}


def test_they_are_ticked_on_the_page_that_shows_them(reviewer: Client, items: list[LineItem]) -> None:
    tick(reviewer, items[0])
    page = reviewer.get("/line-items/").content.decode()
    boxes = re.findall(r'name="pick"\s+value="([^"]+)"\s+checked', page)
    assert boxes == [name(items[0])]


def test_htmx_hears_how_many(reviewer: Client, items: list[LineItem]) -> None:
    given = {"pick": [name(items[0]), name(items[1])], "shown": []}
    answer = reviewer.post("/line-items/picks/", given, headers=HTMX)
    assert b"2</strong> line items ticked" in answer.content
    assert b"<html" not in answer.content


@pytest.mark.parametrize("step", ["dates", "sync"])
def test_they_lead_to_a_proposal_for_just_them(step: str, reviewer: Client, items: list[LineItem]) -> None:
    address = tick(reviewer, items[0], items[5], then=step)
    assert address == f"/proposals/{step}/?picked=yes"
    chosen = reviewer.get(address).context["chosen"]
    assert {item.pk for item in chosen.items} == {items[0].pk, items[5].pk}
    assert chosen.counts["items"] == 2


def test_they_survive_a_sync(reviewer: Client, university: University, items: list[LineItem]) -> None:
    portfolio = next(one for one in items if one.assignment_name == "Portfolio")
    tick(reviewer, portfolio)
    old = portfolio.pk
    LineItem.objects.filter(pk=old).delete()
    portfolio.pk = None
    portfolio.save(force_insert=True)
    found = reviewer.get("/proposals/dates/?picked=yes").context["chosen"].items
    assert [item.assignment_name for item in found] == ["Portfolio"]
    assert found[0].pk != old


def test_nothing_ticked_is_nothing_chosen(reviewer: Client, items: list[LineItem]) -> None:
    page = reviewer.get(tick(reviewer, then="dates"))
    assert page.context["chosen"].counts["items"] == 0
    assert b"No line item was chosen" in page.content


def test_out_of_reach_is_never_chosen(as_: Callable[[str], Client], university: University) -> None:
    scientist = as_("science_reviewer")
    tick(scientist, build.first_item(university.needing), build.first_item(university.ready))
    found = scientist.get("/proposals/dates/?picked=yes").context["chosen"].items
    assert {item.course_id for item in found} == {university.ready.pk}


def test_all_of_a_page_can_be_ticked(reviewer: Client, items: list[LineItem]) -> None:
    tick(reviewer, items[4])
    address = tick(reviewer, shown=(items[0], items[1]), then="all", next="/line-items/?page=2")
    assert address == "/line-items/?page=2"
    assert ticked(reviewer) == {picks.pick_of(items[at]) for at in (0, 1, 4)}


def test_the_head_of_the_table_offers_it(reviewer: Client, viewer: Client, items: list[LineItem]) -> None:
    head = reviewer.get("/line-items/").content.decode().partition("<thead>")[2].partition("</thead>")[0]
    assert head.count('id="tick-all"') == 1
    assert re.search(r'form="picks"\s+name="then"\s+value="all"', head)
    assert b"tick-all" not in viewer.get("/line-items/").content


def test_all_can_be_unticked(reviewer: Client, items: list[LineItem]) -> None:
    tick(reviewer, *items[:3])
    address = tick(reviewer, items[0], then="clear", next="/line-items/?page=2")
    assert address == "/line-items/?page=2"
    assert ticked(reviewer) == set()


@pytest.mark.parametrize("pick", ["", "1-2", "a-b-c", "1-2-3-4", "-1-2-3", "9" * 30 + "-1-1", "１²-1-1"])
def test_what_is_not_understood_is_not_kept(pick: str, reviewer: Client, items: list[LineItem]) -> None:
    assert reviewer.post("/line-items/picks/", {"pick": [pick]}).status_code == 302
    assert ticked(reviewer) == set()


def test_there_is_an_end_to_them(reviewer: Client, items: list[LineItem], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picks, "MOST", 3)
    tick(reviewer, *items[:2])
    tick(reviewer, *items[2:6])
    assert len(ticked(reviewer)) == 3
    assert {picks.pick_of(items[0]), picks.pick_of(items[1])} <= ticked(reviewer)


def test_viewers_have_no_boxes(viewer: Client, university: University) -> None:
    assert b'name="pick"' not in viewer.get("/line-items/").content
