"""My mail: each person says which news they want, and how."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registrar.models import Wish
from registrar.services import wishing
from tests.pages import build
from tests.pages.conftest import University

News, How = Wish.News, Wish.How


@pytest.mark.parametrize(
    ("who", "kinds"),
    [
        ("viewer", []),
        ("reviewer", [News.DECIDED, News.FINISHED]),
        ("approver", [News.WAITING, News.DECIDED, News.FINISHED]),
        ("administrator", [News.WAITING, News.DECIDED, News.FINISHED, News.SYNC]),
    ],
)
def test_it_asks_each_only_what_can_concern_them(
    who: str, kinds: list[News], as_: Callable[[str], Client]
) -> None:
    text = as_(who).get("/my-mail/").content.decode()
    for kind in News:
        assert (f'id="field-{kind}"' in text) == (kind in kinds)
    assert ("As a viewer you get no mail about work" in text) == (not kinds)


def test_it_keeps_what_was_chosen(as_: Callable[[str], Client], people: dict[str, User]) -> None:
    browser = as_("reviewer")
    response = browser.post("/my-mail/", {"decided": "digest", "finished": "never"}, follow=True)
    assert response.redirect_chain == [("/my-mail/", 302)]
    text = response.content.decode()
    assert "Saved." in text
    found = wishing.wishes_of(people["reviewer"])
    assert (found[News.DECIDED], found[News.FINISHED]) == (How.DIGEST, How.NEVER)
    assert wishing.wishes_of(people["approver"])[News.DECIDED] == How.NOW
    browser.post("/my-mail/", {"decided": "now", "finished": "never"})
    assert wishing.wishes_of(people["reviewer"])[News.DECIDED] == How.NOW
    assert Wish.objects.filter(person=people["reviewer"]).count() == 2


@pytest.mark.parametrize("given", [{}, {"decided": "now"}, {"decided": "now", "finished": "sometimes"}])
def test_it_refuses_what_is_no_choice(given: dict[str, str], as_: Callable[[str], Client]) -> None:
    response = as_("reviewer").post("/my-mail/", given)
    assert response.status_code == 422
    text = response.content.decode()
    assert 'id="form-trouble"' in text
    assert 'tabindex="-1"' in text
    assert 'href="#field-finished"' in text
    assert not Wish.objects.exists()


def test_it_takes_no_wish_for_what_cannot_concern_them(as_: Callable[[str], Client]) -> None:
    as_("reviewer").post("/my-mail/", {"decided": "now", "finished": "now", "sync": "digest"})
    assert not Wish.objects.filter(news=News.SYNC).exists()


def test_it_says_that_there_is_no_address(as_: Callable[[str], Client], people: dict[str, User]) -> None:
    assert "no mail address" in as_("reviewer").get("/my-mail/").content.decode()
    User.objects.filter(username="reviewer").update(email="reviewer@example.edu")
    text = as_("reviewer").get("/my-mail/").content.decode()
    assert "no mail address" not in text
    assert "reviewer@example.edu" in text


def test_it_needs_the_token_of_the_form(people: dict[str, User]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["reviewer"])
    assert browser.post("/my-mail/", {"decided": "never", "finished": "never"}).status_code == 403
    assert not Wish.objects.exists()


def test_it_lists_ones_own_reports(
    as_: Callable[[str], Client], people: dict[str, User], university: University
) -> None:
    browser = as_("viewer")
    assert "Reports to you" not in browser.get("/my-mail/").content.decode()
    own = build.subscription(university.arts, person=people["viewer"])
    build.subscription(university.science, person=people["reviewer"])
    page = browser.get("/my-mail/")
    (one,) = page.context["reports"]
    assert one.subscription == own
    text = page.content.decode()
    assert "Daily, at 7:00 am" in text
    assert f"/reports/unsubscribe/{own.key}/" in text
    response = browser.post(f"/reports/{own.pk}/pause/", {"back": "/my-mail/"}, follow=True)
    assert response.redirect_chain == [("/my-mail/", 302)]
    assert "Paused: nothing is sent until it is resumed." in response.content.decode()
    assert "Resume" in response.content.decode()
    elsewhere = browser.post(f"/reports/{own.pk}/resume/", {"back": "https://evil.example/"})
    assert elsewhere["Location"] == f"/reports/{own.pk}/"
    own.refresh_from_db()
    assert own.paused_at is None
