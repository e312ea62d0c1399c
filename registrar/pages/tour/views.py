from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from registrar.errors import Missing
from registrar.models import reach_of
from registrar.services import demonstrating
from registrar.services.demonstrating import STEPS, Player
from registrar.web import tour
from registrar.web.access import public


@require_safe
@public
def index(request: HttpRequest) -> HttpResponse:
    """All stops of the guided demo."""
    _only_in_the_demo()
    return render(request, "tour/index.html", {"steps": STEPS})


@require_POST
@public
def step(request: HttpRequest) -> HttpResponse:
    """To a stop, as the person who is on stage there; a number beyond the stops ends the tour."""
    _only_in_the_demo()
    number = tour.number_in(request.POST.get("step", ""))
    if not number:
        response = redirect("overview:index")
        tour.leave(response)
        return response
    stop = STEPS[number - 1]
    if not _be(request, stop.player):
        messages.error(request, _("The demo's people have other passwords here. Sign in yourself to go on."))
        return redirect("sessions:sign_in")
    response = redirect(stop.address(reach_of(request.user), datetime.now(UTC)))
    tour.keep(response, number)
    return response


def _be(request: HttpRequest, player: Player) -> bool:
    """Through the same door as everybody: it opens only where that person has the demo's password."""
    if request.user.get_username() == player.username:
        return True
    person = auth.authenticate(request, username=player.username, password=demonstrating.PASSWORD)
    if person is None:
        return False
    auth.login(request, person)
    return True


def _only_in_the_demo() -> None:
    if not settings.DEMO:
        raise Missing(_("The guided tour is part of the demo: start it with “make demo”."))
