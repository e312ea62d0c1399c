"""What a first visit costs: served as in production, compressed, hashed, and kept by the browser for good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page, Request

from tests.pages import build
from tests.pages.conftest import University

MOST = 250_000
OTHER_LETTERS = Path(__file__).parents[2] / "static" / "fonts" / "inter-latin-ext.woff2"
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


@pytest.fixture
def served(settings: Any, tmp_path: Path, university: University, people: dict[str, Any]) -> Iterator[str]:
    """WhiteNoise serves the collected files itself; Django's test server would look for them elsewhere."""
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_AUTOREFRESH = False
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    shared = {"default": connections["default"]}
    # And for good: a thread that answers may close its connection after the test has ended.
    shared["default"].inc_thread_sharing()
    thread = LiveServerThread("127.0.0.1", lambda app: WSGIHandler(), connections_override=shared)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert not thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


def sign_in(page: Page, served: str) -> None:
    page.goto(f"{served}/sign-in/")
    page.get_by_label("User name").fill("reviewer")
    page.get_by_label("Password").fill("preflight")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{served}/")


def visited(page: Page, address: str) -> list[Request]:
    found: list[Request] = []
    page.on("requestfinished", lambda request: found.append(request))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return found


def weight(request: Request) -> int:
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


def test_a_first_visit_is_light(served: str, chromium: Browser, university: University) -> None:
    for number in range(30):
        sections = [build.section(f"{number}-A"), build.section(f"{number}-B")]
        broken = [build.assignment(f"Závěrečná práce {number}", due=None, needs_grading_count=3)]
        build.course(university.arts, university.term, code=f"CZ {number}", sections=sections, assignments=broken)
    signed = chromium.new_context()
    sign_in(signed.new_page(), served)
    cookies = signed.cookies()
    signed.close()
    for address in ("/", "/courses/", "/line-items/"):
        fresh = chromium.new_context()
        fresh.add_cookies(cookies)  # type: ignore[arg-type]
        found = visited(fresh.new_page(), served + address)
        assert any(request.url.endswith(".css") for request in found)
        total = sum(weight(request) for request in found)
        if not any("latin-ext" in request.url for request in found):
            total += OTHER_LETTERS.stat().st_size  # the one more font that other names may take
        assert 20_000 < total < MOST, {request.url: weight(request) for request in found}
        fresh.close()


def test_everything_is_hashed_and_kept(served: str, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, served)
    for request in visited(page, f"{served}/line-items/"):
        response = request.response()
        assert response is not None
        if "/static/" in request.url:
            assert HASHED.search(request.url), request.url
            assert "immutable" in response.headers["cache-control"]
        else:
            assert response.headers["content-encoding"] == "gzip"
            assert "immutable" not in response.headers.get("cache-control", "")
    context.close()
