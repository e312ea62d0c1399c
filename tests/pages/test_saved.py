"""Saved views: a list with its filters under a name, one's own or the office's, never more than one may see."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar.errors import Missing
from registrar.models import Role, SavedView
from registrar.services import saving
from tests.pages import build
from tests.pages.conftest import University


def save(
    browser: Client, name: str = "To mend", query: str = "list=line_items&state=needs_action", **more: str
) -> str:
    return str(browser.post(f"/views/save/?{query}", {"name": name} | more)["Location"])


def names(browser: Client) -> list[str]:
    return [view.name for view in browser.get("/views/").context["views"]]


def test_it_is_found_again(viewer: Client) -> None:
    assert (
        save(viewer, query="list=courses&state=ready&sort=-course&page=3&q=biol")
        == "/courses/?q=biol&state=ready&sort=-course"
    )
    for address in ("/courses/", "/", "/views/"):
        page = viewer.get(address).content.decode()
        assert "To mend" in page
        assert 'href="/courses/?q=biol&amp;state=ready&amp;sort=-course"' in page
    assert b"To mend" not in viewer.get("/sections/").content


def test_it_marks_the_view_in_sight(viewer: Client) -> None:
    address = save(viewer)
    views = viewer.get(address).content.decode().partition('aria-label="Saved views"')[2].partition("</nav>")[0]
    assert 'aria-current="page"' in views
    other = (
        viewer.get("/line-items/").content.decode().partition('aria-label="Saved views"')[2].partition("</nav>")[0]
    )
    assert 'aria-current="page"' not in other


def test_it_keeps_only_what_is_understood(viewer: Client, university: University) -> None:
    assert save(viewer, query="list=sections&rule=nonsense&term=999&evil=1") == "/sections/"
    assert save(viewer, "b", query="list=users&state=ready") == "/line-items/?state=ready"


def test_the_same_name_takes_the_new_filters(viewer: Client) -> None:
    save(viewer)
    save(viewer, query="list=line_items&state=ready")
    assert [view.query for view in SavedView.objects.all()] == ["state=ready"]


def test_it_is_ones_own_until_it_is_shared(as_: Callable[[str], Client]) -> None:
    viewer, other = as_("viewer"), as_("reviewer")
    save(viewer)
    assert names(other) == []
    pk = SavedView.objects.get().pk
    viewer.post("/views/change/", {"view": pk, "then": "share"})
    assert names(other) == ["To mend"]
    viewer.post("/views/change/", {"view": pk, "then": "keep"})
    assert names(other) == []


@pytest.mark.parametrize("which", ["{}", "only-{}"])
def test_a_shared_view_of_a_college_is_for_those_who_may_see_it(
    as_: Callable[[str], Client], university: University, which: str
) -> None:
    arts, science = (which.format(account.pk) for account in (university.arts, university.science))
    save(as_("viewer"), "Late in arts", f"list=courses&account={arts}&q=PHIL+101", shared="on")
    save(as_("viewer"), "Late in science", f"list=courses&account={science}", shared="on")
    assert names(as_("reviewer")) == ["Late in arts", "Late in science"]
    scientist = as_("scientist")
    assert names(scientist) == ["Late in science"]
    for address in ("/", "/courses/", "/views/"):
        page = scientist.get(address).content
        assert b"Late in science" in page
        assert b"Late in arts" not in page
        assert b"PHIL 101" not in page


def test_a_view_of_everything_is_for_those_who_see_everything(as_: Callable[[str], Client]) -> None:
    save(as_("viewer"), "Arts is late", "list=courses&q=phil", shared="on")
    assert names(as_("reviewer")) == ["Arts is late"]
    scientist = as_("scientist")
    assert names(scientist) == []
    for address in ("/", "/courses/", "/views/"):
        assert b"Arts is late" not in scientist.get(address).content


def test_it_is_for_everybody_when_its_name_tells_nothing(as_: Callable[[str], Client]) -> None:
    save(as_("viewer"), "Late", "list=courses", shared="on", for_everybody="on")
    assert names(as_("scientist")) == ["Late"]


def test_a_view_of_a_college_is_never_for_everybody(as_: Callable[[str], Client], university: University) -> None:
    query = f"list=courses&account={university.arts.pk}"
    save(as_("viewer"), "Late", query, shared="on", for_everybody="on", account=str(university.science.pk))
    assert names(as_("scientist")) == []
    assert SavedView.objects.get().account == university.arts


def test_it_is_shared_with_one_college(as_: Callable[[str], Client], university: University) -> None:
    save(as_("viewer"), "For science", shared="on", account=str(university.science.pk))
    save(as_("viewer"), "For arts", shared="on", account=str(university.arts.pk))
    assert names(as_("scientist")) == ["For science"]
    assert names(as_("reviewer")) == ["For arts", "For science"]


def test_a_limited_person_shares_with_those_of_the_same_part(
    as_: Callable[[str], Client], university: University
) -> None:
    save(as_("scientist"), shared="on")
    assert SavedView.objects.get().account == university.science
    assert names(as_("science_reviewer")) == names(as_("viewer")) == ["To mend"]
    artist = Client()
    artist.force_login(build.person("artist", Role.VIEWER, within=[university.arts]))
    assert names(artist) == []


def test_who_sees_two_colleges_shares_with_those_who_see_both(
    as_: Callable[[str], Client], university: University
) -> None:
    both = Client()
    both.force_login(build.person("both", Role.VIEWER, within=[university.arts, university.science]))
    save(both, shared="on")
    assert SavedView.objects.get().account == university.root
    assert names(as_("viewer")) == ["To mend"]
    assert names(as_("scientist")) == []


def test_who_sees_only_a_department_is_told_when_the_name_tells_nothing(
    as_: Callable[[str], Client], university: University
) -> None:
    botanist = Client()
    botany = build.account("Botany", university.science)
    botanist.force_login(build.person("botanist", Role.VIEWER, within=[botany]))
    science = str(university.science.pk)
    save(as_("viewer"), "Zoology is late", shared="on", account=science)
    save(as_("viewer"), "Late", shared="on", account=science, for_everybody="on")
    assert names(botanist) == ["Late"]


def test_it_is_not_shared_with_a_part_that_the_sharer_does_not_see(
    as_: Callable[[str], Client], university: University
) -> None:
    fields = {"name": "Mine", "shared": "on", "account": str(university.arts.pk)}
    page = as_("scientist").post("/views/save/?list=courses", fields)
    assert page.status_code == 422
    assert b"Choose a sub-account of the list." in page.content
    assert not SavedView.objects.exists()


def test_a_college_that_moved_out_of_reach_is_not_shared_any_more(
    people: dict[str, User], university: University
) -> None:
    view = build.saved_view(owner=people["scientist"], query=f"account={university.arts.pk}")
    with pytest.raises(Missing):
        saving.share_view(by=people["scientist"], pk=view.pk, shared=True)


def test_it_says_with_whom_it_is_shared(viewer: Client, university: University) -> None:
    science = str(university.science.pk)
    save(viewer, "a")
    save(viewer, "b", shared="on")
    save(viewer, "c", shared="on", for_everybody="on")
    save(viewer, "d", shared="on", account=science)
    save(viewer, "e", shared="on", account=science, for_everybody="on")
    page = " ".join(viewer.get("/views/").content.decode().split())
    assert "Yours </td>" in page
    assert "Yours, shared with those who see the whole university" in page
    assert "Yours, shared with everybody </td>" in page
    assert "Yours, shared with those who see all of <bdi>Science</bdi>" in page
    assert "Yours, shared with everybody in <bdi>Science</bdi>" in page


def test_it_gets_another_name(viewer: Client, university: University) -> None:
    save(viewer, shared="on", account=str(university.arts.pk))
    address = f"/views/{SavedView.objects.get().pk}/"
    assert b'value="To mend"' in viewer.get(address).content
    fields = {"name": "Mended", "shared": "on", "account": str(university.science.pk)}
    assert viewer.post(address, fields)["Location"] == "/views/"
    found = SavedView.objects.get()
    assert (found.name, found.query, found.account) == ("Mended", "state=needs_action", university.science)
    viewer.post(address, {"name": "Mended"})
    found.refresh_from_db()
    assert (found.shared, found.account) == (False, None)


@pytest.mark.parametrize("name", ["", "x" * 61, "Taken"])
def test_it_keeps_its_name_when_another_one_cannot_be(name: str, viewer: Client) -> None:
    save(viewer)
    save(viewer, "Taken")
    view = SavedView.objects.get(name="To mend")
    page = viewer.post(f"/views/{view.pk}/", {"name": name})
    assert page.status_code == 422
    assert b'href="#field-name"' in page.content
    view.refresh_from_db()
    assert view.name == "To mend"


def test_a_strangers_view_keeps_its_name(as_: Callable[[str], Client]) -> None:
    save(as_("viewer"), shared="on")
    address = f"/views/{SavedView.objects.get().pk}/"
    assert as_("administrator").post(address, {"name": "Hers"}).status_code == 404
    assert SavedView.objects.get().name == "To mend"


def test_views_that_were_shared_before_get_their_account(people: dict[str, User], university: University) -> None:
    owner = people["scientist"]
    known = {"shared": True, "table": "courses"}
    by_filter = build.saved_view("a", query=f"account=only-{university.arts.pk}", **known)
    by_owner = build.saved_view("b", owner=owner, **known)
    of_all = build.saved_view("c", **known)
    own = build.saved_view("d", owner=owner)
    move = import_module("registrar.migrations.0021_shared_views_reach").give_each_its_account
    move(apps, None)
    found = SavedView.objects.in_bulk()
    accounts = [found[one.pk].account for one in (by_filter, by_owner, of_all, own)]
    assert accounts == [university.arts, university.science, None, None]


def test_a_shared_view_shows_each_what_they_may_see(as_: Callable[[str], Client], university: University) -> None:
    address = save(as_("viewer"), query=f"list=courses&account={university.arts.pk}", shared="on")
    scientist = as_("scientist")
    page = scientist.get(address)
    assert b"PHIL 101" not in page.content
    assert b"Not understood in this address" in page.content


@pytest.mark.parametrize("then", ["remove", "share", "keep"])
def test_it_is_changed_by_its_owner_alone(then: str, as_: Callable[[str], Client]) -> None:
    save(as_("viewer"), shared="on")
    pk = SavedView.objects.get().pk
    assert as_("administrator").post("/views/change/", {"view": pk, "then": then}).status_code == 404
    assert SavedView.objects.get().shared


def test_it_is_removed(viewer: Client) -> None:
    save(viewer)
    viewer.post("/views/change/", {"view": SavedView.objects.get().pk, "then": "remove"})
    assert names(viewer) == []


@pytest.mark.parametrize("view", ["", "x", "9" * 40])
def test_it_changes_nothing_without_a_view(view: str, viewer: Client) -> None:
    save(viewer)
    assert viewer.post("/views/change/", {"view": view, "then": "remove"})["Location"] == "/views/"
    assert SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "nul\0"])
def test_it_says_what_is_wrong_with_the_name(name: str, viewer: Client) -> None:
    page = viewer.post("/views/save/?list=courses&state=ready", {"name": name})
    assert page.status_code == 422
    text = " ".join(page.content.decode().split())
    assert 'tabindex="-1" autofocus' in text
    assert 'href="#field-name"' in text
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_them(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST", 1)
    save(viewer)
    page = viewer.post("/views/save/?list=courses", {"name": "Another"})
    assert page.status_code == 422
    assert b"Remove one that you no longer need" in page.content
    save(viewer, query="list=line_items&state=ready")
    assert SavedView.objects.get().query == "state=ready"


def test_it_tells_what_will_be_saved(viewer: Client, university: University) -> None:
    query = f"list=line_items&state=needs_action&rule=due_missing&term={university.term.pk}&q=essay"
    page = viewer.get(f"/views/save/?{query}").content.decode()
    for words in ("Needs action", "No due date", university.term.name, "“essay”"):
        assert words in page


def test_it_shows_names_as_text(viewer: Client) -> None:
    save(viewer, "<script>alert(1)</script>")
    for address in ("/views/", "/line-items/", "/"):
        assert b"<script>alert" not in viewer.get(address).content


def test_it_asks_as_often_for_many_as_for_few(viewer: Client, people: dict[str, User]) -> None:
    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            viewer.get(address)
        return len(queries)

    known = {"table": "courses", "shared": True, "saved_at": build.NOW}
    for number in range(10):
        SavedView.objects.create(owner=people["reviewer"], name=f"{number}", **known)
    viewer.get("/")  # the first visit keeps the term in the session
    few = [asked(address) for address in ("/views/", "/", "/courses/")]
    for number in range(10, 20):
        SavedView.objects.create(owner=people["approver"], name=f"{number}", **known)
    assert [asked(address) for address in ("/views/", "/", "/courses/")] == few


@pytest.mark.parametrize("digits", [19, 5_000])
def test_a_number_that_no_college_has_is_no_college(digits: int) -> None:
    assert not saving.names_college(f"account={'9' * digits}")
