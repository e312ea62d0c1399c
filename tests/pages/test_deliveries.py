"""The log of all mail, and what is left to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar.models import Delivery, Entry, Role, Subscription
from tests.pages import build
from tests.pages.conftest import University

State = Delivery.State


written = build.delivery


@pytest.fixture
def administrator(as_: Callable[[str], Client]) -> Client:
    return as_("administrator")


def shown(response: Any) -> set[str]:
    return {row.address.partition("@")[0] for row in response.context["listing"].rows}


def test_it_lists_what_went_where(administrator: Client) -> None:
    written("dean", state=State.REFUSED)
    Delivery.objects.update(trouble="550 No such user")
    text = administrator.get("/mail/").content.decode()
    for part in ("Fall for dean", "dean@example.edu", "Refused", "550 No such user", "Readiness report"):
        assert part in text
    assert "1 mail needs a look" in text


def test_it_tells_no_match_from_nothing(administrator: Client) -> None:
    assert "No mail has been written yet" in administrator.get("/mail/").content.decode()
    written("dean")
    assert "No mail matches these filters" in administrator.get("/mail/?state=refused").content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"one", "two", "three"}),
        ("state=sent", {"one", "two"}),
        ("kind=sync", {"three"}),
        ("q=two@", {"two"}),
        ("q=fall+three", {"three"}),
        ("state=sideways", {"one", "two", "three"}),
    ],
)
def test_it_filters(query: str, expected: set[str], administrator: Client) -> None:
    written("one")
    written("two")
    written("three", state=State.UNCONFIRMED, kind="sync")
    response = administrator.get(f"/mail/?{query}")
    assert shown(response) == expected
    assert ("Not understood" in response.content.decode()) == ("sideways" in query)


@pytest.mark.parametrize("sort", ["created", "state", "kind", "address"])
def test_it_sorts_both_ways(sort: str, administrator: Client) -> None:
    written("one")
    written("two", state=State.REFUSED, kind="sync")
    up, down = (
        [row.pk for row in administrator.get(f"/mail/?sort={way}{sort}").context["listing"].rows]
        for way in ("", "-")
    )
    assert up == list(reversed(down))


def test_it_shows_each_their_own(
    as_: Callable[[str], Client], people: dict[str, User], university: University
) -> None:
    order = Subscription.objects.create(
        address="chair@example.edu",
        time_zone="UTC",
        made_by=people["reviewer"],
        made_at=build.NOW,
        since=build.NOW,
    )
    science, arts = [university.science.path], [university.arts.path]
    written("mine", person=people["scientist"], account_paths=science)
    written("taken_away", person=people["scientist"], account_paths=arts)
    written("ordered", subscription=order, account_paths=arts)
    written("of_science", account_paths=science)
    written("of_both", account_paths=[*science, *arts])
    written("of_the_house")
    everything = {"mine", "taken_away", "ordered", "of_science", "of_both", "of_the_house"}
    build.person("head_of_science", Role.ADMINISTRATOR, within=[university.science])
    browser = Client()
    browser.force_login(User.objects.get(username="head_of_science"))
    assert shown(as_("administrator").get("/mail/")) == everything
    assert shown(browser.get("/mail/")) == {"mine", "of_science"}
    assert shown(as_("scientist").get("/mail/")) == {"mine"}
    assert shown(as_("reviewer").get("/mail/")) == {"ordered"}
    assert shown(as_("approver").get("/mail/")) == set()


def test_it_sends_only_the_list_to_htmx(administrator: Client) -> None:
    written("dean")
    text = administrator.get("/mail/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert 'id="results"' in text
    assert 'hx-swap-oob="innerHTML"' in text


def test_it_asks_as_often_for_many_as_for_few(administrator: Client, people: dict[str, User]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert administrator.get("/mail/").status_code == 200
        return len(found)

    for number in range(10):
        written(f"dean{number}", state=State.REFUSED, person=people["viewer"])
    administrator.get("/mail/")
    few = queries()
    for number in range(10, 20):
        written(f"dean{number}", state=State.REFUSED, person=people["reviewer"])
    assert queries() == few


def test_it_shows_one_as_text(administrator: Client) -> None:
    text = administrator.get(f"/mail/{written('dean').pk}/").content.decode()
    assert "Line one\n&lt;b&gt;Line&lt;/b&gt; two" in text
    assert "Send again" not in text
    assert "As mail programs show it" not in text


def test_it_shows_what_was_sent_where_nothing_can_run(administrator: Client) -> None:
    row = written("dean", html='<p style="color: red">Hello</p><script>alert(1)</script>')
    assert f"/mail/{row.pk}/html/" in administrator.get(f"/mail/{row.pk}/").content.decode()
    response = administrator.get(f"/mail/{row.pk}/html/")
    assert response.content.decode() == row.html
    policy = response["Content-Security-Policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert administrator.get(f"/mail/{written('plain').pk}/html/").status_code == 404


def test_it_leads_to_the_proposal_only_where_it_may_be_seen(
    as_: Callable[[str], Client], people: dict[str, User], university: University
) -> None:
    row = written("dean", person=people["scientist"], proposal=build.proposal(university.ready))
    assert "To the proposal" in as_("scientist").get(f"/mail/{row.pk}/").content.decode()
    other = written("chair", person=people["scientist"], proposal=build.proposal(university.needing))
    assert "To the proposal" not in as_("scientist").get(f"/mail/{other.pk}/").content.decode()


@pytest.mark.parametrize("way", ["", "html/", "again/", "arrived/", "bounced/"])
def test_it_is_not_found_by_strangers(
    way: str, as_: Callable[[str], Client], people: dict[str, User], university: University
) -> None:
    row = written("dean", state=State.REFUSED, html="<p>x</p>", account_paths=[university.arts.path])
    browser = as_("science_all_round")
    for pk in (row.pk, 999_999, 2**63):
        response = getattr(browser, "get" if way in ("", "html/") else "post")(f"/mail/{pk}/{way}")
        assert response.status_code == 404


@pytest.mark.parametrize(("way", "state"), [("again", State.WAITING), ("arrived", State.SENT)])
@pytest.mark.parametrize("before", [State.REFUSED, State.UNCONFIRMED, State.BOUNCED])
def test_it_lets_an_administrator_decide(way: str, state: str, before: str, administrator: Client) -> None:
    row = written("dean", state=before)
    page = administrator.get(f"/mail/{row.pk}/").content.decode()
    assert "Send again" in page
    assert "It has arrived" in page
    response = administrator.post(f"/mail/{row.pk}/{way}/", follow=True)
    assert response.redirect_chain == [(f"/mail/{row.pk}/", 302)]
    assert "Send again" not in response.content.decode()
    row.refresh_from_db()
    assert row.state == state
    assert "Last decided by" in response.content.decode()


def test_it_refuses_what_another_has_decided(administrator: Client) -> None:
    row = written("dean", state=State.SENT)
    response = administrator.post(f"/mail/{row.pk}/again/")
    assert response.status_code == 403
    assert "not possible any more" in response.content.decode()


def test_it_offers_no_decision_to_others(as_: Callable[[str], Client], people: dict[str, User]) -> None:
    row = written("dean", state=State.UNCONFIRMED, person=people["approver"])
    browser = as_("approver")
    assert "Send again" not in browser.get(f"/mail/{row.pk}/").content.decode()
    assert browser.post(f"/mail/{row.pk}/again/").status_code == 403
    row.refresh_from_db()
    assert row.state == State.UNCONFIRMED


def test_it_needs_the_token_of_the_form(people: dict[str, User]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["administrator"])
    assert browser.post(f"/mail/{written('dean', state=State.REFUSED).pk}/again/").status_code == 403
    assert Delivery.objects.get().state == State.REFUSED


# What came back


def came_back(name: str = "dean", code: str = "5.1.1", **fields: Any) -> Delivery:
    row = written(name, state=State.BOUNCED)
    known = {
        "bounce": "failed",
        "bounced_at": build.NOW,
        "bounce_code": code,
        "bounce_said": "550 <b>No</b> such user",
    }
    Delivery.objects.filter(pk=row.pk).update(**known | fields)
    row.refresh_from_db()
    return row


def test_it_lists_what_came_back(administrator: Client) -> None:
    came_back()
    written("chair")
    text = administrator.get("/mail/").content.decode()
    assert "Bounced" in text
    assert "550 &lt;b&gt;No&lt;/b&gt; such user" in text
    assert "1 mail needs a look" in text
    assert shown(administrator.get("/mail/?state=bounced")) == {"dean"}


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("5.1.1", "no such mailbox"),
        ("5.2.2", "perhaps because it is full"),
        ("5.7.1", "whoever runs your mail server"),
        ("4.4.7", "have tried for days"),
        ("", "Ask the addressee whether the address is right"),
    ],
)
def test_it_says_what_to_do_next(code: str, step: str, administrator: Client) -> None:
    text = administrator.get(f"/mail/{came_back(code=code).pk}/").content.decode()
    assert "It came back and did not arrive" in text
    assert step in text
    assert "550 &lt;b&gt;No&lt;/b&gt; such user" in text
    assert "Send again" in text


def test_it_shows_a_delay_beside_the_state(administrator: Client) -> None:
    row = came_back(state=State.SENT, bounce="delayed", bounce_code="4.4.1")
    text = administrator.get(f"/mail/{row.pk}/").content.decode()
    assert "Sent, and delayed" in text
    assert "Notice of a delay" in text
    assert "Send again" not in text


def test_it_is_marked_by_hand(administrator: Client, people: dict[str, User]) -> None:
    row = written("dean")
    assert "Mark as bounced" in administrator.get(f"/mail/{row.pk}/").content.decode()
    response = administrator.post(f"/mail/{row.pk}/bounced/", {"reason": " She  has <i>left</i>. "}, follow=True)
    assert "She has &lt;i&gt;left&lt;/i&gt;." in response.content.decode()
    row.refresh_from_db()
    assert (row.state, row.bounce, row.bounce_said) == (State.BOUNCED, "failed", "She has <i>left</i>.")
    entry = Entry.objects.get()
    assert (entry.what, entry.by, entry.reason) == (
        "mail marked as bounced",
        people["administrator"],
        "She has <i>left</i>.",
    )
    assert (entry.before, entry.after) == ("sent", "bounced")
    administrator.post(f"/mail/{row.pk}/arrived/")
    row.refresh_from_db()
    assert (row.state, row.bounce, row.bounce_said) == (State.SENT, "", "")


@pytest.mark.parametrize("state", [State.WAITING, State.REFUSED, State.DROPPED, State.BOUNCED])
def test_it_marks_nothing_that_has_not_gone_out(state: str, administrator: Client) -> None:
    row = written("dean", state=state)
    assert "Mark as bounced" not in administrator.get(f"/mail/{row.pk}/").content.decode()
    assert administrator.post(f"/mail/{row.pk}/bounced/", {"reason": "x"}).status_code == 403


def test_it_asks_why(administrator: Client) -> None:
    row = written("dean")
    assert "who told you" in administrator.post(f"/mail/{row.pk}/bounced/", {"reason": " "}).content.decode()
    row.refresh_from_db()
    assert row.state == State.SENT


def test_it_leaves_the_mark_to_administrators(as_: Callable[[str], Client], people: dict[str, User]) -> None:
    row = written("dean", person=people["approver"])
    browser = as_("approver")
    assert "Mark as bounced" not in browser.get(f"/mail/{row.pk}/").content.decode()
    assert browser.post(f"/mail/{row.pk}/bounced/", {"reason": "x"}).status_code == 403


def test_it_says_that_the_text_was_removed(administrator: Client) -> None:
    row = came_back(text="", emptied_at=build.NOW + timedelta(days=400))
    page = administrator.get(f"/mail/{row.pk}/").content.decode()
    assert "The text was removed after 400 days" in page
    assert "Send again" not in page
    assert "its text was removed" in administrator.post(f"/mail/{row.pk}/again/").content.decode()
    row.refresh_from_db()
    assert row.state == State.BOUNCED
