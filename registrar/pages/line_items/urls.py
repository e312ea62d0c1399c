from __future__ import annotations

from django.urls import path

from . import views

app_name = "line_items"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
]
