"""News become mail: each alone, or many together; at once, or at seven."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User

from registrar.models import Delivery, News, Preference, Proposal, Role, Run, Wish
from registrar.services import announcing, telling, wishing
from registrar.services.telling import AT_MOST
from tests.pages import build
from tests.pages.conftest import University, people, university

from .test_announcing import NOW, came_to, failed, with_addresses

__all__ = ["people", "university"]

State = Proposal.State
How = Wish.How
pytestmark = pytest.mark.django_db


@pytest.fixture
def approver(people: dict[str, User], university: University) -> User:
    """The only one who is told of what waits."""
    User.objects.filter(username__endswith="all_round").update(is_active=False)
    with_addresses()
    return User.objects.get(username="approver")


def tell(now: datetime = NOW) -> list[Delivery]:
    """The messages that are written now."""
    before = set(Delivery.objects.values_list("pk", flat=True))
    announcing.announce(now=now)
    telling.tell(now=now)
    return list(Delivery.objects.exclude(pk__in=before).order_by("pk"))


@pytest.mark.parametrize("state", sorted(set(announcing.AFTER.values())))
def test_it_names_nobody(state: str, people: dict[str, User], university: University) -> None:
    proposal = came_to(university.ready, state)
    for mail in tell():
        assert mail.subject.startswith("Fall: ")
        assert f"http://localhost:8000/proposals/{proposal.pk}/" in mail.text
        assert "http://localhost:8000/my-mail/" in mail.text
        assert mail.kind == Delivery.Kind.PROPOSAL
        assert mail.proposal == proposal
        assert mail.person is not None
        assert mail.address == mail.person.email
        assert list(mail.accounts.all()) == [university.science]
        for name in ("Lab", "Ecology", "snow", "proposer", "{", "\n\n\n"):
            assert name not in mail.text + mail.subject
    assert Delivery.objects.exists()


def test_it_writes_each_piece_of_news_once(approver: User, university: University) -> None:
    came_to(university.ready, State.SUBMITTED)
    assert len(tell()) == 1
    assert tell() == []
    assert tell(NOW + timedelta(days=2)) == []


def test_it_says_what_is_wrong_with_a_sync(approver: User) -> None:
    failed(mode=Run.Mode.FULL)
    (mail,) = tell()
    assert mail.subject == "The full sync with Canvas failed"
    assert "Canvas refused the token." in mail.text
    assert mail.address == "administrator@example.edu"
    failed(at=timedelta(hours=1), state=Run.State.INCOMPLETE, failed=2, total=10)
    (mail,) = tell(NOW + timedelta(hours=1))
    assert mail.subject == "The full sync with Canvas is incomplete"
    assert "could not read 2 courses of 10. They still show the last whole reading." in mail.text


def test_it_puts_a_flood_into_one(approver: User, university: University) -> None:
    for _ in range(AT_MOST + 3):
        came_to(university.ready, State.SUBMITTED)
    (mail,) = tell()
    assert mail.kind == Delivery.Kind.DIGEST
    assert mail.subject == f"{AT_MOST + 3} proposals wait for you"
    assert mail.text.count("* Fall: 4 changes wait for your approval") == AT_MOST + 3
    assert set(Proposal.objects.values_list("pk", flat=True)) == {
        int(line.rstrip("/").rpartition("/")[2]) for line in mail.text.splitlines() if "/proposals/" in line
    }


def test_it_holds_back_after_some_within_an_hour(approver: User, university: University) -> None:
    for minute in range(AT_MOST + 3):
        came_to(university.ready, State.SUBMITTED)
        assert len(tell(NOW + timedelta(minutes=minute))) == (minute < AT_MOST)
    assert tell(NOW + timedelta(minutes=59)) == []
    (mail,) = tell(NOW + timedelta(minutes=61))
    assert mail.subject == "3 proposals wait for you"


def test_it_forgets_what_has_moved_on_while_it_was_held_back(approver: User, university: University) -> None:
    for _ in range(AT_MOST):
        came_to(university.ready, State.SUBMITTED)
    tell()
    gone, kept = came_to(university.ready, State.SUBMITTED), came_to(university.ready, State.SUBMITTED)
    assert tell() == []
    Proposal.objects.filter(pk=gone.pk).update(state=State.WITHDRAWN)
    (mail,) = tell(NOW + timedelta(hours=2))
    assert mail.proposal == kept
    assert not News.objects.filter(delivery=None).exists()


def test_it_is_told_at_seven_by_the_clock_of_the_house(
    approver: User, university: University, settings: Any
) -> None:
    """The night of the change of clocks is an hour longer; seven stays seven."""
    settings.TIME_ZONE = "America/Denver"
    denver = ZoneInfo("America/Denver")
    evening = datetime(2026, 10, 31, 21, tzinfo=denver)
    wishing.choose(by=approver, wishes={Wish.News.WAITING: How.DIGEST})
    came_to(university.ready, State.SUBMITTED)
    came_to(university.needing, State.APPROVED)
    news = []
    for half in range(60):
        now = evening.astimezone(ZoneInfo("UTC")) + timedelta(minutes=30 * half)
        news += [(now.astimezone(denver), mail) for mail in tell(now) if mail.person == approver]
    ((at, mail),) = news
    assert at == datetime(2026, 11, 1, 7, tzinfo=denver)
    assert mail.subject == "2 proposals wait for you"
    assert "* Fall: 4 changes wait for your approval" in mail.text
    assert "approved, not yet applied" in mail.text
    assert {account.name for account in mail.accounts.all()} == {"Science", "Arts"}


def test_it_makes_up_for_a_digest_that_nobody_wrote_at_seven(approver: User, university: University) -> None:
    wishing.choose(by=approver, wishes={Wish.News.WAITING: How.DIGEST})
    came_to(university.ready, State.SUBMITTED)
    assert tell(datetime(2026, 11, 2, 6, 59, tzinfo=ZoneInfo("UTC"))) == []
    assert len(tell(datetime(2026, 11, 2, 15, tzinfo=ZoneInfo("UTC")))) == 1


def test_it_heeds_a_wish_that_has_changed(approver: User, university: University) -> None:
    wishing.choose(by=approver, wishes={Wish.News.WAITING: How.DIGEST})
    came_to(university.ready, State.SUBMITTED)
    assert tell() == []
    wishing.choose(by=approver, wishes={Wish.News.WAITING: How.NOW})
    assert len(tell()) == 1
    came_to(university.ready, State.SUBMITTED)
    wishing.choose(by=approver, wishes={Wish.News.WAITING: How.DIGEST})
    assert tell() == []
    wishing.choose(by=approver, wishes={Wish.News.WAITING: How.NEVER})
    assert tell(NOW + timedelta(days=2)) == []
    assert not News.objects.filter(delivery=None).exists()


def test_it_tells_nothing_of_a_part_that_was_taken_away(approver: User, university: University) -> None:
    wishing.choose(by=approver, wishes={Wish.News.WAITING: How.DIGEST})
    came_to(university.needing, State.SUBMITTED)
    came_to(university.ready, State.SUBMITTED)
    assert tell() == []
    approver.scopes.create(account=university.science)
    (mail,) = tell(NOW + timedelta(days=1))
    assert list(mail.accounts.all()) == [university.science]
    assert mail.text.count("/proposals/") == 1


def test_it_gathers_everything_under_its_head(university: University, people: dict[str, User]) -> None:
    boss = build.person("boss", *Role)
    User.objects.exclude(pk=boss.pk).update(is_active=False)
    wishing.choose(by=boss, wishes=dict.fromkeys(Wish.News.values, How.DIGEST))
    build.person("proposer", Role.REVIEWER)
    came_to(university.ready, State.SUBMITTED)
    for state in (State.REJECTED, State.VERIFIED):
        proposal = came_to(university.ready, state)
        Proposal.objects.filter(pk=proposal.pk).update(proposed_by=boss)
    failed()
    assert [mail for mail in tell() if mail.person == boss] == []
    (mail,) = [mail for mail in tell(NOW + timedelta(days=1)) if mail.person == boss]
    assert mail.subject == "1 proposal waits for you, and other news"
    heads = [line for line in mail.text.splitlines() if line.isupper()]
    assert heads == ["WAITING FOR YOU", "DECIDED ABOUT YOUR PROPOSALS", "CARRIED OUT", "SYNC WITH CANVAS"]
    assert "\n\n\n" not in mail.text


def test_it_speaks_the_language_of_each(approver: User, university: University) -> None:
    Preference.objects.create(user=User.objects.get(username="administrator"), language="es")
    came_to(university.ready, State.SUBMITTED)
    failed(mode=Run.Mode.FULL)
    assert {mail.address.partition("@")[0]: mail.language for mail in tell()} == {
        "approver": "en",
        "administrator": "es",
    }
