"""Who may do what with which course; asked by every step, whichever road it came by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from registrar.errors import Missing, Refused
from registrar.models import Account, Course, Proposal, Role, reach_of, roles_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def require(by: User, *roles: Role) -> None:
    if not by.is_active or not roles_of(by) & set(roles):
        names = " or ".join(role.label.lower() for role in roles)
        raise Refused(f"{by.get_username()} may not do this: it takes the role of {names}.")


def require_reach(by: User, courses: Iterable[Course]) -> None:
    reach = reach_of(by)
    for course in courses:
        if not reach.holds(course.account.path):
            raise Missing(f"There is no course {course.pk} within {by.get_username()}'s reach.")


def require_everything(by: User, why: str) -> None:
    """For what cannot be done to a part of the university."""
    if reach_of(by).paths is not None:
        raise Refused(f"{why} {by.get_username()} is limited to a part of it.")


def account_for(by: User, pk: int) -> Account:
    found = Account.objects.filter(reach_of(by).own(), pk=pk, gone_at=None).first()
    if found is None:
        raise Missing("This sub-account is not there, or it is outside the part that you may see.")
    return found


def proposal_for(by: User, pk: int) -> Proposal:
    """The proposal if it is within the person's reach; a stranger learns nothing of it."""
    found = Proposal.objects.within(reach_of(by)).filter(pk=pk).first()
    if found is None:
        raise Missing(f"There is no proposal {pk}.")
    return found


def courses_for(by: User, ids: Collection[int]) -> dict[int, Course]:
    found = Course.objects.present().within(reach_of(by)).filter(pk__in=ids)
    return {course.pk: course for course in found.select_related("term", "account")}
