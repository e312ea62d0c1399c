"""What the three lists have in common: filters, order, pages, counts, reach, and queries that do not grow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar.models import LineItem
from registrar.web import listing
from tests.pages import build
from tests.pages.conftest import University

LISTS = ["/courses/", "/sections/", "/line-items/"]


def rows(browser: Client, address: str, **asked: object) -> list[str]:
    return [str(row) for row in browser.get(address, asked).context["listing"].rows]


def number(browser: Client, address: str, **asked: object) -> int:
    return browser.get(address, asked).context["listing"].count.value


@pytest.mark.parametrize("address", LISTS)
def test_it_lists_what_is_within_reach(address: str, as_: Callable[[str], Client]) -> None:
    everything, some = as_("viewer").get(address), as_("scientist").get(address)
    assert b"PHIL 101" in everything.content
    assert b"BIOL 152" in everything.content
    assert b"PHIL 101" not in some.content
    assert b"BIOL 152" in some.content
    assert some.context["listing"].count.value < everything.context["listing"].count.value


@pytest.mark.parametrize("address", LISTS)
def test_it_filters_by_state(address: str, viewer: Client) -> None:
    needing, ready = number(viewer, address, state="needs_action"), number(viewer, address, state="ready")
    assert needing > 0
    assert ready > 0
    assert needing + ready == number(viewer, address)


@pytest.mark.parametrize("address", LISTS)
def test_it_filters_by_rule_and_severity(address: str, viewer: Client, university: University) -> None:
    build.course(university.science, university.term, assignments=[build.assignment(needs_grading_count=3)])
    assert number(viewer, address, rule="needs_grading") == 1
    assert number(viewer, address, rule="needs_grading", severity="blocking") == 0
    assert number(viewer, address, severity="warning") == 1
    assert 0 < number(viewer, address, rule="due_missing") < number(viewer, address)


@pytest.mark.parametrize("address", LISTS)
def test_it_filters_by_college_with_all_below_it(address: str, viewer: Client, university: University) -> None:
    deeper = build.account("Botany", university.science)
    build.course(deeper, university.term, code="BOT 1", assignments=[build.assignment()])
    below = number(viewer, address, account=university.science.pk)
    directly = number(viewer, address, account=f"only-{university.science.pk}")
    assert below == directly + 1
    assert number(viewer, address, account=university.root.pk) == number(viewer, address)


@pytest.mark.parametrize("address", LISTS)
def test_it_filters_by_term(address: str, viewer: Client, university: University) -> None:
    spring = build.term("Spring")
    build.course(university.arts, spring, assignments=[build.assignment()])
    assert number(viewer, address, term=spring.pk) == 1


@pytest.mark.parametrize("address", LISTS)
def test_it_filters_by_published(address: str, viewer: Client, university: University) -> None:
    build.course(university.arts, university.term, state="unpublished", assignments=[build.assignment()])
    assert number(viewer, address, published="no") == 1
    assert number(viewer, address, published="yes") == number(viewer, address) - 1


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("words", ["biol", "BIOL ecology", "  152  biol "])
def test_it_searches_every_word(address: str, words: str, viewer: Client) -> None:
    found = viewer.get(address, {"q": words})
    assert b"BIOL 152" in found.content
    assert b"PHIL 101" not in found.content
    assert number(viewer, address, q=f"{words} phil") == 0


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("words", ["%", "_", "'; DROP TABLE", "\\", "<script>", "🎓", "x" * 199])
def test_it_takes_any_search_as_plain_text(address: str, words: str, viewer: Client) -> None:
    page = viewer.get(address, {"q": words})
    assert page.status_code == 200
    assert page.context["listing"].count.value == 0
    assert b"Nothing matches these filters" in page.content
    assert b"<script>" not in page.content


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("term", "x"),
        ("term", "9" * 40),
        ("account", "only-"),
        ("rule", "no_such_rule"),
        ("severity", "awful"),
        ("state", "gone"),
        ("published", "maybe"),
        ("page", "-1"),
        ("page", "x"),
        ("page", "9" * 5000),
        ("sort", "password"),
        ("q", "nul\0byte"),
        ("q", "x" * 300),
    ],
)
def test_it_says_which_filter_it_ignored(address: str, name: str, value: str, viewer: Client) -> None:
    page = viewer.get(address, {name: value})
    assert page.status_code == 200
    assert b"Not understood in this address" in page.content
    assert page.context["listing"].count.value == number(viewer, address)


@pytest.mark.parametrize("address", LISTS)
def test_it_does_not_offer_what_is_out_of_reach(
    address: str, as_: Callable[[str], Client], university: University
) -> None:
    page = as_("scientist").get(address, {"account": university.arts.pk})
    assert b"Not understood in this address" in page.content
    assert b">Arts<" not in page.content


@pytest.mark.parametrize("address", LISTS)
def test_it_sorts_both_ways(address: str, viewer: Client) -> None:
    up, down = rows(viewer, address, sort="course"), rows(viewer, address, sort="-course")
    assert up
    assert sorted(up) == sorted(down)
    assert up[0] != down[0]
    assert b'aria-sort="descending"' in viewer.get(address, {"sort": "-course"}).content


def test_it_puts_missing_dates_last(viewer: Client) -> None:
    found = viewer.get("/line-items/", {"sort": "due"}).context["listing"].rows
    assert found[-1].due_at is None
    assert found[0].due_at is not None


@pytest.mark.parametrize("chosen", [{}, {"rule": "due_missing"}, {"severity": "blocking"}])
def test_it_sorts_by_date_in_the_same_way_whatever_is_chosen(
    chosen: dict[str, str], viewer: Client, university: University
) -> None:
    item = LineItem.objects.filter(findings__code="due_missing")[0]
    LineItem.objects.filter(pk=item.pk).update(due_at=build.NOW)
    up = viewer.get("/line-items/", {"sort": "due", **chosen}).context["listing"].rows
    down = viewer.get("/line-items/", {"sort": "-due", **chosen}).context["listing"].rows
    ordered = sorted(up, key=lambda row: (row.due_at is None, row.due_at or build.NOW, row.pk))
    assert up == ordered == down[::-1]
    assert {row.due_at is None for row in up} == {True, False}


@pytest.mark.parametrize("address", LISTS)
def test_it_keeps_the_whole_state_in_its_links(address: str, viewer: Client, university: University) -> None:
    page = viewer.get(address, {"state": "needs_action", "term": university.term.pk, "page": 1})
    assert f"?state=needs_action&amp;term={university.term.pk}&amp;sort=course".encode() in page.content


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 3)


@pytest.mark.usefixtures("short_pages")
def test_it_pages_without_losing_or_repeating(viewer: Client) -> None:
    seen: list[int] = []
    for page in (1, 2, 3, 4):
        found = viewer.get("/line-items/", {"page": page}).context["listing"]
        seen += [row.pk for row in found.rows]
        assert found.more == (page < 4)
    assert sorted(seen) == sorted(LineItem.objects.values_list("pk", flat=True))


@pytest.mark.usefixtures("short_pages")
def test_it_shows_the_last_page_when_asked_beyond_it(viewer: Client) -> None:
    found = viewer.get("/line-items/", {"page": 400}).context["listing"]
    assert (found.number, found.first, found.last) == (4, 10, 10)


@pytest.mark.parametrize("who", ["viewer", "scientist"])
def test_it_counts_a_rule_as_it_lists_it(who: str, as_: Callable[[str], Client], university: University) -> None:
    """Of a rule alone the findings are counted: several of one line item, and those of others' colleges, not."""
    browser, found = as_(who), 0
    places = [
        {},
        {"account": university.arts.pk},
        {"account": university.science.pk},
        {"term": university.term.pk},
    ]
    for place in places:
        for only in ({"rule": "due_missing"}, {"rule": "name_empty"}, {"severity": "blocking"}):
            page = browser.get("/line-items/", place | only).context["listing"]
            assert page.count.value == len(page.rows), (place, only)
            found += page.count.value
    assert (found > 0) == (who == "viewer")


