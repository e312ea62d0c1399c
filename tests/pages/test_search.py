"""Find anything from anywhere: by kind, within reach, and straight to the page where the id is exact."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar.models import Course, Section
from registrar.services import searching
from tests.pages import build
from tests.pages.conftest import University


def found(browser: Client, words: str) -> searching.Found:
    result: searching.Found = browser.get("/search/", {"q": words}).context["found"]
    return result


def test_it_finds_each_kind(viewer: Client) -> None:
    result = found(viewer, "phil")
    assert [course.code for course in result.courses.rows] == ["PHIL 101"]
    assert {section.name for section in result.sections.rows} == {"A", "B"}
    assert [item.assignment_name for item in found(viewer, "portfolio").assignments.rows] == ["Portfolio"]


def test_it_names_an_assignment_once_and_not_for_its_course(viewer: Client) -> None:
    assert found(viewer, "phil essay").assignments.count == 1
    assert found(viewer, "phil").assignments.count == 0


@pytest.mark.parametrize("words", ["x", "qz", "qzx", "QZX", "xé", "qzx lo", "lo qz"])
def test_it_finds_words_of_any_length_in_any_case(words: str, viewer: Client, university: University) -> None:
    names = ("Lone Qzxé", "Qz", "Lobe Qzx")
    work = [build.assignment(name) for name in names]
    build.course(university.arts, university.term, code="ZOO", name="Zoo", assignments=work)
    wanted = {name for name in names if all(word in name.lower() for word in words.lower().split())}
    hits = found(viewer, words).assignments.rows
    assert wanted == {row.assignment_name for row in hits} & set(names)
    listed = viewer.get("/line-items/", {"q": words}).context["listing"].rows
    assert wanted <= {row.assignment_name for row in listed}


def test_it_finds_instructors(viewer: Client, university: University) -> None:
    build.course(
        university.arts,
        university.term,
        code="ART 1",
        teachers=[{"id": 9, "name": "Quentin Takahashi"}, {"id": 8, "name": "Someone Else"}],
        assignments=[build.assignment()],
    )
    Course.objects.filter(code="ART 1").update(search="art 1 quentin takahashi someone else")
    hits = found(viewer, "Takahashi quentin").teachers
    assert [(teacher.name, teacher.courses) for teacher in hits.rows] == [("Quentin Takahashi", 1)]


def test_its_counts_are_those_of_the_lists(viewer: Client) -> None:
    result = found(viewer, "eco")
    for address, hits in (("/courses/", result.courses), ("/sections/", result.sections)):
        assert hits.count == viewer.get(address, {"q": "eco"}).context["listing"].count.value > 0


@pytest.mark.parametrize("field", ["sis_id", "canvas_id"])
def test_an_exact_id_opens_its_page(field: str, viewer: Client, university: University) -> None:
    section = Section.objects.filter(course=university.ready)[0]
    asked = f" {str(getattr(section, field)).lower()} "
    assert viewer.get("/search/", {"q": asked})["Location"] == f"/sections/{section.pk}/"
    asked = str(getattr(university.needing, field))
    assert viewer.get("/search/", {"q": asked})["Location"] == f"/courses/{university.needing.pk}/"


def test_a_crn_opens_its_section(viewer: Client, university: University) -> None:
    one, other = Section.objects.filter(course=university.ready)
    Section.objects.filter(pk=one.pk).update(sis_id="202710-40417")
    Section.objects.filter(pk=other.pk).update(sis_id="202710-404170")
    assert viewer.get("/search/", {"q": "40417"})["Location"] == f"/sections/{one.pk}/"
    Section.objects.filter(pk=other.pk).update(sis_id="202620-40417")
    assert {row.pk for row in found(viewer, "40417").sections.rows} == {one.pk, other.pk}


def test_it_keeps_to_the_reach(as_: Callable[[str], Client], university: University) -> None:
    scientist = as_("scientist")
    assert not found(scientist, "phil").anything
    assert b"Nothing that you may see" in scientist.get("/search/", {"q": "phil"}).content
    answer = scientist.get("/search/", {"q": str(university.needing.sis_id)})
    assert answer.status_code == 200
    assert not answer.context["found"].anything
    assert found(scientist, "biol").courses.count == 1


@pytest.mark.parametrize("words", ["%", "_", "\\", "'; DROP TABLE", "<script>", "🎓", "9" * 40, "x" * 199])
def test_it_takes_anything_as_plain_text(words: str, viewer: Client) -> None:
    page = viewer.get("/search/", {"q": words})
    assert page.status_code == 200
    assert not page.context["found"].anything
    assert b"<script>a" not in page.content


@pytest.mark.parametrize("words", ["nul\0byte", "x" * 300])
def test_it_says_what_it_cannot_search_for(words: str, viewer: Client) -> None:
    assert b"This cannot be searched for" in viewer.get("/search/", {"q": words}).content


def test_it_asks_for_words_when_there_are_none(viewer: Client) -> None:
    page = viewer.get("/search/")
    assert page.status_code == 200
    assert b"An exact ID opens its page" in page.content


def test_it_shows_a_few_and_counts_the_rest(
    viewer: Client, university: University, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        build.course(university.arts, university.term, code=f"HIST {number}", assignments=[build.assignment()])
    hits = found(viewer, "hist").courses
    assert (len(hits.rows), hits.count, hits.capped) == (8, 12, False)
    monkeypatch.setattr(searching, "MOST", 10)
    hits = found(viewer, "hist").courses
    assert (hits.count, hits.capped) == (10, True)


def test_the_latest_term_comes_first(viewer: Client, university: University) -> None:
    early, late = build.term("Early", starts=-400, ends=-300), build.term("Late", starts=-10, ends=90)
    for during in (early, late):
        build.course(university.arts, during, code="ZOO 1", assignments=[build.assignment()])
    assert [row.term.name for row in found(viewer, "zoo").courses.rows] == ["Late", "Early"]


def test_it_asks_as_often_for_many_as_for_few(viewer: Client, university: University) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            viewer.get("/search/", {"q": "essay"})
        return len(queries)

    build.course(university.arts, university.term, code="ESSAY", assignments=[build.assignment("Essay")])
    few = asked()
    for number in range(12):
        build.course(
            university.arts,
            university.term,
            code=f"ESSAY {number}",
            assignments=[build.assignment(f"Essay {number}")],
        )
    assert asked() == few


HTMX = {"HX-Request": "true"}


def test_it_answers_with_the_results_alone_while_one_types(viewer: Client, university: University) -> None:
    answer = viewer.get("/search/", {"q": "phil"}, headers=HTMX)
    page = " ".join(answer.content.decode().split())
    assert "<html" not in page
    assert "PHIL 101" in page
    assert "Found for “phil” · Preflight</title>" in page
    assert '<p id="count" hx-swap-oob="innerHTML"> <strong class="figure">3</strong> results </p>' in page
    assert "HX-Request" in answer["Vary"]


def test_it_offers_an_exact_id_while_one_types(viewer: Client, university: University) -> None:
    answer = viewer.get("/search/", {"q": str(university.needing.canvas_id)}, headers=HTMX)
    assert answer.status_code == 200
    assert f'Exactly this ID: <a href="/courses/{university.needing.pk}/">' in answer.content.decode()


@pytest.mark.parametrize(("words", "said"), [("zzzz", "No results"), ("", "")])
def test_it_says_that_nothing_was_found(words: str, said: str, viewer: Client) -> None:
    page = " ".join(viewer.get("/search/", {"q": words}, headers=HTMX).content.decode().split())
    assert page.endswith(f'<p id="count" hx-swap-oob="innerHTML"> {said} </p>'.replace("  ", " "))


def test_it_says_when_there_are_more_than_it_counts(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST", 1)
    assert "More than 2 results" in viewer.get("/search/", {"q": "phil"}).content.decode()


def test_every_page_has_the_box(viewer: Client) -> None:
    for address in ("/", "/courses/", "/search/?q=phil"):
        assert b'role="search"' in viewer.get(address).content
        assert b'id="find"' in viewer.get(address).content
