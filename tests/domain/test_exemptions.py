from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.domain.exemptions import BENEATH, Exemption, covered, end_of, is_void, last_day, with_exemptions
from registrar.domain.facts import Course, Dates, GradingPeriod, Term
from registrar.domain.findings import Code, Severity
from registrar.domain.readiness import Assessment, LineItem, Status
from tests.domain.build import (
    NOW,
    assessed,
    assignment,
    course,
    day,
    for_mastery,
    for_section,
    for_students,
    graded,
    listed,
    rules,
    section,
)

UNTIL, LATER = NOW + timedelta(days=30), NOW + timedelta(days=40)
TWO = (section(1), section(2))
MISSING = assignment(name="", dates=Dates())
"""No name, no due date: two blocking findings."""


def accepted(found: Assessment, code: Code, *, id: int = 1, until: datetime = UNTIL) -> Exemption:
    """All that breaks the rule now, as a person accepts it."""
    return Exemption(id=id, code=code, until=until, covers=covered(found.line_items, code))


def whole(code: Code, *, id: int = 1, until: datetime = UNTIL) -> Exemption:
    return Exemption(id=id, code=code, until=until)


def the(found: Assessment) -> LineItem:
    (item,) = found.line_items
    return item


# One line item


def test_it_changes_nothing_where_nothing_is_accepted() -> None:
    found = assessed(course(MISSING))
    assert with_exemptions(found, ()) is found


@pytest.mark.parametrize(
    ("codes", "status", "until"),
    [
        ([], Status.NEEDS_ACTION, None),
        ([Code.DUE_MISSING], Status.NEEDS_ACTION, None),
        ([Code.NAME_EMPTY], Status.NEEDS_ACTION, None),
        ([Code.DUE_MISSING, Code.NAME_EMPTY], Status.EXCEPTED, UNTIL),
        ([Code.DUE_MISSING, Code.NAME_EMPTY, Code.COURSE_CONCLUDED], Status.EXCEPTED, UNTIL),
        ([Code.COURSE_CONCLUDED], Status.NEEDS_ACTION, None),
        ([Code.POINTS_MISSING], Status.NEEDS_ACTION, None),
    ],
)
def test_it_is_excepted_when_all_that_blocks_is_accepted(
    codes: list[Code], status: Status, until: datetime | None
) -> None:
    found = assessed(course(MISSING, concluded=True))
    item = the(with_exemptions(found, [accepted(found, code, id=n) for n, code in enumerate(codes, 1)]))
    assert (item.status, item.excepted_until) == (status, until)
    assert [one.code for one in item.findings] == [Code.DUE_MISSING, Code.NAME_EMPTY, Code.COURSE_CONCLUDED]
    assert {one.code for one in item.findings if one.exemption} == set(codes) - {Code.POINTS_MISSING}


def test_it_is_ready_not_excepted_where_only_a_warning_is_accepted() -> None:
    found = assessed(course(assignment(needs_grading_count=2)))
    item = the(with_exemptions(found, [accepted(found, Code.NEEDS_GRADING)]))
    assert (item.status, item.excepted_until, item.findings[0].exemption) == (Status.READY, None, 1)


def test_it_ends_with_the_first_of_the_exemptions_it_needs() -> None:
    found = assessed(course(MISSING))
    two = [accepted(found, Code.DUE_MISSING, until=LATER), accepted(found, Code.NAME_EMPTY, id=2, until=UNTIL)]
    assert the(with_exemptions(found, two)).excepted_until == UNTIL


@pytest.mark.parametrize(
    ("ends", "chosen"), [((UNTIL, LATER), 2), ((LATER, UNTIL), 1), ((UNTIL, UNTIL), 1)], ids=str
)
def test_it_names_the_exemption_that_lasts_longest(ends: tuple[datetime, datetime], chosen: int) -> None:
    found = assessed(course(assignment(dates=Dates())))
    both = [whole(Code.DUE_MISSING, id=n, until=end) for n, end in enumerate(ends, 1)]
    item = the(with_exemptions(found, both))
    assert (item.findings[0].exemption, item.excepted_until) == (chosen, max(ends))


def test_it_covers_only_the_places_that_were_accepted() -> None:
    base = course(assignment(id=70, dates=Dates()), assignment(id=71, name="Quiz", dates=Dates()), sections=TWO)
    found = assessed(base)
    ours = [item for item in found.line_items if item.assignment.id == 70 and item.section == TWO[0]]
    one = Exemption(id=1, code=Code.DUE_MISSING, until=UNTIL, covers=covered(ours, Code.DUE_MISSING))
    statuses = [item.status for item in with_exemptions(found, [one]).line_items]
    assert statuses == [Status.EXCEPTED, *[Status.NEEDS_ACTION] * 3]


