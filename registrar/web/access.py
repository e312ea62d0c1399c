"""Who may open which page. Every view carries one of these marks; a URL without one fails a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeAlias

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from registrar.errors import Refused
from registrar.models import Reach, Role, reach_of, roles_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

P = ParamSpec("P")
View: TypeAlias = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

MARK = "access"
MANY: Mapping[Role, StrPromise] = {
    Role.VIEWER: _lazy("viewers"),
    Role.REVIEWER: _lazy("reviewers"),
    Role.APPROVER: _lazy("approvers"),
    Role.ADMINISTRATOR: _lazy("administrators"),
}


class Visit(HttpRequest):
    """A request of a signed-in person, with what that person may do and see."""

    htmx: HtmxDetails
    user: User
    roles: frozenset[Role]
    reach: Reach


def needs(*roles: Role) -> Callable[[Callable[Concatenate[Visit, P], HttpResponseBase]], View[P]]:
    """Let in whoever has one of the roles. Nobody gets at rows without passing here: the reach comes along."""

    def mark(view: Callable[Concatenate[Visit, P], HttpResponseBase]) -> View[P]:
        @wraps(view)
        def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            visit = _admit(request, frozenset(roles))
            return view(visit, *args, **kwargs)

        setattr(door, MARK, frozenset(roles))
        return door

    return mark


def public(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> View[P]:
    """Anybody may open this, signed in or not."""
    setattr(view, MARK, frozenset())
    return view


def own_address(request: HttpRequest, wanted: str, otherwise: str = "/") -> str:
    """The way back that a form names, but only to this site's own pages."""
    own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if own and wanted.startswith("/") else otherwise


def _admit(request: HttpRequest, wanted: frozenset[Role]) -> Visit:
    assert isinstance(request.user, User)
    held = roles_of(request.user)
    if not held:
        raise Refused(_("Your account has no role here yet. Ask an administrator to give you one."))
    if not held & wanted:
        said = _("This is for %(roles)s. Ask an administrator if it should be for you too.")
        raise Refused(said % {"roles": _named(wanted)})
    request.roles = held  # type: ignore[attr-defined]
    request.reach = reach_of(request.user)  # type: ignore[attr-defined]
    return request  # type: ignore[return-value]


def _named(roles: frozenset[Role]) -> str:
    return pgettext("between two roles", " and ").join(sorted(str(MANY[role]) for role in roles))


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """A fragment of the sign-in page inside a table helps nobody: htmx is told to go there."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if not htmx:
        return redirect_to_login(request.get_full_path())
    return HttpResponseClientRedirect(redirect_to_login(htmx.current_url_abs_path or "/").url)
