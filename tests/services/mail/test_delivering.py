"""Claims: taken before, confirmed after, given up by the clock; and what a person decides."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction

from registrar.errors import Missing, Refused
from registrar.mail import Answer, Letter, Outcome, Sender
from registrar.models import Delivery, Entry, Role
from registrar.services import delivering, mailing, resending
from registrar.services.claiming import owner_name
from registrar.services.delivering import CLAIM_LASTS
from tests.pages import build
from tests.pages.conftest import University, people, university
from tests.services.door import Clock

from .conftest import NOW, states, the, waiting

__all__ = ["people", "university"]

State = Delivery.State
pytestmark = pytest.mark.django_db


def claimed(name: str = "ann", *, owner: str = "", minutes: float = 0) -> Delivery:
    (row,) = waiting(name)
    when = NOW - timedelta(minutes=minutes)
    Delivery.objects.filter(pk=row.pk).update(state=State.CLAIMED, owner=owner or owner_name(), claimed_at=when)
    return row


def process_that_ended() -> str:
    """The owner's name of a process that is no more."""
    program = "from registrar.services.claiming import owner_name; print(owner_name())"
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_it_leaves_the_claim_of_another_alone(clock: Clock) -> None:
    claimed(minutes=9)
    assert delivering.deliver(clock=clock) == {}
    assert states() == {"ann": State.CLAIMED}


@pytest.mark.parametrize(("minutes", "needed"), [(1, False), (3, True)])
def test_it_does_not_wait_long_for_a_worker_elsewhere(minutes: float, needed: bool) -> None:
    """Nobody here can tell whether that machine still runs; the others’ mail must not wait for it."""
    claimed(owner="elsewhere:1:2:3", minutes=minutes)
    waiting("ben")
    assert delivering.needs_a_worker(NOW) == needed


@pytest.mark.parametrize("lost", ["process", "age"])
def test_it_shows_a_lost_claim_and_never_sends_it(lost: str, clock: Clock) -> None:
    old = CLAIM_LASTS.total_seconds() / 60 + 1
    claimed(owner=process_that_ended()) if lost == "process" else claimed(owner="elsewhere:1:2:3", minutes=old)
    assert delivering.needs_a_worker(NOW)
    assert delivering.deliver(clock=clock) == {State.UNCONFIRMED: 1}
    assert the("ann").trouble == delivering.DIED
    assert mail.outbox == []


def test_it_is_claimed_while_it_is_sent(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting("ann")
    seen = []

    def send(self: Sender, letter: Letter) -> Answer:
        seen.append(states()["ann"])
        return Answer(Outcome.SENT)

    monkeypatch.setattr(Sender, "send", send)
    delivering.deliver(clock=clock)
    assert seen == [State.CLAIMED]
    assert states() == {"ann": State.SENT}


def test_it_does_not_know_after_an_accident_of_its_own(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: Sender, letter: Letter) -> Answer:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Sender, "send", send)
    waiting("ann", "ben")
    with pytest.raises(RuntimeError):
        delivering.deliver(clock=clock)
    assert states() == {"ann": State.UNCONFIRMED, "ben": State.WAITING}


