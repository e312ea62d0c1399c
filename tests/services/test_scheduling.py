"""Syncs start by the timetable: each slot once, whoever asks, and no slot that is long gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User

from registrar import tasks
from registrar.errors import Refused
from registrar.models import Entry, Role, Run, Timetable
from registrar.services import scheduling
from registrar.services.scheduling import Times
from tests.pages import build

pytestmark = pytest.mark.django_db

CHICAGO = ZoneInfo("America/Chicago")
START = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
NIGHTLY = Times(on=True, at_minute=135, every_hours=24, time_zone="America/Chicago")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def admin() -> User:
    return build.person("admin", Role.ADMINISTRATOR)


def finish(runs: list[Run]) -> None:
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(state=Run.State.COMPLETE)


def starts(mode: str, start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Asked by two schedulers at every step; the runs end at once."""
    found, at = [], start
    while at <= end:
        begun = [*scheduling.start_due(at), *scheduling.start_due(at)]
        found += [at for run in begun if run.mode == mode]
        finish(begun)
        at += step
    return found


def test_it_starts_nothing_for_what_was_before_it_was_set_up() -> None:
    assert scheduling.start_due(START) == []
    assert {(one.mode, one.on) for one in Timetable.objects.all()} == {("full", True), ("quick", True)}


def test_it_runs_once_each_night_though_the_clock_skips_its_time(admin: User) -> None:
    scheduling.change(by=admin, mode="full", times=NIGHTLY, now=START)
    found = starts("full", START, START + timedelta(days=4), timedelta(minutes=15))
    local = [at.astimezone(CHICAGO) for at in found]
    assert [f"{at:%d %H:%M}" for at in local] == ["07 02:15", "08 03:15", "09 02:15", "10 02:15"]


def test_it_runs_every_so_many_hours(admin: User) -> None:
    times = replace(NIGHTLY, at_minute=40, every_hours=6)
    scheduling.change(by=admin, mode="quick", times=times, now=START)
    found = starts("quick", START, START + timedelta(days=1), timedelta(minutes=20))
    assert [f"{at.astimezone(CHICAGO):%H:%M}" for at in found] == ["12:40", "18:40", "00:40", "06:40"]


def test_it_makes_up_for_a_slot_that_was_missed_just_now_and_for_no_older_one(admin: User) -> None:
    scheduling.change(by=admin, mode="full", times=NIGHTLY, now=START)
    slot = datetime(2026, 3, 7, 8, 15, tzinfo=UTC)
    assert starts("full", slot + timedelta(hours=5), slot + timedelta(hours=7), timedelta(hours=1)) == [
        slot + timedelta(hours=5)
    ]
    assert starts("full", slot + timedelta(days=1, hours=7), slot + timedelta(days=1, hours=9), MINUTE * 30) == []


def test_it_starts_nothing_when_it_is_off(admin: User) -> None:
    for mode in ("full", "quick"):
        times = replace(NIGHTLY, on=False, at_minute=15)
        scheduling.change(by=admin, mode=mode, times=times, now=START)
    assert starts("full", START, START + timedelta(days=2), timedelta(minutes=30)) == []
    assert Run.objects.count() == 0
    assert [scheduling.next_slot(one, START) for one in scheduling.timetables(START)] == [None, None]


def test_it_joins_a_run_that_is_still_going_on(admin: User) -> None:
    scheduling.change(by=admin, mode="full", times=NIGHTLY, now=START)
    going_on = build.run(state=Run.State.READING, heartbeat_at=START + timedelta(hours=14), account_ref="self")
    slot = datetime(2026, 3, 7, 8, 15, tzinfo=UTC)
    assert [run.pk for run in scheduling.start_due(slot) if run.mode == "full"] == [going_on.pk]
    assert Run.objects.filter(mode="full").count() == 1


def test_it_tells_the_next_slot(admin: User) -> None:
    scheduling.change(by=admin, mode="full", times=NIGHTLY, now=START)
    full, quick = scheduling.timetables(START)
    assert scheduling.next_slot(full, START) == datetime(2026, 3, 7, 8, 15, tzinfo=UTC)
    assert scheduling.next_slot(quick, START) == START + timedelta(minutes=40)


def test_it_keeps_what_was_changed_by_whom(admin: User) -> None:
    assert scheduling.change(by=admin, mode="full", times=NIGHTLY, now=START)
    assert not scheduling.change(by=admin, mode="full", times=NIGHTLY, now=START)
    entry = Entry.objects.get()
    assert (entry.by, entry.what, entry.subject) == (admin, "timetable set", "Full sync")
    assert (entry.before["time zone"], entry.after["time zone"]) == ("UTC", "America/Chicago")


@pytest.mark.parametrize(
    ("mode", "times"),
    [
        ("course", NIGHTLY),
        ("full", replace(NIGHTLY, at_minute=1440)),
        ("full", replace(NIGHTLY, at_minute=-1)),
        ("quick", replace(NIGHTLY, at_minute=60)),
        ("quick", replace(NIGHTLY, at_minute=5, every_hours=0)),
        ("quick", replace(NIGHTLY, at_minute=5, every_hours=25)),
        ("full", replace(NIGHTLY, time_zone="Mars/Olympus")),
        ("full", replace(NIGHTLY, time_zone="../etc/passwd")),
    ],
)
def test_it_refuses_what_is_no_timetable(mode: str, times: Times, admin: User) -> None:
    with pytest.raises(Refused):
        scheduling.change(by=admin, mode=mode, times=times, now=START)
    assert not Entry.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.APPROVER])
def test_it_refuses_all_but_administrators(role: Role) -> None:
    with pytest.raises(Refused, match="administrator"):
        scheduling.change(by=build.person("other", role), mode="full", times=NIGHTLY, now=START)


def test_it_refuses_administrators_of_a_part() -> None:
    part = build.person("part", Role.ADMINISTRATOR, within=[build.account("Arts")])
    with pytest.raises(Refused, match="limited to a part"):
        scheduling.change(by=part, mode="full", times=NIGHTLY, now=START)


def test_the_task_tells_a_worker_of_each_run(monkeypatch: pytest.MonkeyPatch, admin: User) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.work, "delay", sent.append)
    monkeypatch.setattr(tasks, "now", lambda: START)
    scheduling.change(by=admin, mode="full", times=NIGHTLY, now=START)
    monkeypatch.setattr(tasks, "now", lambda: datetime(2026, 3, 7, 8, 15, 20, tzinfo=UTC))
    tasks.tick()
    tasks.tick()
    assert Counter(sent) == Counter(Run.objects.filter(mode="full").values_list("pk", flat=True))
