"""Who hears of which step, once; and of a sync that fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrar.models import Account, Course, News, Proposal, Role, Run, Step, Wish
from registrar.services import announcing, wishing
from tests.pages import build
from tests.pages.conftest import University, people, university

__all__ = ["people", "university"]

State = Proposal.State
NOW = build.NOW
WHAT = {state: what for what, state in announcing.AFTER.items() if what != "released"}
pytestmark = pytest.mark.django_db


def with_addresses() -> None:
    for person in User.objects.all():
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.edu")


def came_to(course: Course, state: str, by: str = "") -> Proposal:
    """A proposal in this state, with the step that has led there."""
    proposal = build.proposal(course, state=state)
    person = User.objects.get(username=by) if by else None
    Step.objects.create(proposal=proposal, by=person, at=NOW, what=WHAT.get(State(state), "withdrawn"))
    with_addresses()
    return proposal


def heard() -> dict[str, str]:
    return {news.person.username: news.kind for news in News.objects.select_related("person")}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SUBMITTED, {"approver": "waiting", "all_round": "waiting", "decider_of_science": "waiting"}),
        (State.HELD, {"administrator": "waiting", "all_round": "waiting"}),
        (
            State.APPROVED,
            dict.fromkeys(("approver", "decider", "all_round", "decider_of_science"), "waiting")
            | {"proposer": "decided"},
        ),
        (State.DRAFT, {"proposer": "decided"}),
        (State.REJECTED, {"proposer": "decided"}),
        (State.VERIFIED, {"proposer": "finished"}),
        (State.PROBLEMS, {"proposer": "finished"}),
        (State.CANCELLED, {"proposer": "finished"}),
        (State.WITHDRAWN, {}),
        (State.APPLYING, {}),
    ],
)
def test_it_tells_those_who_can_act(
    state: str, expected: dict[str, str], people: dict[str, User], university: University
) -> None:
    build.person("decider_of_science", Role.APPROVER, within=[university.science])
    build.person("decider_of_arts", Role.APPROVER, within=[university.arts])
    build.person("gone", Role.APPROVER)
    User.objects.filter(username="gone").update(is_active=False)
    came_to(university.ready, state)
    announcing.announce(now=NOW)
    of_science = {"science_all_round": "waiting"} if "waiting" in expected.values() else {}
    assert heard() == expected | of_science


def test_it_does_not_tell_people_what_they_have_just_done(people: dict[str, User], university: University) -> None:
    came_to(university.needing, State.APPROVED, by="approver")
    announcing.announce(now=NOW)
    assert "approver" not in heard()
    assert "all_round" in heard()


def test_it_tells_every_step_once(people: dict[str, User], university: University) -> None:
    came_to(university.ready, State.REJECTED)
    assert [announcing.announce(now=NOW) for _ in range(3)] == [1, 0, 0]
    assert News.objects.count() == 1
    assert not Step.objects.filter(told_at=None).exists()


def test_it_tells_again_when_it_comes_there_again(people: dict[str, User], university: University) -> None:
    proposal = came_to(university.ready, State.DRAFT)
    announcing.announce(now=NOW)
    Step.objects.create(proposal=proposal, at=NOW, what="submitted")
    Step.objects.create(proposal=proposal, at=NOW, what="sent back")
    assert announcing.announce(now=NOW) == 1
    assert News.objects.filter(person__username="proposer").count() == 2


def test_it_leaves_out_the_steps_that_are_past(people: dict[str, User], university: University) -> None:
    proposal = came_to(university.ready, State.SUBMITTED)
    Step.objects.create(proposal=proposal, at=NOW, what="approved")
    Proposal.objects.filter(pk=proposal.pk).update(state=State.WITHDRAWN)
    Step.objects.create(proposal=proposal, at=NOW, what="withdrawn")
    assert announcing.announce(now=NOW) == 0
    assert heard() == {}


def test_it_tells_nobody_who_does_not_want_it_or_has_no_address(
    people: dict[str, User], university: University
) -> None:
    came_to(university.needing, State.SUBMITTED)
    wishing.choose(by=people["approver"], wishes={Wish.News.WAITING: Wish.How.NEVER})
    User.objects.filter(username="all_round").update(email="")
    announcing.announce(now=NOW)
    assert heard() == {}


def test_it_tells_no_proposer_who_may_no_longer_see_it(people: dict[str, User], university: University) -> None:
    came_to(university.needing, State.REJECTED)
    User.objects.get(username="proposer").scopes.create(account=university.science)
    announcing.announce(now=NOW)
    assert heard() == {}


def test_it_asks_little_when_nothing_has_happened(people: dict[str, User], university: University) -> None:
    came_to(university.ready, State.REJECTED)
    announcing.announce(now=NOW)
    with CaptureQueriesContext(connection) as found:
        announcing.announce(now=NOW)
    assert len(found) <= 3


# Syncs


def failed(*, at: timedelta = timedelta(), state: str = Run.State.FAILED, **fields: object) -> Run:
    return build.run(state=state, finished_at=NOW + at, **{"message": "Canvas refused the token."} | fields)


def told_after(hours: float) -> int:
    return announcing.announce(now=NOW + timedelta(hours=hours))


@pytest.fixture
def administrators(people: dict[str, User], university: University) -> dict[str, User]:
    with_addresses()
    User.objects.filter(username="all_round").update(is_active=False)
    return people


@pytest.mark.usefixtures("administrators")
@pytest.mark.parametrize("state", [Run.State.FAILED, Run.State.INCOMPLETE])
def test_it_tells_administrators_of_a_sync_that_fails(state: str) -> None:
    failed(state=state)
    told_after(0)
    assert heard() == {"administrator": "sync"}, "not those who see only a part"


@pytest.mark.usefixtures("administrators")
def test_it_does_not_repeat_every_hour_that_it_goes_on_failing() -> None:
    told = []
    for hour in range(50):
        failed(at=timedelta(hours=hour), mode=Run.Mode.QUICK)
        told.append(told_after(hour))
    assert [hour for hour, count in enumerate(told) if count] == [0, 24, 48]


@pytest.mark.usefixtures("administrators")
def test_it_tells_at_once_when_it_newly_fails() -> None:
    for hour, state in enumerate((Run.State.FAILED, Run.State.COMPLETE, Run.State.FAILED, Run.State.INCOMPLETE)):
        failed(at=timedelta(hours=hour), state=state)
        assert told_after(hour) == (state != Run.State.COMPLETE), state


@pytest.mark.usefixtures("administrators")
@pytest.mark.parametrize(
    "harmless", [{"mode": Run.Mode.COURSE}, {"state": Run.State.CANCELLED}, {"at": timedelta(days=-3)}]
)
def test_it_is_silent_about_what_nobody_need_mend(harmless: dict[str, object]) -> None:
    failed(**harmless)  # type: ignore[arg-type]
    assert told_after(0) == 0


@pytest.mark.usefixtures("administrators")
def test_it_tells_each_administrator_of_their_part(
    university: University, as_account: Callable[[Account], str]
) -> None:
    person = build.person("of_science", Role.ADMINISTRATOR, within=[university.science])
    User.objects.filter(pk=person.pk).update(email="of_science@example.edu")
    failed(account=university.science, account_ref=as_account(university.science))
    failed(account=university.arts, account_ref=as_account(university.arts))
    told_after(0)
    assert News.objects.filter(person__username="administrator").count() == 2
    assert [news.run.account for news in News.objects.filter(person=person) if news.run] == [university.science]


@pytest.fixture
def as_account() -> Callable[[Account], str]:
    return lambda account: str(account.canvas_id)
