"""Every address of the product; each page keeps its own list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("registrar.pages.overview.urls")),
    path("courses/", include("registrar.pages.courses.urls")),
    path("sections/", include("registrar.pages.sections.urls")),
    path("line-items/", include("registrar.pages.line_items.urls")),
    path("search/", include("registrar.pages.search.urls")),
    path("", include("registrar.pages.help.urls")),
    path("tour/", include("registrar.pages.tour.urls")),
    path("views/", include("registrar.pages.saved.urls")),
    path("look/", include("registrar.pages.looks.urls")),
    path("proposals/", include("registrar.pages.proposals.urls")),
    path("reports/", include("registrar.pages.reports.urls")),
    path("exemptions/", include("registrar.pages.exemptions.urls")),
    path("history/", include("registrar.pages.history.urls")),
    path("calendar/", include("registrar.pages.terms.urls")),
    path("runs/", include("registrar.pages.runs.urls")),
    path("administration/", include("registrar.pages.administration.urls")),
    path("mail/", include("registrar.pages.deliveries.urls")),
    path("my-mail/", include("registrar.pages.wishes.urls")),
    path("", include("registrar.pages.sessions.urls")),
    path("", include("registrar.pages.health.urls")),
]

handler400 = "registrar.web.errors.bad_request"
handler403 = "registrar.web.errors.forbidden"
handler404 = "registrar.web.errors.not_found"
handler500 = "registrar.web.errors.server_error"
