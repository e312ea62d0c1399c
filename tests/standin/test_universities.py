from __future__ import annotations

import os
import runpy
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canvas_api.standin import Standin, University, big_university, demo_university, small_university
from canvas_api.standin.__main__ import announce, main
from canvas_api.standin.demo_trouble import BLOCKING, WARNING
from canvas_api.standin.tokens import token_value

from .conftest import Api

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def test_it_compares_before_and_after(university: University) -> None:
    before, whole = university.snapshot(), university.snapshot(whole=True)
    assert before == small_university().snapshot()
    assert {"courses", "overrides", "grading_periods", "terms"} <= before.keys()
    made = university.add_override(assignment_id=1, course_section_id=1)
    university.assignments[1].updated_at = NOW
    assert university.snapshot() != before
    made.workflow_state = "deleted"
    assert university.snapshot() == before, "no undoing brings back what a deletion leaves behind"
    assert university.snapshot(whole=True) != whole


def test_it_names_overrides_as_canvas_does(university: University) -> None:
    titles = [o.title for o in university.overrides.values()]
    assert titles == ["Drawing I 002", "Painting 001", "2 students", "Painting 002", "Chemistry"]
    assert university.add_override(assignment_id=1, noop_id=1).title == "Mastery Paths"
    assert university.add_override(assignment_id=1, student_ids=(11,)).title == "1 student"


def test_it_remembers_where_a_section_came_from_first(university: University) -> None:
    section = university.sections[6]
    university.cross_list(section, university.courses[1])
    assert (section.nonxlist_course_id, section.course_id) == (4, 1)
    assert section in university.sections_of(1)
    assert section not in university.sections_of(3)


def test_it_builds_the_same_demo_for_the_same_seed() -> None:
    first = demo_university(7, NOW)
    assert first.snapshot() == demo_university(7, NOW).snapshot()
    assert first.snapshot() != demo_university(8, NOW).snapshot()
    assert first.tokens["admin"].value == token_value(7, "admin")
    assert first.tokens["admin"].value.startswith("demo-token-admin-")


@pytest.mark.parametrize("month", range(1, 13))
def test_it_is_alive_at_any_time_of_the_year(month: int) -> None:
    now = NOW.replace(month=month)
    demo = demo_university(month, now)
    current = demo.terms[3]
    assert current.end_at is not None
    assert timedelta(days=10) < current.end_at - now < timedelta(days=14)
    assert 350 < len(demo.courses) < 450
    assert len({term.name for term in demo.terms.values()}) == 4


def test_it_has_trouble_in_a_small_part_of_the_term() -> None:
    demo = demo_university(7, NOW)
    courses = [c for c in demo.courses.values() if c.enrollment_term_id == 3]
    troubled = len(BLOCKING) + 2 * len(WARNING)
    assert 0.1 < troubled / len(courses) < 0.3
    names = [a.name for a in demo.assignments.values()]
    for odd in ("<b>Lab</b> | 3 & 4", '=HYPERLINK("x")', "الامتحان النهائي 🎓", " "):
        assert odd in names
    assert any(section.nonxlist_course_id for section in demo.sections.values())
    assert len({course.time_zone for course in demo.courses.values()}) > 1


def test_it_builds_big_ones() -> None:
    big = big_university(courses=20, assignments=100)
    assert (len(big.courses), len(big.sections), len(big.assignments), len(big.overrides)) == (20, 50, 100, 20)
    assert len(big_university(courses=5, assignments=5, sections=6).sections) == 6


# The command


@pytest.fixture
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def current_term(canvas: Standin) -> str:
    api = Api(canvas)
    with api.session:
        return str(api.json("/api/v1/accounts/1/terms/current")["name"])


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, number: signal.Signals
) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('[{"kind": "500", "match": "never"}]')
    seen: list[str] = []

    def ready(canvas: Standin) -> None:
        announce(canvas)
        seen.extend([canvas.url, current_term(canvas)])
        os.kill(os.getpid(), number)

    asked = ["--port=0", "--small", "--token=mine", f"--faults={faults}", "--now=2026-11-23T12:00"]
    assert main(asked, ready=ready) == 0
    assert capsys.readouterr().out == f"Canvas stand-in: {seen[0]}\nToken: mine\n"
    assert seen[1] == "Fall 2026"
    with pytest.raises(OSError, match=r".+"):
        socket.create_connection(("127.0.0.1", int(seen[0].rpartition(":")[2])), timeout=1).close()


@pytest.mark.usefixtures("_signals")
def test_it_serves_the_demo_by_default() -> None:
    seen: list[str] = []

    def ready(canvas: Standin) -> None:
        seen.extend([canvas.token, current_term(canvas)])
        os.kill(os.getpid(), signal.SIGTERM)

    assert main(["--port=0", "--seed=3", "--now=2026-03-02T12:00:00Z", "--no-throttle"], ready=ready) == 0
    assert seen == [token_value(3, "admin"), "Spring 2026"]


def test_it_explains_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["standin", "--help"])
    monkeypatch.delitem(sys.modules, "canvas_api.standin.__main__")
    with pytest.raises(SystemExit):
        runpy.run_module("canvas_api.standin", run_name="__main__")
    assert "--latency" in capsys.readouterr().out
