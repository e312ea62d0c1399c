"""The one place where what went wrong becomes a status and a page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from registrar.errors import CanvasTrouble, Missing, Refused, RegistrarError

TITLES = {
    400: _lazy("That cannot be done"),
    403: _lazy("Not for you"),
    404: _lazy("Not found"),
    405: _lazy("Not this way"),
    500: _lazy("Something broke on our side"),
    502: _lazy("Canvas did not answer as it should"),
}
STATUSES: tuple[tuple[type[RegistrarError], int], ...] = ((Refused, 403), (Missing, 404), (CanvasTrouble, 502))


class TroubleMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and isinstance(response, HttpResponse) and not response.content:
            response.content = _page(request, _("This address cannot be opened in that way."), 405).content
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
    return _page(request, _("The request could not be understood. Go back and try again."), 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, _("You may not open this."), 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = _("There is nothing at this address, or it is outside the part that you may see.")
    return _page(request, said, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without request and context processors: whatever broke may have been one of those."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)
