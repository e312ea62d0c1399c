"""Rules, categories, times and the log in the browser: what is sent is checked, kept, audited and followed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar import tasks
from registrar.models import Account, CategoryList, Entry, Role, Ruling, Timetable
from registrar.services import auditing, categorising, reassessing, ruling
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University

HOME = "/administration/"
MEASURE = {"value": "3", "source": "The manual, page 3"}


@pytest.fixture
def admin(as_: Callable[[str], Client]) -> Client:
    return as_("administrator")


@pytest.fixture
def scientist(as_: Callable[[str], Client]) -> Client:
    """An administrator of science alone."""
    return as_("science_all_round")


def at(account: Account, *steps: str) -> str:
    return "/".join([f"{HOME}sub-accounts/{account.pk}", *steps, ""])


def codes(university: University) -> set[str]:
    return {code for item in university.ready.line_items.all() for code in item.codes}


def upload(name: str, content: bytes) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, content)}


# The bar and the first page


def test_the_bar_leads_there_for_administrators_alone(as_: Callable[[str], Client]) -> None:
    assert f'href="{HOME}"' in as_("administrator").get("/courses/").content.decode()
    assert f'href="{HOME}"' not in as_("approver").get("/courses/").content.decode()


def test_a_superuser_counts_as_one(university: University) -> None:
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    assert browser.get(HOME).status_code == 200


def test_the_first_page_tells_of_ones_own_part(admin: Client, scientist: Client, university: University) -> None:
    Account.objects.filter(pk=university.arts.pk).update(rulepack="skyward", hold_above=1)
    assert "3, 1 with a rule pack of their own" in " ".join(admin.get(HOME).content.decode().split())
    assert "1, 0 with a rule pack of their own" in " ".join(scientist.get(HOME).content.decode().split())


# Sub-accounts


def test_it_shows_where_each_rule_comes_from(
    admin: Client, university: University, people: dict[str, User]
) -> None:
    given = {"by": people["administrator"], "now": NOW}
    ruling.choose_pack(account_id=university.root.pk, code="infinite_campus", reason="", **given)
    ruling.set_ruling(
        account_id=university.root.pk,
        kind="severity",
        name="due_missing",
        value="warning",
        source="Our own rule",
        **given,
    )
    text = " ".join(admin.get(at(university.science)).content.decode().split())
    for words in (
        "Infinite Campus",
        "Pages disagree: 50 in 1331936",
        "N4: kb 663638, FAQ 1325055, Hall Co., checked",
        "Our own rule",
        "Set at <bdi>University</bdi>",
        "from <bdi>University</bdi>",
    ):
        assert words in text


def test_the_list_is_searched_and_paged(admin: Client, university: University) -> None:
    for number in range(60):
        build.account(f"Department {number:02}", university.science)
    first = admin.get(f"{HOME}sub-accounts/").content.decode()
    assert "Page 1 of 2" in first
    assert "Department 59" in admin.get(f"{HOME}sub-accounts/?page=2").content.decode()
    found = admin.get(f"{HOME}sub-accounts/?q=department+07").content.decode()
    assert "Department 07" in found
    assert "Department 08" not in found
    assert "No sub-account matches" in admin.get(f"{HOME}sub-accounts/?q=zzz").content.decode()


def test_a_list_of_one_part_names_no_other(scientist: Client, university: University) -> None:
    text = scientist.get(f"{HOME}sub-accounts/").content.decode()
    assert "Science" in text
    assert "Arts" not in text


@pytest.mark.parametrize("address", [f"{HOME}sub-accounts/", f"{HOME}people/", f"{HOME}log/"])
def test_it_asks_as_often_for_many_as_for_few(address: str, admin: Client, university: University) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert admin.get(address).status_code == 200
        return len(found)

    def more(first: int) -> None:
        for number in range(first, first + 10):
            inside = build.account(f"Department {number}", university.science)
            build.person(f"person{number}", Role.VIEWER, within=[inside])
            auditing.note(by=None, what="limit set", subject=inside.name, account=inside, now=NOW)

    more(0)
    admin.get(address)
    few = queries()
    more(10)
    assert queries() == few


def test_a_pack_is_chosen_and_followed(admin: Client, university: University) -> None:
    response = admin.post(at(university.science, "rule-pack"), {"code": "powerschool", "reason": "New SIS"})
    assert response["Location"] == at(university.science)
    assert Account.objects.get(pk=university.science.pk).rulepack == "powerschool"
    assert not reassessing.waiting().exists()
    assert "The findings of 1 course are worked out again" in admin.get(at(university.science)).content.decode()
    assert Entry.objects.get().reason == "New SIS"


def test_a_pack_that_is_none_is_refused(admin: Client, university: University) -> None:
    response = admin.post(at(university.science, "rule-pack"), {"code": "canvas"})
    assert response.status_code == 422
    assert "Choose a rule pack of the list" in response.content.decode()
    assert b'tabindex="-1"' in response.content


def test_thresholds_are_kept_and_cleared(admin: Client, university: University) -> None:
    admin.post(at(university.arts, "threshold"), {"number": "40", "share": "5"})
    arts = Account.objects.get(pk=university.arts.pk)
    assert (arts.hold_above, arts.hold_above_share) == (40, 5)
    assert "In force: 40, from" in admin.get(at(university.arts)).content.decode()
    admin.post(at(university.arts, "threshold"), {"number": "", "share": ""})
    arts.refresh_from_db()
    assert (arts.hold_above, arts.hold_above_share) == (None, None)
    assert Entry.objects.count() == 2


@pytest.mark.parametrize("wrong", [{"number": "-1"}, {"number": "many"}, {"share": "101"}, {"share": "5.5"}])
def test_thresholds_that_are_none_are_refused(
    wrong: dict[str, str], admin: Client, university: University
) -> None:
    response = admin.post(at(university.arts, "threshold"), wrong)
    assert response.status_code == 422
    assert "as a whole number" in response.content.decode()
    assert b"autofocus" in response.content
    assert not Entry.objects.exists()


# Limits and rules


def test_a_limit_set_in_the_page_changes_what_is_found(admin: Client, university: University) -> None:
    address = at(university.science, "limit", "name_length")
    assert "30" in admin.get(address).content.decode()
    assert admin.post(address, MEASURE)["Location"] == at(university.science)
    assert codes(university) == {"name_too_long"}
    assert "The manual, page 3" in admin.get(at(university.science)).content.decode()
    listed = admin.get("/line-items/?rule=name_too_long").content.decode()
    assert "Exam" in listed
    assert admin.post(address, {"step": "clear", "reason": "Mended"}).status_code == 302
    assert codes(university) == set()
    assert [entry.reason for entry in Entry.objects.order_by("pk")] == ["The manual, page 3", "Mended"]


@pytest.mark.parametrize(
    ("kind", "name", "sent", "value"),
    [
        ("limit", "name_length", {"value": "25"}, 25),
        ("limit", "name_length", {"value": "", "none": "on"}, None),
        ("limit", "points_maximum", {"value": "99.5"}, 99.5),
        ("limit", "name_characters", {"value": " <>"}, " <>"),
        ("limit", "due_date_required", {"value": "no"}, False),
        ("limit", "points_required", {"value": "yes"}, True),
        ("severity", "due_missing", {"value": "warning"}, "warning"),
        ("severity", "due_missing", {"value": "off"}, None),
    ],
)
def test_each_kind_of_value_is_kept(
    kind: str, name: str, sent: dict[str, str], value: object, admin: Client, university: University
) -> None:
    assert admin.get(at(university.arts, kind, name)).status_code == 200
    assert admin.post(at(university.arts, kind, name), sent | {"source": "x"}).status_code == 302
    found = Ruling.objects.get()
    assert (found.kind, found.name, found.value) == (kind, name, value)
    assert admin.get(at(university.arts, kind, name)).status_code == 200
    assert admin.get(at(university.science, kind, name)).status_code == 200


@pytest.mark.parametrize("shown", ["99,5", "99.5", "1250,0"])
def test_a_number_is_taken_as_it_is_shown_in_spanish(shown: str, admin: Client, university: University) -> None:
    admin.cookies["django_language"] = "es"
    address = at(university.arts, "limit", "points_maximum")
    assert admin.post(address, {"value": shown, "source": "x"}).status_code == 302
    again = re.search(r'name="value"[^>]*?value="([^"]*)"', admin.get(address).content.decode(), re.DOTALL)
    assert again
    assert admin.post(address, {"value": again[1], "source": "y"}).status_code == 302
    assert Ruling.objects.get().value == float(shown.replace(",", "."))


@pytest.mark.parametrize(
    ("kind", "name", "sent", "words"),
    [
        ("limit", "name_length", {"value": "0"}, "whole number from 1"),
        ("limit", "name_length", {"value": "1e3"}, "whole number from 1"),
        ("limit", "name_length", {"value": ""}, "Choose or write"),
        ("limit", "points_maximum", {"value": "nan"}, "number of 0 or more"),
        ("limit", "points_maximum", {"value": "-1"}, "number of 0 or more"),
        ("limit", "due_date_required", {"value": "perhaps"}, "Choose yes or no"),
        ("limit", "due_date_required", {}, "Choose or write"),
        ("severity", "due_missing", {"value": "fatal"}, "Choose one of the three"),
        ("severity", "due_missing", {"value": "off", "source": " "}, "where the value comes from"),
    ],
)
def test_what_is_no_value_is_refused(
    kind: str, name: str, sent: dict[str, str], words: str, admin: Client, university: University
) -> None:
    response = admin.post(at(university.arts, kind, name), {"source": "x"} | sent)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert b'tabindex="-1"' in response.content
    assert not Ruling.objects.exists()


@pytest.mark.parametrize("steps", [("limit", "due_missing"), ("severity", "name_length"), ("other", "x")])
def test_a_limit_or_rule_that_is_none_is_not_found(
    steps: tuple[str, str], admin: Client, university: University
) -> None:
    assert admin.get(at(university.arts, *steps)).status_code == 404
    assert admin.post(at(university.arts, *steps), MEASURE).status_code == 404


def test_many_courses_are_left_to_a_worker(
    admin: Client,
    university: University,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    sent: list[bool] = []
    monkeypatch.setattr(tasks.reassess, "delay", lambda: sent.append(True))
    monkeypatch.setattr(reassessing, "AT_ONCE", 0)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        admin.post(at(university.science, "limit", "name_length"), MEASURE)
    assert sent == [True]
    assert codes(university) == set()
    assert "1 course" in admin.get(HOME).content.decode()
    tasks.reassess()
    assert codes(university) == {"name_too_long"}


@pytest.mark.parametrize("who", ["viewer", "reviewer", "approver", "nobody"])
def test_nobody_else_decides_by_a_forged_request(
    who: str, as_: Callable[[str], Client], university: University
) -> None:
    browser = as_(who)
    for address, sent in (
        (at(university.arts, "rule-pack"), {"code": "skyward"}),
        (at(university.arts, "threshold"), {"number": "1"}),
        (at(university.arts, "limit", "name_length"), MEASURE),
        (at(university.arts, "categories"), upload("a.csv", b"Tests")),
        (f"{HOME}timetable/", {"mode": "full", "at": "03:00", "time_zone": "UTC"}),
        (f"{HOME}people/new/", {"username": "mole", "role": "Administrators"}),
    ):
        assert browser.post(address, sent).status_code == 403
    assert not Entry.objects.exists()


def test_an_administrator_of_a_part_decides_for_that_part(scientist: Client, university: University) -> None:
    for beyond in (university.arts, university.root):
        for address, sent in (
            (at(beyond, "rule-pack"), {"code": "skyward"}),
            (at(beyond, "threshold"), {"number": "1"}),
            (at(beyond, "limit", "name_length"), MEASURE),
            (at(beyond, "limit", "name_length"), {"step": "clear"}),
            (at(beyond, "categories"), upload("a.csv", b"Tests")),
            (at(beyond, "categories"), {"step": "remove"}),
        ):
            assert scientist.post(address, sent).status_code == 404
    assert not Entry.objects.exists()
    assert scientist.post(at(university.science, "limit", "name_length"), MEASURE).status_code == 302
    assert codes(university) == {"name_too_long"}


# Categories


def test_a_list_is_kept_shown_and_taken_back(admin: Client, university: University) -> None:
    address = at(university.root, "categories")
    assert "There is none" in admin.get(address).content.decode()
    assert admin.post(address, upload("list.csv", b"Category\nTests\nQuizzes\n"))["Location"] == address
    assert CategoryList.objects.get().names == ["Tests", "Quizzes"]
    below = admin.get(at(university.science, "categories")).content.decode()
    assert "Quizzes" in below
    assert "Remove this list" not in below
    download = admin.get(f"{at(university.science, 'categories')}?format=csv")
    assert categorising.read_names("a.csv", download.content) == ["Tests", "Quizzes"]
    assert admin.post(at(university.science, "categories"), {"step": "remove"}).status_code == 302
    assert CategoryList.objects.exists()
    admin.post(address, {"step": "remove"})
    assert not CategoryList.objects.exists()
    assert admin.get(f"{address}?format=csv").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "no names"),
        ("a.csv", b"\xff\xfe\x00\x01", "not UTF-8"),
        ("a.xlsx", b"PK nonsense", "not a workbook"),
        ("a.exe", b"MZ", "known kind"),
        ("a.csv", b"Tests\nTests\n", "stands in row 1 already"),
        ("a.csv", b"x" * (categorising.LARGEST_FILE + 1), "larger than 2 MB"),
    ],
)
def test_a_file_that_is_none_is_refused(
    name: str, content: bytes, words: str, admin: Client, university: University
) -> None:
    response = admin.post(at(university.root, "categories"), upload(name, content))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert b'tabindex="-1"' in response.content
    assert not CategoryList.objects.exists()


def test_no_file_at_all_is_refused(admin: Client, university: University) -> None:
    response = admin.post(at(university.root, "categories"), {})
    assert response.status_code == 422
    assert "Choose a file" in response.content.decode()


# Timetable


def test_the_times_are_kept(admin: Client) -> None:
    address = f"{HOME}timetable/"
    full = {"mode": "full", "on": "on", "at": "03:30", "time_zone": "America/Chicago"}
    assert admin.post(address, full)["Location"] == address
    quick = {"mode": "quick", "every": "6", "minute": "10", "time_zone": "America/Chicago"}
    assert admin.post(address, quick)["Location"] == address
    told = Timetable.objects.order_by("mode").values_list("mode", "on", "at_minute", "every_hours", "time_zone")
    assert list(told) == [
        ("full", True, 210, 24, "America/Chicago"),
        ("quick", False, 10, 6, "America/Chicago"),
    ]
    text = admin.get(address).content.decode()
    assert "03:30" in text
    assert "Turned off" in text
    assert Entry.objects.filter(what="timetable set").count() == 2


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"mode": "full", "at": "25:00", "time_zone": "UTC"}, "Write the time as 02:15"),
        ({"mode": "full", "at": "02:00", "time_zone": "Mars/Olympus"}, "Choose a time zone"),
        ({"mode": "quick", "every": "5", "minute": "1", "time_zone": "UTC"}, "Choose how often"),
        ({"mode": "quick", "every": "6", "minute": "60", "time_zone": "UTC"}, "minute of the hour"),
        ({"mode": "course"}, "Choose full or quick"),
        ({}, "Choose full or quick"),
    ],
)
def test_times_that_are_none_are_refused(sent: dict[str, str], words: str, admin: Client) -> None:
    response = admin.post(f"{HOME}timetable/", sent)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert b'tabindex="-1"' in response.content
    assert not Entry.objects.exists()


def test_an_administrator_of_a_part_sees_the_times_only(scientist: Client) -> None:
    assert "Keep the times" not in scientist.get(f"{HOME}timetable/").content.decode()
    sent = {"mode": "full", "on": "on", "at": "03:30", "time_zone": "UTC"}
    response = scientist.post(f"{HOME}timetable/", sent)
    assert response.status_code == 422
    assert "limited to a part" in response.content.decode()
    assert not Entry.objects.exists()


# The log


@pytest.fixture
def log(university: University, people: dict[str, User]) -> None:
    for who, what, account, before, after in (
        ("administrator", "limit set", university.science, "as above it", 25),
        ("all_round", "category list removed", university.arts, {"names": 3}, None),
        ("administrator", "timetable set", None, {"on": True}, {"on": False}),
    ):
        subject = account.name if account else "Full sync"
        by = people[who]
        auditing.note(
            by=by, what=what, subject=subject, account=account, before=before, after=after, now=NOW, reason="=1+1"
        )


@pytest.mark.usefixtures("log")
def test_the_log_tells_what_became_what(admin: Client) -> None:
    text = " ".join(admin.get(f"{HOME}log/").content.decode().split())
    assert "3</strong> decisions" in text
    assert "Limit set" in text
    assert "names: 3" in text
    assert "on: yes" in text
    assert "on: no" in text


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("who=all_round", 1),
        ("what=limit+set", 1),
        ("q=arts", 1),
        ("q=nothing+like+it", 0),
        ("since=2020-01-01", 3),
        ("since=2999-01-01", 0),
        ("what=no+such", 3),
        ("since=yesterday", 3),
    ],
)
def test_the_log_is_filtered(query: str, count: int, admin: Client) -> None:
    response = admin.get(f"{HOME}log/?{query}")
    assert response.status_code == 200
    assert response.content.decode().count('<td class="date">') == count
    lines = b"".join(admin.get(f"{HOME}log/?{query}&format=csv")).decode().splitlines()
    assert len(lines) == count + 1


@pytest.mark.usefixtures("log")
def test_the_log_of_a_part_tells_of_that_part(scientist: Client) -> None:
    page = scientist.get(f"{HOME}log/").content.decode()
    file = b"".join(scientist.get(f"{HOME}log/?format=csv")).decode()
    for text in (page, file):
        assert "Science" in text
        assert "Arts" not in text
        assert "imetable set" not in text
        assert "category list removed" not in text.lower()


@pytest.mark.usefixtures("log")
def test_a_file_of_the_log_runs_nothing(admin: Client) -> None:
    response = admin.get(f"{HOME}log/?format=csv")
    assert response["Content-Disposition"] == 'attachment; filename="audit-log.csv"'
    assert ",'=1+1" in b"".join(response).decode()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "yes"),
        ([], "nothing"),
        (["a", "b"], "a, b"),
        ({"at_minute": 3, "on": False, "zone": "", "days": []}, "at minute: 3; on: no"),
        ({"name": ""}, "nothing"),
        ("2026-12-18T23:00:00Z", "Fri, Dec 18, 2026, 11:00 pm UTC"),
        ("2026-12-18T23:00", "2026-12-18T23:00"),
        ("The Tuesday", "The Tuesday"),
    ],
)
def test_it_tells_any_value_in_words(value: object, words: str) -> None:
    assert auditing.in_words(value) == words