def test_it_covers_an_assignment_that_no_section_has() -> None:
    alone = assignment(only_visible_to_overrides=True, overrides=(for_students(1, due_at=day(9)),))
    found = assessed(course(alone))
    assert the(with_exemptions(found, [accepted(found, Code.STUDENTS_ONLY)])).status is Status.EXCEPTED


def test_it_does_not_cover_what_came_later() -> None:
    """A new assignment, and a new section, in a course for which the rule was accepted."""
    before = course(assignment(dates=Dates()))
    one = accepted(assessed(before), Code.DUE_MISSING)
    after = assessed(
        replace(before, assignments=(*before.assignments, assignment(id=71, name="Quiz", dates=Dates())))
    )
    assert [item.status for item in with_exemptions(after, [one]).line_items] == ["excepted", "needs_action"]
    wider = assessed(replace(before, sections=TWO))
    assert [item.status for item in with_exemptions(wider, [one]).line_items] == ["excepted", "needs_action"]


def test_it_covers_whatever_breaks_a_rule_that_is_accepted_as_a_whole() -> None:
    broken = assessed(course(assignment(dates=Dates()), assignment(id=71, name="Quiz", dates=Dates())))
    found = with_exemptions(broken, [whole(Code.DUE_MISSING)])
    assert {item.status for item in found.line_items} == {Status.EXCEPTED}
    assert not is_void(whole(Code.DUE_MISSING), assessed(course(assignment())))


def test_it_does_not_cover_a_warning_that_has_become_blocking() -> None:
    of = course(assignment(needs_grading_count=1))
    one = accepted(assessed(of), Code.NEEDS_GRADING)
    harder = assessed(of, graded(Code.NEEDS_GRADING, Severity.BLOCKING))
    assert the(with_exemptions(harder, [one])).status is Status.NEEDS_ACTION


def test_it_is_void_when_nothing_it_covers_is_left() -> None:
    base = course(assignment(dates=Dates()), assignment(id=71, name="Quiz", dates=Dates()))
    one = accepted(assessed(base), Code.DUE_MISSING)
    assert not is_void(one, assessed(base))
    half = replace(base, assignments=(assignment(), base.assignments[1]))
    assert not is_void(one, assessed(half))
    assert [item.status for item in with_exemptions(assessed(half), [one]).line_items] == ["ready", "excepted"]
    assert is_void(one, assessed(replace(base, assignments=(assignment(), assignment(id=71, name="Quiz")))))
    assert is_void(one, Assessment(line_items=()))


# Facts: which change voids the exemption from which rule

PERIODS = (
    GradingPeriod(id=1, title="First", start_at=day(1), end_at=day(10), close_at=day(12)),
    GradingPeriod(id=2, title="Second", start_at=day(10), end_at=day(20), close_at=day(28)),
)
LATE = Dates(due_at=datetime(2027, 2, 1, tzinfo=UTC))
TWINS = (assignment(), assignment(id=71))
HARD = rules(
    name_characters="/",
    name_length=20,
    points_required=True,
    points_maximum=50.0,
    categories_required=True,
    one_date_per_section=True,
)
BROKEN: dict[Code, Course] = {
    Code.FLAGGED_UNPUBLISHED: course(assignment(published=False)),
    Code.STUDENTS_ONLY: course(
        assignment(only_visible_to_overrides=True, overrides=(for_students(1, due_at=day(9)),))
    ),
    Code.NOT_IN_SIS_FEED: course(assignment(), feed_read=True),
    Code.COURSE_WITHOUT_SIS_ID: course(assignment(), sis_id=None),
    Code.SECTION_WITHOUT_SIS_ID: course(assignment(), sections=(section(1, sis_id=None),)),
    Code.DUE_MISSING: course(assignment(dates=Dates())),
    Code.SIS_READS_OTHER_DATE: course(
        replace(listed(assignment(), 1), overrides=(for_section(due_at=day(15)),)), feed_read=True
    ),
    Code.DUE_IN_CLOSED_PERIOD: course(assignment(), periods=PERIODS),
    Code.DUE_BETWEEN_PERIODS: course(assignment(dates=Dates(due_at=day(25))), periods=PERIODS),
    Code.DUE_OUTSIDE_TERM: course(assignment(dates=LATE)),
    Code.DATES_OUT_OF_ORDER: course(assignment(dates=Dates(due_at=day(9), lock_at=day(2)))),
    Code.NAME_EMPTY: course(assignment(name=" ")),
    Code.NAME_DUPLICATE: course(*TWINS),
    Code.NAME_TOO_LONG: course(assignment(name="x" * 40)),
    Code.NAME_CHARACTERS: course(assignment(name="a/b")),
    Code.POINTS_MISSING: course(assignment(points_possible=None)),
    Code.POINTS_OUT_OF_RANGE: course(assignment(points_possible=90.0)),
    Code.MASTERY_PATH: course(assignment(dates=Dates(), overrides=(for_mastery(due_at=day(9)),))),
    Code.STUDENT_DATES: course(assignment(overrides=(for_students(1, due_at=day(9)),))),
    Code.NEEDS_GRADING: course(assignment(needs_grading_count=2)),
    Code.NOT_IN_FINAL_GRADE: course(assignment(in_final_grade=False)),
    Code.COURSE_CONCLUDED: course(assignment(), concluded=True),
    Code.DUE_AFTER_GRADE_DEADLINE: course(
        assignment(), term=Term(id=1, name="Autumn", grade_deadline=day(5), end_at=NOW.replace(month=12))
    ),
    Code.CATEGORY_UNMAPPED: course(assignment(group_sis_id=None)),
    Code.UNASSIGNED_IN_CANVAS: course(
        listed(assignment(overrides=(for_section(unassigned=True),)), 1), feed_read=True
    ),
    Code.DATE_UNKNOWN: course(assignment(overrides=None)),
}

