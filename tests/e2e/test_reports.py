"""Reports in a real browser: the mail in every width and light, the pages about it, and what is done there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from registrar import tasks
from registrar.models import Delivery, Subscription
from registrar.services import rendering, reporting, subscribing, summarising
from tests.e2e.conftest import ARTEFACTS, Watched
from tests.e2e.places import LONG
from tests.e2e.test_every_page import breaches
from tests.pages import build
from tests.pages.conftest import University


@pytest.fixture
def busy(university: University, people: dict[str, User]) -> University:
    """Many colleges, a deadline in six days, and a former report to compare with."""
    User.objects.update(email="somebody@example.edu")
    for number, name in enumerate((LONG, "Nursing", "Law")):
        college = build.account(name, university.root)
        broken = [build.assignment(due=None), build.assignment("x" * 300, needs_grading_count=3)]
        sections = [build.section(str(one)) for one in range(number + 1)]
        title = "Uninterruptedlylongcoursename" * 3 if number else "Statics"
        build.course(
            college, university.term, name=title, code=f"ENGR {number}", sections=sections, assignments=broken
        )
    build.mark(university.term)
    return university


@pytest.fixture
def report(busy: University, people: dict[str, User]) -> Subscription:
    made = build.subscription(busy.root, name="Dean Osei", with_xlsx=True)
    reporting.write_due(now=build.NOW)
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=build.NOW)
    busy.needing.findings.filter(code="name_empty").delete()
    return made


def mail_of(one: Subscription) -> rendering.Report:
    around = summarising.around()
    (term,) = around.terms_of(one, build.NOW)
    scope = summarising.scope_of(one)
    now = build.NOW + timedelta(days=1)
    found = summarising.picture(subscription=one, term=term, scope=scope, around=around, now=now)
    return rendering.report(subscription=one, found=found, now=now)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 700])
def test_the_mail_reads_well(scheme: Any, width: int, chromium: Browser, report: Subscription) -> None:
    """Without a picture, a script or a server: nothing is asked for, sticks out or is hard to read."""
    page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(mail_of(report).html)
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"report-mail-{scheme}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert breaches(page) == []
    assert page.locator("img, script, link, iframe").count() == 0
    assert asked == []
    expect(page.get_by_role("heading", level=1)).to_contain_text("sections not ready")
    expect(page.get_by_text("solved")).to_be_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in ground[4:-1].split(",")) < 200) == (scheme == "dark")
    page.close()


def test_the_mail_stands_without_its_style_sheet(chromium: Browser, report: Subscription) -> None:
    """Some mail programs throw away the head: what matters stands on the elements."""
    page = chromium.new_page(viewport={"width": 360, "height": 800}, offline=True)
    page.set_content(mail_of(report).html)
    page.evaluate("document.querySelectorAll('style').forEach(one => one.remove())")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert breaches(page) == []
    button = page.get_by_role("link", name="See what is open")
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(31, 79, 163)"
    page.close()


def test_a_report_is_set_up_tried_and_left(
    open_as: Callable[..., Watched], busy: University, monkeypatch: pytest.MonkeyPatch, chromium: Browser
) -> None:
    """By the registrar with the keyboard, then by the dean with one click."""
    monkeypatch.setattr(tasks.deliver, "delay", lambda: None)
    watched = open_as("reviewer")
    page = watched.page
    page.goto("/reports/")
    page.get_by_role("link", name="Set up a report").press("Enter")
    page.get_by_label("Mail address", exact=True).fill("dean@example.edu")
    expect(page.get_by_role("radio", name="A mail address")).to_be_checked()
    page.get_by_role("checkbox", name="Arts").press("Space")
    page.get_by_label("Days before the grade deadline").fill("soon")
    page.get_by_role("button", name="Set it up").press("Enter")
    expect(page.locator("#form-trouble")).to_be_focused()
    expect(page.get_by_label("Days before the grade deadline")).to_have_value("soon")
    page.get_by_label("Days before the grade deadline").fill("7, 1, 0")
    page.get_by_role("button", name="Set it up").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("dean@example.edu")
    framed = page.frame_locator("iframe")
    expect(framed.get_by_role("heading", level=1)).to_contain_text("2 of 2 sections not ready")
    page.get_by_text("The same as plain text").press("Enter")
    expect(page.locator("pre")).to_contain_text("2 of 2 sections not ready.")
    page.get_by_role("button", name="Send a test to myself").press("Enter")
    expect(page.get_by_text("A test is on its way to somebody@example.edu.")).to_be_visible()
    assert Delivery.objects.get().subject.startswith("Test: Fall: 2 sections not ready")
    assert [fault for fault in watched.faults if "422" not in fault] == []
    subscribed = Subscription.objects.get()
    dean = chromium.new_page()
    dean.goto(page.url.rpartition("/reports/")[0] + f"/reports/unsubscribe/{subscribed.key}/")
    dean.get_by_role("button", name="Unsubscribe").click()
    expect(dean.get_by_role("heading", name="Unsubscribed")).to_be_visible()
    dean.close()
    subscribed.refresh_from_db()
    assert subscribed.unsubscribed_at is not None
    page.goto("/reports/")
    expect(page.get_by_text("Unsubscribed")).to_be_visible()


def test_a_link_in_the_frame_opens_beside_it(
    open_as: Callable[..., Watched], report: Subscription, live_server: LiveServer, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    page = open_as("reviewer").page
    page.goto(f"/reports/{report.pk}/")
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="See what is open").click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    assert "/sections/?term=" in opened.value.url
    opened.value.close()


def test_subscribing_needs_no_script(open_as: Callable[..., Watched], busy: University) -> None:
    page = open_as("viewer", java_script_enabled=False).page
    page.goto("/reports/new/")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Report to")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: nothing is sent until it is resumed.")).to_be_visible()
    assert subscribing.visible(User.objects.get(username="viewer")).get().paused_at is not None
