"""Admit: who has an account, in which roles, limited to which part of the university.

An administrator of a part sees and changes only people who are limited to that part, and gives no wider reach.
Nobody takes away their own rights, and somebody who may do everything always remains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from posixpath import commonpath
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from registrar.errors import Missing, Refused
from registrar.models import Account, Reach, Role, Scope, reach_of

from . import auditing
from .rights import require

IS_ADMINISTRATOR = Q(is_superuser=True) | Q(groups__name=Role.ADMINISTRATOR.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a person, and what they may do."""

    first_name: str
    last_name: str
    email: str
    roles: frozenset[Role]
    accounts: frozenset[int]
    """The sub-accounts they are limited to; none means the whole university."""


def people(reach: Reach) -> QuerySet[User]:
    """Those whom an administrator of this reach looks after, with their roles and limits."""
    rows = User.objects.prefetch_related(
        "groups", Prefetch("scopes", Scope.objects.select_related("account").order_by("account__name", "pk"))
    )
    if reach.paths is None:
        return rows
    beyond = Scope.objects.exclude(reach.over("account")).values("user")
    within = Scope.objects.filter(reach.over("account")).values("user")
    return rows.filter(pk__in=within, is_superuser=False).exclude(pk__in=beyond)


def person_for(by: User, pk: int) -> User:
    found = people(reach_of(by)).filter(pk=pk).first()
    if found is None:
        raise Missing(_("This person is not there, or is outside the part that you may see."))
    return found


def roles_given(person: User) -> frozenset[Role]:
    """The roles that were given, not those that follow from them."""
    names = {group.name for group in person.groups.all()}
    return frozenset(role for role in Role if role.value in names)


def standing_of(person: User) -> Standing:
    return Standing(
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        roles=roles_given(person),
        accounts=frozenset(scope.account_id for scope in person.scopes.all()),
    )


def invite(*, by: User, username: str, wanted: Standing, now: datetime) -> User:
    """An account without a password: `link_for` gives the address at which the person chooses one."""
    require(by, Role.ADMINISTRATOR)
    accounts = _limits(by, wanted.accounts, kept=())
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(_("There is a person with the user name “%(name)s” already.") % {"name": username})
    with transaction.atomic():
        person = User.objects.create_user(username, wanted.email)
        _store(person, wanted, accounts)
        _note(by, "person invited", person, None, _told(wanted, accounts), now, accounts)
    return person


def change(*, by: User, person_id: int, wanted: Standing, now: datetime) -> bool:
    """Set names, address, roles and limits; returns whether anything is different from before."""
    with transaction.atomic():
        _alone(by)
        person = _changeable(by, person_id)
        before = standing_of(person)
        if before == wanted:
            return False
        accounts = _limits(by, wanted.accounts, kept=before.accounts)
        _refuse_own_loss(by, person, before, wanted)
        former = [scope.account for scope in person.scopes.all()]
        _store(person, wanted, accounts)
        _refuse_without_anybody()
        told = _differing(_told(before, former), _told(wanted, accounts))
        _note(by, "person changed", person, *told, now, [*former, *accounts] if former and accounts else [])
    return True


def deactivate(*, by: User, person_id: int, now: datetime) -> None:
    """Sign the person out everywhere and let them in no more; what they did keeps their name."""
    with transaction.atomic():
        _alone(by)
        person = _changeable(by, person_id)
        if person.pk == by.pk:
            raise Refused(_("Nobody deactivates their own account. Ask another administrator."))
        _switch(by, person, active=False, what="person deactivated", now=now)
        _refuse_without_anybody()


def reactivate(*, by: User, person_id: int, now: datetime) -> None:
    with transaction.atomic():
        _alone(by)
        _switch(by, _changeable(by, person_id), active=True, what="person reactivated", now=now)


def link_for(*, by: User, person_id: int, now: datetime) -> str:
    """An address at which the person sets a password, once and within `PASSWORD_RESET_TIMEOUT`."""
    person = _changeable(by, person_id)
    if not person.is_active:
        said = _("%(name)s is deactivated. Reactivate the account first.")
        raise Refused(said % {"name": person.get_username()})
    _note(by, "password link made", person, None, None, now, [scope.account for scope in person.scopes.all()])
    key = urlsafe_base64_encode(force_bytes(person.pk))
    token = default_token_generator.make_token(person)
    return settings.SITE_URL + reverse("sessions:set_password", args=[key, token])