DUE = {
    Code.DUE_MISSING,  # a date mends it
    Code.SIS_READS_OTHER_DATE,
    Code.DUE_IN_CLOSED_PERIOD,
    Code.DUE_BETWEEN_PERIODS,
    Code.DUE_OUTSIDE_TERM,
    Code.DATES_OUT_OF_ORDER,
    Code.MASTERY_PATH,
    Code.DUE_AFTER_GRADE_DEADLINE,
    Code.DATE_UNKNOWN,
    Code.UNASSIGNED_IN_CANVAS,
}
NAME = {Code.NAME_EMPTY, Code.NAME_DUPLICATE, Code.NAME_TOO_LONG, Code.NAME_CHARACTERS}
POINTS = {Code.POINTS_MISSING, Code.POINTS_OUT_OF_RANGE}
Edit = tuple[Callable[[Course], Course], set[Code]]


def of_first(**changes: Any) -> Callable[[Course], Course]:
    def edit(of: Course) -> Course:
        return replace(of, assignments=(replace(of.assignments[0], **changes), *of.assignments[1:]))

    return edit


def of_course(**changes: Any) -> Callable[[Course], Course]:
    return lambda of: replace(of, **changes)


def own_date(when: datetime) -> Callable[[Course], Course]:
    """The section's own date, which the base date no longer shows."""

    def edit(of: Course) -> Course:
        first = of.assignments[0]
        kept = [one for one in first.overrides or () if one.section_id != 1]
        return of_first(overrides=(*kept, for_section(due_at=when)))(of)

    return edit


def of_all(name: str) -> Callable[[Course], Course]:
    return lambda of: replace(of, assignments=tuple(replace(one, name=name) for one in of.assignments))


starts = st.sampled_from([day(1), day(6), day(21), datetime(2027, 2, 1, tzinfo=UTC)])
whens = st.builds(lambda start, hours: start + timedelta(hours=hours, minutes=17), starts, st.integers(1, 70))
names = st.one_of(
    st.text("abcdefgh", min_size=3, max_size=9),
    st.text("xy", min_size=40, max_size=42),
    st.text(" ", min_size=2, max_size=9),
    st.text("a/", min_size=4, max_size=9),
)
points = st.one_of(st.floats(1, 49), st.floats(91, 999), st.just(0.0))
elsewhere = st.one_of(
    st.text(max_size=30).map(lambda text: of_course(name=text)),
    st.integers(0, 500).map(lambda count: of_course(sections=(section(1, total_students=count),))),
    st.text(max_size=30).map(lambda text: of_first(html_url=text)),
    st.text(min_size=1, max_size=30).map(lambda text: of_first(group_id=len(text))),
    st.sampled_from(["online_upload", "on_paper"]).map(lambda kind: of_first(submission_types=(kind,))),
    st.datetimes(timezones=st.just(UTC)).map(lambda when: of_course(read_at=when)),
    st.booleans().map(lambda has: of_first(has_submissions=has)),
)
edits: st.SearchStrategy[Edit] = st.one_of(
    whens.map(lambda when: (own_date(when), DUE | {Code.STUDENTS_ONLY})),
    names.map(lambda text: (of_first(name=text), NAME)),
    names.map(lambda text: (of_all(text), NAME)),
    points.map(lambda number: (of_first(points_possible=number), POINTS)),
    st.integers(3, 99).map(lambda count: (of_first(needs_grading_count=count), {Code.NEEDS_GRADING})),
    st.just((of_first(published=True, in_final_grade=True), {Code.FLAGGED_UNPUBLISHED, Code.NOT_IN_FINAL_GRADE})),
    st.just((of_course(sis_id="HIST-1"), {Code.COURSE_WITHOUT_SIS_ID})),
    st.just((of_course(concluded=False), {Code.COURSE_CONCLUDED})),
    elsewhere.map(lambda edit: (edit, set[Code]())),
)


