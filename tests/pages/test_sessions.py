from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registrar.services import admitting
from tests.pages.build import NOW
from tests.pages.conftest import University

SIGN_IN = "/sign-in/"
RIGHT = {"username": "viewer", "password": "preflight"}


@pytest.mark.usefixtures("people")
def test_it_signs_in_and_goes_on(client: Client) -> None:
    response = client.post(SIGN_IN, RIGHT | {"next": "/courses/?q=a"})
    assert response.status_code == 302
    assert response["Location"] == "/courses/?q=a"
    assert client.get("/").status_code == 200


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_goes_nowhere_else(onward: str, client: Client) -> None:
    assert client.post(SIGN_IN, RIGHT | {"next": onward})["Location"] == reverse("overview:index")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "wrong", [{"password": "no"}, {"username": "nul\0"}, {"username": ""}, {"username": "x" * 999}]
)
def test_it_refuses_in_the_same_words_whatever_was_wrong(wrong: dict[str, str], client: Client) -> None:
    response = client.post(SIGN_IN, RIGHT | wrong)
    assert response.status_code == 422
    assert b"do not match an account" in response.content
    assert b'tabindex="-1"' in response.content
    assert b'aria-invalid="true"' in response.content


def test_it_skips_the_form_when_signed_in(viewer: Client) -> None:
    assert viewer.get(SIGN_IN)["Location"] == "/"


def test_it_signs_out(viewer: Client) -> None:
    assert viewer.post("/sign-out/")["Location"] == SIGN_IN
    assert viewer.get("/").status_code == 302


def test_it_explains_a_form_that_was_too_old(university: University, as_: Callable[[str], Client]) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(SIGN_IN, RIGHT)
    assert response.status_code == 403
    assert b"The form was too old" in response.content


PASSWORD = "/password/"
NEW = {"old_password": "preflight", "new_password1": "lofty-heron-71", "new_password2": "lofty-heron-71"}


def test_it_changes_ones_own_password(viewer: Client, people: dict[str, User]) -> None:
    assert viewer.get(PASSWORD).status_code == 200
    assert viewer.post(PASSWORD, NEW)["Location"] == "/"
    assert viewer.get("/").status_code == 200
    assert User.objects.get(pk=people["viewer"].pk).check_password("lofty-heron-71")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"old_password": "no"}, "incorrect"),
        ({"new_password2": "other"}, "match"),
        ({"new_password1": "12345678", "new_password2": "12345678"}, "too common"),
        ({"new_password1": "", "new_password2": ""}, "Enter a new password."),
        ({"new_password2": ""}, "Enter the new password a second time."),
        ({"old_password": ""}, "Enter the password that you have now."),
    ],
)
def test_it_keeps_the_password_where_anything_is_wrong(
    wrong: dict[str, str], words: str, viewer: Client, people: dict[str, User]
) -> None:
    response = viewer.post(PASSWORD, NEW | wrong)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert b'tabindex="-1"' in response.content
    assert User.objects.get(pk=people["viewer"].pk).check_password("preflight")


def link(people: dict[str, User], name: str = "viewer") -> str:
    made = admitting.link_for(by=people["administrator"], person_id=people[name].pk, now=NOW)
    return made.removeprefix(settings.SITE_URL)


def test_a_link_sets_a_password_and_signs_in(client: Client, people: dict[str, User]) -> None:
    address = link(people)
    form = client.get(address)["Location"]
    assert b"<strong>viewer</strong>" in client.get(form).content
    assert client.post(form, NEW | {"new_password2": "other"}).status_code == 422
    assert client.post(form, NEW)["Location"] == "/"
    assert client.get("/").status_code == 200
    used = Client().get(address)
    assert used.status_code == 404
    assert b"This link is used up" in used.content


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/password/x/y/", "/password/MQ/set-password/", "/password/OTk5/abc-def/"])
def test_a_made_up_link_sets_nothing(address: str, client: Client) -> None:
    assert client.get(address).status_code == 404
    assert client.post(address, NEW).status_code == 404


def test_who_is_deactivated_gets_no_further(client: Client, people: dict[str, User]) -> None:
    address = link(people)
    form = client.get(address)["Location"]
    User.objects.filter(username="viewer").update(is_active=False)
    client.post(form, NEW)
    assert client.get("/").status_code == 302
