"""Every rule: where it fires, where it does not, and the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from registrar.domain.facts import Assignment, Course, Dates, Feed, GradingPeriod, Term
from registrar.domain.findings import Code
from registrar.domain.readiness import Finding, Level
from registrar.domain.rulepacks import Rules
from tests.domain.build import (
    NOW,
    assessed,
    assignment,
    codes,
    course,
    day,
    for_course,
    for_group,
    for_mastery,
    for_section,
    for_students,
    items,
    listed,
    rules,
    section,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def findings(of: Course, by: Rules | None = None, **settings: Any) -> dict[str, Finding]:
    (item,) = assessed(of, by, **settings).line_items
    return {finding.code.value: finding for finding in item.findings}


def params(code: Code, of: Course, by: Rules | None = None, **settings: Any) -> Any:
    found = findings(of, by, **settings).get(code.value)
    return found and found.params


def due(when: datetime | None, **facts: Any) -> Assignment:
    return assignment(dates=Dates(due_at=when), **facts)


def test_it_finds_nothing_where_all_is_in_order() -> None:
    assert codes(course(assignment())) == []


# due_missing


def test_it_misses_a_due_date() -> None:
    assert params(Code.DUE_MISSING, course(due(None))) == {"pack": "canvas"}
    assert params(Code.DUE_MISSING, course(assignment(overrides=(for_section(due_at=None),))))


def test_it_misses_no_due_date_of_ungraded_work() -> None:
    assert codes(course(due(None, grading_type="not_graded"))) == []


def test_it_misses_a_due_date_only_where_one_is_required() -> None:
    free = rules(due_date_required=None)
    assert codes(course(due(None)), free) == []
    assert codes(course(due(None)), rules(due_date_required=False)) == []
    assert params(Code.DUE_MISSING, course(due(None, due_date_required=True)), free) == {"pack": None}


def test_it_misses_no_due_date_that_a_section_sets() -> None:
    assert codes(course(due(None, overrides=(for_section(due_at=day(3)),)))) == []


# names


@pytest.mark.parametrize(("name", "length"), [("x" * 30, None), ("x" * 31, 31), ("x" * 29 + "&amp;", None)])
def test_it_counts_a_name_as_the_dialog_does(name: str, length: int | None) -> None:
    expected = length and {"limit": 30, "length": length, "pack": "canvas"}
    assert params(Code.NAME_TOO_LONG, course(assignment(name=name))) == expected


def test_it_names_the_chosen_pack_s_limit() -> None:
    found = params(Code.NAME_TOO_LONG, course(assignment(name="x" * 41)), rules("powerschool"))
    assert found == {"limit": 30, "length": 41, "pack": "powerschool"}


@pytest.mark.parametrize(
    ("name", "most", "expected"),
    [
        ("x" * 20, 20, None),
        ("x" * 21, 20, {"limit": 20, "length": 21, "pack": None}),
        ("x" * 31, 20, {"limit": 20, "length": 31, "pack": None}),
        ("x" * 31, 255, {"limit": 30, "length": 31, "pack": "canvas"}),
        ("&amp;" * 10, 40, {"limit": 40, "length": 50, "pack": None}),
        ("x", 0, {"limit": 0, "length": 1, "pack": None}),
    ],
)
def test_it_keeps_the_account_s_limit_counted_as_stored(name: str, most: int, expected: Any) -> None:
    of = course(assignment(name=name, max_name_length=most))
    assert params(Code.NAME_TOO_LONG, of) == expected


def test_it_frees_ungraded_work_from_the_account_s_limit_only() -> None:
    ungraded = assignment(name="x" * 31, max_name_length=10, grading_type="not_graded")
    assert params(Code.NAME_TOO_LONG, course(ungraded)) == {"limit": 30, "length": 31, "pack": "canvas"}
    assert params(Code.NAME_TOO_LONG, course(replace(ungraded, name="x" * 30))) is None


def test_it_limits_no_name_where_no_pack_does() -> None:
    assert codes(course(assignment(name="x" * 400)), rules(name_length=None)) == []


@pytest.mark.parametrize(("name", "expected"), [("", ["name_empty"]), (" \t\xa0", ["name_empty"]), (".", [])])
def test_it_finds_blank_names(name: str, expected: list[str]) -> None:
    assert codes(course(assignment(name=name))) == expected


def duplicates(*names: str, by: Rules | None = None, **second: Any) -> list[Any]:
    work = [assignment(id=70 + place, name=name) for place, name in enumerate(names)]
    work[1] = replace(work[1], **second)
    found = assessed(course(*work), by).line_items
    return [[finding.params for finding in item.findings if finding.code is Code.NAME_DUPLICATE] for item in found]


def test_it_finds_equal_names() -> None:
    assert duplicates("Essay", "Essay", "Essay", "Quiz") == [[{"others": 2}]] * 3 + [[]]
    assert duplicates("Essay", "essay") == [[], []]


def test_it_compares_names_ignoring_case_where_the_pack_does() -> None:
    assert duplicates("Straße", "STRASSE", by=rules(name_ignores_case=True)) == [[{"others": 1}]] * 2
    assert duplicates("Essay", "essay", by=rules(name_ignores_case=False)) == [[], []]


def test_it_compares_names_of_published_flagged_work_only() -> None:
    assert duplicates("Essay", "Essay", published=False) == [[], []]
    assert duplicates("Essay", "Essay", post_to_sis=False) == [[]]


def test_it_finds_forbidden_characters() -> None:
    by = rules(name_characters="#%&")
    assert params(Code.NAME_CHARACTERS, course(assignment(name="100% & more")), by) == {"characters": "%&"}
    assert codes(course(assignment(name="Essay")), by) == []
    assert codes(course(assignment(name="100%"))) == []


# the calendar

TERM = Term(id=1, name="Autumn", start_at=day(5), end_at=day(20).replace(second=0))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (day(5) - MINUTE, {"edge": "start", "limit": "2026-10-05T23:59:59Z", "origin": "term"}),
        (day(5).replace(second=0), None),
        (day(20), None),
        (day(20) + SECOND, {"edge": "end", "limit": "2026-10-20T23:59:00Z", "origin": "term"}),
    ],
)
def test_it_keeps_due_dates_in_the_term_to_the_minute(when: datetime, expected: Any) -> None:
    assert params(Code.DUE_OUTSIDE_TERM, course(due(when), term=TERM)) == expected


def test_it_keeps_due_dates_in_the_dates_of_the_section() -> None:
    own = section(1, end_at=day(8), restricts_dates=True)
    found = params(Code.DUE_OUTSIDE_TERM, course(due(day(9)), term=TERM, sections=(own,)))
    assert found == {"edge": "end", "limit": "2026-10-08T23:59:59Z", "origin": "section"}
    late = section(1, end_at=day(25), restricts_dates=True)
    assert codes(course(due(day(22)), term=TERM, sections=(late,))) == []


def test_it_knows_no_outside_without_dates() -> None:
    assert codes(course(due(day(9)), term=None)) == []
    assert codes(course(due(day(9)), term=Term(id=1, name="Always"))) == []


def periods(*closed: datetime) -> tuple[GradingPeriod, ...]:
    return tuple(
        GradingPeriod(id=n, title=f"Period {n}", start_at=day(first), end_at=day(last), close_at=close)
        for n, (first, last, close) in enumerate(zip((1, 15), (10, 20), closed, strict=True), 1)
    )


def test_it_finds_due_dates_in_a_closed_period() -> None:
    closed = periods(NOW - SECOND, NOW)
    assert params(Code.DUE_IN_CLOSED_PERIOD, course(due(day(9)), periods=closed)) == {"period": "Period 1"}
    assert codes(course(due(day(18)), periods=closed)) == []
    assert codes(course(due(day(9)))) == []


def test_it_calls_a_missing_due_date_missing_only() -> None:
    assert codes(course(due(None), periods=periods(NOW - SECOND, NOW - SECOND))) == ["due_missing"]


def test_it_finds_due_dates_between_periods() -> None:
    of = periods(NOW, NOW)
    found = params(Code.DUE_BETWEEN_PERIODS, course(due(day(12)), periods=of))
    assert found == {"due_at": "2026-10-12T23:59:59Z"}
    assert codes(course(due(day(10)), periods=of)) == []
    assert codes(course(due(day(15)), periods=of)) == ["due_between_periods"]


@pytest.mark.parametrize(
    ("unlock", "due_at", "lock", "expected"),
    [
        (day(2), day(3), day(4), None),
        (day(3), day(3), day(3), None),
        (day(3) + SECOND, day(3), None, {"first": "unlock_at", "second": "due_at"}),
        (day(3), day(3) - timedelta(seconds=59), None, None),
        (None, day(5), day(4), {"first": "due_at", "second": "lock_at"}),
        (day(5), None, day(4), {"first": "unlock_at", "second": "lock_at"}),
    ],
)
def test_it_finds_dates_out_of_order(unlock: Any, due_at: Any, lock: Any, expected: Any) -> None:
    of = course(assignment(dates=Dates(unlock_at=unlock, due_at=due_at, lock_at=lock)))
    assert params(Code.DATES_OUT_OF_ORDER, of) == expected


def test_it_finds_dates_of_a_section_out_of_order_with_the_base() -> None:
    of = assignment(overrides=(for_section(lock_at=day(8)),))
    assert codes(course(of)) == ["dates_out_of_order"]


def test_it_warns_of_due_dates_after_the_grade_deadline() -> None:
    def found(deadline: datetime | None) -> Any:
        return params(
            Code.DUE_AFTER_GRADE_DEADLINE, course(due(day(9)), term=replace(TERM, grade_deadline=deadline))
        )

    assert found(day(9) - MINUTE) == {"deadline": "2026-10-09T23:58:59Z"}
    assert found(day(9).replace(second=0)) is None
    assert found(None) is None


# whom it is for


def test_it_finds_work_for_students_only() -> None:
    overrides = (for_students(1, 2, due_at=day(9)), for_students(2, 3), for_group())
    of = assignment(only_visible_to_overrides=True, overrides=overrides)
    assert params(Code.STUDENTS_ONLY, course(of)) == {"students": 3, "groups": 1}
    assert codes(course(of)) == ["students_only"]


def test_it_finds_work_for_nobody_at_all() -> None:
    of = assignment(only_visible_to_overrides=True)
    assert params(Code.STUDENTS_ONLY, course(of)) == {"students": 0, "groups": 0}


def test_it_finds_missing_sis_ids() -> None:
    assert codes(course(assignment(), sis_id=None)) == ["course_without_sis_id"]
    nameless = course(assignment(), sections=(section(1, sis_id=None, name="Lab"),))
    assert params(Code.SECTION_WITHOUT_SIS_ID, nameless) == {"section": "Lab"}
    assert codes(course(assignment(), sis_id="")) == ["course_without_sis_id"]


def test_it_warns_of_students_with_dates_of_their_own_where_the_pack_allows_one_date() -> None:
    own = assignment(overrides=(for_students(1, due_at=day(10)),))
    grouped = assignment(overrides=(for_group(due_at=day(10)),))
    by = rules("powerschool")
    assert params(Code.STUDENT_DATES, course(own), by) == {"students": 1, "groups": 0, "pack": "powerschool"}
    assert params(Code.STUDENT_DATES, course(grouped), by) == {
        "students": 0,
        "groups": 1,
        "pack": "powerschool",
    }
    assert codes(course(assignment()), by) == []
    assert codes(course(own)) == []
    assert codes(course(own), rules(one_date_per_section=False)) == []


def test_it_warns_of_dates_from_mastery_paths() -> None:
    dated = due(None, overrides=(for_mastery(due_at=day(9)),))
    assert codes(course(dated)) == ["mastery_path"]
    assert codes(course(replace(dated, only_visible_to_overrides=True))) == ["students_only", "mastery_path"]
    assert codes(course(assignment(overrides=(for_mastery(due_at=day(9)),)))) == []
    students = due(None, only_visible_to_overrides=True, overrides=(for_students(1),))
    assert codes(course(students)) == ["students_only"]


# what the SIS reads


def fed(of: Assignment, **facts: Any) -> Course:
    return course(of, feed_read=True, **facts)


def test_it_finds_nothing_where_the_feed_agrees() -> None:
    assert codes(fed(listed(assignment(), 1))) == []


def test_it_finds_what_the_feed_leaves_out() -> None:
    assert codes(fed(listed(assignment()))) == ["not_in_sis_feed"]
    assert codes(fed(assignment())) == ["not_in_sis_feed"]
    assert codes(course(assignment())) == []


def test_it_finds_what_the_feed_leaves_out_even_where_canvas_tells_no_overrides() -> None:
    untold = assignment(overrides=None)
    assert codes(fed(untold)) == ["not_in_sis_feed", "date_unknown"]
    assert codes(fed(replace(untold, only_visible_to_overrides=True))) == ["date_unknown"]


def test_it_finds_unpublished_work_and_does_not_say_it_is_left_out() -> None:
    found = findings(fed(assignment(published=False)))
    assert set(found) == {"flagged_unpublished"}
    assert (found["flagged_unpublished"].level, dict(found["flagged_unpublished"].params)) == (
        Level.ASSIGNMENT,
        {"what": "assignment"},
    )


@pytest.mark.parametrize("published", [True, False])
def test_it_finds_an_unpublished_course(published: bool) -> None:
    found = findings(fed(assignment(published=published), state="unpublished"))
    assert set(found) == {"flagged_unpublished"}
    assert (found["flagged_unpublished"].level, dict(found["flagged_unpublished"].params)) == (
        Level.COURSE,
        {"what": "course"},
    )


def test_it_finds_sections_that_canvas_has_unassigned() -> None:
    of = assignment(overrides=(for_section(1, unassigned=True),))
    found = items(fed(listed(of, 1, 2), sections=(section(1), section(2))))
    assert [finding.code for finding in found[1].findings] == [Code.UNASSIGNED_IN_CANVAS]
    assert found[2].findings == ()
    assert set(items(fed(listed(of, 2), sections=(section(1), section(2))))) == {2}


def test_it_finds_a_date_that_the_sis_reads_otherwise() -> None:
    of = assignment(
        overrides=(for_section(lock_at=day(20)),),
        feed=Feed(dates=Dates(due_at=day(9)), sections={1: Dates(lock_at=day(20))}),
    )
    assert params(Code.SIS_READS_OTHER_DATE, fed(of)) == {
        "sis_due_at": None,
        "due_at": "2026-10-09T23:59:59Z",
    }


def test_it_compares_what_the_sis_reads_to_the_second() -> None:
    of = listed(assignment(), 1)
    later = replace(of, dates=Dates(due_at=day(9) + SECOND))
    assert codes(fed(later)) == ["sis_reads_other_date"]
    later = replace(of, overrides=(for_course(due_at=None),))
    assert codes(fed(later)) == ["due_missing", "sis_reads_other_date"]


def test_it_says_what_canvas_did_not_tell() -> None:
    untold = listed(assignment(overrides=None, dates=Dates()), 1)
    assert codes(fed(untold)) == ["date_unknown"]


# categories, points, grades

CATEGORIES = frozenset({"Homework", "Tests"})


@pytest.mark.parametrize(
    ("facts", "categories", "expected"),
    [
        ({}, None, None),
        ({}, CATEGORIES, None),
        ({"group_sis_id": None}, CATEGORIES, "without_sis_id"),
        ({"group_sis_id": ""}, None, "without_sis_id"),
        ({"group_name": "homework"}, CATEGORIES, "not_in_list"),
        ({"group_name": None}, CATEGORIES, "not_in_list"),
        ({"group_name": None, "group_sis_id": None}, CATEGORIES, None),
        ({}, frozenset(), "not_in_list"),
    ],
)
def test_it_wants_a_category_that_the_sis_knows(facts: Any, categories: Any, expected: Any) -> None:
    of = assignment(**facts)
    found = params(Code.CATEGORY_UNMAPPED, course(of), rules("powerschool"), categories=categories)
    assert found == (expected and {"group": of.group_name, "reason": expected})


@pytest.mark.parametrize("sensitive", [None, False])
def test_it_ignores_the_case_of_categories_where_the_pack_does(sensitive: bool | None) -> None:
    by = rules("powerschool", category_case_sensitive=sensitive)
    of = course(assignment(group_name="homework"))
    assert codes(of, by, categories=CATEGORIES) == []
    assert codes(of, by, categories=frozenset({"Tests"})) == ["category_unmapped"]


def test_it_wants_categories_only_where_the_pack_does() -> None:
    of = course(assignment(group_sis_id=None))
    assert codes(of, categories=CATEGORIES) == []
    assert codes(of, rules("powerschool", categories_required=False)) == []


@pytest.mark.parametrize(("points", "expected"), [(None, True), (0, True), (0.5, False)])
def test_it_wants_points_where_the_pack_does(points: float | None, expected: bool) -> None:
    of = course(assignment(points_possible=points))
    assert codes(of, rules(points_required=True)) == (["points_missing"] if expected else [])
    assert codes(of, rules(points_required=False)) == []
    assert codes(of) == []


@pytest.mark.parametrize(
    ("points", "maximum", "expected"),
    [
        (100, 100.0, None),
        (100.5, 100.0, {"points": 100.5, "limit": 100.0, "pack": ""}),
        (1e9, None, None),
        (None, 100.0, None),
        (0, None, None),
        (-0.5, None, {"points": -0.5, "limit": 0, "pack": None}),
        (-0.5, 100.0, {"points": -0.5, "limit": 0, "pack": None}),
        (1, 0.0, {"points": 1, "limit": 0.0, "pack": ""}),
    ],
)
def test_it_keeps_points_in_range(points: float | None, maximum: float | None, expected: Any) -> None:
    of = course(assignment(points_possible=points))
    assert params(Code.POINTS_OUT_OF_RANGE, of, rules(points_maximum=maximum)) == expected


@pytest.mark.parametrize(("count", "expected"), [(None, None), (0, None), (1, {"count": 1})])
def test_it_warns_of_ungraded_submissions(count: int | None, expected: Any) -> None:
    assert params(Code.NEEDS_GRADING, course(assignment(needs_grading_count=count))) == expected


def test_it_warns_of_work_outside_the_final_grade() -> None:
    assert codes(course(assignment(in_final_grade=False))) == ["not_in_final_grade"]


# the course


def test_it_warns_of_a_concluded_course() -> None:
    assert codes(course(assignment(), concluded=True)) == ["course_concluded"]
    assert codes(course(assignment(), state="completed")) == ["course_concluded"]


def test_it_warns_of_an_old_reading() -> None:
    limit = timedelta(hours=36)
    of = course(assignment(), read_at=NOW - limit)
    assert codes(of, reading_limit=limit) == []
    older = replace(of, read_at=NOW - limit - SECOND)
    assert params(Code.READING_OLD, older, reading_limit=limit) == {
        "read_at": "2026-10-30T11:59:59Z",
        "hours": 36.0,
    }
    assert codes(older) == []
    assert codes(replace(of, read_at=None), reading_limit=limit) == []
