from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrar.domain.findings import Code
from registrar.models import Course, Exemption, Finding, LineItem
from registrar.services import exempting
from registrar.services.covering import Target
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University

LIST = "/exemptions/"
UNTIL = (NOW + timedelta(days=20)).date()


def form_of(course: Course, rule: str = "due_missing", **pointed: object) -> str:
    address = reverse("exemptions:accept", args=[course.pk, rule])
    return address + "?" + "&".join(f"{name}={value}" for name, value in pointed.items())


def send(browser: Client, address: str, **fields: object) -> HttpResponse:
    given = {"where": "course", "until": UNTIL.isoformat(), "reason": "Graded on paper."}
    return browser.post(address, {name: value for name, value in (given | fields).items() if value is not None})


def made(by: User, course: Course, code: Code = Code.DUE_MISSING) -> Exemption:
    return exempting.accept(
        by=by, code=code, target=Target(course_id=course.pk), until=UNTIL, reason="Graded on paper.", now=NOW
    )


@pytest.fixture
def course(university: University) -> Course:
    return university.needing


@pytest.fixture
def portfolio(course: Course) -> LineItem:
    return course.line_items.filter(assignment_name="Portfolio").order_by("section__name")[0]


# Accepting in a course


def test_the_course_leads_to_the_form(reviewer: Client, viewer: Client, course: Course) -> None:
    address = reverse("courses:course", args=[course.pk])
    page = reviewer.get(address).content.decode()
    links = re.findall(r'href="(/exemptions/course/[^"]+)"', page)
    assert len(links) == 2
    assert all(reviewer.get(link).status_code == 200 for link in links)
    assert "/exemptions/course/" not in viewer.get(address).content.decode()


def test_the_explanation_leads_to_the_form(reviewer: Client, viewer: Client, portfolio: LineItem) -> None:
    where = [portfolio.course_id, portfolio.assignment_id, portfolio.section_id, "due_at"]
    page = reviewer.get(reverse("courses:why", args=where)).content.decode()
    (link,) = re.findall(r'href="(/exemptions/course/[^"]+)"', page)
    places = reviewer.get(link.replace("&amp;", "&")).context["places"]
    assert list(places) == ["place", "assignment", "section", "course"]
    assert "Accept as exception" not in viewer.get(reverse("courses:why", args=where)).content.decode()


def test_the_form_says_what_would_be_covered(reviewer: Client, portfolio: LineItem) -> None:
    address = form_of(portfolio.course, assignment=portfolio.assignment_id, section=portfolio.section_id)
    response = reviewer.get(address)
    page = response.content.decode()
    counts = {name: len(place.findings) for name, place in response.context["places"].items()}
    assert counts == {"place": 1, "assignment": 2, "section": 1, "course": 2}
    assert "Accept as exception: No due date" in page
    assert "No due date holds for this section" in page
    assert "What comes later is not covered" in page


def test_the_form_offers_each_assignment_where_none_was_pointed_at(
    reviewer: Client, university: University
) -> None:
    several = [build.assignment(name, due=None) for name in ("One", "Two", "Three")]
    row = build.course(university.arts, university.term, assignments=several)
    places = reviewer.get(form_of(row)).context["places"]
    assert list(places) == ["course", *(f"of-{one.id}" for one in several)]
    assert send(reviewer, form_of(row), where=f"of-{several[1].id}").status_code == 302
    assert [item.assignment_name for item in row.line_items.filter(status="excepted")] == ["Two"]


