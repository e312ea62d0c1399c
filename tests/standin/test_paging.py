from __future__ import annotations

import re

import pytest

from canvas_api.standin import University

from .conftest import Api

PATH = "/api/v1/courses/1/assignments"


def relations(link: str) -> list[str]:
    return re.findall(r'rel="(\w+)"', link)


def test_it_writes_links_as_canvas_does(api: Api) -> None:
    link = api.get(f"{PATH}?per_page=1&page=2&include[]=overrides&access_token=x").headers["Link"]
    assert relations(link) == ["current", "next", "prev", "first", "last"]
    assert ">; rel=" in link
    assert '",<' in link, "no space after the comma"
    assert "access_token" not in link
    assert "include%5B%5D=overrides&page=2&per_page=1>" in link


def test_it_writes_numeric_ids_into_links(api: Api) -> None:
    link = api.get("/api/v1/courses/sis_course_id:ART-101/assignments").headers["Link"]
    assert "/api/v1/courses/1/assignments?" in link


@pytest.mark.parametrize(("asked", "given"), [("0", 1), ("-3", 1), ("many", 1), ("2", 2), ("1000", 4)])
def test_it_clamps_per_page(api: Api, asked: str, given: int) -> None:
    assert len(api.json(f"{PATH}?per_page={asked}")) == given


def test_it_clamps_per_page_at_a_hundred(university: University, api: Api) -> None:
    for number in range(120):
        university.add_assignment(course_id=4, name=f"A {number}")
    assert len(api.json("/api/v1/courses/4/assignments")) == 10
    answer = api.get("/api/v1/courses/4/assignments?per_page=1000")
    assert len(answer.json()) == 100
    assert "per_page=100" in answer.links["next"]["url"]


@pytest.mark.parametrize("page", ["0", "-1", "x", ""])
def test_it_knows_no_such_page(api: Api, page: str) -> None:
    assert api.get(f"{PATH}?page={page}").status_code == 404


def test_it_answers_past_the_end_with_nothing(api: Api) -> None:
    answer = api.get(f"{PATH}?page=9")
    assert (answer.status_code, answer.json()) == (200, [])
    assert "next" not in answer.links
    assert answer.links["last"]["url"].endswith("page=1&per_page=10")


def test_it_reveals_the_end_of_an_uncounted_list_by_a_short_page(api: Api) -> None:
    path = "/api/v1/accounts/1/courses?per_page=4"
    assert relations(api.get(path).headers["Link"]) == ["current", "next", "first"]
    assert relations(api.get(path + "&page=2").headers["Link"]) == ["current", "prev", "first", "last"]


def test_it_drops_links_that_grow_too_long(api: Api) -> None:
    long = "x" * 2000
    link = api.get(f"{PATH}?per_page=1&page=2&search_term=&long={long}").headers["Link"]
    assert relations(link) == ["next", "last"]


def test_it_serves_cached_rows_until_something_changes(university: University, api: Api) -> None:
    university.row_cache = {}
    sis = "/api/sis/accounts/1/assignments?per_page=100"
    first = api.json(sis)
    assert api.json(sis) == first
    university.assignments[1].name = "Portfolio, new"
    assert api.json(sis)[0]["name"] == "Portfolio, new"
    university.courses[1].name = "Drawing 1"
    assert api.json(sis)[0]["sections"][0]["origin_course"]["name"] == "Drawing 1"
    assert api.json(PATH)[0]["name"] == "Portfolio, new"
