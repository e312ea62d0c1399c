"""A quick sync: the lists for all, a close look only where something may differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canvas_api.standin import Fault, Standin, small_university
from registrar.models import Course, Reading, Run, RunItem, Term
from tests.services.door import Clock, by_place, courses_read, exported, sync, utc

pytestmark = pytest.mark.django_db

AMBIGUOUS = 2
"""Its section 4 has "no date" over a base date, which the feed does not tell from "inherits"."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def synced(clock: Clock) -> Iterator[Standin]:
    """The small university, read in full five minutes ago."""
    with Standin(small_university(), clock=lambda: clock().timestamp(), throttle=False) as server:
        assert sync(server, clock=clock).state == Run.State.COMPLETE
        clock.forward(minutes=5)
        yield server


def quick(standin: Standin, clock: Clock) -> Run:
    run = sync(standin, "quick", clock=clock)
    assert run.state == Run.State.COMPLETE
    return run


def test_it_reads_closely_only_what_is_ambiguous_when_nothing_changed(synced: Standin, clock: Clock) -> None:
    before = exported()
    run = quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS]
    assert synced.count(part="/sections?") == 0
    assert run.requests == 6 + 1
    assert [row["read_at"] for row in exported() if row["course_id"] == 1] == ["2026-11-23T12:00:00Z"] * 6
    assert {row["assignment_id"]: row["due_at"] for row in exported()} == {
        row["assignment_id"]: row["due_at"] for row in before
    }


@pytest.mark.parametrize(
    ("assignment", "name", "value"),
    [
        (1, "name", "Folder"),
        (1, "due_at", utc("2026-12-06T06:59:59Z")),
        (7, "points_possible", 12.0),
        (10, "lock_at", utc("2026-12-06T06:59:59Z")),
        (8, "post_to_sis", False),
        (8, "workflow_state", "unpublished"),
        (3, "post_to_sis", True),
    ],
)
def test_it_notices_a_change_of_an_assignment(
    synced: Standin, clock: Clock, assignment: int, name: str, value: object
) -> None:
    changed = synced.university.assignments[assignment]
    setattr(changed, name, value)
    quick(synced, clock)
    assert courses_read(synced) == sorted({AMBIGUOUS, changed.course_id})
    found = exported()
    assert sync(synced, clock=clock).state == Run.State.COMPLETE
    assert [_but_read_at(row) for row in found] == [_but_read_at(row) for row in exported()]


def _but_read_at(row: dict[str, object]) -> dict[str, object]:
    return {**row, "read_at": None}


def test_it_notices_a_section_override(synced: Standin, clock: Clock) -> None:
    synced.university.add_override(assignment_id=1, course_section_id=1, due_at="2026-12-08T06:59:59Z")
    quick(synced, clock)
    assert by_place(exported())[1, 1]["due_at"] == "2026-12-08T06:59:59Z"


def test_it_notices_a_new_section_of_an_ambiguous_course(synced: Standin, clock: Clock) -> None:
    synced.university.add_section(course_id=AMBIGUOUS, name="Painting 003", sis_section_id="P3")
    quick(synced, clock)
    assert (6, 9) in by_place(exported())


def test_it_notices_what_shows_only_in_the_detail_of_an_ambiguous_override(synced: Standin, clock: Clock) -> None:
    override = synced.university.overrides[4]
    assert by_place(exported())[6, 4]["due_at"] is None
    override.due_at_overridden = False  # from "no date" to "inherits": the feed says null as before
    quick(synced, clock)
    row = by_place(exported())[6, 4]
    assert (row["due_at"], row["due_at_source"]) == ("2026-12-01T06:59:59Z", "assignment")


