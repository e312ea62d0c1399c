from __future__ import annotations

from django.urls import path

from . import accounts, categories, landing, log, people, setup, timetable

app_name = "administration"
urlpatterns = [
    path("", landing.index, name="index"),
    path("sub-accounts/", accounts.index, name="accounts"),
    path("sub-accounts/<int:account_id>/", accounts.account, name="account"),
    path("sub-accounts/<int:account_id>/rule-pack/", accounts.rulepack, name="rulepack"),
    path("sub-accounts/<int:account_id>/threshold/", accounts.threshold, name="threshold"),
    path("sub-accounts/<int:account_id>/categories/", categories.categories, name="categories"),
    path("sub-accounts/<int:account_id>/<slug:kind>/<slug:name>/", accounts.measure, name="measure"),
    path("set-up/", setup.index, name="setup"),
    path("set-up/hide/", setup.hide, name="setup_hide"),
    path("set-up/<slug:code>/test/", setup.test, name="setup_test"),
    path("timetable/", timetable.index, name="timetable"),
    path("people/", people.index, name="people"),
    path("people/new/", people.invite, name="invite"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/active/", people.active, name="active"),
    path("people/<int:person_id>/link/", people.link, name="link"),
    path("log/", log.index, name="log"),
]
