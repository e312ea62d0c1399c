from __future__ import annotations

from typing import Any

from django.contrib import auth, messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from registrar.models import Role
from registrar.web import language
from registrar.web.access import Visit, needs, own_address, public

from .forms import ChangePassword, ChoosePassword


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
        response = redirect(onward)
        language.restore(request, response)
        return response
    status = 422 if request.method == "POST" else 200
    return render(request, "sessions/sign_in.html", {"form": form, "next": onward}, status=status)


@require_POST
@never_cache
@public
def sign_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("sessions:sign_in")


@require_POST
@never_cache
@public
def speak(request: HttpRequest) -> HttpResponse:
    """The pages in another language; then back to where it was chosen."""
    response = redirect(own_address(request, request.POST.get("next", "")))
    language.choose(request, response, request.POST.get("language", ""))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@needs(Role.VIEWER)
def password(visit: Visit) -> HttpResponse:
    """A new password of one's own."""
    form = ChangePassword(visit.user, visit.POST if visit.method == "POST" else None)
    if visit.method == "POST" and form.is_valid():
        auth.update_session_auth_hash(visit, form.save())
        messages.success(visit, _("Your password is changed. Everywhere else you are signed out."))
        return redirect("overview:index")
    status = 422 if visit.method == "POST" else 200
    return render(visit, "sessions/password.html", {"form": form}, status=status)


class _SetPassword(PasswordResetConfirmView):
    template_name = "sessions/set_password.html"
    form_class = ChoosePassword
    success_url = reverse_lazy("overview:index")
    post_reset_login = True

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        status = 404 if not self.validlink else 422 if self.request.method == "POST" else 200
        return super().render_to_response(context, status=status, **kwargs)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
@public
def set_password(request: HttpRequest, uidb64: str, token: str) -> HttpResponseBase:
    """Where the link leads that an administrator made: who has it chooses a password and is signed in."""
    response = _SetPassword.as_view()(request, uidb64=uidb64, token=token)
    language.restore(request, response)
    return response


def _onward(request: HttpRequest) -> str:
    """Where the person wanted to go, as long as that is here."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if here else resolve_url("overview:index")