@pytest.mark.parametrize(
    ("where", "level", "excepted"),
    [
        ("place", "assignment", 1),
        ("assignment", "assignment", 2),
        ("section", "section", 1),
        ("course", "course", 2),
    ],
)
def test_it_accepts(where: str, level: str, excepted: int, reviewer: Client, portfolio: LineItem) -> None:
    address = form_of(portfolio.course, assignment=portfolio.assignment_id, section=portfolio.section_id)
    seen = re.findall(r'name="seen" value="([^"]+)"', reviewer.get(address).content.decode())
    response = send(reviewer, address, where=where, seen=seen[0])
    assert response["Location"] == reverse("courses:course", args=[portfolio.course_id])
    one = Exemption.objects.get()
    assert (one.level, one.made_by.username, one.reason) == (level, "reviewer", "Graded on paper.")
    assert portfolio.course.line_items.filter(status="excepted").count() == excepted
    page = reviewer.get(response["Location"]).content.decode()
    assert "Accepted:" in page
    assert "Accepted here" in page
    assert reverse("exemptions:exemption", args=[one.pk]) in page


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("reason", " ", "Give a reason"),
        ("until", "", "Choose the last day"),
        ("until", "soon", "Write the day as 2026-12-15."),
        ("until", (NOW - timedelta(days=1)).date().isoformat(), "is over already"),
        ("until", (NOW + timedelta(days=999)).date().isoformat(), "at most"),
        ("where", None, "Choose for what"),
        ("where", "university", "places that are offered"),
        ("seen", "long ago", "worked out again after you opened it"),
    ],
)
def test_it_says_what_is_wrong(
    field: str, value: str | None, message: str, reviewer: Client, course: Course
) -> None:
    response = send(reviewer, form_of(course), **{field: value})
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert re.search(r'id="form-trouble"\s+role="alert"\s+tabindex="-1"', page)
    assert "Graded on paper." in page or field == "reason", "what was written is kept"
    assert not Exemption.objects.exists()


def test_it_refuses_once_more_what_is_accepted(reviewer: Client, course: Course) -> None:
    assert send(reviewer, form_of(course)).status_code == 302
    again = send(reviewer, form_of(course))
    assert again.status_code == 422
    assert b"There is nothing to accept here" in again.content
    assert Exemption.objects.count() == 1


def test_it_has_nothing_to_offer_where_nothing_is_found(reviewer: Client, university: University) -> None:
    page = reviewer.get(form_of(university.ready)).content.decode()
    assert "There is nothing to accept here" in page
    assert "<textarea" not in page


def test_it_knows_only_rules_that_there_are(reviewer: Client, course: Course) -> None:
    assert reviewer.get(form_of(course, "no_such_rule")).status_code == 404


def test_a_viewer_cannot_forge_it(viewer: Client, course: Course) -> None:
    assert send(viewer, form_of(course)).status_code == 403
    assert not Exemption.objects.exists()


def test_a_course_out_of_reach_is_not_there(as_: Callable[[str], Client], course: Course) -> None:
    browser = as_("science_reviewer")
    assert browser.get(form_of(course)).status_code == 404
    assert send(browser, form_of(course)).status_code == 404
    assert not Exemption.objects.exists()


# What it looks like everywhere else


def test_it_is_excepted_until_a_day_in_lists(
    reviewer: Client, people: dict[str, User], university: University, course: Course
) -> None:
    one = made(people["reviewer"], course)
    made(people["reviewer"], course, Code.NAME_EMPTY)
    day = f"{one.until:%b} {one.until.day}"
    items = reviewer.get("/line-items/?state=excepted")
    assert items.context["listing"].count.value == 4
    assert re.search(rf"Excepted until\s*<time[^>]*>{day}", items.content.decode())
    for address, rows in (("/courses/", 1), ("/sections/", 2)):
        assert reviewer.get(f"{address}?state=excepted").context["listing"].count.value == rows
        assert reviewer.get(f"{address}?state=needs_action").context["listing"].count.value == 0
        assert reviewer.get(f"{address}?state=ready").context["listing"].count.value == rows
    section = course.sections.get(name="A")
    assert "2 excepted" in reviewer.get(reverse("sections:section", args=[section.pk])).content.decode()
    assert "4 excepted" in reviewer.get(reverse("courses:course", args=[course.pk])).content.decode()


