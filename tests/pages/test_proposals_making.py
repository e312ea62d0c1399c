from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registrar.models import Change, Course, GradingPeriod, LineItem, Proposal
from tests.pages import build
from tests.pages.conftest import University

DAY = (build.NOW + timedelta(days=5)).date().isoformat()
SET = {"what": "set", "date": DAY, "at": "23:59", "field": "due_at", "place": "sections", "reason": "Snow."}


def made(response: Any) -> Proposal:
    assert response.status_code == 302, response.content.decode()
    return Proposal.objects.get(pk=response["Location"].strip("/").rpartition("/")[2])


def places(proposal: Proposal) -> set[tuple[str, str]]:
    return set(proposal.changes.values_list("assignment_name", "section_name"))


def of_course(course: Course, **chosen: list[int]) -> str:
    extra = "".join(f"&{name}={value}" for name, values in chosen.items() for value in values)
    return f"/proposals/dates/?course={course.pk}{extra}"


# From the page of a course


def test_it_proposes_for_ticked_rows_and_columns(reviewer: Client, university: University) -> None:
    item = university.ready.line_items.get(assignment_name="Lab", section__name="001")
    address = of_course(university.ready, assignment=[item.assignment_id], section=[item.section_id or 0])
    assert "Lab" in reviewer.get(address).content.decode()
    proposal = made(reviewer.post(address, SET))
    assert places(proposal) == {("Lab", "001")}
    assert proposal.reason == "Snow."
    assert proposal.state == Proposal.State.DRAFT
    assert proposal.proposed_by.username == "reviewer"


def test_it_takes_all_where_none_is_ticked(reviewer: Client, university: University) -> None:
    assert made(reviewer.post(of_course(university.ready), SET)).changes.count() == 4


def test_it_proposes_for_what_breaks_a_rule(reviewer: Client, university: University) -> None:
    text = reviewer.get(f"/courses/{university.needing.pk}/").content.decode()
    address = f"/proposals/dates/?course={university.needing.pk}&rule=due_missing"
    assert address.replace("&", "&amp;") in text
    assert places(made(reviewer.post(address, SET))) == {("Portfolio", "A"), ("Portfolio", "B")}


def test_it_shows_the_ways_in_to_reviewers_only(as_: Callable[[str], Client], university: University) -> None:
    address = f"/courses/{university.needing.pk}/"
    for name, there in (("reviewer", True), ("viewer", False), ("approver", False)):
        text = as_(name).get(address).content.decode()
        assert ("Propose dates" in text) == there
        assert ('form="propose"' in text) == there
        assert ("Propose dates for all" in as_(name).get("/line-items/").content.decode()) == there


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"what": "shift", "by": "2", "unit": "7", "way": "1"}, build.DUE + timedelta(days=14)),
        ({"what": "shift", "by": "1", "unit": "1", "way": "-1"}, build.DUE - timedelta(days=1)),
        ({"what": "clear"}, None),
        ({"what": "time", "time": "08:30"}, build.DUE.replace(hour=8, minute=30, second=0)),
    ],
)
def test_it_edits_in_each_way(
    edit: dict[str, str], expected: datetime | None, reviewer: Client, university: University
) -> None:
    item = university.ready.line_items.filter(assignment_name="Lab").first()
    assert item is not None
    address = of_course(university.ready, assignment=[item.assignment_id])
    proposal = made(reviewer.post(address, SET | edit))
    after = {row.after["due_at"] for row in proposal.changes.all()}
    assert after == {expected and expected.strftime("%Y-%m-%dT%H:%M:%SZ")}


def test_it_copies_from_another_term(reviewer: Client, university: University) -> None:
    before = build.term("Spring", starts=-200, ends=-100)
    old = build.assignment("Lab", due=build.DUE - timedelta(days=138))
    build.course(university.science, before, name="Ecology", code="BIOL 152", assignments=[old])
    form = SET | {"what": "copy", "term": str(before.pk), "place": "base"}
    assert {
        row.assignment_name for row in made(reviewer.post(of_course(university.ready), form)).changes.all()
    } == {"Lab"}


