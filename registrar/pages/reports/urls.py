from __future__ import annotations

from django.urls import path

from . import steps, views

app_name = "reports"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.make, name="make"),
    path("unsubscribe/<str:key>/", steps.unsubscribe, name="unsubscribe"),
    path("<int:subscription_id>/", views.report, name="report"),
    path("<int:subscription_id>/mail/", views.mail, name="mail"),
    path("<int:subscription_id>/change/", views.change, name="change"),
    path("<int:subscription_id>/test/", steps.test, name="test"),
    path("<int:subscription_id>/pause/", steps.pause, name="pause"),
    path("<int:subscription_id>/resume/", steps.resume, name="resume"),
    path("<int:subscription_id>/remove/", steps.remove, name="remove"),
]