def test_it_caps_the_count_of_a_search_only(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CAP", 2)
    assert b">2+</strong>" in viewer.get("/line-items/", {"q": "phil"}).content
    assert b">10</strong>" in viewer.get("/line-items/").content


@pytest.mark.parametrize("address", LISTS)
def test_it_answers_htmx_with_the_results_alone(address: str, viewer: Client) -> None:
    fragment = viewer.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b'id="results"' in fragment.content
    assert b"hx-swap-oob" in fragment.content
    assert "HX-Request" in fragment["Vary"]
    assert b"hx-swap-oob" not in viewer.get(address).content


@pytest.mark.parametrize("address", LISTS)
def test_it_asks_as_often_for_many_rows_as_for_few(address: str, viewer: Client, university: University) -> None:
    with CaptureQueriesContext(connection) as few:
        viewer.get(address)
    for _ in range(12):
        sections = [build.section(f"{one}") for one in range(5)]
        build.course(university.arts, university.term, sections=sections, assignments=[build.assignment(due=None)])
    with CaptureQueriesContext(connection) as many:
        shown = viewer.get(address).context["listing"].rows
    assert len(shown) > 10
    assert len(many) == len(few)


def test_it_shows_hard_names_safely(viewer: Client, university: University) -> None:
    names = ["<b>Lab</b> & 3", "امتحان نهائي", "🎓 Finale", "=HYPERLINK(1)", "long " * 2000]
    build.course(
        university.arts,
        university.term,
        name="<script>alert(1)</script>",
        sections=[build.section("<i>S</i>")],
        assignments=[build.assignment(name) for name in names],
    )
    page = viewer.get("/line-items/", {"q": "alert"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;Lab&lt;/b&gt; &amp; 3" in page
    assert "<bdi>امتحان نهائي</bdi>" in page
    assert "<i>S" not in page


@pytest.mark.parametrize("address", ["/courses/", "/line-items/", "/sections/"])
def test_it_says_that_nothing_was_read_yet(address: str, viewer: Client, university: University) -> None:
    university.ready.delete()
    university.needing.delete()
    assert b"Nothing has been read from Canvas yet" in viewer.get(address).content


@pytest.mark.parametrize(("reading", "found"), [("failed", 1), ("old", 0)])
def test_it_filters_courses_by_their_reading(
    reading: str, found: int, viewer: Client, university: University
) -> None:
    build.course(university.arts, university.term, trouble="Canvas said no.")
    assert number(viewer, "/courses/", reading=reading) == found
