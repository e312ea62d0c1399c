from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from registrar.models import Role
from registrar.services.demonstrating import PASSWORD, PLAYERS, STEPS
from tests.pages import build
from tests.pages.conftest import University

STEP = "/tour/step/"


@pytest.fixture
def demo(university: University, settings: LazySettings) -> University:
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for player in PLAYERS:
        person = build.person(player.username, player.role)
        person.set_password(PASSWORD)
        person.save()
    return university


@pytest.mark.usefixtures("university")
def test_there_is_no_tour_but_in_the_demo(client: Client) -> None:
    assert client.get("/tour/").status_code == 404
    assert client.post(STEP, {"step": "1"}).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("demo")
def test_it_leads_through_every_stop_as_who_works_there(client: Client) -> None:
    page = client.get("/tour/").content.decode()
    for number, stop in enumerate(STEPS, start=1):
        assert str(stop.title) in page
        response = client.post(STEP, {"step": str(number)}, follow=True)
        assert response.status_code == 200, stop.title
        text = response.content.decode()
        assert f"Guided demo, stop {number} of {len(STEPS)}" in text
        assert f"{stop.player.username}<" in text.replace("<bdi>", "").replace("</bdi>", "<")


def test_it_finds_what_there_is_to_show(client: Client, demo: University) -> None:
    found = {}
    for number, stop in enumerate(STEPS, start=1):
        found[str(stop.title)] = client.post(STEP, {"step": str(number)})["Location"]
    assert found["What needs action in one college?"] == (
        f"/sections/?state=needs_action&term={demo.term.pk}&account={demo.arts.pk}"
    )
    assert found["Why is a section not ready?"] == reverse("courses:course", args=(demo.needing.pk,))
    assert "rule=due_missing" in found["Propose other dates"]


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("wanted", ["0", "", "99", "x", "²", "-1", "9" * 5000])
def test_it_ends_at_any_other_number(wanted: str, client: Client) -> None:
    client.post(STEP, {"step": "1"})
    assert "Guided demo, stop" in client.get("/").content.decode()
    client.post(STEP, {"step": wanted})
    assert "Guided demo, stop" not in client.get("/").content.decode()


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("kept", ["0", "x", "99", "²", "", "9" * 5000])
def test_it_does_not_stumble_over_a_cookie(kept: str, client: Client) -> None:
    client.cookies["tour"] = kept
    assert client.get("/sign-in/").status_code == 200


def test_it_lets_nobody_in_who_has_another_password(client: Client, demo: University) -> None:
    build.person("impostor", Role.VIEWER)
    from django.contrib.auth.models import User

    reviewer = User.objects.get(username="reviewer")
    reviewer.set_password("another")
    reviewer.save()
    response = client.post(STEP, {"step": "1"}, follow=True)
    assert "other passwords here" in response.content.decode()
    assert "_auth_user_id" not in client.session
