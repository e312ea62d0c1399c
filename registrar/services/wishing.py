"""Wish: which news a person wants by mail, and how."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from registrar.models import Role, Wish

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CONCERNS = {
    Wish.News.WAITING: {Role.APPROVER, Role.ADMINISTRATOR},
    Wish.News.DECIDED: {Role.REVIEWER, Role.APPROVER},
    Wish.News.FINISHED: {Role.REVIEWER, Role.APPROVER},
    Wish.News.SYNC: {Role.ADMINISTRATOR},
}
"""Who can hear of what at all."""


def kinds_for(roles: Collection[Role]) -> list[Wish.News]:
    return [kind for kind, holders in CONCERNS.items() if holders & set(roles)]


def wishes_of(person: User) -> dict[str, str]:
    """Of every kind of news; what was never chosen is told at once."""
    chosen = dict(Wish.objects.filter(person=person).values_list("news", "how"))
    return {kind: chosen.get(kind, Wish.How.NOW) for kind in Wish.News.values}


def choose(*, by: User, wishes: Mapping[str, str]) -> None:
    with transaction.atomic():
        for kind, how in wishes.items():
            Wish.objects.update_or_create(person=by, news=kind, defaults={"how": how})
