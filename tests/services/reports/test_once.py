"""Written once, however often and wherever the clock ticks; what fails for one holds up nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command

from registrar import tasks
from registrar.models import Delivery, Role, Round, Subscription
from registrar.services import delivering, reporting, subscribing
from tests.pages import build
from tests.pages.conftest import University
from tests.services.reports.house import NOW, at_seven, deadline, mend, order, person

HOME = Path(__file__).parents[3]
HOUR = timedelta(hours=1)


def test_it_writes_one_however_often_it_is_asked(university: University, registrar: User) -> None:
    order()
    assert len(reporting.write_due(now=at_seven())) == 1
    for minutes in range(1, 1440, 97):
        assert reporting.write_due(now=at_seven() + timedelta(minutes=minutes)) == []
    assert len(reporting.write_due(now=at_seven(1))) == 1


def test_it_writes_one_for_two_who_saw_it_at_the_same_moment(university: University, registrar: User) -> None:
    """Both found it due before either had written."""
    order()
    now = at_seven()
    (one,), (other,) = reporting.due(now=now), reporting.due(now=now)
    assert reporting.write(one, now=now) is not None
    assert reporting.write(other, now=now) is None
    assert Delivery.objects.count() == 1


def test_of_two_who_see_different_things_the_first_counts(university: University, registrar: User) -> None:
    """It was silent; that the other sees something by then makes it no other hour."""
    kept = list(university.needing.findings.all())
    order()
    now = at_seven()
    (one,), (other,) = reporting.due(now=now), reporting.due(now=now)
    university.needing.findings.all().delete()
    assert reporting.write(one, now=now) is None
    for finding in kept:
        finding.save(force_insert=True)
    assert reporting.write(other, now=now) is None
    assert not Delivery.objects.exists()


def test_it_stays_silent_once_it_was(university: University, registrar: User) -> None:
    """What breaks at nine is told tomorrow at seven."""
    kept = list(university.needing.findings.all())
    order()
    university.needing.findings.all().delete()
    assert reporting.write_due(now=at_seven()) == []
    (seen,) = Round.objects.all()
    assert seen.slot == at_seven()
    for one in kept:
        one.save(force_insert=True)
    assert reporting.due(now=at_seven() + HOUR) == []
    assert len(reporting.write_due(now=at_seven(1))) == 1


def test_it_is_not_late_for_what_came_before_it_was_set_up(university: University, registrar: User) -> None:
    order(made=at_seven() + HOUR)
    assert reporting.write_due(now=at_seven() + 2 * HOUR) == []
    assert len(reporting.write_due(now=at_seven(1))) == 1


def test_it_sends_nothing_late_after_a_pause_or_a_change(university: University, registrar: User) -> None:
    subscription = order()
    subscribing.pause(by=registrar, subscription=subscription, now=at_seven() - HOUR)
    assert reporting.write_due(now=at_seven()) == []
    subscribing.resume(by=registrar, subscription=subscription, now=at_seven() + HOUR)
    assert reporting.write_due(now=at_seven() + 2 * HOUR) == []
    assert len(reporting.write_due(now=at_seven(1))) == 1


def test_it_makes_a_report_of_its_own_for_each_watched_term(university: University, registrar: User) -> None:
    spring = build.term("Spring", starts=-20, ends=60)
    build.course(university.arts, spring, assignments=[build.assignment(due=None)])
    past = build.term("Long ago", starts=-400, ends=-300)
    build.course(university.arts, past, assignments=[build.assignment(due=None)])
    build.term("Empty", starts=-1, ends=90)
    coming = build.term("Coming", starts=20, ends=90)
    build.course(university.arts, coming, assignments=[build.assignment(due=None)])
    order("early@example.edu", terms=(coming,))
    order(only_if="always")
    order("other@example.edu", terms=(past,))
    rows = reporting.write_due(now=at_seven())
    assert sorted((row.address.partition("@")[0], row.subject.partition(":")[0]) for row in rows) == [
        ("dean", "Fall"),
        ("dean", "Spring"),
        ("early", "Coming"),
        ("other", "Long ago"),
    ]


def test_it_reports_only_what_was_asked_for(university: University, registrar: User) -> None:
    build.course(university.science, university.term, assignments=[build.assignment(needs_grading_count=4)])
    order("rule@example.edu", codes=("due_missing",))
    order("warned@example.edu", severities=("warning",))
    order("blocked@example.edu", severities=("blocking",))
    order("none@example.edu", codes=("course_concluded",), only_if="always")
    rows = {row.address.partition("@")[0]: row for row in reporting.write_due(now=at_seven())}
    assert {name: row.subject for name, row in rows.items()} == {
        "rule": "Fall: 2 sections to look at",
        "warned": "Fall: 1 section to look at",
        "blocked": "Fall: 2 sections not ready",
        "none": "Fall: nothing found in 5 sections",
    }
    assert "No name" not in rows["rule"].text
    assert "Ungraded work" in rows["warned"].text
    assert "Ungraded work" not in rows["blocked"].text
    assert f"/sections/?term={university.term.pk}&rule=due_missing\n" in rows["rule"].text


def test_it_counts_days_to_the_deadline_that_holds(university: University, registrar: User) -> None:
    deadline(university.term, at_seven(9))
    deadline(university.term, at_seven(2), university.arts)
    order("all@example.edu")
    order("arts@example.edu", accounts=(university.arts,))
    order("early@example.edu", accounts=(university.arts,), daily=False, days_before=(2,))
    order("late@example.edu", accounts=(university.arts,), daily=False, days_before=(9,))
    found = {row.address.partition("@")[0]: row.subject for row in reporting.write_due(now=at_seven())}
    assert found == {
        "all": "Fall: 2 sections not ready, 9 days to grade deadline",
        "arts": "Fall: 2 sections not ready, 2 days to grade deadline",
        "early": "Fall: 2 sections not ready, 2 days to grade deadline",
    }


def test_it_lets_one_failure_hold_up_nobody(
    university: University, registrar: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    order("first@example.edu")
    order("second@example.edu")
    whole = reporting.rendering.report

    def fails(*, subscription: Subscription, **known: object) -> object:
        if subscription.address.startswith("first"):
            raise ValueError("no template")
        return whole(subscription=subscription, **known)  # type: ignore[arg-type]

    monkeypatch.setattr(reporting.rendering, "report", fails)
    assert [row.address for row in reporting.write_due(now=at_seven())] == ["second@example.edu"]
    assert "no template" in caplog.text
    monkeypatch.undo()
    assert [row.address for row in reporting.write_due(now=at_seven() + HOUR)] == ["first@example.edu"]


def test_it_drops_what_waits_when_somebody_leaves(university: University, registrar: User) -> None:
    for number, end in enumerate((subscribing.pause, subscribing.remove)):
        subscription = order(f"{number}@example.edu", made=at_seven(number) - HOUR)
        (row,) = [row for row in reporting.write_due(now=at_seven(number)) if row.address.startswith(str(number))]
        end(by=registrar, subscription=subscription, now=at_seven(number) + HOUR)
        row.refresh_from_db()
        assert row.state == Delivery.State.DROPPED
        assert "before it was sent" in row.trouble
        Subscription.objects.all().delete()


def test_it_leaves_who_unsubscribed_in_peace(university: University, registrar: User) -> None:
    viewer = person("viewer", Role.VIEWER)
    subscription = order(viewer)
    subscribing.unsubscribe(subscription=subscription, now=NOW)
    assert reporting.write_due(now=at_seven()) == []
    subscription.refresh_from_db()
    with pytest.raises(subscribing.Refused):
        subscribing.resume(by=registrar, subscription=subscription, now=NOW)
    subscribing.resume(by=viewer, subscription=subscription, now=NOW)
    assert len(reporting.write_due(now=at_seven())) == 1


# What goes out


def test_it_goes_out_whole(university: University, registrar: User) -> None:
    subscription = order(with_xlsx=True)
    rows = reporting.write_due(now=at_seven())
    delivering.deliver(clock=at_seven, only=[row.pk for row in rows])
    (sent,) = mail.outbox
    message = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (
        message["List-Unsubscribe"].strip() == f"<http://localhost:8000/reports/unsubscribe/{subscription.key}/>"
    )
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "2 of 4 sections not ready." in text.get_content()
    assert "2 of 4 sections not ready" in html.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == f"not-ready-{at_seven():%Y-%m-%d}.xlsx"
    assert attached.get_content().startswith(b"PK")


def test_it_goes_out_in_the_language_that_was_chosen(university: University, registrar: User) -> None:
    order("ann@example.edu", language="es")
    order("ben@example.edu")
    rows = {row.address[:3]: row for row in reporting.write_due(now=at_seven())}
    assert {name: row.language for name, row in rows.items()} == {"ann": "es", "ben": "en"}
    assert '<html lang="es"' in rows["ann"].html
    assert '<html lang="en"' in rows["ben"].html
    delivering.deliver(clock=at_seven)
    assert {sent.to[0][:3]: sent.message()["Content-Language"] for sent in mail.outbox} == {
        "ann": "es",
        "ben": "en",
    }


def test_it_reads_well_as_plain_text(university: University, registrar: User) -> None:
    deadline(university.term, at_seven(6))
    order()
    (row,) = reporting.write_due(now=at_seven())
    lines = row.text.splitlines()
    assert all(len(line) <= 78 for line in lines if not line.startswith("http") and "://" not in line)
    assert not [line for line in lines if line != line.rstrip() or "&amp;" in line or "<" in line or "{%" in line]
    assert all(line.strip().startswith("http") for line in lines if "://" in line), (
        "links stand on lines of their own"
    )
    arts = next(line for line in lines if line.startswith("Arts"))
    science = next(line for line in lines if line.startswith("Science"))
    assert arts.index(" of ") == science.index(" of ")


def test_it_links_to_lists_that_count_the_same(university: University, registrar: User) -> None:
    order()
    (row,) = reporting.write_due(now=at_seven())
    assert f"http://localhost:8000/sections/?term={university.term.pk}&state=needs_action\n" in row.text
    college = f"/sections/?term={university.term.pk}&amp;state=needs_action&amp;account={university.arts.pk}"
    assert f'href="http://localhost:8000{college}"' in row.html
    rule = f"/line-items/?term={university.term.pk}&amp;rule=due_missing"
    assert f'href="http://localhost:8000{rule}"' in row.html


def test_it_stays_small_with_five_thousand_findings(university: University, registrar: User) -> None:
    """And says where the list is that was too long to attach."""
    names = [f"College of {'Very Long Names ' * 6}{number}" for number in range(40)]
    colleges = [build.account(name, university.root) for name in names]
    for number, college in enumerate(colleges):
        broken = [build.assignment(f"{'Chapter ' * 20}{one}", due=None) for one in range(13)]
        sections = [build.section(f"{one:03}") for one in range(10)]
        title = f"{'Introduction to ' * 10}{number}"
        build.course(college, university.term, name=title, sections=sections, assignments=broken)
    order(with_xlsx=True)
    (row,) = reporting.write_due(now=at_seven())
    assert row.summary["findings"] > 5000
    assert len(row.html.encode()) < 100_000
    assert len(row.text.encode()) < 20_000
    assert row.attachment is None
    assert "too long to attach" in row.text
    assert "402 of 404 sections not ready" in row.text
    assert "17 more" in row.html


def test_it_writes_a_test_to_whoever_asked(university: University, registrar: User) -> None:
    """The key stays out of it: it would end the report of somebody else."""
    subscription = order(person("chair", Role.VIEWER))
    row = subscribing.send_test(by=registrar, subscription=subscription, term=university.term, now=NOW)
    assert row is not None
    assert (row.kind, row.address) == (Delivery.Kind.TEST, "registrar@example.edu")
    assert row.subject == "Test: Fall: 2 sections not ready"
    assert subscription.key not in row.text + row.html + str(row.headers)
    assert "List-Unsubscribe" not in row.headers
    mend(university.needing)
    assert "first report" in row.text
    assert reporting.write_due(now=at_seven()) == [], "a test is no report to compare with"


# The command and the clock


def run(*options: str) -> str:
    out = StringIO()
    call_command("send_reports", *options, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_sends(university: University, registrar: User) -> None:
    order("a@example.edu")
    order("b@example.edu", accounts=(university.science,), only_if="always")
    now = at_seven().isoformat()
    said = "to a@example.edu: Fall: 2 sections not ready\nto b@example.edu: Fall: all 2 sections ready\n"
    assert run("--dry-run", "--now", now) == said
    assert not Delivery.objects.exists()
    assert not Round.objects.exists()
    assert run("--now", now) == said
    assert [message.to for message in mail.outbox] == [["a@example.edu"], ["b@example.edu"]]
    assert run("--now", now) == run("--dry-run", "--now", now) == ""
    assert len(mail.outbox) == 2


def test_the_command_sends_what_an_earlier_one_only_wrote(university: University, registrar: User) -> None:
    order()
    reporting.write_due(now=at_seven(), not_before=NOW)
    assert run("--now", at_seven().isoformat()) == "to dean@example.edu: Fall: 2 sections not ready\n"
    assert len(mail.outbox) == 1


def test_the_command_warns_of_a_time_far_from_the_clock(
    university: University, registrar: User, capsys: pytest.CaptureFixture[str]
) -> None:
    far, near = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (70, 30))
    run("--dry-run", "--now", far.isoformat())
    run("--now", near.isoformat())
    run()
    assert capsys.readouterr().err == ""
    run("--now", far.isoformat())
    assert "really sent" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "0001-01-01T00:00+14:00", ""])
def test_the_command_refuses_a_time_that_is_none(text: str, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("send_reports", "--now", text)
    assert ended.value.code == 2
    assert "is not a time; write it as" in capsys.readouterr().err


def test_the_command_takes_a_plain_time_for_the_offices_own(
    university: University, registrar: User, settings: object
) -> None:
    settings.TIME_ZONE = "America/Chicago"  # type: ignore[attr-defined]
    order(hour=7, time_zone="America/Chicago")
    there = at_seven(1).strftime("%Y-%m-%dT")
    assert run("--dry-run", "--now", there + "07:00") != ""
    order_at_seven = run("--dry-run", "--now", there + "06:59")
    assert order_at_seven.count("\n") == 1, "yesterday's was missed and is sent once"


def test_the_task_writes_and_hands_on(
    university: University, registrar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda: asked.append(True))
    monkeypatch.setattr(tasks, "now", at_seven)
    tasks.report()
    assert asked == []
    order()
    tasks.report()
    tasks.report()
    assert asked == [True]
    assert Delivery.objects.count() == 1


PREPARE = """
import django; django.setup()
from tests.pages import build
from tests.services.reports.house import order, person
from registrar.models import Role
person("registrar", Role.ADMINISTRATOR)
term, root = build.term(), build.account("University")
for number in range(8):
    build.course(root, term, assignments=[build.assignment(due=None)])
