from __future__ import annotations

from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from registrar.web.access import public


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@never_cache
@public
def sign_in(request: HttpRequest) -> HttpResponseBase:
    onward = _onward(request)
    if request.user.is_authenticated:
        return redirect(onward)
    form = AuthenticationForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        auth.login(request, form.get_user())
        return redirect(onward)
    status = 422 if request.method == "POST" else 200
    return render(request, "sessions/sign_in.html", {"form": form, "next": onward}, status=status)


@require_POST
@never_cache
@public
def sign_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("sessions:sign_in")


def _onward(request: HttpRequest) -> str:
    """Where the person wanted to go, as long as that is here."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if here else resolve_url("overview:index")
