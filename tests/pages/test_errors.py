from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.template.loader import get_template
from django.test import Client

from registrar.domain.readiness import RULES
from registrar.errors import CanvasTrouble, RegistrarError
from registrar.services import reviewing
from tests.pages.conftest import University

PARTS = ("label", "wrong", "why", "who", "how")


def test_it_shows_a_page_for_an_unknown_address(viewer: Client, client: Client) -> None:
    for browser in (viewer, client):
        response = browser.get("/no/such/page")
        assert response.status_code == 404
        assert b"Not found" in response.content
        assert b"Traceback" not in response.content


@pytest.mark.parametrize(
    ("error", "status"),
    [(CanvasTrouble("Canvas <did> not answer."), 502), (RegistrarError("That <is> wrong."), 400)],
)
def test_it_turns_trouble_into_a_sentence(
    error: RegistrarError, status: int, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(reviewing, "terms", fail)
    page, fragment = viewer.get("/"), viewer.get("/", headers={"HX-Request": "true"})
    assert (page.status_code, fragment.status_code) == (status, status)
    assert b"&lt;" in page.content
    assert b"<html" not in fragment.content
    assert b"note--bad" in fragment.content


def test_it_hides_what_broke(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError("secret detail")

    monkeypatch.setattr(reviewing, "terms", fail)
    viewer.raise_request_exception = False
    response = viewer.get("/")
    assert response.status_code == 500
    assert b"Something broke on our side" in response.content
    assert b"secret" not in response.content


def test_it_is_alive_and_ready(client: Client, db: None) -> None:
    assert client.get("/healthz").content == b"ok"
    assert json.loads(client.get("/readyz").content) == {"database": "ok", "broker": "ok"}


def test_it_is_not_ready_without_a_database(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def cursor(self) -> None:
            raise DatabaseError

    monkeypatch.setattr("registrar.pages.health.views.connection", Broken())
    response = client.get("/readyz")
    assert response.status_code == 503
    assert json.loads(response.content)["database"] == "unreachable"


def test_it_is_not_ready_without_a_broker(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("registrar.pages.health.views.current_app.connection_for_write", fail)
    assert json.loads(client.get("/readyz").content)["broker"] == "unreachable"


@pytest.mark.parametrize("code", sorted(RULES))
@pytest.mark.parametrize("part", PARTS)
def test_it_has_words_for_every_rule(code: str, part: str) -> None:
    text = get_template(f"findings/{code}.html").render({"part": part, "params": {}, "sis_name": "Banner"}).strip()
    assert text
    assert "post" not in text.lower().split()


def test_it_has_no_words_for_rules_that_are_not() -> None:
    found = {path.stem for path in Path("templates/findings").glob("*.html")}
    assert found == {str(code) for code in RULES}


def test_it_sends_a_strict_policy_and_nothing_inline(viewer: Client, university: University) -> None:
    response = viewer.get(f"/courses/{university.needing.pk}/")
    assert "script-src 'self'" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert "style=" not in page
    assert "<script>" not in page
    assert "onclick" not in page