def test_it_writes_nothing_over_a_claim_that_was_given_up(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slowest of all: meanwhile somebody has shown it as unconfirmed, and a person has decided."""

    def send(self: Sender, letter: Letter) -> Answer:
        Delivery.objects.update(state=State.WAITING, not_before=NOW + timedelta(days=1))
        return Answer(Outcome.SENT)

    monkeypatch.setattr(Sender, "send", send)
    waiting("ann")
    delivering.deliver(clock=clock)
    assert states() == {"ann": State.WAITING}


def test_it_sends_nothing_within_a_transaction(clock: Clock) -> None:
    """A rolled back claim would let a message go out twice."""
    waiting("ann")
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        delivering.deliver(clock=clock)
    assert mail.outbox == []


def test_it_sends_through_any_backend(clock: Clock) -> None:
    waiting("ann", html="<p>Hello</p>")
    assert delivering.deliver(clock=clock) == {State.SENT: 1}
    (message,) = mail.outbox
    assert (message.to, message.extra_headers["Message-ID"]) == (["ann@example.edu"], mailing.message_id("to ann"))


def test_it_does_not_know_what_another_backend_has_done(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: Any, messages: Any) -> int:
        raise OSError("disk full")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send)
    waiting("ann")
    assert delivering.deliver(clock=clock) == {State.UNCONFIRMED: 1}
    assert the("ann").trouble == "disk full"


def test_it_refuses_what_cannot_be_written(clock: Clock) -> None:
    waiting("ann", headers={"X-Bad": "one\r\nBcc: two@example.edu"})
    waiting("ben")
    assert delivering.deliver(clock=clock) == {State.REFUSED: 1, State.SENT: 1}
    assert "could not be written" in the("ann").trouble
    assert [message.to for message in mail.outbox] == [["ben@example.edu"]]


def test_it_sends_only_what_it_was_asked_for(clock: Clock) -> None:
    _, ben = waiting("ann", "ben")
    assert delivering.deliver(clock=clock, only=[ben.pk]) == {State.SENT: 1}
    assert states() == {"ann": State.WAITING, "ben": State.SENT}


def test_it_stops_when_time_is_up(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: Sender, letter: Letter) -> Answer:
        clock.forward(seconds=20)
        return Answer(Outcome.SENT)

    monkeypatch.setattr(Sender, "send", send)
    waiting(*"abcdef")
    assert delivering.deliver(clock=clock, until=NOW + timedelta(seconds=60)) == {State.SENT: 3}


def test_it_waits_for_the_time_that_was_asked_for(clock: Clock) -> None:
    waiting("ann", not_before=NOW + timedelta(hours=2))
    assert not delivering.needs_a_worker(NOW)
    assert delivering.deliver(clock=clock) == {}
    clock.forward(hours=2)
    assert delivering.needs_a_worker(clock())
    assert delivering.deliver(clock=clock) == {State.SENT: 1}


@pytest.mark.parametrize("why", ["closed", "cut", "none"])
def test_it_drops_what_the_addressee_may_no_longer_see(
    why: str, clock: Clock, people: dict[str, User], university: University
) -> None:
    person = people["scientist"]
    paths = [university.arts.path if why == "cut" else university.science.path]
    waiting("ann", person=person, account_paths=paths)
    if why == "closed":
        User.objects.filter(pk=person.pk).update(is_active=False)
    expected = State.SENT if why == "none" else State.DROPPED
    assert delivering.deliver(clock=clock) == {expected: 1}
    assert len(mail.outbox) == (why == "none")
    assert bool(the("ann").trouble) == (why != "none")


# What a person decides


def unconfirmed(university: University, **fields: Any) -> Delivery:
    (row,) = waiting("ann", account_paths=[university.science.path])
    Delivery.objects.filter(pk=row.pk).update(state=State.UNCONFIRMED, claimed_at=NOW, attempts=3, **fields)
    return row


@pytest.mark.parametrize("state", resending.OPEN)
def test_it_sends_again_when_an_administrator_says_so(
    state: str, clock: Clock, people: dict[str, User], university: University
) -> None:
    row = unconfirmed(university)
    Delivery.objects.update(state=state)
    resending.send_again(by=people["administrator"], pk=row.pk, now=NOW)
    assert delivering.deliver(clock=clock) == {State.SENT: 1}
    found = the("ann")
    assert (found.resent_by, found.attempts, found.sent_at) == (people["administrator"], 1, NOW)
    entry = Entry.objects.get()
    assert (entry.what, entry.before, entry.by) == ("mail sent again", state, people["administrator"])


def test_it_believes_an_administrator_that_it_arrived(
    clock: Clock, people: dict[str, User], university: University
) -> None:
    row = unconfirmed(university)
    resending.mark_arrived(by=people["administrator"], pk=row.pk, now=NOW)
    assert delivering.deliver(clock=clock) == {}
    assert (the("ann").state, the("ann").sent_at) == (State.SENT, NOW)
    assert the("ann").trouble == "Marked as arrived by administrator."
    assert Entry.objects.get().what == "mail marked as arrived"


@pytest.mark.parametrize("decide", [resending.send_again, resending.mark_arrived])
def test_it_lets_nobody_else_decide(decide: Any, people: dict[str, User], university: University) -> None:
    row = unconfirmed(university)
    for name in ("viewer", "reviewer", "approver", "nobody"):
        with pytest.raises(Refused):
            decide(by=people[name], pk=row.pk, now=NOW)
    of_arts = build.person("of_arts", Role.ADMINISTRATOR, within=[university.arts])
    with pytest.raises(Missing):
        decide(by=of_arts, pk=row.pk, now=NOW)
    assert states() == {"ann": State.UNCONFIRMED}
    assert not Entry.objects.exists()


@pytest.mark.parametrize("state", [state for state in State if state not in resending.OPEN])
def test_it_lets_nobody_decide_twice(state: str, people: dict[str, User], university: University) -> None:
    row = unconfirmed(university)
    Delivery.objects.update(state=state)
    for decide in (resending.send_again, resending.mark_arrived):
        with pytest.raises(Refused, match="not possible any more"):
            decide(by=people["administrator"], pk=row.pk, now=NOW)
    assert states() == {"ann": state}


def test_it_names_the_machine_in_a_claim(clock: Clock) -> None:
    waiting("ann")
    delivering.deliver(clock=clock)
    assert the("ann").owner.startswith(f"{socket.gethostname()}:")
