from __future__ import annotations

import json
from dataclasses import replace

from registrar.domain.checks import ASSIGNMENT_CHECKS, COURSE_CHECKS, PLACE_CHECKS, SECTION_CHECKS
from registrar.domain.dates import NO_DATES, UNKNOWN_DATES
from registrar.domain.facts import Dates, Feed
from registrar.domain.readiness import RULES, Code, Level, Severity, Status, status_of
from tests.domain.build import (
    assessed,
    assignment,
    codes,
    course,
    day,
    for_course,
    for_group,
    for_section,
    for_students,
    graded,
    items,
    listed,
    rules,
    section,
)

TWO = (section(1), section(2))
BLOCKING = {
    "due_missing",
    "name_too_long",
    "name_empty",
    "name_duplicate",
    "name_characters",
    "due_outside_term",
    "due_in_closed_period",
    "due_between_periods",
    "dates_out_of_order",
    "students_only",
    "section_without_sis_id",
    "course_without_sis_id",
    "category_unmapped",
    "points_missing",
    "points_out_of_range",
    "not_in_sis_feed",
    "unassigned_in_canvas",
    "sis_reads_other_date",
    "flagged_unpublished",
}
WARNING = {
    "needs_grading",
    "not_in_final_grade",
    "mastery_path",
    "student_dates",
    "due_after_grade_deadline",
    "course_concluded",
    "date_unknown",
    "reading_old",
}


def test_it_keeps_the_public_contract_of_codes() -> None:
    assert {rule.code.value for rule in RULES.values() if rule.severity is Severity.BLOCKING} == BLOCKING
    assert {rule.code.value for rule in RULES.values() if rule.severity is Severity.WARNING} == WARNING
    assert set(RULES) == set(Code)


def test_it_has_a_check_for_each_rule() -> None:
    tables = (COURSE_CHECKS, SECTION_CHECKS, ASSIGNMENT_CHECKS, PLACE_CHECKS)
    assert {code for table in tables for code in table} == set(Code)
    assert {RULES[code].level for code in SECTION_CHECKS} == {Level.SECTION}
    assert {RULES[code].level for code in ASSIGNMENT_CHECKS} == {Level.ASSIGNMENT}


def test_it_assesses_flagged_assignments_only() -> None:
    assert assessed(course(assignment(post_to_sis=False))).line_items == ()


def test_it_makes_a_line_item_of_each_section_in_the_order_given() -> None:
    essay, quiz = assignment(id=2, name="Essay"), assignment(id=1, name="Quiz")
    found = assessed(course(essay, quiz, sections=(section(5), section(3)))).line_items
    places = [(item.assignment.name, item.section and item.section.id) for item in found]
    assert places == [("Essay", 5), ("Essay", 3), ("Quiz", 5), ("Quiz", 3)]


def test_it_leaves_out_sections_without_the_assignment() -> None:
    of = assignment(only_visible_to_overrides=True, overrides=(for_section(2, due_at=day(3)),))
    assert set(items(course(of, sections=TWO))) == {2}


def test_it_makes_one_line_item_of_an_assignment_given_to_no_section() -> None:
    overrides = (for_students(1, 2, due_at=day(30)), for_group(due_at=day(30)))
    of = assignment(only_visible_to_overrides=True, overrides=overrides)
    (item,) = assessed(course(of, sections=TWO)).line_items
    assert (item.section, item.effective, item.status) == (None, NO_DATES, Status.NEEDS_ACTION)
    assert (item.student_exceptions, item.group_exceptions) == (2, 1)


def test_it_tells_that_all_sections_are_unassigned_beside_those_still_listed() -> None:
    of = listed(assignment(overrides=(for_section(1, unassigned=True), for_section(2, unassigned=True))), 2)
    found = items(course(of, sections=TWO, feed_read=True))
    assert {number: [finding.code.value for finding in item.findings] for number, item in found.items()} == {
        2: ["unassigned_in_canvas"],
        None: ["students_only"],
    }
    assert found[2].effective == NO_DATES


def test_it_says_nothing_of_a_feed_that_was_not_read() -> None:
    of = listed(assignment(), 1)
    (item,) = assessed(course(of)).line_items
    assert (item.in_sis_feed, item.sis_due_at) == (None, None)
    alone = assignment(only_visible_to_overrides=True)
    assert items(course(alone))[None].in_sis_feed is None


