"""The checklist in the browser, and its reminder on the Overview."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from kombu.exceptions import OperationalError

from registrar import tasks
from registrar.errors import CanvasTrouble
from registrar.models import Delivery, Sign
from registrar.services import checking
from tests.pages.conftest import University

URL = "/administration/set-up/"


@pytest.fixture
def admin(as_: Callable[[str], Client], people: dict[str, User]) -> Client:
    return as_("administrator")


def send(browser: Client, code: str) -> str:
    response = browser.post(f"{URL}{code}/test/", follow=True)
    assert response.redirect_chain == [(URL, 302)]
    return response.content.decode()


def test_each_item_has_a_button_and_says_what_to_do(admin: Client) -> None:
    page = admin.get(URL).content.decode()
    for one in checking.LOOKS.keys() - {"bounces"}:
        assert f'action="{URL}{one}/test/"' in page
    assert "Undelivered mail" not in page, "no mailbox is set up"
    assert "No rule pack is chosen" in page
    assert "Choose the pack of your SIS" in page
    assert "of 9</span> done" in page


def test_a_canvas_that_is_down_is_a_sentence(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*, hurried: bool) -> object:
        assert hurried
        raise CanvasTrouble("Canvas <does> not answer.", kind="unreachable")

    monkeypatch.setattr(checking, "open_canvas", down)
    for code in ("canvas", "rights"):
        assert "Canvas &lt;does&gt; not answer." in send(admin, code)


@pytest.mark.parametrize("code", ["rulepack", "terms", "deadline", "people", "scheduler"])
def test_what_is_only_looked_at_can_be_tested_too(code: str, admin: Client) -> None:
    assert checking.LOOKS[code] is not None
    assert 'class="note' in send(admin, code)


def test_a_worker_is_asked(
    admin: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    monkeypatch.setattr(tasks.answer, "apply_async", lambda **_: tasks.answer())
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert "has not answered yet" in send(admin, "worker")
    assert Sign.objects.get(of="worker").good
    assert "A worker is at work." in admin.get(URL).content.decode()


def test_a_broker_that_is_down_is_no_error_page(
    admin: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    def down(**_: object) -> None:
        raise OperationalError("Connection refused.")

    monkeypatch.setattr(tasks.answer, "apply_async", down)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        send(admin, "worker")
    assert Sign.objects.get(of="worker").good is None


def test_a_test_mail_goes_to_the_person_who_asks(
    admin: Client,
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    assert "Your account has no mail address" in send(admin, "mail")
    User.objects.filter(pk=people["administrator"].pk).update(email="me@example.edu")
    started: list[bool] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **_: started.append(True))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert "A test to me@example.edu waits to be sent." in send(admin, "mail")
    assert Delivery.objects.get().address == "me@example.edu"
    assert started == [True]


def test_other_items_are_not_there(admin: Client) -> None:
    assert admin.post(f"{URL}nonsense/test/").status_code == 404


def test_the_overview_reminds_administrators_until_it_is_hidden(
    admin: Client, as_: Callable[[str], Client], university: University
) -> None:
    assert b"Set up: " in admin.get("/").content
    for who in ("viewer", "reviewer", "approver", "science_all_round"):
        assert b"Set up: " not in as_(who).get("/").content, who
    admin.post(f"{URL}hide/", {"hidden": "yes"})
    assert b"Set up: " not in admin.get("/").content
    assert b"hidden for all administrators" in admin.get(URL).content
    assert admin.post(f"{URL}hide/", {"hidden": "no", "next": URL})["Location"] == URL
    assert b"Set up: " in admin.get("/").content


def test_a_way_back_to_elsewhere_is_not_taken(admin: Client) -> None:
    assert admin.post(f"{URL}hide/", {"next": "https://evil.example"})["Location"] == "/"


def test_who_is_limited_to_a_part_sees_it_and_tests_nothing(as_: Callable[[str], Client]) -> None:
    browser = as_("science_all_round")
    page = browser.get(URL).content.decode()
    assert "Test now" not in page
    assert browser.post(f"{URL}terms/test/", follow=True).status_code == 200
    assert browser.post(f"{URL}hide/", {"hidden": "yes"}).status_code == 403
    assert not Sign.objects.exists()
