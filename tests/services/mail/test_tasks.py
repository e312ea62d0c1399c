"""From a step to the mailbox, by the tasks that a worker runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail

from registrar import tasks
from registrar.models import Delivery, Proposal, Step
from registrar.services import delivering, mailing
from registrar.services.claiming import owner_name
from tests.pages import build
from tests.pages.conftest import University, people, university

from .conftest import NOW as LATER
from .conftest import states, waiting
from .test_announcing import NOW, came_to

__all__ = ["people", "university"]

State = Delivery.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What one task asks of the next is done there and then. Returns what was asked."""
    asked: list[str] = []

    def run(task: Any) -> Any:
        def delay() -> None:
            asked.append(task.name.rpartition(".")[2])
            task()

        return delay

    for task in (tasks.announce, tasks.deliver):
        monkeypatch.setattr(task, "delay", run(task))
    return asked


def test_it_mails_a_step_that_nobody_was_told_of(people: dict[str, User], university: University) -> None:
    """Whoever took the step died before it could ask for a worker."""
    came_to(university.needing, Proposal.State.REJECTED)
    for _ in range(3):
        tasks.sweep()
    (message,) = mail.outbox
    assert message.to == ["proposer@example.edu"]
    assert message.subject == "Fall: your proposal was rejected"
    assert Delivery.objects.get().state == State.SENT


def test_it_takes_up_what_a_dead_worker_had_written(
    people: dict[str, User], university: University, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**options: Any) -> None:
        raise SystemExit

    came_to(university.needing, Proposal.State.REJECTED)
    with monkeypatch.context() as killed:
        killed.setattr("registrar.services.telling.write", die)
        with pytest.raises(SystemExit):
            tasks.announce()
    assert mail.outbox == []
    tasks.sweep()
    assert [message.to for message in mail.outbox] == [["proposer@example.edu"]]


def test_it_asks_for_nobody_when_nothing_waits(at_once: list[str]) -> None:
    tasks.sweep()
    assert at_once == ["announce"]


def test_it_keeps_to_one_worker_at_a_time(at_once: list[str]) -> None:
    """A mail server that is slow holds up one worker, not all of them."""
    waiting("ann", "ben")
    Delivery.objects.filter(address="ann@example.edu").update(
        state=State.CLAIMED, owner=owner_name(), claimed_at=datetime.now(UTC)
    )
    tasks.deliver()
    tasks.announce()
    assert at_once == []
    assert states() == {"ann": State.CLAIMED, "ben": State.WAITING}


def test_it_hands_on_when_its_time_is_up(at_once: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([LATER, LATER, LATER + tasks.MAIL_CHUNK, LATER, LATER, LATER])
    monkeypatch.setattr(tasks, "now", lambda: next(times))
    monkeypatch.setattr(delivering, "deliver", lambda *, clock, until: None)
    waiting("ann")
    tasks.deliver()
    assert at_once == ["deliver"]


def test_it_has_the_step_and_its_record_in_one(
    people: dict[str, User], university: University, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move without its step would be told to nobody."""
    from registrar.services import deciding

    def die(**fields: Any) -> None:
        raise RuntimeError("killed")

    proposal = build.proposal(university.needing)
    monkeypatch.setattr(Step.objects, "create", die)
    with pytest.raises(RuntimeError):
        deciding.submit(by=proposal.proposed_by, proposal=proposal, now=NOW + timedelta(hours=1))
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.DRAFT


def test_it_removes_old_texts_each_night(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "EMPTY_AT_ONCE", 2)
    now = datetime.now(UTC)
    rows = waiting(*"abcdefg", html="<p>Hello</p>", attachment=b"PK", attachment_name="x.xlsx")
    for row, state in zip(
        rows, (State.SENT, State.BOUNCED, State.SENT, State.REFUSED, State.WAITING), strict=False
    ):
        Delivery.objects.filter(pk=row.pk).update(state=state, created_at=now - timedelta(days=401))
    Delivery.objects.filter(pk=rows[5].pk).update(state=State.SENT, created_at=now - timedelta(days=399))
    Delivery.objects.filter(pk=rows[6].pk).update(state=State.DROPPED, created_at=now - timedelta(days=401))
    settings.KEEP_MAIL_DAYS = 0
    tasks.keep_history()
    assert not Delivery.objects.filter(text="").exists()
    settings.KEEP_MAIL_DAYS = 400
    tasks.keep_history()
    tasks.keep_history()
    emptied = Delivery.objects.filter(text="", html="", attachment=None, attachment_name="")
    assert {row.address[0] for row in emptied} == {"a", "b", "c", "g"}
    assert {row.kept_days for row in emptied} == {401}
    assert all(row.subject and row.state for row in emptied), "that it was sent stays in the log"
    assert Delivery.objects.exclude(pk__in=emptied).filter(emptied_at=None, html="<p>Hello</p>").count() == 3
