from __future__ import annotations

from django.urls import path

from . import views

app_name = "courses"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
    path("<int:course_id>/", views.course, name="course"),
    path("<int:course_id>/refresh/", views.refresh, name="refresh"),
    path("<int:course_id>/why/<int:assignment_id>/<int:section_id>/<str:field>/", views.why, name="why"),
]
