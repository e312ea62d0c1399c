from __future__ import annotations

from django.urls import path

from . import views

app_name = "sessions"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("language/", views.speak, name="language"),
    path("password/", views.password, name="password"),
    path("password/<uidb64>/<token>/", views.set_password, name="set_password"),
]
