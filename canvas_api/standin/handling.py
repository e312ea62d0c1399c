"""Who asks and whether they may, then the handler (canvas-behaviour.md, section 14)."""

from __future__ import annotations

from . import params, routes
from .call import Call
from .tokens import Token
from .university import University
from .wire import Reply, Request, bad_token, missing_scope, refused, unauthenticated

EXPIRED_AT = "2026-01-01T00:00:00Z"


def answer(university: University, request: Request) -> Reply:
    token = authenticate(university, request)
    route, path, handler = routes.match(request.method, request.path)
    if not token.allows(routes.scope(request.method, route)):
        raise missing_scope()
    call = Call(university=university, request=request, token=token, path=path)
    if "as_user_id" in call.params:
        raise refused(401, {"errors": "Invalid as_user_id"})
    call.route = route
    return handler(call)


def identify(university: University, request: Request) -> Token | None:
    value = sent_token(request)
    return university.token_named(value) if value else None


def sent_token(request: Request) -> str:
    """``Authorization: Bearer``, that very word, or the parameter ``access_token``."""
    word, _, value = request.headers.get("authorization", "").partition(" ")
    if word == "Bearer":
        return value.strip()
    return next((value for name, value in params.pairs_of(request.query) if name == "access_token"), "")


def authenticate(university: University, request: Request) -> Token:
    if not sent_token(request):
        raise unauthenticated()
    token = identify(university, request)
    if token is None:
        raise bad_token("Invalid access token.")
    if token.state == "expired":
        raise bad_token("Expired access token.", expired_at=EXPIRED_AT)
    if token.state == "revoked":
        raise bad_token("Revoked access token.")
    return token