def _alone(by: User) -> None:
    """Until the end of the transaction no other administrator changes people; who was one may be none by now."""
    holders = User.objects.filter(IS_ADMINISTRATOR).values("pk")
    list(User.objects.select_for_update().filter(pk__in=holders).order_by("pk").values_list("pk"))
    require(User.objects.get(pk=by.pk), Role.ADMINISTRATOR)


def _changeable(by: User, person_id: int) -> User:
    require(by, Role.ADMINISTRATOR)
    person = person_for(by, person_id)
    if person.is_superuser and not by.is_superuser:
        said = _("%(name)s looks after the server; only such a person changes that account.")
        raise Refused(said % {"name": person.get_username()})
    return person


def _limits(by: User, wanted: Collection[int], kept: Collection[int]) -> list[Account]:
    """The sub-accounts a person is to be limited to, all within the reach of who limits them."""
    reach = reach_of(by)
    if reach.paths is not None and not wanted:
        raise Refused(_("Choose at least one sub-account: you may let nobody see more than you see."))
    present = Q(gone_at=None) | Q(pk__in=kept)
    found = list(Account.objects.filter(reach.own(), present, pk__in=wanted).order_by("name", "pk"))
    if len(found) != len(set(wanted)):
        raise Refused(_("One of the sub-accounts is not there, or it is outside the part that you may see."))
    return found


def _refuse_own_loss(by: User, person: User, before: Standing, wanted: Standing) -> None:
    if person.pk != by.pk:
        return
    if Role.ADMINISTRATOR in before.roles - wanted.roles:
        raise Refused(_("Nobody takes away their own role of administrator. Ask another administrator."))
    if before.accounts != wanted.accounts:
        raise Refused(
            _("Nobody changes what part of the university they see themselves. Ask another administrator.")
        )


def _refuse_without_anybody() -> None:
    everywhere = User.objects.filter(IS_ADMINISTRATOR, is_active=True, scopes=None)
    if not everywhere.exists():
        raise Refused(
            _("Nobody would be left who administers the whole university. Make somebody else one first.")
        )


def _switch(by: User, person: User, *, active: bool, what: str, now: datetime) -> None:
    if person.is_active == active:
        return
    User.objects.filter(pk=person.pk).update(is_active=active)
    accounts = [scope.account for scope in person.scopes.all()]
    _note(by, what, person, None, None, now, accounts)


def _store(person: User, wanted: Standing, accounts: Iterable[Account]) -> None:
    person.first_name, person.last_name, person.email = wanted.first_name, wanted.last_name, wanted.email
    person.save(update_fields=["first_name", "last_name", "email"])
    ours = {group.name: group for group in Group.objects.filter(name__in=Role.values)}
    person.groups.remove(*ours.values())
    person.groups.add(*(ours[role.value] for role in wanted.roles))
    Scope.objects.filter(user=person).delete()
    Scope.objects.bulk_create(Scope(user=person, account=account) for account in accounts)


def _told(standing: Standing, accounts: Iterable[Account]) -> dict[str, Any]:
    return {
        "name": f"{standing.first_name} {standing.last_name}".strip(),
        "mail": standing.email,
        "roles": [role.label for role in Role if role in standing.roles] or "none",
        "limited to": [account.name for account in accounts] or "no part: sees everything",
    }


def _differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    changed = [key for key in before if before[key] != after[key]]
    return {key: before[key] for key in changed}, {key: after[key] for key in changed}


def _note(
    by: User, what: str, person: User, before: Any, after: Any, now: datetime, accounts: Collection[Account]
) -> None:
    """Kept for those who reach all of the person's part, and who so may see them."""
    subject = person.get_username()
    above = _above(accounts)
    auditing.note(by=by, what=what, subject=subject, account=above, before=before, after=after, now=now)


def _above(accounts: Collection[Account]) -> Account | None:
    """The nearest account that all of these are in; none where they are in none."""
    if not accounts:
        return None
    shared = commonpath([account.path for account in accounts]).rstrip("/") + "/"
    return Account.objects.filter(path=shared).first()
