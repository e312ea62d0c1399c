from __future__ import annotations

from django.urls import path

from . import views

app_name = "line_items"
urlpatterns = [
    path("", views.index, name="index"),
    path("picks/", views.pick, name="pick"),
    path("export/", views.export, name="export"),
]
