from __future__ import annotations

from django.urls import path

from . import views

app_name = "deliveries"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:delivery_id>/", views.delivery, name="delivery"),
    path("<int:delivery_id>/html/", views.as_sent, name="as_sent"),
    path("<int:delivery_id>/again/", views.again, name="again"),
    path("<int:delivery_id>/arrived/", views.arrived, name="arrived"),
    path("<int:delivery_id>/bounced/", views.bounced, name="bounced"),
]
