"""Who may see what. Roles are Django groups; a person may be limited to sub-accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from .readings import Account

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Role(models.TextChoices):
    """The names are those of the groups (design.md, section 9)."""

    VIEWER = "Viewers", _lazy("Viewer")
    REVIEWER = "Reviewers", _lazy("Reviewer")
    APPROVER = "Approvers", _lazy("Approver")
    ADMINISTRATOR = "Administrators", _lazy("Administrator")


class Scope(models.Model):
    """Limits a person to a sub-account and what is below it; several add up, none at all means everything."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scopes")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "account"), name="one_scope"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.account_id}"


class Preference(models.Model):
    """The language a person chose, for the pages and for the mail."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    language = models.CharField(max_length=8)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.language}"


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of the account tree that a person may see: paths, or None for all of it."""

    paths: tuple[str, ...] | None

    def over(self, account: str) -> Q:
        """The condition that the account behind the named relation is within reach."""
        return self._where(f"{account}__path")

    def own(self) -> Q:
        """The condition that an account itself is within reach."""
        return self._where("path")

    def _where(self, column: str) -> Q:
        if self.paths is None:
            return Q()
        condition = Q(pk__in=())
        for path in self.paths:
            condition |= Q(**{f"{column}__startswith": path})
        return condition

    def holds(self, path: str) -> bool:
        return self.paths is None or any(path.startswith(root) for root in self.paths)

    def meeting(self, other: Reach) -> Reach:
        """The part that is within both."""
        if self.paths is None or other.paths is None:
            return other if self.paths is None else self
        mine = {path for path in self.paths if other.holds(path)}
        return Reach(tuple(sorted(mine | {path for path in other.paths if self.holds(path)})))


EVERYTHING = Reach(None)


def reach_of(user: User | AnonymousUser) -> Reach:
    if user.is_anonymous:
        return Reach(())
    paths = tuple(user.scopes.values_list("account__path", flat=True))
    return Reach(paths) if paths else EVERYTHING


def roles_of(user: User | AnonymousUser) -> frozenset[Role]:
    """Administrators may do what reviewers do, reviewers and approvers see what viewers see."""
    names = {group.name for group in user.groups.all()}
    roles = {role for role in Role if role.value in names}
    if user.is_superuser or Role.ADMINISTRATOR in roles:
        roles |= {Role.ADMINISTRATOR, Role.REVIEWER}
    if roles:
        roles.add(Role.VIEWER)
    return frozenset(roles)


def language_of(user: User | AnonymousUser) -> str:
    """The language a person chose, else that of the installation."""
    if user.is_anonymous:
        return settings.LANGUAGE_CODE
    chosen = Preference.objects.filter(user=user).values_list("language", flat=True).first()
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
