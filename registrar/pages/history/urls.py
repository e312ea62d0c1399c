from __future__ import annotations

from django.urls import path

from . import views

app_name = "history"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
]
