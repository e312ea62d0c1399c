from __future__ import annotations

from django.urls import path

from . import views

app_name = "sections"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
    path("<int:section_id>/", views.section, name="section"),
]
