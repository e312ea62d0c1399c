"""The language of the pages: kept by the browser, and for a person who is signed in beside the account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from registrar.models import Preference


def choose(request: HttpRequest, response: HttpResponseBase, language: str) -> None:
    """From now on; what is no language of ours changes nothing."""
    if language not in dict(settings.LANGUAGES):
        return
    _keep(response, language)
    if request.user.is_authenticated:
        Preference.objects.update_or_create(user=request.user, defaults={"language": language})


def restore(request: HttpRequest, response: HttpResponseBase) -> None:
    """On a browser where nothing was chosen yet, what the person chose on another; else the other way round."""
    if not request.user.is_authenticated:
        return
    here = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    chosen = Preference.objects.filter(user=request.user).values_list("language", flat=True).first()
    if here is None and chosen in dict(settings.LANGUAGES):
        _keep(response, chosen)
    if chosen is None and here in dict(settings.LANGUAGES):
        Preference.objects.create(user=request.user, language=here)


def others() -> list[tuple[str, str]]:
    """The languages that the page is not in, each by its own name."""
    return [(code, name) for code, name in settings.LANGUAGES if code != translation.get_language()]


def _keep(response: HttpResponseBase, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
