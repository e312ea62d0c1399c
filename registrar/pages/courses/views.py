from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from registrar import tasks
from registrar.domain.dates import explain
from registrar.domain.facts import DATE_FIELDS, DateField
from registrar.errors import Missing
from registrar.models import Course, LineItem, Role
from registrar.services import reviewing, syncing, tallying
from registrar.services.assessing import facts_of
from registrar.services.sourcing import sources
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.export import exported
from registrar.web.filters import FilterForm
from registrar.web.listing import listed
from registrar.web.progress import latest, told
from registrar.web.tables import look

from .grid import laid_out
from .timeline import timeline

SORTS = {
    "course": "sort_key",
    "needing": "items_needing",
    "warned": "items_warned",
    "sections": "sections_needing",
    "read": "read_at",
}
FIELDS = (
    ("due_at", pgettext_lazy("date of an assignment", "Due")),
    ("unlock_at", pgettext_lazy("date of an assignment", "Available from")),
    ("lock_at", pgettext_lazy("date of an assignment", "Until")),
)


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    now = datetime.now(UTC)
    form = _form(visit)
    chosen = form.filters(now=now)
    rows = reviewing.courses(visit.reach, chosen).select_related("account", "term")
    page = listed(rows, sorts=SORTS, sort=form.sorted_by, page=form.page_number, exact=not chosen.words)
    context = {
        "form": form,
        "term": form.chosen_term,
        "listing": page,
        "look": look(visit, "courses"),
        "states": LineItem.Status.choices,
        "old_before": chosen.old_before,
        "readings": tallying.readings(visit.reach, chosen.place_only()),
    }
    return htmx.render(visit, "courses/index.html", context, fragment="courses/_results.html")


@require_safe
@needs(Role.VIEWER)
def export(visit: Visit) -> HttpResponseBase:
    """The line items of what the list shows with the same address."""
    now = datetime.now(UTC)
    chosen = _form(visit).filters(now=now)
    return exported(visit, reviewing.items_of_courses(visit.reach, chosen), now)


@require_safe
@needs(Role.VIEWER)
def course(visit: Visit, course_id: int) -> HttpResponse:
    found, now = _within_reach(visit, course_id), datetime.now(UTC)
    own = reviewing.runs(visit.reach).filter(course_ref=str(course_id))
    grid = laid_out(found)
    context = {
        "course": found,
        "term": found.term,
        "grid": grid,
        "timeline": timeline(found, grid, now),
        "sources": sources(found.account, {task.code for task in grid.tasks}),
        "old": found.read_at is not None and found.read_at < reviewing.old_before(now),
    }
    context |= told(visit, latest(own, now), now)
    return htmx.render(visit, "courses/course.html", context, fragment="courses/_course.html")


@require_POST
@needs(Role.REVIEWER)
def refresh(visit: Visit, course_id: int) -> HttpResponse:
    found = _within_reach(visit, course_id)
    run = syncing.request(mode="course", by=visit.user, trigger="person", now=datetime.now(UTC), course=found)
    transaction.on_commit(partial(tasks.work.delay, run.pk))
    if htmx.wants_fragment(visit):
        return render(visit, "shared/_told.html", told(visit, run, datetime.now(UTC)) | {"started": True})
    return redirect("courses:course", course_id)


@require_safe
@needs(Role.VIEWER)
def why(visit: Visit, course_id: int, assignment_id: int, section_id: int, field: str) -> HttpResponseBase:
    """Step by step: every date that was weighed for this section, and which one won."""
    found = _within_reach(visit, course_id)
    if (name := _date_field(field)) is None:
        raise Http404
    item = (
        found.line_items.filter(assignment_id=assignment_id, section=section_id)
        .select_related("section")
        .prefetch_related("findings__exemption")
        .first()
    )
    facts = facts_of(course_id)
    assignment = next((one for one in facts.assignments if one.id == assignment_id), None) if facts else None
    if item is None or assignment is None:
        raise Missing(_("This line item is no longer there: the course has been read again since."))
    broken = list(item.findings.all())
    context = {
        "course": found,
        "term": found.term,
        "item": item,
        "findings": broken,
        "sources": sources(found.account, {finding.code for finding in broken}),
        "field": name,
        "value": getattr(item, name),
        "source": getattr(item, f"{name}_source"),
        "fields": FIELDS,
        "steps": explain(assignment, section_id, name),
    }
    return htmx.render(visit, "courses/why.html", context, fragment="courses/_why.html")


def _date_field(name: str) -> DateField | None:
    return next((field for field in DATE_FIELDS if field == name), None)


def _within_reach(visit: Visit, course_id: int) -> Course:
    rows = Course.objects.within(visit.reach).select_related("account", "term")
    found = rows.filter(pk=course_id).first()
    if found is None:
        raise Missing(_("This course is not there, or it is outside the part that you may see."))
    return found


def _form(visit: Visit) -> FilterForm:
    return FilterForm(visit.GET, reach=visit.reach, sorts=SORTS, first_sort="-needing")