def test_the_overview_counts_it_apart(viewer: Client, people: dict[str, User], course: Course) -> None:
    made(people["reviewer"], course)
    context = viewer.get("/").context
    tally = context["tally"]
    assert (tally.items, tally.items_needing, tally.items_ready, tally.items_excepted) == (10, 2, 6, 2)
    assert (tally.sections, tally.sections_needing, tally.sections_excepted) == (4, 2, 0)
    rules = {one.code: (one.items, one.accepted) for one in context["rules"]}
    assert rules == {"due_missing": (2, 2), "name_empty": (2, 0)}
    made(people["reviewer"], course, Code.NAME_EMPTY)
    response = viewer.get("/")
    assert (response.context["tally"].sections_needing, response.context["tally"].sections_excepted) == (0, 2)
    assert re.search(
        r"All <span[^>]*>4</span> sections are ready, <a[^>]*><span[^>]*>2</span> by exception",
        response.content.decode(),
    )


def test_the_export_says_excepted(viewer: Client, people: dict[str, User], course: Course) -> None:
    made(people["reviewer"], course)
    content = b"".join(viewer.get("/line-items/export/?format=csv").streaming_content).decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(content)) if row["assignment_name"] == "Portfolio"]
    assert [(row["status"], row["findings"]) for row in rows] == [("excepted", "due_missing")] * 2


def test_what_stands_at_a_name_is_accepted_only_when_it_is_in_all_sections(
    reviewer: Client, people: dict[str, User], course: Course
) -> None:
    section = course.sections.get(name="A")
    target = Target(course_id=course.pk, section_id=section.pk)
    exempting.accept(
        by=people["reviewer"], code=Code.NAME_EMPTY, target=target, until=UNTIL, reason="Known.", now=NOW
    )
    grid = reviewer.get(reverse("courses:course", args=[course.pk])).context["grid"]
    (row,) = [row for row in grid.rows if row.findings]
    assert [one.exemption_id for one in row.findings] == [None]
    assert [task.code for task in grid.accepted] == ["name_empty"]
    assert {task.code for task in grid.tasks} == {"due_missing", "name_empty"}


# The list


@pytest.fixture
def several(university: University) -> dict[str, Exemption]:
    needing, ready = university.needing, university.ready
    accepter = build.exemption(needing).made_by
    over = {"ended_at": NOW, "ended_because": "revoked", "ended_by": accepter, "ended_reason": "=Mended()"}
    return {
        "in force": Exemption.objects.get(),
        "revoked": build.exemption(needing, code="name_empty", **over),
        "void": build.exemption(ready, ended_at=NOW, ended_because="void"),
        "expired": build.exemption(ready, until=NOW - timedelta(hours=1)),
        "rule": build.exemption(needing, level="rule", course=None, subject="Arts, Fall"),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"in force", "revoked", "void", "expired", "rule"}),
        ("state=in_force", {"in force", "rule"}),
        ("state=revoked", {"revoked"}),
        ("state=void", {"void"}),
        ("state=expired", {"expired"}),
        ("rule=name_empty", {"revoked"}),
        ("term={term}", {"in force", "revoked", "void", "expired", "rule"}),
        ("account={science}", {"void", "expired"}),
        ("account={arts}", {"in force", "revoked", "rule"}),
        ("account=only-{root}", set()),
    ],
)
def test_it_lists_what_is_asked_for(
    query: str, expected: set[str], viewer: Client, several: dict[str, Exemption], university: University
) -> None:
    places = {name: getattr(university, name).pk for name in ("term", "science", "arts", "root")}
    address = f"{LIST}?{query.format(**places)}"
    shown = viewer.get(address).context["listing"].rows
    assert {name for name, one in several.items() if one in shown} == expected
    content = b"".join(viewer.get(f"{LIST}export/?{query.format(**places)}").streaming_content)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert {int(row["id"]) for row in rows} == {several[name].pk for name in expected}


