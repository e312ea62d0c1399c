from __future__ import annotations

from django.urls import path

from . import views

app_name = "terms"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:term_id>/", views.term, name="term"),
    path("<int:term_id>/watch/", views.watch, name="watch"),
    path("<int:term_id>/add/", views.add, name="add"),
    path("dates/<int:mark_id>/", views.change, name="change"),
    path("dates/<int:mark_id>/remove/", views.remove, name="remove"),
]
