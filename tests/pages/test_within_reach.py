"""Whoever is limited to one college opens every page and file on offer, and reads no line about another."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile, is_zipfile

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from registrar.domain.findings import Code
from registrar.models import Account, Mark, Role
from registrar.services import categorising, counting, marking, proposing, ruling, saving
from registrar.services.covering import Target
from registrar.services.exempting import accept
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University

ELSEWHERE = "Xylography"
"""Stands in whatever is known of the other college."""
EACH = 1
"""Addresses that differ only in numbers are one kind; so many of a kind are opened."""
LEFT_OUT = ("/static/", "/sign-out/", "/proposals/sync-on/")
"""Of these the last one asks Canvas."""


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src", "hx-get") and value]


def words(response: HttpResponse) -> str:
    body = b"".join(response) if response.streaming else response.content
    if is_zipfile(BytesIO(body)):
        book = ZipFile(BytesIO(body))
        body = b"\n".join(book.read(name) for name in book.namelist())
    return body.decode()


def kind_of(address: str) -> str:
    parts = urlsplit(address)
    keys = sorted(pair.partition("=")[0] for pair in parts.query.split("&"))
    return re.sub(r"\d+", "N", parts.path) + "?" + ",".join(keys)


def everything(browser: Client) -> Iterator[tuple[str, str]]:
    """Every page and file that can be reached from the first one, with its words."""
    waiting, seen, kinds = deque(["/"]), {"/"}, Counter[str]()
    while waiting:
        address = waiting.popleft()
        response = browser.get(address, follow=True)
        if response.status_code == 405:
            continue
        assert response.status_code in (200, 400), (address, response.status_code)
        said = words(response)
        yield address, said
        if not response["Content-Type"].startswith("text/html"):
            continue
        for link in Links(said).found:
            parts = urlsplit(urljoin(f"http://testserver{address}", link))
            then = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.netloc != "testserver" or then.startswith(LEFT_OUT) or then in seen:
                continue
            seen.add(then)
            kinds[kind_of(then)] += 1
            if kinds[kind_of(then)] <= EACH:
                waiting.append(then)


def work_in(college: Account, university: University, name: str, by: User) -> None:
    """All that an office does in a college, with a name in each of its words."""
    broken = [build.assignment(f"{name} essay", due=None), build.assignment(f"{name} exam")]
    sections = [build.section(f"{name} A", sis_id=f"{name}-1")]
    course = build.course(
        college, university.term, name=f"{name} 1", code=f"{name[:4]} 1", sections=sections, assignments=broken
    )
    accept(
        by=by,
        code=Code.DUE_MISSING,
        target=Target(course_id=course.pk),
        until=(NOW + timedelta(days=9)).date(),
        reason=f"{name} is graded on paper.",
        now=NOW,
    )
    day = marking.Wanted(kind=Mark.Kind.OTHER, name=f"{name} day", at=NOW + timedelta(days=3), account=college)
    marking.set_mark(by=by, term=university.term, wanted=day, now=NOW)
    change = proposing.Wanted(
        course_id=course.pk, assignment_id=broken[1].id, section_id=None, dates={"due_at": NOW}
    )
    proposing.propose_dates(by=by, reason=f"{name} moved.", wanted=[change], now=NOW)
    ruling.set_thresholds(by=by, account_id=college.pk, number=5, share=None, reason=f"{name} said so.", now=NOW)
    source = f"{name} memo"
    ruling.set_ruling(
        by=by, account_id=college.pk, kind="limit", name="name_length", value=30, source=source, now=NOW
    )
    categorising.keep(by=by, account_id=college.pk, names=[f"{name} quiz"], file_name=f"{name}.csv", now=NOW)
    build.subscription(college, address=f"{name.lower()}@example.edu", name=f"{name} chair")
    build.delivery(name.lower(), account_paths=[college.path], subject=f"Fall: {name}")
    build.person(f"{name} person", Role.REVIEWER, within=[college])
    query = f"account={college.pk}&q={name}"
    saving.save_view(by=by, table="courses", name=f"{name} late", query=query, shared=True, now=NOW)
    build.run(course, account=college)


@pytest.fixture
def busy(university: University, people: dict[str, User]) -> University:
    Account.objects.filter(pk=university.arts.pk).update(name=f"{ELSEWHERE} College")
    by = people["all_round"]
    work_in(Account.objects.get(pk=university.arts.pk), university, ELSEWHERE, by)
    work_in(university.science, university, "Botany", by)
    counting.count(now=NOW)
    return university


ROOMS = (
    "/courses/",
    "/courses/export/",
    "/line-items/export/",
    "/sections/",
    "/proposals/",
    "/reports/",
    "/exemptions/",
    "/exemptions/export/",
    "/history/",
    "/calendar/",
    "/runs/",
    "/mail/",
    "/views/",
    "/administration/log/",
    "/administration/people/",
    "/administration/sub-accounts/",
)


@pytest.mark.usefixtures("busy")
def test_the_walk_comes_into_every_room(as_: Callable[[str], Client]) -> None:
    told = {urlsplit(address).path for address, said in everything(as_("all_round")) if ELSEWHERE in said}
    assert [room for room in ROOMS if room not in told] == []


@pytest.mark.parametrize("who", ["scientist", "science_all_round"])
@pytest.mark.usefixtures("busy")
def test_nobody_reads_a_line_about_another_college(who: str, as_: Callable[[str], Client]) -> None:
    walked = dict(everything(as_(who)))
    assert [address for address, said in walked.items() if ELSEWHERE.lower() in said.lower()] == []
    assert any("Botany" in said for said in walked.values())
