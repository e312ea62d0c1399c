from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from registrar.models import Preference, language_of
from registrar.services import admitting

SPEAK = "/language/"


def test_it_answers_in_the_language_of_the_browser(client: Client, db: None) -> None:
    assert '<html lang="en">' in client.get("/sign-in/").content.decode()
    spanish = client.get("/sign-in/", headers={"accept-language": "es-MX,es;q=0.9"})
    assert '<html lang="es">' in spanish.content.decode()
    assert "Iniciar sesión" in spanish.content.decode()
    unknown = client.get("/sign-in/", headers={"accept-language": "eo"})
    assert '<html lang="en">' in unknown.content.decode()


def test_it_goes_back_to_where_the_language_was_chosen(viewer: Client) -> None:
    response = viewer.post(SPEAK, {"language": "es", "next": "/courses/?state=needs_action"})
    assert response["Location"] == "/courses/?state=needs_action"
    assert '<html lang="es">' in viewer.get("/").content.decode()


@pytest.mark.parametrize("next_", ["https://elsewhere.example", "//elsewhere.example", "javascript:alert(1)", ""])
def test_it_goes_nowhere_else(next_: str, client: Client, db: None) -> None:
    assert client.post(SPEAK, {"language": "es", "next": next_})["Location"] == "/"


def test_it_takes_no_language_that_it_does_not_speak(viewer: Client) -> None:
    viewer.post(SPEAK, {"language": "tlh"})
    assert '<html lang="en">' in viewer.get("/").content.decode()
    assert not Preference.objects.exists()


def test_it_is_remembered_beside_the_account(as_: Callable[[str], Client], people: dict[str, object]) -> None:
    as_("viewer").post(SPEAK, {"language": "es"})
    person = Preference.objects.get().user
    assert language_of(person) == "es"
    person.set_password("enough-of-a-word")
    person.save()
    elsewhere = Client()
    elsewhere.post("/sign-in/", {"username": "viewer", "password": "enough-of-a-word"})
    assert '<html lang="es">' in elsewhere.get("/").content.decode()


def test_it_is_remembered_by_who_comes_with_a_link(people: dict[str, User], client: Client) -> None:
    Preference.objects.create(user=people["viewer"], language="es")
    made = admitting.link_for(by=people["administrator"], person_id=people["viewer"].pk, now=datetime.now(UTC))
    form = client.get(made.removeprefix(settings.SITE_URL))["Location"]
    words = "a-long-and-new-password"
    assert client.post(form, {"new_password1": words, "new_password2": words})["Location"] == "/"
    assert '<html lang="es">' in client.get("/").content.decode()


def test_what_was_chosen_on_this_browser_comes_first(as_: Callable[[str], Client]) -> None:
    as_("viewer").post(SPEAK, {"language": "es"})
    person = Preference.objects.get().user
    person.set_password("enough-of-a-word")
    person.save()
    here = Client()
    here.post(SPEAK, {"language": "en"})
    here.post("/sign-in/", {"username": "viewer", "password": "enough-of-a-word"})
    assert '<html lang="en">' in here.get("/").content.decode()


def test_a_language_that_was_given_up_is_that_of_the_house(people: dict[str, object]) -> None:
    person = people["viewer"]
    Preference.objects.create(user=person, language="tlh")
    assert language_of(person) == settings.LANGUAGE_CODE


def test_a_choice_made_before_signing_in_is_the_persons(people: dict[str, object]) -> None:
    person = people["viewer"]
    person.set_password("enough-of-a-word")
    person.save()
    here = Client()
    here.post(SPEAK, {"language": "es"})
    here.post("/sign-in/", {"username": "viewer", "password": "enough-of-a-word"})
    assert language_of(person) == "es"
