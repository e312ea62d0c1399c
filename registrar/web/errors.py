"""The one place where what went wrong becomes a status and a page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from registrar.errors import CanvasTrouble, Missing, Refused, RegistrarError

TITLES = {
    400: "That cannot be done",
    403: "Not for you",
    404: "Not found",
    405: "Not this way",
    500: "Something broke on our side",
    502: "Canvas did not answer as it should",
}
STATUSES: tuple[tuple[type[RegistrarError], int], ...] = ((Refused, 403), (Missing, 404), (CanvasTrouble, 502))


class TroubleMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and isinstance(response, HttpResponse) and not response.content:
            response.content = _page(request, "This address cannot be opened in that way.", 405).content
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RegistrarError):
            return None
        status = next((code for kind, code in STATUSES if isinstance(exception, kind)), 400)
        return _page(request, exception.message, status)


def _page(request: HttpRequest, message: str, status: int) -> HttpResponse:
    context = {"title": TITLES[status], "message": message, "status": status}
    template = "errors/_trouble.html" if getattr(request, "htmx", None) else "errors/page.html"
    return render(request, template, context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "The request could not be understood. Go back and try again.", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "You may not open this.", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "There is nothing at this address, or it is outside the part that you may see.", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without request and context processors: whatever broke may have been one of those."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)
