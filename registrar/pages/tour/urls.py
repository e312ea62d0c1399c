from __future__ import annotations

from django.urls import path

from . import views

app_name = "tour"
urlpatterns = [
    path("", views.index, name="index"),
    path("step/", views.step, name="step"),
]
