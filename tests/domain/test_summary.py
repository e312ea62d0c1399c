from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.findings import Severity
from registrar.domain.summary import (
    WORST,
    Former,
    Found,
    OnlyIf,
    Summary,
    former,
    is_worth_sending,
    remembered,
    summarise,
)

NOW = datetime(2026, 12, 9, 13, 0, tzinfo=UTC)


def found(
    section: int | None = 1,
    assignment: int = 1,
    course: int = 1,
    account: int = 1,
    code: str = "due_missing",
    severity: str = "blocking",
    excepted: bool = False,
) -> Found:
    return Found(
        account=account,
        course=course,
        assignment=assignment,
        section=section,
        code=code,
        severity=severity,
        excepted=excepted,
    )


def summed(*rows: Found, total: int = 412, before: Summary | None = None) -> Summary:
    return summarise(rows, total=total, former=_kept(before))


def _kept(before: Summary | None) -> Former | None:
    return former(remembered(before, scope="all", now=NOW), scope="all") if before else None


def test_it_counts_sections_and_line_items_once() -> None:
    rows = [found(1), found(1, code="name_empty"), found(1, 2), found(2, course=2), found(None, 9)]
    got = summed(*rows)
    assert (got.sections, got.items, got.findings, got.excepted) == (2, 4, 5, 0)


def test_it_counts_apart_what_was_accepted() -> None:
    got = summed(found(1), found(2, excepted=True))
    assert (got.sections, got.items, got.findings, got.excepted) == (1, 1, 1, 1)
    assert [rule.items for rule in got.rules] == [1]
    assert [course.items for course in got.worst] == [1]


def test_it_takes_no_warning_for_a_section_that_is_not_ready() -> None:
    rows = [found(1, severity="warning", code="needs_grading")]
    assert summed(*rows).sections == 0
    assert summed(*rows).findings == 1
    assert summarise(rows, total=9, former=None, severity=Severity.WARNING).sections == 1


def test_it_lists_rules_the_blocking_and_the_frequent_first() -> None:
    rows = [
        found(1, severity="warning", code="needs_grading"),
        found(2, severity="warning", code="needs_grading"),
        found(3, severity="warning", code="needs_grading"),
        found(1, code="name_empty"),
        found(None, 7, code="name_empty"),
        found(1, code="due_missing"),
    ]
    got = [(rule.code, rule.sections, rule.items) for rule in summed(*rows).rules]
    assert got == [("name_empty", 1, 2), ("due_missing", 1, 1), ("needs_grading", 3, 3)]


def test_it_names_the_ten_worst_courses() -> None:
    rows = [found(course * 100, number, course) for course in range(1, 13) for number in range(course)]
    got = summed(*rows).worst
    assert [one.course for one in got] == list(range(12, 2, -1))
    assert len(got) == WORST
    assert (got[0].items, got[0].sections) == (12, 1)


def test_it_counts_by_account() -> None:
    rows = [
        found(1, account=5),
        found(2, account=5, course=2),
        found(3, account=6, course=3),
        found(None, account=6),
    ]
    assert summed(*rows).by_account == {5: (2, 2), 6: (1, 2)}


def test_it_tells_new_from_solved_and_still_open() -> None:
    before = summed(found(1), found(2), found(3), found(4))
    got = summed(found(2), found(3, excepted=True), found(4), found(5), before=before).change
    assert got is not None
    assert (got.sections, got.new, got.solved, got.still) == (-1, 1, 1, 2)
    assert got.since == NOW


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_it_loses_no_finding_between_two_reports(before: set[int], after: set[int], accepted: set[int]) -> None:
    accepted -= after
    first = summed(*(found(number) for number in before))
    rows = [found(number) for number in after] + [found(number, excepted=True) for number in accepted]
    got = summed(*rows, before=first).change
    assert got is not None
    assert got.new == len(after - before)
    assert got.still == len(after & before)
    assert got.solved == len(before - after - accepted)
    assert got.sections == len(after) - len(before)


def test_it_tells_every_place_and_rule_apart() -> None:
    places = product((1, 11), (1, 11), (1, 11, None), ("due_missing", "name_empty"))
    prints = [found(s, a, c, code=code).fingerprint for c, a, s, code in places]
    assert len(set(prints)) == len(prints) == 24


def test_it_compares_only_within_the_same_scope() -> None:
    kept = remembered(summed(found(1)), scope="arts", now=NOW)
    assert former(kept, scope="science") is None
    assert former(None, scope="arts") is None
    again = former(kept, scope="arts")
    assert again is not None
    assert again.prints == {found(1).fingerprint}
    assert (again.sections, again.at) == (1, NOW)


def test_it_keeps_little_of_many_findings() -> None:
    kept = remembered(summed(*(found(number) for number in range(5000))), scope="all", now=NOW)
    assert len(kept["prints"]) < 55_000
    assert len(former(kept, scope="all").prints) == 5000  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("before", "after", "sent"),
    [
        (None, [], {"always"}),
        (None, [1], {"always", "open", "changed"}),
        ([1], [1], {"always", "open"}),
        ([1], [2], {"always", "open", "changed"}),
        ([1], [], {"always", "changed"}),
        ([], [], {"always"}),
    ],
)
def test_it_is_sent_only_if_asked_for(before: list[int] | None, after: list[int], sent: set[str]) -> None:
    first = None if before is None else summed(*map(found, before))
    got = summed(*map(found, after), before=first)
    assert {str(one) for one in OnlyIf if is_worth_sending(got, one)} == sent


def test_it_counts_as_changed_when_something_was_accepted() -> None:
    first = summed(found(1))
    assert is_worth_sending(summed(found(1, excepted=True), before=first), OnlyIf.CHANGED)
