"""A Canvas that misbehaves: a right result, or exit 1 with one clear sentence and every last reading kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command

from canvas_api.standin import SMALL_NOW, Fault, Standin, University, small_university
from registrar.models import Course, LineItem, Reading, Run
from tests.services.door import Clock, Row, but_times, by_place, exported, sync

pytestmark = pytest.mark.django_db

FEED = "GET /api/sis/accounts/"
COURSES = "accounts/1/courses"
ASSIGNMENTS = "courses/[0-9]+/assignments"
SECTIONS = "courses/[0-9]+/sections"
TERMS = "accounts/1/terms"
PLACES = ("accounts/self", TERMS, COURSES, FEED, ASSIGNMENTS, SECTIONS)


def everywhere(kinds: Iterable[Any], places: Sequence[str], usual: Sequence[str]) -> list[Any]:
    """Every kind at the usual places and every place with two kinds; the rest of the pairs is for the soak."""
    pairs = [(kind, place) for kind in kinds for place in places]
    often = {str(kind) for kind in list(kinds)[:2]}
    return [
        pytest.param(
            *pair,
            id=f"{getattr(pair[0], 'kind', pair[0])} at {pair[1]}",
            marks=[] if pair[1] in usual or str(pair[0]) in often else pytest.mark.soak,
        )
        for pair in pairs
    ]


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    said: list[str]
    """Lines on stderr, notes left out."""
    notes: list[str]


Sync = Callable[..., Outcome]


@pytest.fixture
def shell(
    configured: Callable[..., None], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Sync:
    """``manage.py sync`` against a stand-in. Whatever happens, nobody gets to see the token."""

    def run(standin: Standin, token: str = "admin", **options: Any) -> Outcome:
        configured(standin, token)
        capsys.readouterr()
        code = 0
        with caplog.at_level(logging.DEBUG):
            try:
                call_command("sync", json=True, **options)
            except SystemExit as ended:
                code = int(ended.code or 0)
        told = capsys.readouterr()
        assert standin.token_of(token) not in told.out + told.err + caplog.text
        lines = told.err.splitlines()
        notes = [line for line in lines if line.startswith("Note: ")]
        return Outcome(code, [line for line in lines if line not in notes], notes)

    return run


@pytest.fixture
def good(standin: Standin) -> list[Row]:
    """What is exported after a sync in good weather, an hour ago."""
    clock = Clock()
    clock.forward(hours=-1)
    assert sync(standin, clock=clock).state == Run.State.COMPLETE
    return exported()


# Those that pass

PASSING = [
    Fault(kind="500", times=2),
    Fault(kind="502", times=3),
    Fault(kind="503", times=3, retry_after="2"),
    Fault(kind="hang", nth=1, seconds=20),
    Fault(kind="reset", times=2),
    Fault(kind="short_body", times=2),
    Fault(kind="lost_reply", times=2),
    Fault(kind="truncated_json", nth=1),
    Fault(kind="invalid_json", nth=1),
    Fault(kind="login_page", nth=1),
    Fault(kind="throttled_403", times=3),
    Fault(kind="throttled_429", times=3),
    Fault(kind="throttled_429", times=1, retry_after="7"),
]


def _again(fault: Fault, match: str) -> Fault:
    return Fault(
        kind=fault.kind,
        match=match,
        nth=fault.nth,
        times=fault.times,
        retry_after=fault.retry_after,
        seconds=fault.seconds,
    )


@pytest.mark.parametrize(("fault", "place"), everywhere(PASSING, PLACES, [FEED, ASSIGNMENTS]))
def test_it_outlasts_what_passes(standin: Standin, shell: Sync, good: list[Row], fault: Fault, place: str) -> None:
    standin.university.assignments[1].name = "Folder"
    standin.faults = [_again(fault, place)]
    outcome = shell(standin)
    assert outcome == Outcome(0, [], [])
    expected = [row | {"assignment_name": "Folder"} if row["assignment_id"] == 1 else row for row in good]
    assert but_times(exported()) == but_times(expected)


# Those that last

LASTING = {
    "500": "Canvas failed",
    "502": "Canvas failed",
    "503": "Canvas failed: Service Unavailable",
    "hang": "the answer took too long",
    "reset": "Canvas cannot be reached",
    "short_body": "Canvas cannot be reached",
    "lost_reply": "Canvas cannot be reached",
    "truncated_json": "it is not valid JSON",
    "invalid_json": "it is not valid JSON",
    "login_page": "A web page came instead of an answer",
    "throttled_403": "rate limit",
    "throttled_429": "rate limit",
    "revoked": "Canvas does not accept the access token: Revoked access token",
    "foreign_next": "Canvas pointed to another site",
}


@pytest.mark.parametrize(("kind", "place"), everywhere(LASTING, PLACES[:4], [FEED]))
def test_it_keeps_everything_when_a_list_cannot_be_read(
    standin: Standin, shell: Sync, good: list[Row], kind: str, place: str
) -> None:
    if kind == "foreign_next":
        place = place.replace("accounts/self", "sub_accounts")  # one account has no pages
    standin.university.assignments[1].name = "Folder"
    standin.faults = [Fault(kind=kind, match=place, seconds=20)]
    outcome = shell(standin)
    assert outcome.code == 1
    assert len(outcome.said) == 1
    assert LASTING[kind] in outcome.said[0]
    assert exported() == good
    standin.faults = []
    assert shell(standin).code == 0
    assert "Folder" in {row["assignment_name"] for row in exported()}


@pytest.mark.parametrize(("kind", "page"), everywhere(LASTING, PLACES[4:], [ASSIGNMENTS]))
def test_it_keeps_the_last_reading_of_a_course_that_cannot_be_read(
    standin: Standin, shell: Sync, good: list[Row], kind: str, page: str
) -> None:
    standin.university.assignments[5].name = "Fruit"
    standin.university.assignments[7].name = "Report"
    standin.faults = [Fault(kind=kind, match=page.replace("[0-9]+", "2"), seconds=20)]
    outcome = shell(standin)
    assert outcome.code == 1
    assert len(outcome.said) == 1
    assert LASTING[kind] in outcome.said[0]
    rows = exported()
    assert [row for row in rows if row["course_id"] == 2] == [row for row in good if row["course_id"] == 2]
    if kind != "revoked":
        assert outcome.said[0].startswith("1 of 6 courses could not be read.")
        assert "Report" in {row["assignment_name"] for row in rows}
        assert Course.objects.exclude(trouble="").get().pk == 2


def test_it_gives_up_when_canvas_stops_answering_at_all(shell: Sync) -> None:
    university = _many_courses(30)
    with Standin(university, throttle=False, faults=[Fault(kind="503", match=ASSIGNMENTS)]) as standin:
        outcome = shell(standin)
    assert outcome.code == 1
    assert outcome.said[0].startswith("Canvas stopped answering")
    assert len(outcome.said) == 1


def test_it_says_that_nothing_listens_there(standin: Standin, shell: Sync, good: list[Row]) -> None:
    standin.stop()
    outcome = shell(standin)
    assert outcome.code == 1
    assert outcome.said == ["Canvas cannot be reached: the connection was refused (GET /api/v1/accounts/self)."]
    assert exported() == good


def _many_courses(count: int, assignments: int = 1) -> University:
    university = University("Many")
    university.root.features = frozenset({"post_grades"})
    for number in range(1, count + 1):
        university.add_course(name=f"Course {number}", sis_course_id=f"C{number}")
        university.add_section(course_id=number, name=f"Section {number}", sis_section_id=f"S{number}")
        for nth in range(assignments):
            university.add_assignment(
                course_id=number, name=f"Work {nth}", due_at="2026-12-01T12:00:00Z", post_to_sis=True
            )
    return university


# Tokens and rights


@pytest.mark.parametrize(("token", "word"), [("revoked", "Revoked"), ("expired", "Expired"), ("nobody", "right")])
def test_it_says_what_is_wrong_with_the_token(
    standin: Standin, shell: Sync, good: list[Row], token: str, word: str
) -> None:
    outcome = shell(standin, token)
    assert outcome.code == 1
    assert len(outcome.said) == 1
    assert word in outcome.said[0]
    assert exported() == good


def test_it_says_that_the_right_to_the_grades_of_the_account_is_missing(
    standin: Standin, shell: Sync, good: list[Row]
) -> None:
    outcome = shell(standin, "no_grades")
    assert outcome.code == 1
    assert "The access token lacks the right to do this" in outcome.said[0]
    assert "/api/sis/accounts/1/assignments" in outcome.said[0]
    assert exported() == good


@pytest.mark.parametrize("after", range(4, 17, 2))
def test_it_stops_when_the_token_is_revoked_on_the_way(
    standin: Standin, shell: Sync, good: list[Row], after: int
) -> None:
    standin.university.assignments[1].name = "Folder"
    standin.faults = [Fault(kind="revoked", after=after)]
    outcome = shell(standin)
    assert outcome.code == 1
    assert len(outcome.said) == 1
    assert "Canvas does not accept the access token" in outcome.said[0]
    for course in Course.objects.all():
        _assert_whole(course, good)


def _assert_whole(course: Course, good: list[Row]) -> None:
    """Either all of it is as it was, or all of it is new."""
    rows = [row for row in exported() if row["course_id"] == course.pk]
    former = [row for row in good if row["course_id"] == course.pk]
    assert rows == former or all(row["read_at"] > former[0]["read_at"] for row in rows)


def test_it_reads_what_it_may_and_names_the_course_that_it_may_not(
    standin: Standin, shell: Sync, good: list[Row]
) -> None:
    standin.faults = [Fault(kind="forbidden", match="courses/3/")]
    outcome = shell(standin)
    assert outcome.code == 1
    assert outcome.said[0].startswith("1 of 6 courses could not be read. The first: The access token lacks")
    assert but_times(exported()) == but_times(good)
    standin.faults = []
    assert shell(standin, quick=True).code == 0
    assert Course.objects.exclude(trouble="").count() == 0


def test_it_reads_without_the_account_wide_feed(standin: Standin, shell: Sync, good: list[Row]) -> None:
    standin.university.root.features = frozenset()
    outcome = shell(standin)
    assert outcome.code == 0
    assert outcome.notes[0].startswith("Note: Canvas's grade export is off for this account")
    rows = exported()
    assert {(row["in_sis_feed"], row["sis_due_at"]) for row in rows} == {(None, None)}
    feedless = ("in_sis_feed", "sis_due_at", "read_at", "findings", "status", "assignment_group")
    assert [_without(row, *feedless) for row in rows] == [_without(row, *feedless) for row in good]
    findings = {code for row in rows for code in row["findings"]}
    assert not findings & {"not_in_sis_feed", "sis_reads_other_date"}


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


@pytest.mark.parametrize("token", ["no_include", "no_overrides"])
def test_it_asks_for_overrides_one_by_one_where_include_is_stripped(
    standin: Standin, shell: Sync, good: list[Row], token: str
) -> None:
    outcome = shell(standin, token)
    assert outcome.code == 0
    assert "strips what is asked for with include[]" in outcome.notes[0]
    assert but_times(exported()) == but_times(good)


def test_it_says_unknown_where_nobody_tells_the_overrides(standin: Standin, shell: Sync) -> None:
    standin.faults = [Fault(kind="forbidden", match="/overrides")]
    outcome = shell(standin, "no_include")
    assert outcome.code == 0
    assert any("those dates are unknown" in note for note in outcome.notes)
    rows = by_place(exported())
    assert rows[2, 2]["due_at_source"] == "unknown"  # an override for the whole course might win
    assert rows[6, 4]["due_at_source"] == "unknown"
    assert "date_unknown" in rows[6, 4]["findings"]


@pytest.mark.parametrize(
    ("token", "note"), [("no_settings", "may not list sub-accounts"), ("no_terms", "may not read terms")]
)
def test_it_goes_on_without_a_right_and_says_what_is_missing(
    standin: Standin, shell: Sync, good: list[Row], token: str, note: str
) -> None:
    admin = standin.university.tokens["admin"]
    standin.university.add_token("no_terms", rights=admin.rights - {"read_terms"})
    outcome = shell(standin, token)
    assert outcome.code == 0
    assert note in outcome.notes[0]
    assert but_times(exported()) == but_times(good)


@pytest.mark.parametrize("token", ["no_settings", "no_terms"])
def test_it_finds_all_courses_at_first_without_that_right(standin: Standin, shell: Sync, token: str) -> None:
    admin = standin.university.tokens["admin"]
    standin.university.add_token("no_terms", rights=admin.rights - {"read_terms"})
    assert shell(standin, token).code == 0
    assert {row["course_id"] for row in exported()} == {1, 2, 3, 5, 6}
    assert shell(standin, token, term="sis_term_id:2027SP").code == 0


def test_it_knows_sections_from_the_feed_where_their_list_is_refused(
    standin: Standin, shell: Sync, good: list[Row]
) -> None:
    standin.faults = [Fault(kind="forbidden", match="courses/1/sections")]
    outcome = shell(standin)
    assert outcome.code == 0
    assert "may not list the sections of 1 courses" in outcome.notes[0]
    assert but_times(exported()) == but_times(good)


def test_it_does_not_mind_a_course_that_is_unpublished_meanwhile(
    standin: Standin, shell: Sync, good: list[Row]
) -> None:
    def unpublish(_request: object, _reply: object) -> None:
        if standin.count(part="/api/sis/accounts/"):
            standin.university.courses[1].workflow_state = "claimed"

    standin.requests.clear()
    standin.after = unpublish
    assert shell(standin).code == 0
    standin.after = None
    assert shell(standin).code == 0
    rows = by_place(exported())
    assert rows[1, 1]["findings"] == ["flagged_unpublished"]
    assert rows[1, 1]["in_sis_feed"] is False


# Pages


def _paged_feed() -> University:
    """Three pages of the account's feed, and one course with three pages of its own."""
    university = _many_courses(3, assignments=10)
    university.add_course(name="Large", sis_course_id="LARGE")
    university.add_section(course_id=4, name="Large 1", sis_section_id="L1")
    for nth in range(250):
        university.add_assignment(
            course_id=4, name=f"Step {nth}", due_at="2026-12-01T12:00:00Z", post_to_sis=True, position=nth + 1
        )
    return university