for number in range(12):
    order(f"dean{number}@example.edu", with_xlsx=True)
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.soak])]
)
def test_processes_at_once_send_one_each(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Three commands begin together on one database: twelve reports, twelve mails."""
    mails = tmp_path / "mails"
    of_postgres = request.getfixturevalue("postgres_database") if kind == "postgres" else ""
    environment = os.environ | {
        "DATABASE_URL": of_postgres or f"sqlite:///{tmp_path}/reports.sqlite3",
        "EMAIL_URL": f"file://{mails}",
        "SECRET_KEY": "only-for-tests",
        "LOG_FILE": "-",
        "DJANGO_SETTINGS_MODULE": "registrar.settings",
    }
    here = {"cwd": HOME, "env": environment}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], check=True, **here)  # type: ignore[call-overload]
    settings = environment | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, "-c", PREPARE], check=True, cwd=HOME, env=settings)
    at = (datetime.now(UTC) + timedelta(days=1)).replace(hour=7, minute=0, second=0).isoformat()
    begun = [
        subprocess.Popen([*manage, "send_reports", "--now", at], stdout=subprocess.PIPE, text=True, **here)  # type: ignore[call-overload]
        for _ in range(3)
    ]
    said = [child.communicate(timeout=200)[0] for child in begun]
    assert [child.returncode for child in begun] == [0, 0, 0]
    text = [path.read_text() for path in mails.iterdir()]
    written = [line for one in text for line in one.splitlines() if line.startswith("To: ")]
    assert sorted(written) == sorted(f"To: dean{number}@example.edu" for number in range(12))
    told = [line.split()[1] for one in said for line in one.splitlines()]
    assert sorted(told) == sorted(f"dean{number}@example.edu:" for number in range(12))
