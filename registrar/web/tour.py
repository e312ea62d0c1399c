"""At which stop of the guided demo this browser is; a cookie, for the people change on the way."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from registrar.services.demonstrating import STEPS, Step

COOKIE = "tour"


@dataclass(frozen=True, slots=True)
class Stop:
    number: int
    of: int
    step: Step

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1 if self.number < self.of else 0


def stop(request: HttpRequest) -> Stop | None:
    if not settings.DEMO:
        return None
    number = number_in(request.COOKIES.get(COOKIE, ""))
    return Stop(number, len(STEPS), STEPS[number - 1]) if number else None


def number_in(text: str) -> int:
    """0 where it is none of a stop."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return number if number <= len(STEPS) else 0


def keep(response: HttpResponseBase, number: int) -> None:
    response.set_cookie(COOKIE, str(number), httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def leave(response: HttpResponseBase) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
