"""``manage.py changes``: keys, last line and exit codes as the contract says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from canvas_api.standin import Fault
from registrar.models import Proposal
from registrar.services import applying

from .house import House, utc, wanted

pytestmark = pytest.mark.django_db

DUE, CLOSED = "2026-12-02T06:59:59Z", "2026-10-05T05:59:59Z"
ITEM = {"course_id", "assignment_id", "section_id", "before", "after", "state", "message"}
STATE = {"due_at", "unlock_at", "lock_at", "post_to_sis"}
ROWS = """course_id,assignment_id,section_id,due_at,unlock_at,lock_at
1,1,,2026-12-01 23:59,,
1,1,1,2026-12-03,,
2,5,3,2026-11-25T06:59:59Z,-,
"""


class Said:
    def __init__(self, code: int, out: str, error: str) -> None:
        self.code, self.out, self.error = code, out, error

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        assert found.keys() == {"id", "kind", "state", "items"}
        for item in found["items"]:
            assert item.keys() == ITEM
            assert item["before"].keys() == item["after"].keys() == STATE
        return found


Shell = Callable[..., Said]


@pytest.fixture
def shell(
    house: House,
    configured: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    configured(house.standin)
    monkeypatch.setattr("registrar.management.commands.changes.now", house.clock)
    waits = applying.apply.__kwdefaults__
    assert waits is not None
    monkeypatch.setitem(waits, "pause", lambda seconds: house.clock.forward(seconds=seconds))

    def run(*words: object) -> Said:
        capsys.readouterr()
        code = 0
        try:
            call_command("changes", *[str(word) for word in words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        assert house.standin.token not in told.out + told.err
        assert "Traceback" not in told.err
        return Said(code, told.out, told.err)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(ROWS)
    return path


BY = ("--by", "reviewer", "--reason", "end of term")


def approved(shell: Shell, pk: int = 1) -> None:
    assert shell("submit", pk, "--by", "reviewer").code == 0
    assert shell("approve", pk, "--by", "approver", "--comment", "fine").code == 0


def test_it_goes_all_the_way_and_back(shell: Shell, house: House, file: Path) -> None:
    before = house.university.snapshot()
    made = shell("import", file, *BY, "--json")
    assert (made.code, made.json["kind"], made.json["state"]) == (0, "dates", "draft")
    assert [(one["assignment_id"], one["section_id"]) for one in made.json["items"]] == [(1, None), (1, 1), (5, 3)]
    first, second, third = made.json["items"]
    assert first["after"] == {**first["before"], "due_at": "2026-12-02T06:59:00Z"}
    assert second["before"]["due_at"] == second["after"]["lock_at"] == "inherit"
    assert third["after"]["unlock_at"] is None
    assert shell("submit", 1, "--by", "reviewer", "--json").json["state"] == "submitted"
    assert shell("approve", 1, "--by", "approver", "--json").json["state"] == "approved"
    applied = shell("apply", 1, "--json")
    assert (applied.code, applied.json["state"]) == (0, "verified")
    assert {one["state"] for one in applied.json["items"]} == {"verified"}
    assert shell("apply", 1).code == 0
    assert shell("show", 1, "--json").json == applied.json
    assert shell("restore", 1, *BY).code == 0
    approved(shell, 2)
    assert shell("apply", 2).code == 0
    assert house.university.snapshot() == before


def test_it_turns_sync_off_and_names_what_it_would_take(shell: Shell, house: House) -> None:
    made = shell("disable", "--course", "sis_course_id:ART-101", *BY, "--json").json
    assert (made["kind"], [one["assignment_id"] for one in made["items"]]) == ("sync_off_blind", [1, 2])
    assert {(one["before"]["post_to_sis"], one["after"]["post_to_sis"]) for one in made["items"]} == {
        (True, False)
    }
    period = shell("disable", "--course", "3", "--grading-period", "2", "--exact", *BY, "--json").json
    assert (period["kind"], [one["assignment_id"] for one in period["items"]]) == ("sync_off", [7])
    approved(shell)
    assert shell("apply", 1).code == 0
    assert not house.university.assignments[1].post_to_sis


@pytest.mark.parametrize("period", ["", " ", "0", "99", "x", "2x", "-1", "½"])
def test_it_never_takes_a_blank_period_for_the_whole_course(shell: Shell, period: str) -> None:
    said = shell("disable", "--course", "3", f"--grading-period={period}", *BY)
    assert (said.code, Proposal.objects.count()) == (2, 0)
    assert said.error.strip()


@pytest.mark.parametrize("course", ["99", "x", "sis_course_id:no", "", "½"])
def test_it_says_that_there_is_no_such_course(shell: Shell, course: str) -> None:
    assert shell("disable", "--course", course, *BY).code == 2


def test_it_lists_bad_rows_and_stores_nothing(shell: Shell, file: Path) -> None:
    file.write_text(ROWS + "1,77,,-,,\n1,2,,soon,,\n")
    said = shell("import", file, *BY, "--json")
    assert (said.code, said.out) == (2, "")
    assert said.error.startswith("Row 5, assignment_id: ")
    assert "Row 6, due_at: " in said.error
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n", ROWS.splitlines()[0].encode()])
def test_it_refuses_a_file_that_it_cannot_use(shell: Shell, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert shell("import", file, *BY).code == 2
    assert shell("import", file.with_name("none.csv"), *BY).code == 2
    assert shell("import", file.parent, *BY).code == 2


def test_it_refuses_with_three_and_the_reason(shell: Shell, file: Path) -> None:
    assert shell("import", file, "--by", "viewer", "--reason", "x").code == 3
    assert shell("import", file, "--by", "nobody", "--reason", "x").code == 3
    assert shell("import", file, "--by", "reviewer", "--reason", " ").code == 3
    assert shell("import", file, *BY).code == 0
    for words in (
        ("apply", 1),
        ("apply", 99),
        ("approve", 1, "--by", "approver"),
        ("approve", 1, "--by", "reviewer"),
        ("approve", 99, "--by", "approver"),
        ("submit", 1, "--by", "approver"),
        ("restore", 1, *BY),
    ):
        said = shell(*words)
        assert (said.code, said.out) == (3, ""), words
        assert said.error.strip()
    assert shell("submit", 1, "--by", "reviewer").code == 0
    assert shell("reject", 1, "--by", "approver").code == 3
    assert shell("reject", 1, "--by", "approver", "--comment", "not now").code == 0
    assert shell("cancel", 1, "--by", "reviewer").code == 3


def test_it_withdraws(shell: Shell, file: Path) -> None:
    shell("import", file, *BY)
    assert shell("cancel", 1, "--by", "reviewer", "--json").json["state"] == "withdrawn"


def test_it_ends_with_four_where_canvas_shows_something_else(shell: Shell, house: House) -> None:
    house.approved(house.proposed(wanted(1, 1, due_at="2026-12-02T06:59:59Z"), wanted(1, 2, lock_at=None)))
    house.university.assignments[1].due_at = utc("2026-11-29T06:59:59Z")
    said = shell("apply", 1, "--json")
    assert (said.code, said.json["state"]) == (4, "problems")
    assert [one["state"] for one in said.json["items"]] == ["conflict", "already"]


def test_it_ends_with_one_where_canvas_refused(shell: Shell, house: House) -> None:
    house.approved(house.proposed(wanted(1, 1, due_at="2026-12-02T06:59:59Z")))
    house.standin.faults = [Fault(kind="forbidden", match="bulk_update")]
    said = shell("apply", 1, "--json")
    assert (said.code, said.json["items"][0]["state"]) == (1, "failed")


def test_it_ends_with_one_where_canvas_is_away_and_goes_on_later(shell: Shell, house: House) -> None:
    house.approved(house.proposed(wanted(1, 1, due_at="2026-12-02T06:59:59Z")))
    house.standin.faults = [Fault(kind="503")]
    said = shell("apply", 1, "--json")
    assert (said.code, said.json["state"], said.json["items"][0]["state"]) == (1, "applying", "pending")
    assert len(said.error.strip().splitlines()) == 1
    house.standin.faults = []
    assert shell("apply", 1).code == 0


def test_it_ends_with_one_where_a_job_does_not_end_and_sends_nothing_twice(shell: Shell, house: House) -> None:
    house.approved(house.proposed(wanted(1, 1, due_at="2026-12-02T06:59:59Z")))
    house.standin.faults = [Fault(kind="job_hang", match="bulk_update")]
    for _ in range(2):
        said = shell("apply", 1, "--json", "--patience", "30")
        assert (said.code, said.json["items"][0]["state"]) == (1, "pending")
    assert "Apply proposal 1 again" in said.error
    assert len(house.writes()) == 1


def test_it_says_where_no_canvas_is_configured(shell: Shell, house: House, settings: Any) -> None:
    house.approved(house.proposed(wanted(1, 1, due_at="2026-12-02T06:59:59Z")))
    settings.CANVAS_TOKEN = ""
    said = shell("apply", 1)
    assert said.code == 1
    assert "CANVAS_TOKEN" in said.error


@pytest.mark.parametrize(
    "words", [("--by", "reviewer", "--reason", "bad\udcff"), ("--by", "r\udcff", "--reason", "x")]
)
def test_it_refuses_what_a_terminal_of_another_encoding_hands_over(
    shell: Shell, file: Path, words: tuple[str, ...]
) -> None:
    said = shell("import", file, *words)
    assert said.code == 3
    assert said.error.strip() in (
        "What is given as --reason is not UTF-8 text.",
        "What is given as --by is not UTF-8 text.",
    )
    assert not Proposal.objects.exists()


def test_it_shows_a_proposal_in_words_too(shell: Shell, file: Path) -> None:
    shell("import", file, *BY)
    for language in ("en", "es"):
        with translation.override(language):
            assert shell("show", 1).out.strip() == "Proposal 1: Draft, 3 changes."
    assert shell("show", 7).code == 3


def test_it_succeeds_where_only_what_was_refused_before_is_missing(shell: Shell, house: House) -> None:
    proposal = house.proposed(wanted(1, 1, None, due_at=CLOSED), wanted(1, 2, None, due_at=DUE))
    approved(shell, proposal.pk)
    said = shell("apply", proposal.pk, "--json")
    assert (said.code, said.json["state"]) == (0, "verified")
    assert [one["state"] for one in said.json["items"]] == ["refused", "verified"]
    again = shell("apply", proposal.pk)
    left_out = "Proposal 1: Done, 2 changes, 1 of them refused before approval and left out.\n"
    assert (again.code, again.out) == (0, left_out)


def test_it_tells_what_was_refused_only_when_it_was_applied(shell: Shell, house: House) -> None:
    """That was agreed to, so it is a difference."""
    proposal = house.approved(house.proposed(wanted(1, 1, 1, due_at=DUE), wanted(1, 2, None, due_at=DUE)))
    house.university.assignments[1].lock_at = utc("2026-11-30T06:59:59Z")
    said = shell("apply", proposal.pk, "--json")
    assert (said.code, said.json["state"]) == (4, "problems")
    assert {one["state"] for one in said.json["items"]} == {"refused", "verified"}
