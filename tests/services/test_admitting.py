"""Who lets whom in, and how far: nobody gives more than they have, nobody locks everybody out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator

from registrar.errors import Missing, Refused
from registrar.models import Entry, Role, Scope, reach_of, roles_of
from registrar.services import admitting
from registrar.services.admitting import Standing
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University, people, university

__all__ = ["people", "university"]

pytestmark = pytest.mark.django_db
ADA = Standing(
    first_name="Ada",
    last_name="Nwosu",
    email="ada@example.edu",
    roles=frozenset({Role.REVIEWER, Role.APPROVER}),
    accounts=frozenset(),
)


def limited(*accounts: int) -> Standing:
    return replace(ADA, accounts=frozenset(accounts))


def invited(by: User, wanted: Standing = ADA, username: str = "ada") -> User:
    return admitting.invite(by=by, username=username, wanted=wanted, now=NOW)


def changed(by: User, person: User, wanted: Standing) -> bool:
    return admitting.change(by=by, person_id=person.pk, wanted=wanted, now=NOW)


def test_it_invites_without_a_password(people: dict[str, User], university: University) -> None:
    made = invited(people["administrator"], limited(university.arts.pk))
    assert not made.has_usable_password()
    assert roles_of(made) == {Role.REVIEWER, Role.APPROVER, Role.VIEWER}
    assert reach_of(made).paths == (university.arts.path,)
    entry = Entry.objects.get()
    assert (entry.what, entry.subject, entry.account_path) == ("person invited", "ada", university.arts.path)
    assert entry.after["roles"] == ["Reviewer", "Approver"]
    assert entry.after["limited to"] == ["Arts"]


def test_it_makes_a_link_that_sets_a_password_once(people: dict[str, User]) -> None:
    made = invited(people["administrator"])
    link = admitting.link_for(by=people["administrator"], person_id=made.pk, now=NOW)
    token = link.rstrip("/").rpartition("/")[2]
    assert default_token_generator.check_token(made, token)
    made.set_password("quite another one")
    made.save()
    assert not default_token_generator.check_token(made, token)
    assert Entry.objects.filter(what="password link made", subject="ada").count() == 1


def test_it_knows_a_name_whatever_its_capitals(people: dict[str, User]) -> None:
    with pytest.raises(Refused, match="already"):
        invited(people["administrator"], username="VIEWER")


def test_it_changes_roles_and_limits(people: dict[str, User], university: University) -> None:
    admin, viewer = people["administrator"], people["viewer"]
    assert changed(admin, viewer, limited(university.arts.pk, university.science.pk))
    assert not changed(admin, viewer, limited(university.arts.pk, university.science.pk))
    viewer.refresh_from_db()
    assert viewer.email == "ada@example.edu"
    assert roles_of(viewer) == {Role.VIEWER, Role.REVIEWER, Role.APPROVER}
    assert Scope.objects.filter(user=viewer).count() == 2
    assert changed(admin, viewer, replace(ADA, roles=frozenset()))
    assert roles_of(User.objects.get(pk=viewer.pk)) == frozenset()
    assert Entry.objects.count() == 2


def test_it_leaves_other_groups_alone(people: dict[str, User]) -> None:
    viewer = people["viewer"]
    viewer.groups.create(name="Choir")
    changed(people["administrator"], viewer, ADA)
    assert viewer.groups.filter(name="Choir").exists()


def test_it_keeps_a_limit_to_what_is_gone_from_canvas(people: dict[str, User], university: University) -> None:
    university.science.gone_at = NOW
    university.science.save()
    scientist = people["scientist"]
    assert changed(people["administrator"], scientist, limited(university.science.pk))
    with pytest.raises(Refused, match="not there"):
        changed(people["administrator"], people["viewer"], limited(university.science.pk))


def test_it_deactivates_and_reactivates(people: dict[str, User]) -> None:
    admin, viewer = people["administrator"], people["viewer"]
    for _ in range(2):
        admitting.deactivate(by=admin, person_id=viewer.pk, now=NOW)
    assert not User.objects.get(pk=viewer.pk).is_active
    with pytest.raises(Refused, match="deactivated"):
        admitting.link_for(by=admin, person_id=viewer.pk, now=NOW)
    admitting.reactivate(by=admin, person_id=viewer.pk, now=NOW)
    assert User.objects.get(pk=viewer.pk).is_active
    assert list(Entry.objects.order_by("pk").values_list("what", flat=True)) == [
        "person deactivated",
        "person reactivated",
    ]


def test_nobody_takes_away_their_own_rights(people: dict[str, User], university: University) -> None:
    admin = people["administrator"]
    own = replace(ADA, roles=frozenset({Role.ADMINISTRATOR}))
    with pytest.raises(Refused, match="own account"):
        admitting.deactivate(by=admin, person_id=admin.pk, now=NOW)
    with pytest.raises(Refused, match="own role"):
        changed(admin, admin, ADA)
    with pytest.raises(Refused, match="they see themselves"):
        changed(admin, admin, replace(own, accounts=frozenset({university.arts.pk})))
    assert changed(admin, admin, own)


def test_somebody_who_administers_everything_remains(people: dict[str, User], university: University) -> None:
    one, other = people["administrator"], people["all_round"]
    assert changed(one, other, ADA)
    with pytest.raises(Refused, match="takes the role"):
        changed(other, one, ADA)
    # A superuser who is limited to a part does not administer the whole.
    root = User.objects.create_superuser("root")
    root.scopes.create(account=university.root)
    User.objects.filter(pk=one.pk).update(is_active=True)
    Scope.objects.create(user=one, account=university.root)
    with pytest.raises(Refused, match="Nobody would be left"):
        admitting.deactivate(by=root, person_id=one.pk, now=NOW)
    assert User.objects.get(pk=one.pk).is_active


def test_only_those_who_look_after_the_server_change_each_other(people: dict[str, User]) -> None:
    root = User.objects.create_superuser("root")
    for act in (admitting.deactivate, admitting.link_for):
        with pytest.raises(Refused, match="looks after the server"):
            act(by=people["administrator"], person_id=root.pk, now=NOW)
    other = User.objects.create_superuser("other")
    assert admitting.link_for(by=other, person_id=root.pk, now=NOW)


def test_an_administrator_of_a_part_sees_their_own_people(people: dict[str, User], university: University) -> None:
    both = build.person("both", Role.VIEWER, within=[university.science, university.arts])
    by = people["science_all_round"]
    seen = set(admitting.people(reach_of(by)).values_list("username", flat=True))
    assert seen == {"scientist", "science_reviewer", "science_all_round"}
    for stranger in (people["viewer"], people["administrator"], both):
        for act in (admitting.deactivate, admitting.reactivate, admitting.link_for):
            with pytest.raises(Missing):
                act(by=by, person_id=stranger.pk, now=NOW)
        with pytest.raises(Missing):
            changed(by, stranger, limited(university.science.pk))


def test_an_administrator_of_a_part_gives_no_more_than_they_have(
    people: dict[str, User], university: University
) -> None:
    by = people["science_all_round"]
    for wanted in (ADA, limited(university.arts.pk), limited(university.root.pk), limited(99_999)):
        with pytest.raises(Refused):
            invited(by, wanted)
        with pytest.raises(Refused):
            changed(by, people["scientist"], wanted)
    below = build.account("Physics", university.science)
    assert changed(by, people["scientist"], limited(below.pk))
    assert reach_of(invited(by, limited(university.science.pk))).paths == (university.science.path,)


@pytest.mark.parametrize("who", ["viewer", "reviewer", "approver", "nobody"])
def test_it_is_for_administrators(who: str, people: dict[str, User]) -> None:
    by = people[who]
    with pytest.raises(Refused, match="administrator"):
        invited(by)
    for act in (admitting.deactivate, admitting.reactivate, admitting.link_for):
        with pytest.raises(Refused, match="administrator"):
            act(by=by, person_id=people["scientist"].pk, now=NOW)
    with pytest.raises(Refused, match="administrator"):
        changed(by, by, replace(ADA, roles=frozenset(Role)))
    assert not Entry.objects.exists()


def test_what_was_done_to_people_of_several_parts_is_kept_from_each_of_them(
    people: dict[str, User], university: University
) -> None:
    admin = people["administrator"]
    invited(admin, limited(university.science.pk, university.arts.pk))
    assert Entry.objects.get().account_path == university.root.path
    changed(admin, people["scientist"], ADA)
    assert Entry.objects.order_by("pk").last().account_path == ""