def test_it_says_who_when_why_and_what_became_of_it(viewer: Client, several: dict[str, Exemption]) -> None:
    page = viewer.get(LIST).content.decode()
    for text in ("accepter", "Graded on paper.", "Taken back by", "=Mended()", "has changed, or is gone"):
        assert text in page
    content = b"".join(viewer.get(f"{LIST}export/").streaming_content).decode("utf-8-sig")
    rows = {int(row["id"]): row for row in csv.DictReader(io.StringIO(content))}
    revoked = rows[several["revoked"].pk]
    assert (revoked["state"], revoked["ended_by"], revoked["ended_reason"]) == (
        "revoked",
        "accepter",
        "'=Mended()",
    )
    assert rows[several["expired"].pk]["state"] == "expired"


def test_it_keeps_to_the_reach(as_: Callable[[str], Client], several: dict[str, Exemption]) -> None:
    browser = as_("scientist")
    assert {one.pk for one in browser.get(LIST).context["listing"].rows} == {
        several["void"].pk,
        several["expired"].pk,
    }
    content = b"".join(browser.get(f"{LIST}export/").streaming_content)
    assert b"PHIL 101" not in content
    assert browser.get(reverse("exemptions:exemption", args=[several["rule"].pk])).status_code == 404


def test_a_rule_of_the_whole_university_is_seen_below_and_left_alone(
    as_: Callable[[str], Client], people: dict[str, User], university: University, course: Course
) -> None:
    rule = exempting.accept_rule(
        by=people["administrator"],
        code=Code.DUE_MISSING,
        term=university.term,
        account=university.root,
        until=UNTIL,
        reason="No dates this term.",
        now=NOW,
    )
    browser, address = as_("science_all_round"), reverse("exemptions:exemption", args=[rule.pk])
    response = browser.get(address)
    assert b"No dates this term." in response.content
    assert response.context["count"] == 0, "what it covers elsewhere is not theirs to see"
    assert b"Portfolio" not in response.content
    assert b"Take it back" not in response.content
    assert [one.pk for one in browser.get(LIST).context["listing"].rows] == [rule.pk]
    assert browser.post(reverse("exemptions:revoke", args=[rule.pk]), {"reason": "No."}).status_code == 403
    rule.refresh_from_db()
    assert rule.ended_at is None


def test_it_says_that_there_is_none(viewer: Client, university: University) -> None:
    assert b"Nothing is accepted as an exception" in viewer.get(LIST).content
    build.exemption(university.ready)
    assert b"No exemption matches these filters" in viewer.get(f"{LIST}?state=void").content


def test_it_answers_htmx_with_a_fragment(viewer: Client, several: dict[str, Exemption]) -> None:
    fragment = viewer.get(LIST, headers={"HX-Request": "true"}).content
    assert b"<html" not in fragment
    assert b'id="results"' in fragment
    assert b'id="count"' in fragment


def test_it_asks_as_often_for_many_as_for_few(viewer: Client, university: University) -> None:
    viewer.get(LIST)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            viewer.get(LIST)
        return len(found)

    for _ in range(10):
        build.exemption(university.needing)
    few = asked()
    for _ in range(10):
        build.exemption(university.ready)
    assert asked() == few


# One of them


def test_it_shows_the_record_and_what_it_covers(viewer: Client, people: dict[str, User], course: Course) -> None:
    one = made(people["reviewer"], course)
    response = viewer.get(reverse("exemptions:exemption", args=[one.pk]))
    page = response.content.decode()
    assert response.context["count"] == 2
    assert "Portfolio" in page
    assert "Graded on paper." in page
    assert "<textarea" not in page, "a viewer cannot take it back"


