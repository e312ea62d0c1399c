"""What is shown before anyone decides, what many edits at once come to, and the record at the end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from registrar.domain.findings import Code
from registrar.errors import Refused
from registrar.models import Account, Change, Course, LineItem, Mark, Ruling
from registrar.services import editing, exempting, following, previewing, receipts, ruling
from registrar.services.covering import Target
from registrar.services.editing import Clear, CopyFrom, EndOfTerm, SetDate, SetTime, Shift
from registrar.services.previewing import Line, Preview, Write, preview

from .house import House, utc, wanted

pytestmark = pytest.mark.django_db

DUE = "2026-12-02T06:59:59Z"


def shown(house: House, *changes: Any) -> Preview:
    return preview(house.proposed(*changes), now=house.clock())


def line(house: House, *changes: Any) -> Line:
    (only,) = shown(house, *changes).changes
    return only


def ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


# Preview


@pytest.mark.parametrize(
    ("change", "write", "moved"),
    [
        (wanted(1, 1, due_at=DUE), Write.BASE, [1, 2]),
        (wanted(1, 2, due_at=DUE), Write.BASE, [1]),
        (wanted(1, 2, 2, due_at=DUE), Write.SECTION, [2]),
        (wanted(1, 1, 2, due_at=DUE), Write.NEW_SECTION, [2]),
        (wanted(1, 1, lock_at=None), Write.NOTHING, []),
        (wanted(3, 7, due_at=DUE), Write.BASE, []),
    ],
)
def test_it_says_what_canvas_is_asked_for_and_whom_that_moves(
    house: House, change: Any, write: Write, moved: list[int]
) -> None:
    found = line(house, change)
    assert (found.write, ids(found.moved)) == (write, moved)
    assert found.time_zone == "America/Denver"


def test_it_says_that_an_override_goes_when_it_is_put_back(house: House) -> None:
    done = house.done(wanted(1, 1, 2, due_at=DUE))
    back = following.propose_restore(by=house.who["reviewer"], proposal=done, reason="undo", now=house.clock())
    (found,) = preview(back, now=house.clock()).changes
    assert (found.write, ids(found.moved)) == (Write.REMOVE_SECTION, [2])


def test_it_tells_the_findings_that_are_healed_and_caused(house: House) -> None:
    assert line(house, wanted(3, 8, due_at=DUE)).healed == ("due_missing",)
    assert line(house, wanted(2, 6, 4, due_at=DUE)).healed == ("due_missing",)
    caused = line(house, wanted(1, 1, 2, due_at=None))
    assert (caused.healed, caused.caused) == ((), ("due_missing",))
    assert line(house, wanted(1, 1, due_at=DUE)).caused == ()


def accepted(house: House, target: Target) -> None:
    exempting.accept(
        by=house.who["reviewer"],
        code=Code.DUE_MISSING,
        target=target,
        until=(house.clock() + timedelta(days=5)).date(),
        reason="an oral exam",
        now=house.clock(),
    )


def test_it_tells_that_an_exemption_ends(house: House) -> None:
    accepted(house, Target(course_id=3, assignment_id=8))
    found = shown(house, wanted(3, 8, due_at=DUE), wanted(3, 7, due_at=DUE))
    assert {one.row.assignment_id: one.unaccepted for one in found.changes} == {7: (), 8: ("due_missing",)}
    assert [one.code for one in found.ending] == [Code.DUE_MISSING]


def test_an_exemption_stays_while_something_is_left_of_it(house: House) -> None:
    """Of both sections that have no date only one gets one."""
    house.done(wanted(2, 6, due_at=None))
    accepted(house, Target(course_id=2, assignment_id=6))
    found = shown(house, wanted(2, 6, 4, due_at=DUE))
    assert [one.healed for one in found.changes] == [("due_missing",)]
    assert (found.ending, found.changes[0].unaccepted) == ((), ())


def test_turning_grade_sync_off_ends_an_exemption_too(house: House) -> None:
    accepted(house, Target(course_id=3, assignment_id=8))
    found = preview(house.disabled(3, 2), now=house.clock())
    assert [one.unaccepted for one in found.changes if one.row.assignment_id == 8] == [("due_missing",)]


def test_it_counts_who_is_touched(house: House) -> None:
    house.university.assignments[1].has_submitted_submissions = True
    house.sync()
    found = shown(
        house,
        wanted(1, 1, due_at=DUE),
        wanted(1, 2, 2, due_at=DUE),
        wanted(2, 6, 4, due_at=DUE),
        wanted(2, 5, 3, due_at="2030-01-01T00:00:00Z"),
    )
    told = found.consequences
    assert (told.courses, told.assignments, told.sections, told.students) == (2, 3, 3, 3)
    assert (told.submissions, told.notifies, told.late_policies) == (1, True, True)
    assert [one.row.assignment_id for one in found.refused] == [5]
    assert not found.excesses
    assert found.blind is None


def test_it_shows_what_the_blind_switch_takes_besides(house: House) -> None:
    """Lab report: its base date falls in the second half; Exam has none at all."""
    found = preview(house.disabled(3, 2), now=house.clock())
    assert found.blind is not None
    assert found.blind.period is not None
    assert [row.assignment_id for row in found.blind.undated] == [8]
    assert (found.blind.elsewhere, found.blind.exact, found.blind.differs) == ((), (7,), True)
    assert [(one.write, one.flag_changes) for one in found.changes] == [(Write.FLAG, True)] * 2
    assert (found.consequences.sections, found.consequences.notifies) == (2, False)


def test_it_marks_what_falls_elsewhere_by_its_sections(house: House) -> None:
    house.university.overrides[5].due_at = utc("2026-10-01T05:59:59Z")
    house.sync()
    found = preview(house.disabled(3, 2), now=house.clock()).blind
    assert found is not None
    assert ([row.assignment_id for row in found.elsewhere], found.exact) == ([7], ())
    whole = preview(house.disabled(1), now=house.clock()).blind
    assert whole is not None
    assert (whole.period, whole.differs, whole.exact) == (None, False, (1, 2))


# Many edits at once


def wishes(edit: editing.Edit, place: editing.Place, **of: Any) -> dict[tuple[int, int | None], Any]:
    items = LineItem.objects.filter(**of)
    found = editing.wanted_from(items, edit, place=place)
    return {(one.assignment_id, one.section_id): dict(one.dates) for one in found}


def test_it_sets_a_date_on_the_wall_of_each_course(house: House) -> None:
    local = SetDate(field="due_at", when=datetime.fromisoformat("2026-12-02T17:00"))
    assert wishes(local, "base", course=1) == {
        (number, None): {"due_at": utc("2026-12-03T00:00:00Z")} for number in (1, 2, 4)
    }
    aware = SetDate(field="lock_at", when=datetime(2026, 12, 2, 17, tzinfo=UTC))
    assert wishes(aware, "sections", assignment_id=2)[2, 1] == {"lock_at": utc("2026-12-02T17:00:00Z")}


def test_it_moves_each_section_from_its_own_date_across_a_change_of_the_clock(house: House) -> None:
    found = wishes(Shift(fields=("due_at", "lock_at"), days=-14), "sections", assignment_id=2)
    assert found == {
        (2, 1): {"due_at": utc("2026-10-24T05:59:59Z")},
        (2, 2): {"due_at": utc("2026-10-31T05:59:59Z")},
    }
    assert wishes(Shift(fields=("due_at",), days=7), "base", assignment_id=8) == {}


def test_it_sets_the_time_of_the_same_day(house: House) -> None:
    found = wishes(SetTime(fields=("due_at",), at=time(17, 0)), "base", assignment_id=1)
    assert found == {(1, None): {"due_at": utc("2026-12-05T00:00:00Z")}}
    last = wishes(SetTime(fields=("due_at",), at=time(23, 59, 59)), "base", assignment_id=1)
    assert last == {}


def test_it_clears_what_is_set(house: House) -> None:
    found = wishes(Clear(fields=("due_at", "lock_at")), "sections", course=2)
    assert found == {(5, 3): {"due_at": None}, (6, 3): {"due_at": None}}


def test_it_finds_the_end_of_each_term(house: House) -> None:
    found = wishes(EndOfTerm(field="due_at"), "base", course__in=(1, 5))
    assert found[1, None] == {"due_at": utc("2026-12-13T06:59:59Z")}
    assert found[9, None] == {"due_at": utc("2027-05-08T05:59:59Z")}
    house.university.terms[3].end_at = None
    house.sync()
    assert (9, None) not in wishes(EndOfTerm(field="due_at"), "base", course=5)


def another_term(house: House, *, name: str = "Drawing I") -> None:
    old = house.university.add_term(
        name="Fall 2025", start_at="2025-08-25T06:00:00Z", end_at="2025-12-14T06:59:59Z"
    )
    course = house.university.add_course(
        name=name, account_id=2, enrollment_term_id=old.id, time_zone="America/Denver"
    )
    section = house.university.add_section(course_id=course.id, name="Drawing I 002")
    made = house.university.add_assignment(
        course_id=course.id, name="Portfolio", post_to_sis=True, due_at="2025-12-06T06:59:59Z"
    )
    house.university.add_override(
        assignment_id=made.id, course_section_id=section.id, due_at="2025-12-08T06:59:59Z"
    )
    house.sync()


def test_it_copies_from_the_namesake_of_another_term_and_keeps_the_day_of_the_week(house: House) -> None:
    another_term(house)
    copy = CopyFrom(fields=("due_at", "lock_at"), term_id=4)
    found = wishes(copy, "sections", course=1)
    assert found == {(1, 2): {"due_at": utc("2026-12-07T06:59:59Z")}}
    base = wishes(copy, "base", course=1)
    assert base == {}, "the base date a year ago, moved by 52 weeks, is the one that stands"
    assert wishes(CopyFrom(fields=("due_at",), term_id=99), "base", course=1) == {}


def test_it_copies_nothing_where_two_namesakes_disagree(house: House) -> None:
    another_term(house)
    house.university.add_course(name="Drawing I", account_id=2, enrollment_term_id=4, time_zone="America/Denver")
    twin = max(house.university.courses)
    house.university.add_section(course_id=twin, name="Drawing I 002")
    house.university.add_assignment(
        course_id=twin, name="Portfolio", post_to_sis=True, due_at="2025-11-01T06:59:59Z"
    )
    house.sync()
    assert wishes(CopyFrom(fields=("due_at",), term_id=4), "sections", course=1) == {}


def test_it_proposes_what_many_edits_come_to(house: House) -> None:
    found = editing.wanted_from(
        LineItem.objects.filter(course=1), Shift(fields=("due_at",), days=3), place="sections"
    )
    proposal = house.done(*found)
    assert proposal.state == "verified"
    assert house.university.assignments[1].due_at == utc("2026-12-05T06:59:59Z")
    assert {one.due_at for one in house.university.overrides_of(house.university.assignments[1])} == {
        utc("2026-12-08T06:59:59Z")
    }


# The receipt


def test_it_keeps_the_record_of_a_finished_proposal(house: House) -> None:
    proposal = house.proposed(wanted(1, 1, due_at=DUE), wanted(1, 2, 2, due_at=DUE))
    with pytest.raises(Refused):
        receipts.receipt(proposal)
    house.approved(proposal)
    house.university.overrides[1].due_at = utc("2026-11-29T06:59:59Z")
    house.applied(proposal)
    found = receipts.receipt(proposal)
    assert json.loads(json.dumps(found)) == found
    assert (found["proposed_by"], found["decided_by"], found["reason"]) == ("reviewer", "approver", "end of term")
    assert [step["what"] for step in found["steps"]] == [
        "proposed",
        "submitted",
        "approved",
        "started",
        "problems",
    ]
    assert [item["state"] for item in found["items"]] == ["verified", "conflict"]
    assert found["items"][1]["found"]["due_at"] == "2026-11-29T06:59:59Z"
    (course,) = found["courses"]
    assert [(one["what"], one["status"]) for one in course["canvas"]] == [
        ("PUT bulk_update", 200),
        ("GET progress", 200),
    ]
    assert {one["progress"] for one in course["canvas"]} == {1}
    first, second = (one["request_id"] for one in course["canvas"])
    assert first.startswith("stand-in-")
    assert second.startswith("stand-in-")
    assert first != second
    house.later(days=9)
    assert receipts.receipt(proposal) == found


def test_it_writes_the_record_into_a_workbook_in_which_nothing_runs(house: House) -> None:
    house.university.assignments[1].name = "=1+1"
    house.sync()
    proposal = house.done(wanted(1, 1, due_at=DUE), wanted(1, 2, 2, lock_at=None))
    packed = io.BytesIO()
    receipts.write_xlsx(proposal, packed)
    book = load_workbook(packed)
    assert book.sheetnames == ["Proposal", "Changes", "Canvas"]
    rows = list(book["Changes"].iter_rows(values_only=True))
    assert rows[0] == receipts.COLUMNS
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["assignment_name"], first["due_at_after"], first["state"]) == ("=1+1", DUE, "verified")
    assert book["Changes"]["D2"].data_type == "s"
    assert ("reason", "end of term") in [row[:2] for row in book["Proposal"].iter_rows(values_only=True)]
    answers = list(book["Canvas"].iter_rows(values_only=True))
    assert answers[0] == ("course_id", "at", "what", "status", "request_id", "progress", "details")
    assert [row[2] for row in answers[1:]] == ["PUT bulk_update", "GET progress"]
    assert all(str(row[4]).startswith("stand-in-") for row in answers[1:])


# Kept for a while


def _read_otherwise(house: House) -> None:
    house.university.assignments[8].has_submitted_submissions = True
    house.sync()


def _accept(house: House) -> None:
    accepted(house, Target(course_id=3, assignment_id=8))


def _set_deadline(house: House) -> None:
    Mark.objects.create(
        term_id=Course.objects.get(pk=3).term_id,
        kind=Mark.Kind.GRADE_DEADLINE,
        at=utc(DUE) - timedelta(days=1),
        set_at=house.clock(),
    )


def _refuse(house: House) -> None:
    Change.objects.filter(assignment_id=7).update(state=Change.State.REFUSED)


def _decide_otherwise(house: House) -> None:
    Change.objects.filter(assignment_id=7).update(after=Change.objects.get(assignment_id=7).before)


def _rule_out(house: House) -> None:
    ruling.set_ruling(
        by=house.who["admin"],
        account_id=Account.objects.get(parent=None).pk,
        kind=Ruling.Kind.SEVERITY,
        name=Code.DUE_MISSING,
        value=None,
        source="ours",
        now=house.clock(),
    )


def _move_course(house: House) -> None:
    Course.objects.filter(pk=3).update(time_zone="UTC")


def _close_periods(house: House) -> None:
    house.later(days=400)


@pytest.mark.parametrize(
    "happens",
    [_read_otherwise, _accept, _set_deadline, _refuse, _decide_otherwise, _rule_out, _move_course, _close_periods],
)
def test_what_is_kept_is_never_old(house: House, happens: Callable[[House], None]) -> None:
    proposal = house.proposed(wanted(3, 8, due_at=DUE), wanted(3, 7, due_at=DUE))
    before = preview(proposal, now=house.clock())
    happens(house)
    after = preview(proposal, now=house.clock())
    previewing._kept.cache_clear()
    assert after == preview(proposal, now=house.clock()) != before


def test_it_is_worked_out_once_and_tells_the_rows_as_they_are(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = house.proposed(wanted(3, 8, due_at=DUE), wanted(1, 2, 2, due_at=DUE))
    before = preview(proposal, now=house.clock())
    monkeypatch.delattr(previewing, "assess")
    Change.objects.filter(assignment_id=8).update(message="as it is now")
    after = preview(proposal, now=house.clock() + timedelta(hours=1))
    assert after == before
    told = {line.row.assignment_id: line.row.message for line in after.changes}
    assert told == {8: "as it is now", 2: ""}