@pytest.mark.parametrize("code", BROKEN, ids=str)
def test_the_cases_break_their_rule(code: Code) -> None:
    assert covered(assessed(BROKEN[code], HARD).line_items, code)


@pytest.mark.parametrize("code", BROKEN, ids=str)
@given(edit=edits)
def test_it_is_void_when_a_fact_beneath_changes_and_only_then(code: Code, edit: Edit) -> None:
    change, concerned = edit
    base = assessed(BROKEN[code], HARD)
    place, mark = next(iter(covered(base.line_items, code).items()))
    one = Exemption(id=1, code=code, until=UNTIL, covers={place: mark})
    changed = change(BROKEN[code])
    if code is Code.SECTION_WITHOUT_SIS_ID and changed.sections != BROKEN[code].sections:
        concerned = {code}  # the edit gives the section an id
    if changed == BROKEN[code]:
        concerned = set()
    assert is_void(one, assessed(changed, HARD)) == (code in concerned)


def test_it_knows_times_however_they_are_written() -> None:
    """The same instant read in another zone is no change."""
    base = BROKEN[Code.DUE_OUTSIDE_TERM]
    one = accepted(assessed(base), Code.DUE_OUTSIDE_TERM)
    assert LATE.due_at
    local = Dates(due_at=LATE.due_at.astimezone(ZoneInfo("America/Chicago")))
    assert not is_void(one, assessed(of_first(dates=local)(base)))


def test_it_looks_at_each_date_of_a_wrong_order() -> None:
    base = BROKEN[Code.DATES_OUT_OF_ORDER]
    one = accepted(assessed(base), Code.DATES_OUT_OF_ORDER)
    for dates in (
        Dates(due_at=day(9), lock_at=day(3)),
        Dates(due_at=day(8), lock_at=day(2)),
        Dates(due_at=day(9), lock_at=day(2), unlock_at=day(1)),
    ):
        assert is_void(one, assessed(of_first(dates=dates)(base)))


def test_it_looks_at_the_date_that_mastery_paths_give() -> None:
    base = BROKEN[Code.MASTERY_PATH]
    one = accepted(assessed(base), Code.MASTERY_PATH)
    assert is_void(one, assessed(of_first(overrides=(for_mastery(due_at=day(10)),))(base)))


def test_it_asks_only_for_facts_that_there_are() -> None:
    (item,) = assessed(course(MISSING)).line_items
    for names in BENEATH.values():
        for name in names:
            assert hasattr(item.effective, name) or hasattr(item.assignment, name)


# Ends


CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("day_", "end"),
    [
        (date(2026, 12, 15), "2026-12-16T05:59:59+00:00"),
        (date(2026, 7, 1), "2026-07-02T04:59:59+00:00"),
        (date(2026, 11, 1), "2026-11-02T05:59:59+00:00"),  # the clock goes back on this day
    ],
    ids=str,
)
def test_it_ends_with_the_day_at_the_office(day_: date, end: str) -> None:
    assert end_of(day_, CHICAGO).isoformat() == end


@pytest.mark.parametrize(
    ("term_end", "latest"),
    [
        (datetime(2026, 12, 20, 5, tzinfo=UTC), date(2027, 3, 19)),
        (datetime(2026, 1, 1, tzinfo=UTC), date(2027, 1, 29)),
        (None, date(2027, 10, 31)),
    ],
    ids=str,
)
def test_it_may_last_some_time_beyond_the_term(term_end: datetime | None, latest: date) -> None:
    assert last_day(term_end, NOW, CHICAGO) == latest
