"""People in the browser: invited, changed, deactivated, limited by a search that needs no script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registrar.models import Entry, Role, reach_of, roles_of
from tests.pages import build
from tests.pages.conftest import University

HOME = "/administration/people/"
ADA = {"username": "ada", "first_name": "Ada", "last_name": "Nwosu", "email": "ada@example.edu", "role": "Viewers"}


@pytest.fixture
def admin(as_: Callable[[str], Client]) -> Client:
    return as_("administrator")


@pytest.fixture
def scientist(as_: Callable[[str], Client]) -> Client:
    return as_("science_all_round")


def of(person: User, *steps: str) -> str:
    return "/".join([f"{HOME}{person.pk}", *steps, ""])


def test_the_list_tells_roles_and_limits(admin: Client, people: dict[str, User]) -> None:
    text = admin.get(HOME).content.decode()
    assert f"{len(people)}</strong> accounts" in text
    for words in ("science_reviewer", "Science", "Everything", "Never", "Reviewer"):
        assert words in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=SCIENT", {"scientist"}),
        ("role=Administrators", {"administrator", "all_round", "science_all_round"}),
        ("state=deactivated", {"nobody"}),
        ("role=Kings&state=deactivated", {"nobody"}),
        ("q=zzz", set()),
    ],
)
def test_the_list_is_filtered(query: str, found: set[str], admin: Client, people: dict[str, User]) -> None:
    User.objects.filter(username="nobody").update(is_active=False)
    text = admin.get(f"{HOME}?{query}").content.decode()
    assert {name for name, person in people.items() if f'href="{of(person)}"' in text} == found


def test_a_person_is_invited_by_a_link_that_is_shown_once(admin: Client, university: University) -> None:
    assert admin.get(f"{HOME}new/").status_code == 200
    response = admin.post(f"{HOME}new/", ADA | {"account": str(university.arts.pk)})
    assert response.status_code == 200
    made = User.objects.get(username="ada")
    assert reach_of(made).paths == (university.arts.path,)
    text = response.content.decode()
    address = text.partition('class="link-once">')[2].partition("<")[0]
    assert "no-store" in response["Cache-Control"]
    form = Client().get(address, follow=True)
    assert b"Choose a password" in form.content
    assert address not in admin.get(of(made)).content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"username": ""}, "Write the user name"),
        ({"username": "a b"}, "valid username"),
        ({"username": "viewer"}, "already"),
        ({"email": "nowhere"}, "name@example.edu"),
        ({"role": "Kings"}, "Choose roles of the list"),
        ({"account": "999999"}, "not there"),
    ],
)
def test_an_invitation_that_is_none_is_refused(
    wrong: dict[str, str], words: str, admin: Client, people: dict[str, User]
) -> None:
    response = admin.post(f"{HOME}new/", ADA | wrong)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert b'tabindex="-1"' in response.content
    assert User.objects.count() == len(people)


def test_roles_and_limits_are_changed(admin: Client, people: dict[str, User], university: University) -> None:
    viewer = people["viewer"]
    sent = {"role": ["Reviewers", "Approvers"], "account": [str(university.science.pk)], "email": "v@example.edu"}
    assert admin.post(of(viewer), sent)["Location"] == of(viewer)
    viewer.refresh_from_db()
    assert roles_of(viewer) == {Role.VIEWER, Role.REVIEWER, Role.APPROVER}
    assert reach_of(viewer).paths == (university.science.path,)
    text = admin.get(of(viewer)).content.decode()
    assert f'value="{university.science.pk}"\n                 checked' in text
    assert Entry.objects.get().after == {
        "mail": "v@example.edu",
        "roles": ["Reviewer", "Approver"],
        "limited to": ["Science"],
    }


def test_a_search_for_sub_accounts_keeps_what_was_filled_in(
    admin: Client, people: dict[str, User], university: University
) -> None:
    deep = [build.account(f"Department {number:03}", university.science) for number in range(500)]
    viewer = people["viewer"]
    sent = {"first_name": "Vera", "role": ["Reviewers"], "account": [str(university.arts.pk)], "email": "half"}
    assert "Department 123" not in admin.get(of(viewer)).content.decode()
    response = admin.post(of(viewer), sent | {"find": "department 123", "look": "1"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "Department 123" in text
    assert "Department 124" not in text
    assert 'value="Vera"' in text
    assert 'value="half"' in text
    assert "Not yet" not in text
    assert f'value="{university.arts.pk}"\n                 checked' in text
    assert not Entry.objects.exists()
    # The Enter key sends the form; words that were not looked for yet are looked for first.
    assert "460 more match" in admin.post(of(viewer), sent | {"find": "department"}).content.decode()
    kept = sent | {"email": "", "find": "department 123", "found": "department 123"}
    assert admin.post(of(viewer), kept | {"account": [str(deep[123].pk)]}).status_code == 302
    assert reach_of(viewer).paths == (deep[123].path,)


def test_a_person_is_deactivated_and_let_in_again(
    admin: Client, as_: Callable[[str], Client], people: dict[str, User]
) -> None:
    viewer, browser = people["viewer"], as_("viewer")
    assert browser.get("/").status_code == 200
    assert admin.post(of(viewer, "active"), {"active": "no"})["Location"] == of(viewer)
    assert browser.get("/").status_code == 302
    text = admin.get(of(viewer)).content.decode()
    assert "Reactivate" in text
    assert "disabled" in text
    admin.post(of(viewer, "active"), {"active": "yes"})
    viewer.refresh_from_db()
    assert viewer.is_active


def test_nobody_locks_themselves_out(admin: Client, people: dict[str, User], university: University) -> None:
    me = people["administrator"]
    admin.post(of(me, "active"), {"active": "no"})
    assert "Nobody deactivates their own account" in admin.get(of(me)).content.decode()
    for sent in ({"role": ["Viewers"]}, {"role": ["Administrators"], "account": [str(university.arts.pk)]}):
        response = admin.post(of(me), sent)
        assert response.status_code == 422
        assert "Ask another administrator" in response.content.decode()
    assert roles_of(User.objects.get(pk=me.pk)) >= {Role.ADMINISTRATOR}
    assert not Entry.objects.exists()


def test_a_new_link_is_made(admin: Client, people: dict[str, User]) -> None:
    text = admin.post(of(people["viewer"], "link")).content.decode()
    assert "/password/" in text
    assert Entry.objects.get().what == "password link made"
    root = User.objects.create_superuser("root")
    assert admin.post(of(root, "link")).status_code == 403


def test_an_administrator_of_a_part_keeps_to_it(
    scientist: Client, people: dict[str, User], university: University
) -> None:
    text = scientist.get(HOME).content.decode()
    assert "science_reviewer" in text
    assert f'href="{of(people["viewer"])}"' not in text
    own = people["scientist"]
    for sent in ({}, {"account": str(university.root.pk)}, {"account": str(university.arts.pk)}):
        assert scientist.post(of(own), {"role": "Viewers"} | sent).status_code == 422
        assert scientist.post(f"{HOME}new/", ADA | sent).status_code == 422
    for stranger in ("viewer", "administrator", "all_round"):
        for step, sent in (((), ADA), (("active",), {"active": "no"}), (("link",), {})):
            assert scientist.post(of(people[stranger], *step), sent).status_code == 404
    assert "Arts" not in scientist.get(of(own)).content.decode()
    assert scientist.post(of(own), {"role": "Reviewers", "account": str(university.science.pk)}).status_code == 302
    assert roles_of(own) == {Role.VIEWER, Role.REVIEWER}
    assert not User.objects.filter(username="ada").exists()


@pytest.mark.parametrize("who", ["viewer", "reviewer", "approver", "nobody"])
def test_nobody_else_changes_people_by_a_forged_request(
    who: str, as_: Callable[[str], Client], people: dict[str, User]
) -> None:
    browser, me = as_(who), people[who]
    for step, sent in (((), {"role": "Administrators"}), (("active",), {"active": "no"}), (("link",), {})):
        assert browser.post(of(me, *step), sent).status_code == 403
    assert Role.ADMINISTRATOR not in roles_of(me)
    assert not Entry.objects.exists()