def _expected(standin: Standin) -> set[tuple[int, str]]:
    flagged = [a for a in standin.university.assignments.values() if a.post_to_sis]
    return {(a.id, a.name) for a in flagged if a.workflow_state == "published"}


def _found() -> list[tuple[int, str]]:
    return list(LineItem.objects.values_list("assignment_id", "assignment_name"))


@pytest.mark.parametrize("kind", ["no_total", "duplicate"])
@pytest.mark.parametrize("place", [FEED, ASSIGNMENTS, COURSES, SECTIONS, TERMS, "sub_accounts", "grading_periods"])
def test_it_is_not_led_astray_by_pages(shell: Sync, kind: str, place: str) -> None:
    with Standin(_paged_feed(), throttle=False, faults=[Fault(kind=kind, match=place)]) as standin:
        assert shell(standin).code == 0
        found = _found()
        assert len(found) == len(set(found))
        assert set(found) == _expected(standin)
        assert {row["in_sis_feed"] for row in exported()} == {True}


@pytest.mark.parametrize("kind", ["endless", "same_next"])
@pytest.mark.parametrize("place", [FEED, ASSIGNMENTS, COURSES, SECTIONS])
def test_it_notices_a_list_that_does_not_end(shell: Sync, kind: str, place: str) -> None:
    with Standin(_paged_feed(), throttle=False) as standin:
        assert shell(standin).code == 0
        before = exported()
        standin.faults = [Fault(kind=kind, match=place)]
        outcome = shell(standin)
        assert outcome.code == 1
        assert len(outcome.said) == 1
        sentences = ("A list from Canvas does not end", "Canvas gave an answer that cannot be used: $[0].")
        assert any(sentence in outcome.said[0] for sentence in sentences)
        assert but_times(exported()) == but_times(before)


