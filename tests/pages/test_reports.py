from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrar import tasks
from registrar.models import Delivery, Entry, Scope, Subscription
from registrar.services import reporting, showing
from tests.pages import build
from tests.pages.conftest import University

HTMX = {"HX-Request": "true"}
INDEX = "/reports/"
ASKED: dict[str, Any] = {
    "to": "address",
    "address": "dean@example.edu",
    "name": "Dean Osei",
    "severity": ["blocking"],
    "days_before": "7, 1 0",
    "weekday": "0",
    "hour": "6",
    "time_zone": "America/Chicago",
    "only_if": "changed",
    "with_xlsx": "on",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often the outbox was rung for."""
    found: list[bool] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda: found.append(True))
    return found


@pytest.fixture
def report(university: University, people: dict[str, User]) -> Subscription:
    User.objects.update(email="somebody@example.edu")
    return build.subscription(university.arts, name="Dean Osei")


def url(name: str, one: Subscription) -> str:
    return reverse(f"reports:{name}", args=[one.pk])


def test_it_lists_reports_with_what_and_when(reviewer: Client, report: Subscription) -> None:
    page = reviewer.get(INDEX).content.decode()
    assert "Dean Osei" in page
    assert "dean@example.edu" in page
    assert "Arts" in page
    assert "Daily, at 7:00 am" in page
    assert "Not yet" in page
    assert url("report", report) in page


def test_it_says_what_is_next_and_what_was_last(
    reviewer: Client, report: Subscription, university: University, people: dict[str, User]
) -> None:
    build.mark(university.term)
    paused = build.subscription(university.arts, paused_at=build.NOW, address="paused@example.edu")
    left = build.subscription(university.arts, unsubscribed_at=build.NOW, address="left@example.edu")
    cut = build.subscription(university.arts, by=people["scientist"], address="cut@example.edu")
    never = build.subscription(university.arts, daily=False, days_before=[180], address="never@example.edu")
    for number, state in enumerate(("refused", "sent")):
        build.delivery(f"report{number}", subscription=report, state=state)
    build.delivery("paused", subscription=paused, state="unconfirmed")
    build.delivery("left", subscription=left, state="waiting")
    rows = {one.subscription: one for one in reviewer.get(INDEX).context["rows"]}
    assert rows[report].next.startswith(("today at 7:00 am", "7:00 am tomorrow"))
    assert rows[report].last.state == "sent"
    assert rows[never].next == ""
    assert "may see what it is about any more" in rows[cut].trouble
    page = reviewer.get(INDEX).content.decode()
    for words in (
        "Paused",
        "Unsubscribed",
        "Reaches nobody",
        "Perhaps sent",
        "On its way",
        "No grade deadline ahead",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"daily": False, "weekday": 4}, "On Fridays, at 7:00 am"),
        ({"daily": False, "days_before": [1]}, "1 day before the grade deadline, at 7:00 am"),
        (
            {"daily": False, "days_before": [14, 7, 1], "hour": 0},
            "14, 7 and 1 days before the grade deadline, at 12:00 am",
        ),
        ({"daily": False, "days_before": [0], "hour": 13}, "On the day of the grade deadline, at 1:00 pm"),
        (
            {"weekday": 0, "days_before": [3, 0]},
            "Daily, and on Mondays, and 3 days before and on the day of the grade deadline, at 7:00 am",
        ),
    ],
)
def test_it_says_when_in_words(
    fields: dict[str, Any], said: str, reviewer: Client, university: University
) -> None:
    build.subscription(university.arts, **fields)
    (one,) = reviewer.get(INDEX).context["rows"]
    assert one.times == said


def test_it_says_that_the_last_one_came_back(
    reviewer: Client, as_: Callable[[str], Client], report: Subscription
) -> None:
    def came_back(name: str, state: str = "bounced") -> None:
        build.delivery(name, subscription=report, state=state)
        Delivery.objects.filter(subscription=report, state="bounced").update(bounce_said="550 <b>No</b> such user")

    came_back("first")
    page = reviewer.get(url("report", report)).content.decode()
    assert "came back: “<bdi>550 &lt;b&gt;No&lt;/b&gt; such user</bdi>”" in page
    assert "sent all the same" in page
    assert "The mail that came back" not in page, "the log is for administrators"
    assert "The mail that came back" in as_("administrator").get(url("report", report)).content.decode()
    assert "reports came back" not in reviewer.get(INDEX).content.decode()
    came_back("second")
    assert "The last 2 reports all came back" in reviewer.get(url("report", report)).content.decode()
    assert "The last 2 reports came back" in reviewer.get(INDEX).content.decode()
    (row,) = reviewer.get(INDEX).context["rows"]
    assert row.next, "it goes on being sent"
    came_back("third", "dropped")
    assert "The last 2 reports came back" in reviewer.get(INDEX).content.decode()
    came_back("fourth", "sent")
    assert "reports came back" not in reviewer.get(INDEX).content.decode()


def test_it_looks_back_over_the_last_few_alone(reviewer: Client, report: Subscription) -> None:
    for number in range(showing.LOOKED_AT + 2):
        latest = build.delivery(f"report {number}", subscription=report, state="bounced")
    (row,) = reviewer.get(INDEX).context["rows"]
    assert (row.last, row.bounces) == (latest, showing.LOOKED_AT)


def test_it_says_that_the_last_one_is_delayed(reviewer: Client, report: Subscription) -> None:
    build.delivery("late", subscription=report)
    Delivery.objects.update(bounce="delayed", bounce_code="4.4.1")
    assert "is delayed: “<bdi>4.4.1</bdi>”" in reviewer.get(url("report", report)).content.decode()


def test_it_keeps_the_language_of_the_mail(reviewer: Client, report: Subscription, university: University) -> None:
    given = ASKED | {"account": [str(university.arts.pk)]}
    page = reviewer.get(url("change", report)).content.decode()
    assert "Language of the mail" in page
    assert reviewer.post(url("change", report), given | {"language": "es"}).status_code == 302
    report.refresh_from_db()
    assert report.language == "es"
    assert '<html lang="es"' in reviewer.get(url("mail", report)).content.decode()
    assert "Español" in reviewer.get(url("report", report)).content.decode()
    assert reviewer.post(url("change", report), given | {"language": "tlh"}).status_code == 422
    assert reviewer.post(url("change", report), given).status_code == 302
    report.refresh_from_db()
    assert report.language == "en"


def test_it_lists_what_is_within_reach(
    as_: Callable[[str], Client], report: Subscription, university: University, people: dict[str, User]
) -> None:
    of_science = build.subscription(university.science)
    own = build.subscription(university.science, person=people["scientist"])
    own.accounts.add(university.arts)
    seen = {
        name: {one.subscription for one in as_(name).get(INDEX).context["rows"]}
        for name in people
        if name != "nobody"
    }
    assert seen["reviewer"] == {report, of_science, own}
    assert seen["science_reviewer"] == {of_science}
    assert seen["scientist"] == {own}
    assert seen["viewer"] == set()
    assert "Arts" not in as_("scientist").get(INDEX).content.decode()


def test_it_invites_where_there_is_nothing(viewer: Client, university: University) -> None:
    page = viewer.get(INDEX).content.decode()
    assert "No report is set up yet" in page
    assert "Get a report" in page


def test_it_asks_as_often_for_many_as_for_few(
    reviewer: Client, university: University, people: dict[str, User]
) -> None:
    def many(number: int) -> None:
        for one in range(number):
            fields: dict[str, Any] = (
                {"person": people["scientist"]} if one % 2 else {"address": f"{one}@example.edu"}
            )
            row = build.subscription(university.arts, days_before=[3], **fields)
            row.terms.add(university.term)
            build.delivery(f"to {row.pk}", subscription=row)

    many(10)
    with CaptureQueriesContext(connection) as few:
        reviewer.get(INDEX)
    many(10)
    with CaptureQueriesContext(connection) as more:
        assert len(reviewer.get(INDEX).context["rows"]) == 20
    assert len(more) == len(few)


def test_it_answers_htmx_with_a_fragment(reviewer: Client, report: Subscription) -> None:
    assert b"<html" not in reviewer.get(INDEX, headers=HTMX).content


# Setting up


def test_it_sets_up_a_report(reviewer: Client, university: University, people: dict[str, User]) -> None:
    given = ASKED | {"account": [university.arts.pk], "term": [university.term.pk], "code": ["due_missing"]}
    response = reviewer.post(reverse("reports:make"), given)
    made = Subscription.objects.get()
    assert response["Location"] == url("report", made)
    assert (made.person, made.address, made.name, made.made_by) == (
        None,
        "dean@example.edu",
        "Dean Osei",
        people["reviewer"],
    )
    assert (made.days_before, made.weekday, made.hour, made.daily) == ([7, 1, 0], 0, 6, False)
    assert (made.time_zone, made.only_if, made.with_xlsx) == ("America/Chicago", "changed", True)
    assert (made.severities, made.codes) == (["blocking"], ["due_missing"])
    assert list(made.accounts.all()) == [university.arts]
    assert list(made.terms.all()) == [university.term]
    assert Entry.objects.get().what == "report set up"


def test_it_sets_up_for_a_person_with_both_severities(
    reviewer: Client, university: University, people: dict[str, User]
) -> None:
    User.objects.update(email="somebody@example.edu")
    given = ASKED | {"to": "person", "person": people["viewer"].pk, "severity": ["blocking", "warning"]}
    reviewer.post(reverse("reports:make"), given)
    made = Subscription.objects.get()
    assert (made.person, made.address, made.name) == (people["viewer"], "", "")
    assert made.severities == [], "all there is, and all there will be"


def test_a_viewer_gets_a_report_and_gives_none(
    viewer: Client, university: University, people: dict[str, User]
) -> None:
    User.objects.update(email="somebody@example.edu")
    page = viewer.get(reverse("reports:make")).content.decode()
    assert "The report goes to you" in page
    assert "Somebody with an account" not in page
    assert viewer.post(reverse("reports:make"), ASKED).status_code == 403
    given = ASKED | {"to": "person", "person": people["reviewer"].pk}
    assert viewer.post(reverse("reports:make"), given).status_code == 422
    assert not Subscription.objects.exists()
    viewer.post(reverse("reports:make"), ASKED | {"to": "me"})
    assert Subscription.objects.get().person == people["viewer"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"to": ""}, "Choose who gets the report."),
        ({"address": ""}, "Write the mail address"),
        ({"address": "dean at example"}, "This is not a mail address."),
        ({"to": "person", "person": ""}, "Choose the person"),
        ({"severity": []}, "at least one of the two"),
        ({"days_before": "", "weekday": ""}, "Choose when it is sent"),
        ({"days_before": "a week"}, "Write the days as numbers"),
        ({"days_before": "201"}, "Write the days as numbers"),
        ({"days_before": "-1"}, "Write the days as numbers"),
        ({"time_zone": "Mars/Olympus"}, "This is not a time zone"),
        ({"time_zone": "../../etc/passwd"}, "This is not a time zone"),
        ({"time_zone": ""}, "Write the time zone."),
        ({"account": ["999999"]}, "Choose colleges of the list."),
        ({"term": ["x"]}, "Choose terms of the list."),
        ({"code": ["no_such_rule"]}, "Choose rules of the list."),
    ],
)
def test_it_says_what_is_to_be_put_right(
    wrong: dict[str, Any], said: str, reviewer: Client, university: University
) -> None:
    page = reviewer.post(reverse("reports:make"), ASKED | wrong)
    assert page.status_code == 422
    text = page.content.decode()
    assert said in text
    assert 'id="form-trouble"' in text
    assert 'tabindex="-1"' in text
    for name in page.context["form"].errors:
        assert f'id="field-{name}"' in text, "the summary leads there"
    assert not Subscription.objects.exists()


def test_it_refuses_a_college_beyond_reach(as_: Callable[[str], Client], university: University) -> None:
    given = ASKED | {"account": [university.arts.pk]}
    assert as_("science_reviewer").post(reverse("reports:make"), given).status_code == 422
    assert not Subscription.objects.exists()


def test_it_says_when_a_person_has_no_address(
    reviewer: Client, university: University, people: dict[str, User]
) -> None:
    page = reviewer.post(reverse("reports:make"), ASKED | {"to": "person", "person": people["viewer"].pk})
    assert page.status_code == 400
    assert "no mail address" in page.content.decode()


def test_it_changes_a_report(reviewer: Client, report: Subscription, people: dict[str, User]) -> None:
    page = reviewer.get(url("change", report)).content.decode()
    assert 'value="dean@example.edu"' in page
    reviewer.post(url("change", report), ASKED | {"hour": "15", "account": [report.accounts.get().pk]})
    report.refresh_from_db()
    assert (report.hour, report.made_by) == (15, people["reviewer"])
    assert report.since > build.NOW - timedelta(hours=1), "nothing is sent late for the new hour"
    assert Entry.objects.get().what == "report changed"
    assert reviewer.post(url("change", report), ASKED | {"hour": ""}).status_code == 422


# One report


def test_it_shows_the_mail_as_it_would_go_out(reviewer: Client, report: Subscription) -> None:
    page = reviewer.get(url("report", report))
    text = page.content.decode()
    assert "Fall: 2 sections not ready" in text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in text
    assert "2 of 2 sections not ready." in text, "the plain text is there"
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert report.key not in text


def test_it_frames_the_mail_safely(reviewer: Client, report: Subscription) -> None:
    page = reviewer.get(url("mail", report))
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox allow-popups" in policy
    assert "script-src" not in policy
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "2 of 2 sections not ready" in page.content.decode()
    assert report.key not in page.content.decode()


def test_it_shows_each_term_it_is_about(reviewer: Client, report: Subscription, university: University) -> None:
    other = build.term("Spring", starts=-90, ends=10)
    assert (
        "Spring: nothing to get ready" in reviewer.get(url("report", report), {"term": other.pk}).content.decode()
    )
    assert "Fall: 2" in reviewer.get(url("report", report), {"term": "x"}).content.decode()
    assert "Spring" in reviewer.get(url("mail", report), {"term": other.pk}).content.decode()


@pytest.mark.parametrize(
    ("only_if", "said"), [("open", "nothing is open"), ("changed", "nothing has changed since the last report")]
)
def test_it_says_when_nothing_would_be_sent(
    only_if: str, said: str, reviewer: Client, report: Subscription, university: University
) -> None:
    assert "it would not be sent" not in reviewer.get(url("report", report)).content.decode()
    Subscription.objects.update(only_if=only_if)
    if only_if == "open":
        university.needing.findings.all().delete()
    else:
        reporting.write_due(now=build.NOW)
        Delivery.objects.update(state=Delivery.State.SENT)
    assert said in reviewer.get(url("report", report)).content.decode()


def test_it_has_nothing_to_show_without_a_term(
    reviewer: Client, report: Subscription, university: University, asked: list[bool]
) -> None:
    university.term.watched = False
    university.term.save()
    assert "No term is watched" in reviewer.get(url("report", report)).content.decode()
    assert "No term is watched" in reviewer.get(url("mail", report)).content.decode()
    assert reviewer.post(url("test", report)).status_code == 404


def test_it_sends_a_test_to_oneself(
    reviewer: Client,
    report: Subscription,
    university: University,
    asked: list[bool],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = reviewer.post(url("test", report), {"term": university.term.pk})
        assert asked == []
    assert asked == [True]
    assert response["Location"] == url("report", report)
    row = Delivery.objects.get()
    assert (row.kind, row.address) == ("test", "somebody@example.edu")
    assert row.subject == "Test: Fall: 2 sections not ready"
    User.objects.update(email="")
    refused = reviewer.post(url("test", report))
    assert refused.status_code == 400
    assert "no mail address" in refused.content.decode()


def test_it_pauses_resumes_and_removes(reviewer: Client, report: Subscription) -> None:
    reviewer.post(url("pause", report))
    report.refresh_from_db()
    assert report.paused_at is not None
    assert "Resume" in reviewer.get(url("report", report)).content.decode()
    reviewer.post(url("resume", report))
    report.refresh_from_db()
    assert report.paused_at is None
    assert reviewer.post(url("remove", report))["Location"] == INDEX
    assert not Subscription.objects.exists()


def test_it_offers_no_way_back_for_who_has_unsubscribed(
    reviewer: Client, as_: Callable[[str], Client], university: University, people: dict[str, User]
) -> None:
    left = build.subscription(university.arts, person=people["viewer"], unsubscribed_at=build.NOW)
    page = reviewer.get(url("report", left)).content.decode()
    assert "Only they can take it up again" in page
    assert "Resume" not in page
    assert reviewer.post(url("resume", left)).status_code == 403
    assert "Resume" in as_("viewer").get(url("report", left)).content.decode()
    as_("viewer").post(url("resume", left))
    left.refresh_from_db()
    assert left.unsubscribed_at is None


@pytest.mark.parametrize("name", ["report", "mail", "change"])
def test_it_hides_what_others_get_from_viewers(name: str, viewer: Client, report: Subscription) -> None:
    assert viewer.get(url(name, report)).status_code == 404


@pytest.mark.parametrize("name", ["test", "pause", "resume", "remove", "change"])
def test_it_takes_no_forged_step(
    name: str, viewer: Client, as_: Callable[[str], Client], report: Subscription, asked: list[bool]
) -> None:
    for browser in (viewer, as_("science_reviewer")):
        assert browser.post(url(name, report), ASKED).status_code == 404
    report.refresh_from_db()
    assert (report.paused_at, report.hour) == (None, 7)
    assert not Delivery.objects.exists()


def test_it_narrows_the_preview_with_the_visitor(
    as_: Callable[[str], Client], university: University, people: dict[str, User]
) -> None:
    own = build.subscription(university.root, person=people["reviewer"])
    Scope.objects.create(user=people["reviewer"], account=university.science)
    text = as_("reviewer").get(url("report", own)).content.decode()
    assert "all 2 sections ready" in text
    assert "Arts" not in text


# Leaving


def link(one: Subscription) -> str:
    return reverse("reports:unsubscribe", args=[one.key])


def test_it_asks_before_it_ends_a_report(report: Subscription) -> None:
    """A mail scanner opens every link; only the button, or the mail program, ends it."""
    stranger = Client(enforce_csrf_checks=True)
    page = stranger.get(link(report))
    assert page.content.decode().count("<button") == 2, "the button, and the one that closes the empty panel"
    assert "Get this report no longer?" in page.content.decode()
    report.refresh_from_db()
    assert report.unsubscribed_at is None


def test_it_ends_a_report_by_its_key_alone(report: Subscription) -> None:
    """As a mail program does it (RFC 8058): no cookie, no token, no sign-in."""
    stranger = Client(enforce_csrf_checks=True)
    page = stranger.post(
        link(report), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert page.status_code == 200
    assert "Unsubscribed" in page.content.decode()
    report.refresh_from_db()
    first = report.unsubscribed_at
    assert first is not None
    assert stranger.post(link(report)).status_code == 200
    report.refresh_from_db()
    assert report.unsubscribed_at == first
    assert Entry.objects.get().what == "report unsubscribed"
    assert reporting.write_due(now=build.NOW) == []


def test_it_knows_no_other_key(report: Subscription) -> None:
    for method in (Client().get, Client().post):
        assert method(reverse("reports:unsubscribe", args=["x" * 32])).status_code == 404
    report.refresh_from_db()
    assert report.unsubscribed_at is None


def test_it_tells_a_stranger_nothing(report: Subscription) -> None:
    said = Client().get(link(report)).content.decode() + Client().post(link(report)).content.decode()
    for word in ("dean@example.edu", "Osei", "Arts", "Fall", "PHIL"):
        assert word not in said
