"""The table of effective dates: section by section, with what the SIS reads and what follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registrar.domain.dates import effective_dates
from registrar.domain.facts import (
    DATE_FIELDS,
    INHERIT,
    Assignment,
    Dates,
    Feed,
    Override,
    Target,
)
from registrar.domain.readiness import LineItem
from tests.domain.build import assignment, course, day, items, section

CASES = json.loads((Path(__file__).parent / "cases" / "effective_dates.json").read_text())["cases"]
TARGETS = {
    "course_section_id": Target.SECTION,
    "course_id": Target.COURSE,
    "student_ids": Target.STUDENTS,
    "group_id": Target.GROUP,
    "noop_id": Target.MASTERY_PATH,
}
SECTIONS = (1, 2, 3)


def a_date(number: int | None) -> Any:
    return None if number is None else day(number)


def dates_of(raw: dict[str, Any]) -> Dates:
    return Dates(**{field: a_date(raw.get(field)) for field in DATE_FIELDS})


def override_of(number: int, raw: dict[str, Any]) -> Override:
    fields: dict[str, Any] = {field: a_date(raw[field]) if field in raw else INHERIT for field in DATE_FIELDS}
    return Override(
        id=number,
        target=next(target for key, target in TARGETS.items() if key in raw),
        section_id=raw.get("course_section_id"),
        student_ids=tuple(raw.get("student_ids", ())),
        unassigned=raw.get("unassign_item", False),
        **fields,
    )


def feed_of(case: dict[str, Any], base: Dates) -> Feed | None:
    if "feed" not in case:
        return None
    shown = {int(number): raw for number, raw in case["feed"].items() if raw is not None}
    return Feed(dates=base, sections={number: dates_of(raw) if raw else None for number, raw in shown.items()})


def assignment_of(case: dict[str, Any]) -> Assignment:
    raw = case["assignment"]
    return assignment(
        dates=dates_of(raw),
        overrides=tuple(override_of(number, each) for number, each in enumerate(case["overrides"])),
        only_visible_to_overrides=raw.get("only_visible_to_overrides", False),
        feed=feed_of(case, dates_of(raw)),
    )


def line_items(case: dict[str, Any]) -> dict[int | None, LineItem]:
    sections = tuple(map(section, SECTIONS))
    return items(course(assignment_of(case), sections=sections, feed_read="feed" in case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_finds_the_dates_of_each_section(case: dict[str, Any]) -> None:
    for number, expected in case["expected"].items():
        found = effective_dates(assignment_of(case), int(number))
        assert (found is not None) is expected.get("given", True)
        if found:
            check_dates(found, expected)


def check_dates(found: Any, expected: dict[str, Any]) -> None:
    assert (found.due_at.value, found.due_at.source) == (a_date(expected["due_at"]), expected["source"])
    for field in ("unlock", "lock"):
        if f"{field}_at" in expected:
            date = getattr(found, f"{field}_at")
            assert (date.value, date.source) == (a_date(expected[f"{field}_at"]), expected[f"{field}_source"])


@pytest.mark.parametrize("case", [case for case in CASES if "sis_due_at" in case], ids=lambda case: case["name"])
def test_it_reads_what_a_sis_reads(case: dict[str, Any]) -> None:
    found = line_items(case)
    for number, expected in case["sis_due_at"].items():
        assert found[int(number)].sis_due_at == a_date(expected)


@pytest.mark.parametrize("case", [case for case in CASES if "findings" in case], ids=lambda case: case["name"])
def test_it_finds_exactly_these_rules_broken(case: dict[str, Any]) -> None:
    found = line_items(case)
    for number, expected in case["findings"].items():
        item = found[None if number == "null" else int(number)]
        assert [finding.code.value for finding in item.findings] == expected