def test_it_sets_due_and_until_in_one_change(reviewer: Client, university: University) -> None:
    proposal = made(reviewer.post(of_course(university.ready), SET | {"field": ["due_at", "lock_at"]}))
    assert proposal.changes.count() == 4
    assert all(row.after["due_at"] == row.after["lock_at"] for row in proposal.changes.all())


def test_it_changes_the_date_for_everyone_once(reviewer: Client, university: University) -> None:
    proposal = made(reviewer.post(of_course(university.ready), SET | {"place": "base"}))
    assert set(proposal.changes.values_list("section_id", flat=True)) == {None}
    assert proposal.changes.count() == 2


def test_it_suggests_the_date_for_everyone_where_all_follow_it(reviewer: Client, university: University) -> None:
    one = university.ready.line_items.first()
    assert one is not None
    assert one.section_id is not None
    assert reviewer.get(of_course(university.ready)).context["place"] == "base"
    assert reviewer.get(of_course(university.ready, section=[one.section_id])).context["place"] == "sections"


def test_it_keeps_what_must_not_be_made_and_says_why(reviewer: Client, university: University) -> None:
    late = (build.NOW + timedelta(days=400)).date().isoformat()
    proposal = made(reviewer.post(of_course(university.ready), SET | {"date": late}))
    assert set(proposal.changes.values_list("state", flat=True)) == {Change.State.REFUSED}
    text = reviewer.get(f"/proposals/{proposal.pk}/").content.decode()
    assert "Every change of this draft is refused" in text
    assert "outside the dates that hold" in text
    assert "for approval</button>" not in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": " "}, "Give a reason"),
        ({"what": ""}, "Choose what to do"),
        ({"date": ""}, "Choose the date to set"),
        ({"date": "tomorrow"}, "Write the date as"),
        ({"field": "grades"}, "Select a valid choice"),
        ({"place": "moon"}, "Select a valid choice"),
        ({"what": "shift"}, "Write by how many"),
        ({"what": "shift", "by": "-3"}, "greater than or equal to 1"),
        ({"what": "copy"}, "Choose the term"),
        ({"what": "copy", "term": "999"}, "Choose a term of the list"),
        ({"seen": "3"}, "By now 4 line items match"),
    ],
)
def test_it_says_what_is_missing(
    changes: dict[str, str], sentence: str, reviewer: Client, university: University
) -> None:
    response = reviewer.post(of_course(university.ready), SET | changes)
    assert response.status_code == 422
    text = response.content.decode()
    assert sentence in text
    assert 'tabindex="-1"' in text[text.index('id="form-trouble"') :][:200]
    assert not Proposal.objects.exists()


def test_it_says_when_an_edit_means_nothing(reviewer: Client, university: University) -> None:
    response = reviewer.post(of_course(university.ready), SET | {"what": "shift", "by": "1", "field": "lock_at"})
    assert response.status_code == 422
    assert "This changes nothing" in response.content.decode()


# From the list of line items


def test_it_proposes_for_all_that_match(reviewer: Client, university: University) -> None:
    text = reviewer.get("/line-items/?q=ecology&sort=-due").content.decode()
    assert "Propose dates for all 4" in " ".join(text.split())
    assert "/proposals/dates/?q=ecology" in text
    proposal = made(reviewer.post("/proposals/dates/?q=ecology", SET))
    assert {row.course_id for row in proposal.changes.all()} == {university.ready.pk}


def test_it_proposes_only_within_reach(as_: Callable[[str], Client], university: University) -> None:
    proposal = made(as_("science_reviewer").post("/proposals/dates/", SET))
    assert {row.course_id for row in proposal.changes.all()} == {university.ready.pk}


@pytest.mark.parametrize("kind", ["dates", "sync"])
def test_it_does_not_know_a_course_out_of_reach(
    kind: str, as_: Callable[[str], Client], university: University
) -> None:
    address = f"/proposals/{kind}/?course={university.needing.pk}"
    browser = as_("science_reviewer")
    assert browser.get(address).status_code == browser.post(address, SET).status_code == 404


