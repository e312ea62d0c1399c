"""Which columns a list shows and how densely: each person's own choice, kept and never trusted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from registrar.web.tables import TABLES

ADDRESSES = {"courses": "/courses/", "sections": "/sections/", "line_items": "/line-items/"}


def heads(browser: Client, address: str) -> list[str]:
    return [column.key for column in browser.get(address).context["look"].columns]


def choose(browser: Client, table: str, **given: object) -> str:
    return browser.post("/look/", {"table": table, "next": ADDRESSES[table]} | given)["Location"]


@pytest.mark.parametrize("table", ADDRESSES)
def test_it_shows_the_chosen_columns_only(table: str, viewer: Client) -> None:
    optional = [column.key for column in TABLES[table] if not column.fixed]
    assert choose(viewer, table, column=optional[:2], density="compact") == ADDRESSES[table]
    fixed = {column.key for column in TABLES[table] if column.fixed}
    assert set(heads(viewer, ADDRESSES[table])) == fixed | set(optional[:2])
    assert b"dense--compact" in viewer.get(ADDRESSES[table]).content


@pytest.mark.parametrize("table", ADDRESSES)
def test_it_has_a_cell_for_every_head(table: str, viewer: Client) -> None:
    choose(viewer, table, column=[column.key for column in TABLES[table]])
    page = viewer.get(ADDRESSES[table])
    row = page.content.decode().partition("<tbody")[2].partition("</tr>")[0]
    assert row.count("<td") + row.count("<th ") == len(TABLES[table]) == len(page.context["look"].columns)


def test_it_keeps_the_columns_of_the_other_lists(viewer: Client) -> None:
    choose(viewer, "courses", column=["term"])
    choose(viewer, "sections", column=["students"])
    assert heads(viewer, "/courses/") == ["course", "state", "term"]
    assert heads(viewer, "/sections/") == ["section", "state", "students"]
    choose(viewer, "courses", usual="yes")
    assert "college" in heads(viewer, "/courses/")
    assert heads(viewer, "/sections/") == ["section", "state", "students"]


def test_it_is_each_persons_own(as_: Callable[[str], Client]) -> None:
    viewer, reviewer = as_("viewer"), as_("reviewer")
    choose(viewer, "courses", density="compact")
    reviewer.cookies.update({name: one for name, one in viewer.cookies.items() if name.startswith("look")})
    assert b"dense--compact" not in reviewer.get("/courses/").content


@pytest.mark.parametrize("kept", ["", "%%%", "courses=password.drop", "density=awful&courses=", "x" * 3000])
def test_it_survives_any_cookie(kept: str, viewer: Client) -> None:
    name = f"look-{viewer.session['_auth_user_id']}"
    viewer.cookies[name] = kept
    assert {"course", "state"} <= set(heads(viewer, "/courses/"))


@pytest.mark.parametrize(
    "next_", ["https://elsewhere.example.org/", "//elsewhere.example.org/", "javascript:alert(1)", ""]
)
def test_it_goes_back_to_own_pages_only(next_: str, viewer: Client) -> None:
    assert choose(viewer, "courses", next=next_) == "/"


def test_it_goes_back_to_the_list_as_it_was(viewer: Client) -> None:
    address = "/courses/?state=needs_action&sort=-course"
    assert choose(viewer, "courses", next=address) == address


def test_it_keeps_nothing_of_a_list_that_is_not_there(viewer: Client) -> None:
    response = viewer.post("/look/", {"table": "users", "next": "/courses/"})
    assert response["Location"] == "/courses/"
    assert not any(name.startswith("look") for name in response.cookies)