@pytest.mark.parametrize("place", [COURSES, FEED, ASSIGNMENTS, SECTIONS])
def test_it_ends_at_an_empty_page_that_names_a_next_one(shell: Sync, place: str) -> None:
    university = _many_courses(100)
    with Standin(university, throttle=False) as standin:
        standin.faults = [Fault(kind="empty_with_next", match=f"{place}.*[?&]page=[2-9]"), Fault(kind="no_total")]
        assert shell(standin).code == 0
        assert set(_found()) == _expected(standin)


@pytest.mark.parametrize("mode", ["full", "quick"])
def test_it_loses_no_course_to_a_list_with_a_hole(shell: Sync, mode: str) -> None:
    """Rows moved, or an empty page came too early: no course leaves the lists for that."""
    with Standin(_many_courses(120), throttle=False) as standin:
        assert shell(standin).code == 0
        standin.faults = [Fault(kind="empty_with_next", match=f"{COURSES}.*[?&]page=2")]
        assert shell(standin, quick=mode == "quick").code == 0
        assert set(_found()) == _expected(standin)
        assert Course.objects.filter(gone_at=None).count() == 120


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("what", ["taken away", "added"])
@pytest.mark.parametrize("place", ["/api/sis/accounts/", "courses/4/assignments"])
def test_it_is_right_though_rows_move_between_pages(shell: Sync, place: str, what: str, quick: bool) -> None:
    with Standin(_paged_feed(), throttle=False) as standin:
        if quick:
            assert shell(standin).code == 0
            standin.university.assignments[100].name = "Changed"

        moves: list[str] = []

        def move(request: Any) -> None:
            if moves or place not in request.target or "&page=2" not in request.target:
                return
            moves.append(request.target)
            if what == "taken away":
                for id_ in (3, 40, 41):
                    standin.university.assignments[id_].post_to_sis = False
            else:
                made = {"due_at": "2026-12-02T12:00:00Z", "post_to_sis": True}
                standin.university.add_assignment(course_id=1, id=900, name="New one", **made)
                standin.university.add_assignment(course_id=4, id=901, name="Another", position=0, **made)

        standin.before = move
        assert shell(standin, quick=quick).code == 0
        assert moves
        found = _found()
        assert len(found) == len(set(found))
        # What moved while it was read may be found now or with the next sync; nothing else may be lost.
        moved = {3, 40, 41, 900, 901}
        assert {one for one in found if one[0] not in moved} == {
            one for one in _expected(standin) if one[0] not in moved
        }
        assert shell(standin, quick=True).code == 0
        assert {one for one in _found() if one[0] not in {3, 900}} == {
            one for one in _expected(standin) if one[0] not in {3, 900}
        }
        assert shell(standin).code == 0
        assert set(_found()) == _expected(standin)