def test_it_is_taken_back(reviewer: Client, people: dict[str, User], course: Course) -> None:
    one = made(people["administrator"], course)
    address = reverse("exemptions:revoke", args=[one.pk])
    assert address in reviewer.get(reverse("exemptions:exemption", args=[one.pk])).content.decode()
    response = reviewer.post(address, {"reason": "It is needed after all."})
    assert response["Location"] == reverse("exemptions:exemption", args=[one.pk])
    assert "It is needed after all." in reviewer.get(response["Location"]).content.decode()
    assert not Finding.objects.filter(exemption=one).exists()
    again = reviewer.post(address, {"reason": "Twice."})
    assert again.status_code == 403
    assert b"has ended already" in again.content


def test_it_is_not_taken_back_without_a_reason(reviewer: Client, people: dict[str, User], course: Course) -> None:
    one = made(people["reviewer"], course)
    response = reviewer.post(reverse("exemptions:revoke", args=[one.pk]), {"reason": ""})
    assert response.status_code == 422
    assert b'id="form-trouble"' in response.content
    one.refresh_from_db()
    assert one.ended_at is None


def test_a_reviewer_does_not_take_back_a_rule(reviewer: Client, several: dict[str, Exemption]) -> None:
    rule = several["rule"]
    assert b"Take it back" not in reviewer.get(reverse("exemptions:exemption", args=[rule.pk])).content
    response = reviewer.post(reverse("exemptions:revoke", args=[rule.pk]), {"reason": "No."})
    assert response.status_code == 403
    rule.refresh_from_db()
    assert rule.ended_at is None


# A whole rule


def rule_for(browser: Client, university: University, **fields: object) -> HttpResponse:
    given = {
        "rule": "due_missing",
        "term": university.term.pk,
        "account": university.arts.pk,
        "until": UNTIL.isoformat(),
        "reason": "The college keeps no dates.",
    }
    return browser.post("/exemptions/rule/", given | fields)


def test_an_administrator_accepts_a_rule_for_a_college(
    as_: Callable[[str], Client], university: University, course: Course
) -> None:
    browser = as_("administrator")
    form = browser.get(f"/exemptions/rule/?term={university.term.pk}&rule=due_missing").content.decode()
    assert re.search(r'<option value="due_missing"\s+selected>', form)
    response = rule_for(browser, university)
    one = Exemption.objects.get()
    assert response["Location"] == reverse("exemptions:exemption", args=[one.pk])
    assert course.line_items.filter(status="excepted").count() == 2
    assert b"also what comes later" in browser.get("/exemptions/rule/").content
    browser.post(reverse("exemptions:revoke", args=[one.pk]), {"reason": "They do now."})
    assert not course.line_items.filter(status="excepted").exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rule": ""}, "Choose the rule."),
        ({"rule": "points_missing"}, "nothing to accept"),
        ({"account": ""}, "Choose the college."),
        ({"account": "1"}, "Choose a college of the list."),
        ({"term": ""}, "Choose the term."),
        ({"until": ""}, "Choose the last day"),
        ({"reason": ""}, "Give a reason"),
    ],
)
def test_it_says_what_is_wrong_with_a_rule(
    fields: dict[str, str], message: str, as_: Callable[[str], Client], university: University
) -> None:
    response = rule_for(as_("administrator"), university, **fields)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert b'id="form-trouble"' in response.content
    assert not Exemption.objects.exists()


def test_a_reviewer_cannot_forge_a_rule(reviewer: Client, university: University) -> None:
    assert rule_for(reviewer, university).status_code == 403
    assert b"Accept a rule for a college" not in reviewer.get(LIST).content
    assert not Exemption.objects.exists()


def test_a_college_out_of_reach_is_not_offered(as_: Callable[[str], Client], university: University) -> None:
    browser = as_("science_all_round")
    assert "Arts" not in browser.get("/exemptions/rule/").content.decode()
    assert rule_for(browser, university).status_code == 422
    assert not Exemption.objects.exists()
