from __future__ import annotations

from django.urls import path

from . import making, views

app_name = "exemptions"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
    path("course/<int:course_id>/<str:rule>/", making.accept, name="accept"),
    path("rule/", making.accept_rule, name="accept_rule"),
    path("<int:exemption_id>/", views.exemption, name="exemption"),
    path("<int:exemption_id>/revoke/", views.revoke, name="revoke"),
]