@pytest.mark.parametrize("tampered", ["course=abc", "course=99999999999999999999999", "course=7"])
def test_it_does_not_know_tampered_courses(tampered: str, reviewer: Client, university: University) -> None:
    assert reviewer.post(f"/proposals/dates/?{tampered}", SET).status_code == 404


def test_it_takes_nothing_for_tampered_rows(reviewer: Client, university: University) -> None:
    foreign = university.needing.line_items.first()
    assert foreign is not None
    response = reviewer.post(of_course(university.ready, assignment=[foreign.assignment_id]), SET)
    assert response.status_code == 422
    assert "No line item was chosen" in response.content.decode()


def test_it_does_not_guess_what_a_filter_means(reviewer: Client, university: University) -> None:
    response = reviewer.get("/proposals/dates/?rule=no_such_rule")
    assert response.status_code == 400
    assert "more would be changed than was asked for" in response.content.decode()


# Grade sync


def off(response: Any) -> set[str]:
    proposal = made(response)
    assert all(not row.after["post_to_sis"] and row.before["post_to_sis"] for row in proposal.changes.all())
    return set(proposal.changes.values_list("assignment_name", flat=True))


def sync_of(course: Course, *assignments: int) -> str:
    return f"/proposals/sync/?course={course.pk}" + "".join(f"&assignment={one}" for one in assignments)


def test_it_turns_off_the_chosen(reviewer: Client, university: University) -> None:
    item = university.ready.line_items.filter(assignment_name="Lab").first()
    assert item is not None
    form = {"what": "chosen", "reason": "On paper."}
    assert off(reviewer.post(sync_of(university.ready, item.assignment_id), form)) == {"Lab"}


def test_it_turns_off_a_whole_course(reviewer: Client, university: University) -> None:
    form = {"what": "course", "exact": "exact", "reason": "On paper."}
    assert off(reviewer.post(sync_of(university.ready), form)) == {"Lab", "Exam"}


def test_it_turns_off_what_a_filter_finds_in_many_courses(reviewer: Client, university: University) -> None:
    response = reviewer.post("/proposals/sync/", {"what": "chosen", "reason": "On paper."})
    assert len(off(response)) == 5


@pytest.fixture
def period(university: University) -> GradingPeriod:
    """The first half of the term, with an assignment in it, one after it and one without a date."""
    university.term.period_group_id = 5
    university.term.save()
    start, end = build.NOW - timedelta(days=50), build.NOW + timedelta(days=10)
    one = GradingPeriod.objects.create(canvas_id=77, group_id=5, title="First half", start_at=start, end_at=end)
    found = [
        build.assignment("Inside"),
        build.assignment("After", due=build.NOW + timedelta(days=20)),
        build.assignment("Undated", due=None),
    ]
    build.read(university.ready, sections=[build.section("001")], assignments=found)
    return one


@pytest.mark.parametrize(("how", "expected"), [("exact", {"Inside"}), ("blind", {"Inside", "Undated"})])
def test_it_turns_off_a_grading_period(
    how: str, expected: set[str], reviewer: Client, university: University, period: GradingPeriod
) -> None:
    address = sync_of(university.ready)
    assert "First half" in reviewer.get(address).content.decode()
    form = {"what": "period", "period": "77", "exact": how, "reason": "On paper."}
    response = reviewer.post(address, form)
    assert off(response) == expected
    text = reviewer.get(response["Location"]).content.decode()
    assert ("Canvas would take more than “First half”" in text) == (how == "blind")
    assert f"gets no more scores of {len(expected)} assignment" in text
    assert "Mends" not in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"period": ""}, "Choose the grading period"),
        ({"period": "78"}, "Choose a grading period"),
        ({"exact": ""}, "Choose how"),
        ({"what": "everything"}, "Select a valid choice"),
        ({"reason": ""}, "Give a reason"),
    ],
)
def test_it_says_what_is_missing_for_a_period(
    changes: dict[str, str], sentence: str, reviewer: Client, university: University, period: GradingPeriod
) -> None:
    form = {"what": "period", "period": "77", "exact": "blind", "reason": "x"} | changes
    response = reviewer.post(sync_of(university.ready), form)
    assert response.status_code == 422
    assert sentence in response.content.decode()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (
            "exact",
            "“First half” takes nothing: no assignment of “Ecology” that is flagged for sync is due in it in all",
        ),
        ("blind", "is due in it by its own date, and none is without one"),
    ],
)
def test_it_says_that_a_period_takes_nothing(
    how: str, sentence: str, reviewer: Client, university: University, period: GradingPeriod
) -> None:
    after = build.assignment("After", due=build.NOW + timedelta(days=20))
    build.read(university.ready, sections=[build.section("001")], assignments=[after])
    form = {"what": "period", "period": "77", "exact": how, "reason": "On paper."}
    response = reviewer.post(sync_of(university.ready), form)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Proposal.objects.exists()


