from __future__ import annotations

from django.urls import path

from . import views

app_name = "help"
urlpatterns = [
    path("help/", views.index, name="index"),
    path("help/keys/", views.keys, name="keys"),
    path("help/keys/switch/", views.switch, name="switch"),
    path("glossary/", views.glossary, name="glossary"),
]
