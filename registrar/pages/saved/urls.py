from __future__ import annotations

from django.urls import path

from . import views

app_name = "saved"
urlpatterns = [
    path("", views.index, name="index"),
    path("save/", views.save, name="save"),
    path("change/", views.change, name="change"),
    path("<int:view_id>/", views.edit, name="edit"),
]
