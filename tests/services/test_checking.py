"""The checklist of a new installation: what is known, what is tested live, what it says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from registrar import tasks
from registrar.canvas import AccountFound
from registrar.errors import CanvasTrouble, Missing, Refused, RegistrarError
from registrar.models import Account, Delivery, Role, Sign, Standing
from registrar.services import checking
from registrar.services.checking import Checked
from tests.pages import build
from tests.pages.build import NOW

pytestmark = pytest.mark.django_db


class Answering:
    """A Canvas that lets its token do only so much."""

    host = "canvas.example.edu"

    def __init__(self, *refused: str) -> None:
        self.refused = refused

    def account(self, reference: str) -> AccountFound:
        self._perhaps("account")
        return AccountFound(id=1, name="Example University", parent_id=None, sis_id="", time_zone="UTC")

    def root_of(self, account_id: int) -> int:
        return account_id

    def accounts_below(self, account_id: int) -> list[AccountFound] | None:
        return None if "accounts" in self.refused else []

    def terms(self, root_id: int) -> list[object] | None:
        return None if "terms" in self.refused else []

    def periods_of_account(self, root_id: int) -> list[object] | None:
        return None if "periods" in self.refused else []

    def courses(self, account_id: int, term_ids: set[int] | None) -> Iterator[object]:
        self._perhaps("courses")
        yield object()

    def feed_pages(self, account_id: int, *, ends_after: object) -> Iterator[object]:
        self._perhaps("feed", "not_enabled")
        yield object()

    def _perhaps(self, what: str, kind: str = "forbidden") -> None:
        if what in self.refused:
            raise CanvasTrouble("Canvas said no.", kind=kind)
        if f"{what} down" in self.refused:
            raise CanvasTrouble("Canvas does not answer.", kind="unreachable", passing=True)


@pytest.fixture
def admin() -> User:
    person = build.person("admin", Role.ADMINISTRATOR)
    person.email = "admin@example.edu"
    person.save()
    return person


def canvas(monkeypatch: pytest.MonkeyPatch, *refused: str) -> None:
    monkeypatch.setattr(checking, "open_canvas", lambda *, hurried: Answering(*refused))


def look(code: str, after: timedelta = timedelta()) -> Checked:
    return next(one for one in checking.checklist(NOW + after) if one.code == code)


def outcome(by: User, code: str) -> Checked:
    return checking.test(by=by, code=code, now=NOW)


def test_of_an_empty_installation_nothing_is_done_but_what_needs_no_doing() -> None:
    assert {one.code for one in checking.checklist(NOW) if one.good} == {"deadline"}


def test_canvas_is_asked_and_what_it_said_is_kept(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas(monkeypatch)
    assert outcome(admin, "canvas").good
    assert look("canvas").said == "Canvas at canvas.example.edu answered; the account is “Example University”."
    canvas(monkeypatch, "account down")
    assert outcome(admin, "canvas") == Checked(code="canvas", good=False, said="Canvas does not answer.")
    assert look("canvas").good is False


def test_without_a_canvas_it_says_what_to_set(admin: User, settings: object) -> None:
    settings.CANVAS_BASE_URL = settings.CANVAS_TOKEN = ""  # type: ignore[attr-defined]
    found = outcome(admin, "canvas")
    assert found.good is False
    assert "CANVAS_BASE_URL and CANVAS_TOKEN" in found.said


@pytest.mark.parametrize(
    ("refused", "lacking"),
    [
        (("accounts",), "list sub-accounts"),
        (("terms", "periods"), "read terms, read grading periods"),
        (("courses",), "list courses"),
        (("feed",), "read the grade sync feed"),
    ],
)
def test_it_names_the_rights_that_are_missing(
    refused: tuple[str, ...], lacking: str, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas(monkeypatch, *refused)
    assert outcome(admin, "rights") == Checked(code="rights", good=False, said=f"The token may not: {lacking}.")


def test_a_canvas_that_fails_halfway_is_not_a_missing_right(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas(monkeypatch, "feed down")
    assert outcome(admin, "rights").said == "Canvas does not answer."
    canvas(monkeypatch)
    assert outcome(admin, "rights").good


def test_a_later_sync_knows_better_than_an_earlier_test(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas(monkeypatch, "account")
    outcome(admin, "canvas")
    outcome(admin, "rights")
    later = NOW + timedelta(hours=1)
    root = build.account("Example University")
    standing = Standing.objects.create(canvas_host="canvas.example.edu", root_account=root, surveyed_at=later)
    assert (look("canvas").good, look("rights").good) == (True, True)
    standing.warnings = ["The token may not read terms."]
    standing.save()
    assert look("rights") == Checked(code="rights", good=False, said="The token may not read terms.")


def test_terms_and_their_deadlines() -> None:
    build.term("Old", starts=-400, ends=-300)
    assert look("terms").good is False
    term = build.term("Fall")
    assert look("terms").said == "1 term watched: Fall."
    assert look("deadline").said == "No grade deadline is set for Fall."
    build.mark(term)
    assert look("deadline").good


def test_a_rule_pack_for_any_sub_account() -> None:
    account = build.account("Root")
    assert look("rulepack").good is False
    Account.objects.filter(pk=account.pk).update(rulepack="powerschool")
    assert look("rulepack").said == "“powerschool” is chosen for Root."


def test_a_worker_answers(admin: User) -> None:
    assert look("worker").good is None
    assert outcome(admin, "worker").good is None
    assert look("worker", timedelta(minutes=6)).said == "No worker has answered the test."
    tasks.answer()
    assert look("worker").good
    assert look("worker", timedelta(hours=1)).good is False


def test_the_scheduler_is_heard_each_minute() -> None:
    assert look("scheduler").good is None
    tasks.tick()
    assert look("scheduler").good
    assert look("worker").good, "what the scheduler asks for is done by a worker"
    assert look("scheduler", timedelta(hours=1)).good is False


def test_mail_goes_through_the_outbox(admin: User) -> None:
    assert look("mail").good is None
    assert outcome(admin, "mail").good is None
    mail = Delivery.objects.get()
    assert (mail.address, mail.kind, mail.state) == ("admin@example.edu", "test", "waiting")
    assert look("mail", timedelta(minutes=6)).good is False
    Delivery.objects.update(state=Delivery.State.REFUSED, trouble="550 No such user.")
    assert look("mail").said == "The test to admin@example.edu did not go out. 550 No such user."
    Delivery.objects.update(state=Delivery.State.SENT)
    assert look("mail").good


def test_a_test_that_came_back_did_not_arrive(admin: User) -> None:
    outcome(admin, "mail")
    Delivery.objects.update(state=Delivery.State.BOUNCED, bounce_said="550 5.1.1 No such user.")
    assert look("mail").good is False
    assert look("mail").said == "The test to admin@example.edu came back. 550 5.1.1 No such user."


def test_a_mailbox_is_on_the_list_where_there_is_one(admin: User, settings: Any) -> None:
    assert "bounces" not in {one.code for one in checking.checklist(NOW)}
    with pytest.raises(Missing, match="BOUNCES_URL"):
        outcome(admin, "bounces")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    mailbox = {"host": "127.0.0.1", "port": port, "user": "u", "password": "p"}
    settings.BOUNCES_URL = mailbox | {"folder": "INBOX", "encryption": "none"}
    assert look("bounces").good is None
    found = outcome(admin, "bounces")
    assert found.good is False
    assert "cannot be reached" in found.said


def test_mail_that_went_out_is_proof_enough() -> None:
    build.delivery()
    assert look("mail").good


def test_a_test_mail_needs_an_address(admin: User) -> None:
    admin.email = ""
    with pytest.raises(RegistrarError, match="no mail address"):
        outcome(admin, "mail")


def test_two_people_are_needed_and_one_who_approves(admin: User) -> None:
    assert "Nobody may approve" in look("people").said
    alone = build.person("alone", Role.APPROVER)
    admin.delete()
    assert "only one person" in look("people").said
    build.person("reviewer", Role.REVIEWER)
    assert look("people").good
    alone.is_active = False
    alone.save()
    assert look("people").good is False


def test_it_is_hidden_for_all_until_it_is_shown_again(admin: User) -> None:
    assert checking.missing(NOW)
    checking.hide(by=admin, hidden=True, now=NOW)
    assert checking.missing(NOW) == []
    checking.hide(by=admin, hidden=False, now=NOW)
    assert checking.missing(NOW)


@pytest.mark.parametrize("who", ["reviewer", "limited"])
def test_it_is_for_administrators_of_everything(who: str) -> None:
    person = {
        "reviewer": lambda: build.person("reviewer", Role.REVIEWER),
        "limited": lambda: build.person("limited", Role.ADMINISTRATOR, within=[build.account()]),
    }[who]()
    with pytest.raises(Refused):
        checking.test(by=person, code="terms", now=NOW)
    with pytest.raises(Refused):
        checking.hide(by=person, hidden=True, now=NOW)
    assert not Sign.objects.exists()


def test_there_are_no_other_items(admin: User) -> None:
    with pytest.raises(Missing):
        outcome(admin, "nonsense")