def test_it_tells_what_the_feed_lists() -> None:
    own = Feed(dates=Dates(due_at=day(9)), sections={1: Dates(due_at=day(12))})
    of = assignment(feed=own, overrides=(for_section(due_at=day(12)),))
    found = items(course(of, sections=TWO, feed_read=True))
    assert (found[1].in_sis_feed, found[1].sis_due_at) == (True, day(12))
    assert (found[2].in_sis_feed, found[2].sis_due_at) == (False, None)
    alone = assignment(only_visible_to_overrides=True)
    assert items(course(alone, feed_read=True))[None].in_sis_feed is False


def test_it_takes_the_feed_s_sections_where_canvas_tells_no_overrides() -> None:
    untold = assignment(only_visible_to_overrides=True, overrides=None)
    found = items(course(listed(untold, 2), sections=TWO, feed_read=True))
    assert set(found) == {2}
    assert found[2].effective == UNKNOWN_DATES


def test_it_takes_all_sections_where_nobody_tells() -> None:
    untold = assignment(only_visible_to_overrides=True, overrides=None)
    assert set(items(course(untold, sections=TWO))) == {1, 2}
    assert set(items(course(listed(untold, 2), sections=TWO))) == {1, 2}
    assert set(items(course(listed(untold), sections=TWO, feed_read=True))) == {1, 2}
    everyone = replace(listed(untold, 2), only_visible_to_overrides=False)
    assert set(items(course(everyone, sections=TWO, feed_read=True))) == {1, 2}


def test_it_orders_findings_the_worst_first() -> None:
    broken = assignment(name="", dates=Dates(), in_final_grade=False, needs_grading_count=3, points_possible=-1.0)
    of = course(broken, sis_id=None, sections=(section(1, sis_id=None),), concluded=True)
    assert codes(of) == [
        "course_without_sis_id",
        "section_without_sis_id",
        "due_missing",
        "name_empty",
        "points_out_of_range",
        "needs_grading",
        "not_in_final_grade",
        "course_concluded",
    ]


def test_it_moves_a_rule_with_its_severity() -> None:
    of = course(assignment(needs_grading_count=1))
    (warned,) = assessed(of).line_items
    assert (warned.status, warned.findings[0].severity) == (Status.READY, Severity.WARNING)
    (blocked,) = assessed(of, graded(Code.NEEDS_GRADING, Severity.BLOCKING)).line_items
    assert (blocked.status, blocked.findings[0].severity) == (Status.NEEDS_ACTION, Severity.BLOCKING)


def test_it_says_nothing_of_a_rule_that_is_off() -> None:
    of = course(assignment(needs_grading_count=1))
    assert codes(of, graded(Code.NEEDS_GRADING, None)) == []


def test_it_takes_mastery_paths_harder_where_the_sis_refuses_them() -> None:
    of = course(assignment(dates=Dates()))
    severities = rules("powerschool").severities[Code.MASTERY_PATH]
    assert severities
    assert severities.value is Severity.BLOCKING
    assert codes(of, rules("powerschool")) == ["due_missing"]


def test_it_excepts_a_line_item_only_with_all_its_blocking_findings() -> None:
    (item,) = assessed(course(assignment(name="", dates=Dates()), concluded=True)).line_items
    assert status_of(item.findings) is Status.NEEDS_ACTION
    assert status_of(item.findings, frozenset({Code.DUE_MISSING})) is Status.NEEDS_ACTION
    assert status_of(item.findings, frozenset({Code.DUE_MISSING, Code.NAME_EMPTY})) is Status.EXCEPTED
    assert status_of(item.findings[2:], frozenset({Code.COURSE_CONCLUDED})) is Status.READY


def test_it_gives_parameters_that_can_be_written_as_json() -> None:
    broken = assignment(
        name="x" * 40, dates=Dates(due_at=day(9), lock_at=day(2)), overrides=(for_course(lock_at=day(2)),)
    )
    (item,) = assessed(course(broken, sections=(section(1, sis_id=None),), feed_read=True)).line_items
    assert len(item.findings) == 4
    for finding in item.findings:
        assert json.loads(json.dumps(dict(finding.params))) == dict(finding.params)
