from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from canvas_api import records
from canvas_api.records import decoder

BIG = 2**53 + 1
DATES = {"due_at": None, "unlock_at": None, "lock_at": None}


def read(shape: type[Any], value: Any) -> Any:
    return decoder(shape)(msgspec.json.encode(value))


def test_it_keeps_ids_above_two_to_the_fifty_third() -> None:
    value = {"id": BIG, "name": "a", "enrollment_term_id": 2**70}
    course = read(records.CourseRecord, value)
    assert (course.id, course.enrollment_term_id) == (BIG, 2**70)


def test_it_takes_ids_in_strings() -> None:
    row = read(
        records.SisAssignmentRecord,
        {
            "id": str(BIG),
            "course_id": "5",
            "name": "007",
            "integration_id": "12",
            "sections": [{"id": "7", "name": "1", "sis_id": "0012", "override": {"id": "9"} | DATES}],
            "assignment_group": {"id": "3", "sis_source_id": "44"},
            "user_overrides": [{"id": "8", "students": [{"user_id": "6", "sis_user_id": "0006"}]} | DATES],
        }
        | DATES,
    )
    assert (row.id, row.course_id, row.name, row.integration_id) == (BIG, 5, "007", "12")
    section = row.sections[0]
    assert (section.id, section.sis_id, section.override.id) == (7, "0012", 9)
    assert (row.assignment_group.id, row.assignment_group.sis_source_id) == (3, "44")
    assert row.user_overrides[0].students[0] == records.SisStudentRecord(user_id=6, sis_user_id="0006")


def test_it_takes_lists_of_ids_in_strings() -> None:
    override = read(records.OverrideRecord, {"id": "1", "student_ids": ["4", "5"]})
    assert override.student_ids == (4, 5)


def test_it_takes_nothing_else_in_strings() -> None:
    for wrong in (
        {"points_possible": "5"},
        {"published": "true"},
        {"id": "5x"},
        {"id": "-5"},
        {"id": True},
        {"id": 1.5},
    ):
        with pytest.raises(msgspec.ValidationError):
            read(records.AssignmentRecord, {"id": 1, "name": "a"} | DATES | wrong)


def test_it_tells_absent_from_null() -> None:
    override = read(records.OverrideRecord, {"id": 1, "due_at": None, "unlock_at": "2026-01-01T00:00:00Z"})
    assert override.due_at is None
    assert override.unlock_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert override.lock_at is UNSET
    assert read(records.AssignmentRecord, {"id": 1, "name": "a"} | DATES).overrides is UNSET
    assert read(records.AssignmentRecord, {"id": 1, "name": "a", "overrides": []} | DATES).overrides == ()
    assert read(records.CourseRecord, {"id": 1, "name": "a"}).sis_course_id is UNSET
    assert read(records.CourseRecord, {"id": 1, "name": "a", "sis_course_id": None}).sis_course_id is None


@pytest.mark.parametrize("zone", ["Z", "+00:00", "-07:00", "+05:45"])
def test_it_reads_all_times_as_utc(zone: str) -> None:
    local = f"2026-03-01T12:00:00{zone}"
    expected = datetime.fromisoformat(local)
    dates = {"due_at": local, "unlock_at": local, "lock_at": local}
    for record in (
        read(records.AssignmentRecord, {"id": 1, "name": "a"} | dates),
        read(records.SisOverrideRecord, dates),
        read(records.OverrideRecord, {"id": 1} | dates),
    ):
        for value in (record.due_at, record.unlock_at, record.lock_at):
            assert value == expected
            assert value.tzinfo is UTC
    period = read(records.GradingPeriodRecord, {"id": 1, "title": "Q1", "start_date": local, "end_date": local})
    assert period.start_date.tzinfo is period.end_date.tzinfo is UTC


@pytest.mark.parametrize("field", ["due_at", "unlock_at", "lock_at"])
def test_it_moves_any_one_date_to_utc(field: str) -> None:
    record = read(records.AssignmentRecord, {"id": 1, "name": "a"} | DATES | {field: "2026-03-01T12:00:00+01:00"})
    assert getattr(record, field) == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert getattr(record, field).tzinfo is UTC


def test_it_takes_no_time_without_a_zone() -> None:
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        read(records.AssignmentRecord, {"id": 1, "name": "a"} | DATES | {"due_at": "2026-03-01T12:00:00"})


@pytest.mark.parametrize("missing", ["id", "name", "due_at", "unlock_at", "lock_at"])
def test_it_insists_on_what_the_job_cannot_do_without(missing: str) -> None:
    value = {"id": 1, "name": "a"} | DATES
    del value[missing]
    with pytest.raises(msgspec.ValidationError, match=missing):
        read(records.AssignmentRecord, value)


def test_it_ignores_what_it_does_not_know() -> None:
    assert read(records.AccountRecord, {"id": 1, "name": "a", "new": {"x": [1]}}).name == "a"


def test_it_keeps_names_as_they_are() -> None:
    name = "=1+1 <b>é</b> 🎓 \u202eabc\0 " + "x" * 10_000
    assert read(records.AccountRecord, {"id": 1, "name": name}).name == name


def test_it_does_not_change() -> None:
    record = read(records.AccountRecord, {"id": 1, "name": "a"})
    with pytest.raises(AttributeError):
        record.name = "b"


def test_it_sends_unset_as_nothing_and_null_as_null() -> None:
    due = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    base = records.BulkDates(base=True, due_at=due)
    override = records.BulkDates(id=4, due_at=None)
    sent = msgspec.json.encode(records.BulkItem(id=1, all_dates=(base, override)))
    assert msgspec.json.decode(sent) == {
        "id": 1,
        "all_dates": [{"base": True, "due_at": "2026-05-01T12:00:00+02:00"}, {"id": 4, "due_at": None}],
    }