def test_it_notices_a_change_in_a_course_that_ended_in_a_term_without_an_end(
    synced: Standin, clock: Clock
) -> None:
    """Canvas's filter by date leaves it out of the feed."""
    synced.university.courses[6].conclude_at = utc("2026-06-01T00:00Z")
    synced.university.courses[6].enrollment_term_id = 1
    synced.university.terms[1].end_at = None
    assert sync(synced, clock=clock).state == Run.State.COMPLETE
    synced.university.assignments[10].name = "Paper"
    quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS, 6]
    assert by_place(exported())[10, 8]["assignment_name"] == "Paper"
    assert by_place(exported())[10, 8]["in_sis_feed"] is True
    synced.university.courses[6].workflow_state = "claimed"
    quick(synced, clock)
    assert by_place(exported())[10, 8]["in_sis_feed"] is False


def test_it_leaves_an_override_for_the_whole_course_to_the_next_close_look(synced: Standin, clock: Clock) -> None:
    synced.university.add_override(assignment_id=10, course_id=6, due_at="2026-11-30T06:59:59Z")
    quick(synced, clock)
    assert by_place(exported())[10, 8]["due_at_source"] == "assignment"
    sync(synced, clock=clock)
    assert by_place(exported())[10, 8]["due_at_source"] == "course"


def test_it_reads_everything_that_was_not_looked_at_for_a_day(synced: Standin, clock: Clock) -> None:
    clock.forward(hours=25)
    run = quick(synced, clock)
    assert courses_read(synced) == [1, 2, 3, 4, 5, 6]
    assert set(run.items.values_list("reason", flat=True)) == {"old"}


def test_it_reads_again_what_failed_last_time(synced: Standin, clock: Clock) -> None:
    synced.university.assignments[10].name = "Paper"
    synced.faults = [Fault(kind="500", match="courses/6/assignments")]
    assert sync(synced, "quick", clock=clock).state == Run.State.INCOMPLETE
    synced.faults = []
    quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS, 6]
    assert by_place(exported())[10, 8]["assignment_name"] == "Paper"


def test_it_reads_a_new_course(synced: Standin, clock: Clock) -> None:
    made = synced.university.add_course(name="New", enrollment_term_id=2)
    quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS, made.id]
    quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS]


def test_it_works_findings_out_again_when_the_term_moved(synced: Standin, clock: Clock) -> None:
    assert by_place(exported())[1, 1]["findings"] == []
    synced.university.terms[2].end_at = utc("2026-12-01T06:59:59Z")
    quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS]
    row = by_place(exported())[1, 1]
    assert row["findings"] == ["due_outside_term"]
    assert row["status"] == "needs_action"
    assert row["read_at"] == "2026-11-23T12:00:00Z"


def test_it_finds_a_period_closed_by_time_alone(synced: Standin, clock: Clock) -> None:
    clock.now = utc("2026-12-20T12:00:00Z")
    Course.objects.update(read_at=clock.now)  # looked at a moment ago
    quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS]
    assert "due_in_closed_period" in by_place(exported())[1, 1]["findings"]


def test_it_takes_the_college_of_a_course_from_the_list(synced: Standin, clock: Clock) -> None:
    synced.university.courses[6].account_id = 3
    quick(synced, clock)
    assert courses_read(synced) == [AMBIGUOUS]
    assert by_place(exported())[10, 8]["account_id"] == 3


def test_it_forgets_nothing_and_keeps_no_parts_of_the_feed(synced: Standin, clock: Clock) -> None:
    run = quick(synced, clock)
    assert RunItem.objects.filter(feed__isnull=False).count() == 0
    assert run.items.filter(state=RunItem.State.SKIPPED).count() == 5
    assert Reading.objects.filter(current=True).count() == 6


# Terms


def test_it_reads_the_terms_that_have_not_long_ended(synced: Standin, clock: Clock) -> None:
    university = synced.university
    university.terms[3].start_at, university.terms[3].end_at = utc("2026-01-01T00:00Z"), utc("2026-09-20T00:00Z")
    university.assignments[9].name = "Notes"
    sync(synced, clock=clock)
    assert 5 not in courses_read(synced)
    assert by_place(exported())[9, 7]["assignment_name"] == "Field notes"
    sync(synced, clock=clock, term_ref="all")
    assert by_place(exported())[9, 7]["assignment_name"] == "Notes"


