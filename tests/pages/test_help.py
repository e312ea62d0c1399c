"""Shortcuts: told at an address of their own, told in a dialog, and off for whoever wants that."""

from __future__ import annotations

import pytest
from django.test import Client

HTMX = {"HX-Request": "true"}


def test_the_sheet_is_a_page_and_a_fragment(viewer: Client) -> None:
    page, part = viewer.get("/help/keys/"), viewer.get("/help/keys/", headers=HTMX)
    assert b"<html" in page.content
    assert b"<html" not in part.content
    for answer in (page, part):
        assert b"<kbd>g</kbd> <kbd>l</kbd>" in answer.content
        assert b'id="panel-title" tabindex="-1"' in b" ".join(answer.content.split())


def test_every_place_of_the_sheet_is_in_the_bar(viewer: Client) -> None:
    page = viewer.get("/help/keys/")
    for key, _ in page.context["places"]:
        assert f'data-go="{key}"'.encode() in page.content


def test_they_can_be_switched_off_and_on(viewer: Client) -> None:
    assert b'data-keys="on"' in viewer.get("/").content
    assert viewer.post("/help/keys/switch/", {"keys": "off"})["Location"] == "/help/keys/"
    assert b'data-keys="off"' in viewer.get("/courses/").content
    assert b"They are switched off" in viewer.get("/help/keys/").content
    viewer.post("/look/", {"table": "courses", "density": "compact"})
    assert b'data-keys="off"' in viewer.get("/").content
    viewer.post("/help/keys/switch/", {"keys": "on"})
    assert b'data-keys="on"' in viewer.get("/").content


@pytest.mark.parametrize("address", ["/", "/line-items/", "/proposals/", "/runs/"])
def test_help_is_one_link_away(address: str, viewer: Client) -> None:
    assert b'href="/help/"' in viewer.get(address).content


def test_there_are_none_at_sign_in(client: Client, db: None) -> None:
    assert b'data-keys="off"' in client.get("/sign-in/").content
