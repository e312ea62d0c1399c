from __future__ import annotations

from django.urls import path

from . import views

app_name = "runs"
urlpatterns = [
    path("", views.index, name="index"),
    path("start/", views.start, name="start"),
    path("<int:run_id>/", views.run, name="run"),
    path("<int:run_id>/progress/", views.progress, name="progress"),
    path("<int:run_id>/cancel/", views.cancel, name="cancel"),
    path("<int:run_id>/again/", views.again, name="again"),
]