@pytest.mark.parametrize(("watched", "read"), [(True, [5]), (False, [1, 2, 3, 4, 6])])
def test_it_heeds_the_administrators_word_on_a_term(
    synced: Standin, clock: Clock, watched: bool, read: list[int]
) -> None:
    Term.objects.update(watched=not watched)
    Term.objects.filter(pk=3).update(watched=watched)
    sync(synced, clock=clock)
    assert courses_read(synced) == read


def test_it_drops_the_strays_that_a_date_filter_lets_through(synced: Standin, clock: Clock) -> None:
    """Canvas keeps a row when the course or the term ends late enough."""
    university = synced.university
    past = university.add_term(name="Fall 2020", start_at="2020-08-24T00:00:00Z", end_at="2020-12-12T00:00:00Z")
    stray = university.add_course(
        name="Stray", enrollment_term_id=past.id, conclude_at="2027-06-01T00:00:00Z", sis_course_id="STRAY"
    )
    university.add_section(course_id=stray.id, name="Stray 1")
    university.add_assignment(course_id=stray.id, name="Old work", post_to_sis=True)
    sync(synced, clock=clock)
    assert stray.id not in courses_read(synced)
    assert not Course.objects.filter(pk=stray.id).exists()


def test_it_reads_a_course_that_ended_early_in_a_term_without_an_end(synced: Standin, clock: Clock) -> None:
    university = synced.university
    ended = university.add_course(name="Short", conclude_at="2025-06-01T00:00:00Z", sis_course_id="SHORT")
    university.add_section(course_id=ended.id, name="Short 1", sis_section_id="SHORT-1")
    university.add_assignment(
        course_id=ended.id, name="Task", due_at="2025-05-01T00:00:00Z", post_to_sis=True, id=70
    )
    sync(synced, clock=clock)
    assert by_place(exported())[70, 9]["in_sis_feed"] is True


# What vanished and what moved


@pytest.mark.parametrize("mode", ["full", "quick"])
def test_it_takes_a_deleted_course_from_the_lists_and_keeps_its_history(
    synced: Standin, clock: Clock, mode: str
) -> None:
    synced.university.courses[6].workflow_state = "deleted"
    run = sync(synced, mode, clock=clock)
    assert run.state == Run.State.COMPLETE
    assert 6 not in {row["course_id"] for row in exported()}
    course = Course.objects.get(pk=6)
    assert course.gone_at == clock()
    assert course.readings.filter(current=True).count() == 1
    synced.university.courses[6].workflow_state = "completed"
    sync(synced, mode, clock=clock)
    assert by_place(exported())[10, 8]["course_id"] == 6


def test_it_takes_a_course_from_the_lists_that_is_deleted_during_the_run(synced: Standin, clock: Clock) -> None:
    def delete(request: object) -> None:
        if synced.count(part="/api/sis/accounts/"):
            synced.university.courses[6].workflow_state = "deleted"

    synced.before = delete
    run = sync(synced, clock=clock)
    assert run.state == Run.State.COMPLETE
    assert 6 not in {row["course_id"] for row in exported()}
    assert Course.objects.get(pk=6).readings.count() == 1


def test_it_follows_a_course_into_a_term_that_is_not_read(synced: Standin, clock: Clock) -> None:
    synced.university.courses[6].enrollment_term_id = 3
    sync(synced, clock=clock, term_ref="2")
    row = by_place(exported())[10, 8]
    assert row["term_id"] == 3
    assert row["read_at"] == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize("mode", ["full", "quick"])
