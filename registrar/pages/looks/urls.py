from __future__ import annotations

from django.urls import path

from . import views

app_name = "looks"
urlpatterns = [path("", views.choose, name="choose")]
