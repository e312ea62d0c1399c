"""Looking back: what moved, what came and went, and nothing of anybody else's college."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrar.models import Account, Change, Course, DailyCount, Mark, Proposal, Term, Turn
from registrar.services import counting
from tests.pages import build
from tests.pages.conftest import University

URL = "/history/"
EXPORT = "/history/export/"


def counted(account: Account, term: Term, needing: int, *, days_ago: int, code: str = "", of: int = 50) -> None:
    DailyCount.objects.create(
        day=counting.today(build.NOW) - timedelta(days=days_ago),
        term=term,
        account=account,
        code=code,
        sections=needing if code else of,
        sections_needing=needing,
        taken_at=build.NOW,
    )


def turned(course: Course, *, what: str = "broken", code: str = "due_missing", **fields: Any) -> Turn:
    known = {
        "at": build.NOW - timedelta(minutes=5),
        "cause": "canvas",
        "course": course,
        "term": course.term,
        "account": course.account,
        "assignment_id": 1,
        "assignment_name": f"Task of {course.name}",
        "severity": "blocking",
    }
    return Turn.objects.create(**known | {"what": what, "code": code} | fields)


def drifted(course: Course) -> Proposal:
    made = build.proposal(course, state=Proposal.State.VERIFIED)
    row = made.changes.order_by("pk")[0]
    Change.objects.filter(pk=row.pk).update(
        state=Change.State.VERIFIED, drifted_at=build.NOW, drifted_to=row.before
    )
    return made


def test_it_says_what_came_and_went(viewer: Client, university: University) -> None:
    turned(university.needing)
    turned(university.needing, what="mended")
    turned(university.ready, what="mended", code="name_empty", cause="time")
    page = viewer.get(URL)
    text = " ".join(page.content.decode().split())
    assert '<span class="figure">1</span> newly found, <span class="figure">2</span> mended since' in text
    assert "Task of Ethics" in text
    assert "By the calendar" in text
    assert [(one.name, one.broken, one.mended) for one in page.context["summary"].rules] == [
        ("due_missing", 1, 1),
        ("name_empty", 0, 1),
    ]
    colleges = [(one.account.name, one.all) for one in page.context["summary"].colleges]
    assert colleges == [("Arts", 2), ("Science", 1)]


def test_without_anything_it_says_so(viewer: Client) -> None:
    page = viewer.get(URL).content
    assert b"Nothing changed since" in page
    assert b"Nothing has been counted yet" in page


def test_before_the_first_sync_it_says_so(viewer: Client, university: University) -> None:
    university.ready.delete()
    university.needing.delete()
    assert b"History begins with the first sync" in viewer.get(URL).content


def test_it_looks_back_to_the_day_that_is_asked_for(viewer: Client, university: University) -> None:
    turned(university.needing, at=build.NOW - timedelta(days=10))
    assert viewer.get(URL).context["summary"].whole.all == 0
    since = counting.today(build.NOW) - timedelta(days=11)
    assert viewer.get(URL, {"since": since.isoformat()}).context["summary"].whole.all == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"what": "mended"}, {"name_empty"}),
        ({"cause": "time"}, {"name_empty"}),
        ({"rule": "due_missing"}, {"due_missing"}),
        ({"account": "science"}, {"name_empty"}),
        ({"account": "arts"}, {"due_missing"}),
        ({}, {"name_empty", "due_missing"}),
    ],
)
def test_it_filters_the_list_and_the_export(
    asked: dict[str, str], found: set[str], viewer: Client, university: University
) -> None:
    turned(university.needing)
    turned(university.ready, what="mended", code="name_empty", cause="time")
    if "account" in asked:
        asked = {"account": str(getattr(university, asked["account"]).pk)}
    assert {row.code for row in viewer.get(URL, asked).context["listing"].rows} == found
    assert {row["code"] for row in exported(viewer, **asked)} == found


def exported(browser: Client, **asked: str) -> list[dict[str, str]]:
    answer = browser.get(EXPORT, asked)
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(text.splitlines()))


def test_a_tile_counts_what_its_link_lists(viewer: Client, university: University) -> None:
    for what in ("broken", "mended", "mended", "accepted", "left"):
        turned(university.needing, what=what)
    whole = viewer.get(URL, {"what": "mended"}).context["summary"].whole
    for what, count in (("broken", whole.broken), ("mended", whole.mended), ("accepted", whole.accepted)):
        assert viewer.get(URL, {"what": what}).context["listing"].count.value == count > 0


@pytest.mark.parametrize("name", ["term", "account", "rule", "since", "what", "cause", "beside", "page"])
def test_it_says_which_filter_it_ignored(name: str, viewer: Client, university: University) -> None:
    turned(university.needing)
    page = viewer.get(URL, {name: "no-such-thing"})
    assert page.status_code == 200
    assert b"Not understood in this address" in page.content
    assert page.context["listing"].count.value == 1


def test_it_draws_the_term_beside_an_earlier_one(viewer: Client, university: University) -> None:
    spring = build.term("Spring", starts=-300, ends=-200)
    build.course(university.arts, spring, assignments=[build.assignment()])
    Mark.objects.create(
        term=university.term,
        kind=Mark.Kind.GRADE_DEADLINE,
        at=build.NOW + timedelta(days=9),
        set_at=build.NOW,
    )
    Mark.objects.create(
        term=spring, kind=Mark.Kind.GRADE_DEADLINE, at=build.NOW - timedelta(days=191), set_at=build.NOW
    )
    for days_ago, needing in ((2, 9), (1, 8), (0, 7)):
        counted(university.arts, university.term, needing, days_ago=days_ago)
        counted(university.science, university.term, 1, days_ago=days_ago)
        counted(university.arts, spring, 20 + days_ago, days_ago=days_ago + 200)
    page = viewer.get(URL)
    now, then = page.context["trends"]
    assert [day.needing for day in now.days] == [10, 9, 8]
    assert [now.offset(day) for day in now.days] == [-11, -10, -9]
    assert [then.offset(day) for day in then.days] == [-11, -10, -9]
    text = " ".join(page.content.decode().split())
    assert "8 of 100</strong> sections need action" in text
    assert "9 days before the grade deadline" in text
    assert "As far from its grade deadline" in text
    assert '<span class="figure">20 of 50</span>' in text
    assert text.count("<polyline") == 2
    assert "Today" in text
    assert "Grade deadline, " in text
    assert "style=" not in text
    assert text.count("<tr>") >= 3


def test_a_term_that_was_not_counted_yet_does_not_borrow_the_line_of_another(
    viewer: Client, university: University
) -> None:
    spring = build.term("Spring", starts=-300, ends=-200)
    build.course(university.arts, spring, assignments=[build.assignment()])
    for days_ago in (200, 201):
        counted(university.arts, spring, 20, days_ago=days_ago)
    page = viewer.get(URL)
    assert page.context["beside"] == spring
    assert b"<polyline" not in page.content
    assert b"Nothing has been counted yet" in page.content


def test_a_rule_that_was_broken_nowhere_counts_as_none(viewer: Client, university: University) -> None:
    counted(university.arts, university.term, 9, days_ago=1)
    counted(university.arts, university.term, 4, days_ago=1, code="due_missing")
    counted(university.arts, university.term, 9, days_ago=0)
    (trend,) = viewer.get(URL, {"rule": "due_missing"}).context["trends"]
    assert [(day.needing, day.sections) for day in trend.days] == [(4, 50), (0, 50)]


def test_the_nearest_colleges_deadline_counts(viewer: Client, university: University) -> None:
    for account, days in ((None, 20), (university.arts, 10)):
        at = build.NOW + timedelta(days=days)
        Mark.objects.create(
            term=university.term, account=account, kind=Mark.Kind.GRADE_DEADLINE, at=at, set_at=build.NOW
        )
    counted(university.arts, university.term, 1, days_ago=0)
    counted(university.science, university.term, 1, days_ago=0)

    def left(**asked: object) -> int:
        (trend,) = viewer.get(URL, asked).context["trends"]
        return trend.offset(trend.days[-1])

    assert left() == -20
    assert left(account=university.arts.pk) == -10
    assert left(account=university.science.pk) == -20


def test_a_person_of_one_college_sees_nothing_of_another(
    as_: Callable[[str], Client], university: University
) -> None:
    turned(university.needing)
    turned(university.ready, what="mended", proposal=build.proposal(university.ready, university.needing))
    drifted(university.needing)
    counted(university.arts, university.term, 33, days_ago=0)
    counted(university.science, university.term, 2, days_ago=0)
    scientist = as_("scientist")
    page = scientist.get(URL)
    text = page.content.decode()
    assert "Arts" not in text
    assert "Ethics" not in text
    assert "Proposal No." not in text
    assert page.context["summary"].whole.all == 1
    assert [day.needing for trend in page.context["trends"] for day in trend.days] == [2]
    assert [row["course_name"] for row in exported(scientist)] == ["Ecology"]
    assert [row["proposal_id"] for row in exported(scientist)] == [""]
    assert {row["course_name"] for row in exported(as_("viewer"))} == {"Ecology", "Ethics"}


def test_it_does_not_offer_a_college_out_of_reach(as_: Callable[[str], Client], university: University) -> None:
    page = as_("scientist").get(URL, {"account": university.arts.pk})
    assert b"Not understood in this address" in page.content


def test_it_lists_what_was_changed_again_after_an_approval(viewer: Client, university: University) -> None:
    made = drifted(university.ready)
    page = viewer.get(URL)
    assert [row.proposal_id for row in page.context["drifts"]] == [made.pk]
    assert reverse("proposals:proposal", args=[made.pk]).encode() in page.content
    later = counting.today(build.NOW) + timedelta(days=1)
    assert viewer.get(URL, {"since": later.isoformat()}).context["drifts"] == []


def test_the_proposal_says_what_was_changed_since_and_offers_it_again(
    as_: Callable[[str], Client], university: University
) -> None:
    made = drifted(university.ready)
    made.changes.filter(drifted_at=None).update(state=Change.State.VERIFIED)
    address = reverse("proposals:proposal", args=[made.pk])
    page = as_("reviewer").get(address, {"show": "drifted"})
    text = " ".join(page.content.decode().split())
    assert "Changed in Canvas since it was applied: 1." in text
    assert "Propose again what was changed since" in text
    assert "stood in Canvas when it was applied" in text
    assert page.context["lines"].total == 1 < made.changes.count()
    assert "Propose again" not in as_("viewer").get(address).content.decode()
    made.changes.update(drifted_at=None, drifted_to=None)
    assert b"since it was applied" not in as_("reviewer").get(address).content


def test_a_finding_whose_exemption_ended_is_called_so(viewer: Client, university: University) -> None:
    turned(university.needing, cause="exemption")
    assert b"No longer excepted" in viewer.get(URL).content


def test_it_answers_htmx_with_a_fragment_and_history_with_the_page(viewer: Client) -> None:
    fragment = viewer.get(URL, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content
    assert b'id="history"' in fragment.content
    back = viewer.get(URL, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" in back.content


def test_it_asks_as_often_for_many_rows_as_for_few(viewer: Client, university: University) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(URL).status_code == 200
        return len(queries)

    def more(count: int) -> None:
        for _ in range(count):
            course = build.course(build.account("C", university.root), university.term)
            turned(course, proposal=drifted(university.ready))

    viewer.get(URL)
    more(10)
    few = asked()
    more(10)
    assert asked() == few


@pytest.mark.parametrize("address", [URL, EXPORT])
def test_it_takes_no_other_method_and_nobody_unknown(address: str, viewer: Client) -> None:
    assert viewer.post(address).status_code == 405
    assert Client().get(address).status_code == 302


def test_the_overview_draws_it_from_the_second_day_on(viewer: Client, university: University) -> None:
    counted(university.arts, university.term, 9, days_ago=1)
    assert b"<polyline" not in viewer.get("/").content
    counted(university.arts, university.term, 8, days_ago=0)
    page = viewer.get("/").content
    assert page.count(b"<polyline") == 1
    assert b"How it moves towards the end of the term" in page
