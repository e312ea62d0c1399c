from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from canvas_api.standin import SMALL_NOW, Standin
from registrar import tasks
from registrar.models import Course, DailyCount, LineItem, Section, Term, Turn
from registrar.services import counting
from tests.pages import build
from tests.services import door

pytestmark = pytest.mark.django_db

NUMBERS = ("sections", "sections_needing", "items", "items_needing", "items_excepted")


@pytest.fixture(autouse=True)
def chicago(settings: Any) -> None:
    settings.TIME_ZONE = "America/Chicago"


def a_course(college: str = "Arts", **fields: Any) -> Course:
    fall = Term.objects.filter(name="Fall").first() or build.term()
    two = [build.section("001"), build.section("002")]
    broken = [build.assignment("Essay"), build.assignment("Talk", due=None), build.assignment(" ", due=None)]
    return build.course(build.account(college), fall, **{"sections": two, "assignments": broken, **fields})


def row(code: str = "", **which: Any) -> tuple[int, ...]:
    found = DailyCount.objects.get(code=code, **which)
    return tuple(getattr(found, name) for name in NUMBERS)


def test_it_counts_sections_and_line_items_in_all_and_by_rule() -> None:
    course = a_course()
    item = course.line_items.filter(status="needs_action")[0]
    LineItem.objects.filter(pk=item.pk).update(status="excepted")
    counting.count(now=build.NOW)
    assert row() == (2, 2, 6, 3, 1)
    assert row("due_missing") == (2, 2, 4, 4, 0)
    assert row("name_empty") == (2, 2, 2, 2, 0)
    assert DailyCount.objects.count() == 3


def test_a_warning_needs_no_action() -> None:
    a_course(assignments=[build.assignment(needs_grading_count=4)])
    counting.count(now=build.NOW)
    assert row("needs_grading") == (2, 0, 2, 0, 0)
    assert row() == (2, 0, 2, 0, 0)


def test_the_last_count_of_a_day_stays_and_that_of_another_day_is_another() -> None:
    course = a_course()
    counting.count(now=datetime(2026, 11, 3, 15, tzinfo=UTC))
    course.line_items.filter(assignment_name=" ").delete()
    counting.count(now=datetime(2026, 11, 4, 5, 59, tzinfo=UTC))
    assert set(DailyCount.objects.values_list("day", flat=True)) == {date(2026, 11, 3)}
    assert row("due_missing")[2] == 2
    assert not DailyCount.objects.filter(code="name_empty").exists()
    counting.count(now=datetime(2026, 11, 4, 6, 1, tzinfo=UTC))
    assert DailyCount.objects.filter(code="").count() == 2


def test_it_counts_watched_terms_only() -> None:
    a_course()
    old = build.term("Old", starts=-300, ends=-200)
    build.course(build.account(), old, assignments=[build.assignment()])
    counting.count(now=build.NOW)
    assert set(DailyCount.objects.values_list("term__name", flat=True)) == {"Fall"}


def test_it_asks_as_often_for_many_as_for_few() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            counting.count(now=build.NOW)
        return len(queries)

    a_course()
    few = asked()
    for number in range(10):
        a_course(f"College {number}")
    assert asked() == few <= 8


def test_a_sync_counts_when_it_ends_and_the_refresh_of_one_course_does_not(standin: Standin) -> None:
    door.sync(standin, term_ref="all")
    counted = sum(DailyCount.objects.filter(code="").values_list("items", flat=True))
    watched = DailyCount.objects.values("term")
    assert counted == LineItem.objects.filter(term__in=watched).count() > 0
    sections = sum(DailyCount.objects.filter(code="").values_list("sections", flat=True))
    assert sections == Section.objects.filter(items__gt=0, term__in=watched).count()
    assert set(DailyCount.objects.values_list("taken_at", flat=True)) == {SMALL_NOW}
    DailyCount.objects.all().delete()
    door.sync(standin, course_ref="1")
    assert not DailyCount.objects.exists()


def test_the_task_counts_and_forgets() -> None:
    course = a_course()
    build.read(course, sections=[], assignments=[])
    Turn.objects.update(at=build.NOW - timedelta(days=500))
    assert Turn.objects.exists()
    a_course("Science")
    tasks.keep_history()
    assert DailyCount.objects.exists()
    assert not Turn.objects.exists()


def test_it_counts_again_when_findings_came_or_went() -> None:
    course = a_course()
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    turn = {
        "course": course,
        "term": course.term,
        "account": course.account,
        "assignment_id": 1,
        "code": "due_missing",
    }
    assert not counting.is_behind(now=now)
    Turn.objects.create(at=now - timedelta(minutes=9), what="mended", cause="canvas", severity="blocking", **turn)
    assert counting.is_behind(now=now)
    counting.count(now=now)
    assert not counting.is_behind(now=now + timedelta(minutes=5))
    Turn.objects.create(at=now + timedelta(minutes=1), what="new", cause="canvas", severity="blocking", **turn)
    assert not counting.is_behind(now=now), "what is still to come"
    assert counting.is_behind(now=now + timedelta(minutes=5))
    Term.objects.update(end_at=now - timedelta(days=400))
    assert not counting.is_behind(now=now + timedelta(minutes=5)), "no term is watched"


def test_the_task_counts_only_what_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[datetime] = []
    monkeypatch.setattr(counting, "count", lambda *, now: counted.append(now))
    for behind in (False, True):
        monkeypatch.setattr(counting, "is_behind", lambda *, now, behind=behind: behind)
        tasks.count_again()
    assert len(counted) == 1
