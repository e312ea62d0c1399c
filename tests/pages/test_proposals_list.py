from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar.models import Proposal
from tests.pages import build
from tests.pages.conftest import University

State = Proposal.State


def shown(response: object) -> set[int]:
    return {row.pk for row in response.context["listing"].rows}  # type: ignore[attr-defined]


def test_it_lists_who_what_and_where(viewer: Client, university: University) -> None:
    build.proposal(university.needing, university.ready)
    text = viewer.get("/proposals/").content.decode()
    for part in ("Change of dates", "Draft", "proposer", "lost to snow", "Arts", "Science"):
        assert part in text


def test_it_says_what_a_proposal_is_when_there_is_none(viewer: Client) -> None:
    text = viewer.get("/proposals/").content.decode()
    assert "Nothing has been proposed yet" in text
    assert "Propose from a file" not in text


def test_it_tells_no_match_from_nothing(viewer: Client, university: University) -> None:
    build.proposal(university.needing)
    assert "No proposal matches these filters" in viewer.get("/proposals/?state=held").content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=submitted", {"submitted"}),
        ("kind=dates", {"draft", "submitted", "approved"}),
        ("kind=sync_off", set()),
        ("whose=waiting", {"submitted", "approved"}),
        ("whose=mine", set()),
    ],
)
def test_it_filters(query: str, expected: set[str], as_: Callable[[str], Client], university: University) -> None:
    made = {
        state: build.proposal(university.needing, state=state).pk for state in ("draft", "submitted", "approved")
    }
    assert shown(as_("approver").get(f"/proposals/?{query}")) == {made[state] for state in expected}


def test_it_knows_my_own(as_: Callable[[str], Client], university: University, people: dict[str, User]) -> None:
    own = build.proposal(university.needing, by=people["reviewer"])
    build.proposal(university.needing)
    assert shown(as_("reviewer").get("/proposals/?whose=mine")) == {own.pk}


def test_it_says_what_it_did_not_understand(viewer: Client, university: University) -> None:
    build.proposal(university.needing)
    response = viewer.get("/proposals/?state=sideways")
    assert "Not understood in this address" in response.content.decode()
    assert len(shown(response)) == 1


@pytest.mark.parametrize("sort", ["created", "state", "kind", "person"])
def test_it_sorts_both_ways(sort: str, viewer: Client, university: University) -> None:
    for state in ("draft", "approved"):
        build.proposal(university.needing, state=state)
    up, down = (
        [row.pk for row in viewer.get(f"/proposals/?sort={way}{sort}").context["listing"].rows]
        for way in ("", "-")
    )
    assert up == list(reversed(down))


@pytest.mark.parametrize(
    ("who", "count"),
    [("viewer", 0), ("reviewer", 1), ("approver", 2), ("administrator", 1), ("science_reviewer", 0)],
)
def test_it_counts_in_the_bar_what_waits_for_me(
    who: str, count: int, as_: Callable[[str], Client], university: University, people: dict[str, User]
) -> None:
    build.proposal(university.needing, by=people["reviewer"])
    for state in (State.SUBMITTED, State.APPROVED, State.HELD, State.VERIFIED):
        build.proposal(university.needing, state=state)
    text = as_(who).get("/courses/").content.decode()
    assert ("waiting for you" in text) == bool(count)
    assert not count or f'<span class="badge">{count}<' in text


def test_it_hides_what_reaches_beyond_my_part(as_: Callable[[str], Client], university: University) -> None:
    inside = build.proposal(university.ready)
    build.proposal(university.ready, university.needing)
    assert shown(as_("scientist").get("/proposals/")) == {inside.pk}


def test_it_sends_only_the_list_to_htmx(viewer: Client, university: University) -> None:
    build.proposal(university.needing)
    text = viewer.get("/proposals/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert 'id="results"' in text
    assert 'hx-swap-oob="innerHTML"' in text


def test_it_asks_as_often_for_many_as_for_few(viewer: Client, university: University) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert viewer.get("/proposals/").status_code == 200
        return len(found)

    build.proposal(university.needing)
    viewer.get("/proposals/")
    few = queries()
    for _ in range(12):
        build.proposal(university.needing, university.ready, state=State.VERIFIED)
    assert queries() == few
