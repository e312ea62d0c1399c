from __future__ import annotations

from django.urls import path

from . import making, steps, turning_on, views

app_name = "proposals"
urlpatterns = [
    path("", views.index, name="index"),
    path("dates/", making.dates, name="dates"),
    path("sync/", making.sync, name="sync"),
    path("sync-on/", turning_on.sync_on, name="sync_on"),
    path("file/", making.file, name="file"),
    path("<int:proposal_id>/", views.proposal, name="proposal"),
    path("<int:proposal_id>/progress/", views.progress, name="progress"),
    path("<int:proposal_id>/receipt/", views.receipt, name="receipt"),
    path("<int:proposal_id>/submit/", steps.submit, name="submit"),
    path("<int:proposal_id>/edit/", steps.edit, name="edit"),
    path("<int:proposal_id>/remove/", steps.remove, name="remove"),
    path("<int:proposal_id>/allow-closed/", steps.allow_closed, name="allow_closed"),
    path("<int:proposal_id>/release/", steps.release, name="release"),
    path("<int:proposal_id>/approve/", steps.approve, name="approve"),
    path("<int:proposal_id>/reject/", steps.reject, name="reject"),
    path("<int:proposal_id>/send-back/", steps.send_back, name="send_back"),
    path("<int:proposal_id>/withdraw/", steps.withdraw, name="withdraw"),
    path("<int:proposal_id>/apply/", steps.apply, name="apply"),
    path("<int:proposal_id>/restore/", steps.restore, name="restore"),
    path("<int:proposal_id>/again/", steps.again, name="again"),
]