def test_it_follows_a_section_that_is_cross_listed(synced: Standin, clock: Clock, mode: str) -> None:
    university = synced.university
    university.cross_list(university.sections[2], university.courses[3])
    assert sync(synced, mode, clock=clock).state == Run.State.COMPLETE
    rows = by_place(exported())
    assert (1, 2) not in rows
    assert rows[7, 2]["cross_listed"] is True
    assert (rows[7, 2]["origin_course_id"], rows[7, 2]["origin_course_sis_id"]) == (1, "ART-101")
    assert len(rows) == 15 - 3 + 2


def test_it_knows_where_a_section_came_from_that_the_feed_does_not_list(synced: Standin, clock: Clock) -> None:
    university = synced.university
    university.cross_list(university.sections[2], university.courses[3])
    university.courses[3].workflow_state = "claimed"
    assert sync(synced, clock=clock).state == Run.State.COMPLETE
    row = by_place(exported())[7, 2]
    assert row["in_sis_feed"] is False
    assert (row["origin_course_id"], row["origin_course_sis_id"]) == (1, "ART-101")


def test_it_keeps_what_is_known_when_the_course_with_the_section_cannot_be_read(
    synced: Standin, clock: Clock
) -> None:
    university = synced.university
    university.cross_list(university.sections[2], university.courses[3])
    before = [row for row in exported() if row["course_id"] == 3]
    synced.faults = [Fault(kind="500", match="courses/3/assignments")]
    assert sync(synced, clock=clock).state == Run.State.INCOMPLETE
    assert [row for row in exported() if row["course_id"] == 3] == before
    synced.faults = []
    assert sync(synced, "quick", clock=clock).state == Run.State.COMPLETE
    assert (7, 2) in by_place(exported())


# Grading periods of a course's own


def test_it_asks_for_a_courses_own_periods_when_canvas_calls_closed_what_we_do_not(
    synced: Standin, clock: Clock
) -> None:
    synced.university.add_grading_period(
        course_id=1, title="Own", start_date="2026-08-24T06:00:00Z", end_date="2026-11-22T06:59:59Z"
    )
    sync(synced, clock=clock)
    assert synced.count(part="courses/1/grading_periods") == 1
    rows = by_place(exported())
    assert "due_in_closed_period" in rows[2, 1]["findings"]
    assert "due_between_periods" in rows[1, 1]["findings"]


def test_it_asks_for_a_courses_own_periods_when_canvas_calls_open_what_we_do_not(
    synced: Standin, clock: Clock
) -> None:
    synced.university.add_grading_period(
        course_id=6, title="Long", start_date="2026-08-24T06:00:00Z", end_date="2026-12-31T06:59:59Z"
    )
    synced.university.sections[8].student_ids = (11,)
    sync(synced, clock=clock)
    assert by_place(exported())[10, 8]["findings"] == ["course_concluded"]


def test_it_asks_for_a_courses_own_periods_where_another_date_is_closed_in_the_term_as_well(
    synced: Standin, clock: Clock
) -> None:
    synced.university.assignments[1].due_at = utc("2026-10-10T05:59:59Z")
    synced.university.add_grading_period(
        course_id=1, title="Own", start_date="2026-08-24T06:00:00Z", end_date="2026-11-22T06:59:59Z"
    )
    sync(synced, clock=clock)
    assert "due_in_closed_period" in by_place(exported())[1, 1]["findings"]
    assert "due_in_closed_period" in by_place(exported())[2, 1]["findings"]


def test_it_asks_no_course_for_periods_where_the_terms_explain_all(synced: Standin, clock: Clock) -> None:
    synced.university.sections[8].student_ids = (11,)
    sync(synced, clock=clock)
    assert synced.count(part="/grading_periods") == 1


def test_it_says_so_where_no_term_is_watched(synced: Standin, clock: Clock) -> None:
    Term.objects.update(watched=False)
    before = exported()
    run = sync(synced, clock=clock)
    assert run.state == Run.State.COMPLETE
    assert run.warnings[-1].startswith("No term is watched, so nothing was read")
    assert courses_read(synced) == []
    assert exported() == before
