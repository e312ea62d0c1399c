"""Who may do what with which course; asked by every step, whichever road it came by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import reduce
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from registrar.errors import Missing, Refused
from registrar.models import Account, Course, Proposal, Role, reach_of, roles_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def require(by: User, *roles: Role) -> None:
    if not by.is_active or not roles_of(by) & set(roles):
        told = _("%(person)s may not do this: it takes the role of %(roles)s.")
        raise Refused(told % {"person": by.get_username(), "roles": _one_of(roles)})


def _one_of(roles: Iterable[Role]) -> str:
    either = pgettext("roles", "%(one)s or %(other)s")
    names = (str(role.label).lower() for role in roles)
    return reduce(lambda one, other: either % {"one": one, "other": other}, names)


def require_reach(by: User, courses: Iterable[Course]) -> None:
    reach = reach_of(by)
    for course in courses:
        if not reach.holds(course.account.path):
            told = _("There is no course %(course)s within %(person)s's reach.")
            raise Missing(told % {"course": course.pk, "person": by.get_username()})


def require_everything(by: User, why: str) -> None:
    """For what cannot be done to a part of the university."""
    if reach_of(by).paths is not None:
        limited = _("%(person)s is limited to a part of it.") % {"person": by.get_username()}
        raise Refused(f"{why} {limited}")


def account_for(by: User, pk: int) -> Account:
    found = Account.objects.filter(reach_of(by).own(), pk=pk, gone_at=None).first()
    if found is None:
        raise Missing(_("This sub-account is not there, or it is outside the part that you may see."))
    return found


def proposal_for(by: User, pk: int) -> Proposal:
    """The proposal if it is within the person's reach; a stranger learns nothing of it."""
    found = Proposal.objects.within(reach_of(by)).filter(pk=pk).first()
    if found is None:
        raise Missing(_("There is no proposal %(number)s.") % {"number": pk})
    return found


def courses_for(by: User, ids: Collection[int]) -> dict[int, Course]:
    found = Course.objects.present().within(reach_of(by)).filter(pk__in=ids)
    return {course.pk: course for course in found.select_related("term", "account")}
