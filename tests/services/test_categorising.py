"""The list of the SIS's categories: read from what people send, and used for what is below."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from openpyxl import Workbook

from registrar.errors import Missing, Refused
from registrar.models import CategoryList, Entry, Role, Ruling
from registrar.services import categorising, reassessing, ruling
from registrar.services.categorising import BadNames, read_names
from registrar.services.opening import BadFile
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University, people, university

__all__ = ["people", "university"]


def workbook(*cells: object) -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    for cell in cells:
        book.active.append([cell, "more"])
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"Category\r\nTests\r\nQuizzes\r\n"),
        ("a.csv", "\ufeffTests;1\nQuizzes;2\n".encode()),
        ("a.tsv", b"Tests\tx\n\n  Quizzes \tx\n"),
        ("a.txt", b"categories\nTests\nQuizzes"),
        ("A.XLSX", workbook("Name", "Tests", None, "Quizzes")),
    ],
)
def test_it_reads_the_first_column(name: str, content: bytes) -> None:
    assert read_names(name, content) == ["Tests", "Quizzes"]


def test_a_line_of_text_is_one_name() -> None:
    assert read_names("a.txt", b"Tests, oral\nGroup") == ["Tests, oral", "Group"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"%PDF", "known kind"),
        ("a.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("a.xlsx", b"no workbook", "not a workbook"),
        ("a.csv", b"", "no names"),
        ("a.csv", b"category\n", "no names"),
        ("a.csv", b"x" * (categorising.LARGEST_FILE + 1), "larger than 2 MB"),
        ("a.txt", "\n".join(map(str, range(5001))).encode(), "more than 5,000"),
    ],
)
def test_it_says_what_is_wrong_with_a_file(name: str, content: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read_names(name, content)


def test_it_lists_each_bad_row() -> None:
    content = f"category\nTests\nTests\n{'x' * 201}\nnul\0\nGood\n".encode()
    with pytest.raises(BadNames, match="3 rows") as caught:
        read_names("a.csv", content)
    assert [(bad.row, bad.message.partition(";")[0][:24]) for bad in caught.value.rows] == [
        (3, "“Tests” stands in row 2 "),
        (4, "it is longer than 200 ch"),
        (5, "it has characters that c"),
    ]


def test_a_download_can_be_sent_back() -> None:
    names = ["Tests", "=cmd()", "-x", 'a "b", c', "'quoted'"]
    shown = categorising.as_csv(names)
    assert "\n=cmd" not in shown
    assert read_names("a.csv", shown.encode()) == names


@pytest.mark.django_db
def test_it_holds_below_and_changes_what_is_found(university: University) -> None:
    admin = build.person("admin", Role.ADMINISTRATOR)
    build.read(
        university.ready,
        sections=[build.section()],
        assignments=[build.assignment(group_name="Tests", group_sis_id="g1")],
    )
    ruling.set_ruling(
        by=admin,
        account_id=university.root.pk,
        kind=Ruling.Kind.LIMIT,
        name="categories_required",
        value=True,
        source="x",
        now=NOW,
    )

    def found() -> set[str]:
        reassessing.carry_on(clock=lambda: NOW, until=None)
        return {code for item in university.ready.line_items.all() for code in item.codes}

    assert found() == set()
    given = {"by": admin, "file_name": "list.csv", "now": NOW}
    assert categorising.keep(account_id=university.root.pk, names=["Homework"], **given) == 2
    assert found() == {"category_unmapped"}
    categorising.keep(account_id=university.science.pk, names=["Tests"], **given)
    assert found() == set()
    assert categorising.nearest(university.science).account == university.science
    assert categorising.nearest(university.arts).account == university.root
    assert categorising.remove(by=admin, account_id=university.science.pk, now=NOW) == 1
    assert categorising.remove(by=admin, account_id=university.science.pk, now=NOW) == 0
    assert found() == {"category_unmapped"}
    entry = Entry.objects.order_by("pk").last()
    assert (entry.what, entry.before, entry.after) == (
        "category list removed",
        {"names": 1, "first": "Tests"},
        None,
    )


@pytest.mark.django_db
def test_it_is_for_administrators_of_that_part(university: University, people: dict[str, User]) -> None:
    given = {"names": ["Tests"], "file_name": "a.csv", "now": NOW}
    for who in ("viewer", "reviewer", "approver"):
        with pytest.raises(Refused, match="administrator"):
            categorising.keep(by=people[who], account_id=university.science.pk, **given)
    scientist = people["science_all_round"]
    with pytest.raises(Missing):
        categorising.keep(by=scientist, account_id=university.arts.pk, **given)
    with pytest.raises(Missing):
        categorising.remove(by=scientist, account_id=university.root.pk, now=NOW)
    categorising.keep(by=scientist, account_id=university.science.pk, **given)
    assert CategoryList.objects.get().account == university.science