# Ids


def test_it_takes_ids_beyond_what_a_float_can_hold(shell: Sync, standin: Standin) -> None:
    university = _large_ids()
    with Standin(university, throttle=False) as large:
        assert shell(large).code == 0
        assert shell(large, term=str(2**62 + 5), course="").code == 0
    (row,) = exported()
    assert (row["course_id"], row["section_id"], row["assignment_id"]) == (2**53 + 1, 2**60 + 1, 2**62 + 1)
    assert row["term_id"] == 2**62 + 5


def _large_ids() -> University:
    university = University("Large ids")
    university.root.features = frozenset({"post_grades"})
    university.add_term(id=2**62 + 5, name="Fall")
    university.add_course(id=2**53 + 1, name="Far away", sis_course_id="F", enrollment_term_id=2**62 + 5)
    university.add_section(id=2**60 + 1, course_id=2**53 + 1, name="One", sis_section_id="F1")
    university.add_assignment(
        id=2**62 + 1, course_id=2**53 + 1, name="Work", due_at="2026-12-01T12:00:00Z", post_to_sis=True
    )
    return university


def test_it_takes_ids_as_strings(
    standin: Standin, shell: Sync, good: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("canvas_api.standin.wire.Request.string_ids", True)
    assert shell(standin).code == 0
    assert but_times(exported()) == but_times(good)
    assert Reading.objects.filter(current=False).count() == 0


def test_small_now_is_what_the_stand_in_takes_for_now() -> None:
    with Standin(small_university(), clock=SMALL_NOW.timestamp) as standin:
        assert standin.university.now == SMALL_NOW