def test_it_says_that_a_course_has_nothing_to_turn_off(reviewer: Client, university: University) -> None:
    draft = build.assignment("Draft", published=False)
    build.read(university.ready, sections=[build.section("001")], assignments=[draft])
    response = reviewer.post(sync_of(university.ready), {"what": "course", "reason": "On paper."})
    assert response.status_code == 422
    assert "No published assignment of “Ecology” is flagged for sync" in response.content.decode()


# From a file


def upload(browser: Client, text: str | bytes, name: str = "dates.csv", reason: str = "Snow.") -> Any:
    content = text.encode() if isinstance(text, str) else text
    return browser.post("/proposals/file/", {"file": SimpleUploadedFile(name, content), "reason": reason})


def row_for(item: LineItem, due: str) -> str:
    return f"{item.course_id},{item.assignment_id},{item.section_id},{due},,\n"


HEAD = "course_id,assignment_id,section_id,due_at,unlock_at,lock_at\n"


def test_it_proposes_what_a_file_says(reviewer: Client, university: University) -> None:
    item = build.first_item(university.ready)
    assert "How the file looks" in reviewer.get("/proposals/file/").content.decode()
    proposal = made(upload(reviewer, HEAD + row_for(item, f"{DAY} 12:00")))
    assert [row.after["due_at"] for row in proposal.changes.all()] == [f"{DAY}T12:00:00Z"]


def test_it_takes_an_export_back(reviewer: Client, university: University) -> None:
    book = b"".join(reviewer.get("/line-items/export/?q=ecology&format=xlsx").streaming_content)  # type: ignore[attr-defined]
    response = upload(reviewer, BytesIO(book).getvalue(), "line-items.xlsx")
    assert response.status_code == 422
    assert "there is nothing to change" in response.content.decode()


def test_it_lists_every_bad_cell_and_stores_nothing(reviewer: Client, university: University) -> None:
    item = build.first_item(university.ready)
    bad = HEAD + row_for(item, f"{DAY} 12:00") + row_for(item, "soon") + "x,1,1,2026-12-01,,\n"
    response = upload(reviewer, bad)
    assert response.status_code == 422
    text = response.content.decode()
    assert "What cannot be used" in text
    assert text.count('<td class="number">') == 2
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"a,b\n1,2\n", HEAD.encode()])
def test_it_says_why_a_file_cannot_be_used(content: bytes, reviewer: Client, university: University) -> None:
    response = upload(reviewer, content)
    assert response.status_code == 422
    assert "dates.csv" in response.content.decode()


def test_it_wants_a_file_and_a_reason(reviewer: Client, university: University) -> None:
    text = reviewer.post("/proposals/file/", {}).content.decode()
    assert "Choose a file" in text
    assert "Give a reason" in text


def test_it_asks_as_often_for_many_line_items_as_for_few(
    reviewer: Client, university: University, django_assert_max_num_queries: Any
) -> None:
    reviewer.get("/proposals/dates/")
    with django_assert_max_num_queries(100) as few:
        reviewer.get("/proposals/dates/?q=ecology")
    build.course(university.arts, university.term, assignments=[build.assignment() for _ in range(30)])
    with django_assert_max_num_queries(100) as many:
        reviewer.get("/proposals/dates/")
    assert len(few) == len(many)
