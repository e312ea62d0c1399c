from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

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
