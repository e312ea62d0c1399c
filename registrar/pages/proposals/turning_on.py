"""A new proposal that turns grade sync on. What could be synced is in no reading, so each look asks Canvas."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from registrar.canvas import open_canvas
from registrar.domain import facts
from registrar.domain.objections import NEVER_SYNCED
from registrar.errors import CanvasTrouble, Missing, Refused
from registrar.models import Course, Proposal, Role
from registrar.services import switching
from registrar.web import htmx
from registrar.web.access import Visit, needs

from .forms import SyncOnForm
from .making import course_named, open_or_send

LOOKS = ("show", "tick")
"""Buttons that show the list anew, with what is ticked so far, and send nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsynced:
    """One assignment that could be synced."""

    facts: facts.Assignment
    ticked: bool
    shown: bool

    @property
    def never(self) -> bool:
        return bool(NEVER_SYNCED & set(self.facts.submission_types))

    @property
    def sections_with_own_dates(self) -> int:
        return sum(one.target is facts.Target.SECTION for one in self.facts.overrides or ())


@open_or_send
@needs(Role.REVIEWER)
def sync_on(visit: Visit) -> HttpResponseBase:
    named = visit.GET.get("course", "")
    if not named and visit.method != "POST":
        return render(visit, "proposals/sync_on.html")
    course = course_named(visit, named)
    if course is None:
        raise Missing(_("This course is not there, or it is outside the part that you may see."))
    sent = visit.method == "POST" and not any(name in visit.POST for name in LOOKS)
    form = SyncOnForm(visit.POST if visit.method == "POST" else None, sent=sent)
    status = 200
    if visit.method == "POST" and form.is_valid() and sent:
        try:
            return redirect("proposals:proposal", _propose(visit, course, form).pk)
        except (Refused, CanvasTrouble) as trouble:
            form.add_error(None, trouble.message)
    if sent:
        status = 422
    return _shown(visit, course, form, status)


def _propose(visit: Visit, course: Course, form: SyncOnForm) -> Proposal:
    return switching.propose_on(
        by=visit.user,
        reason=form.cleaned_data["reason"],
        course=course,
        chosen=form.ticked,
        canvas=open_canvas(hurried=True),
        now=datetime.now(UTC),
    )


def _shown(visit: Visit, course: Course, form: SyncOnForm, status: int) -> HttpResponse:
    rows: Sequence[Unsynced] = ()
    trouble = ""
    try:
        rows = _rows(visit, course, form)
    except CanvasTrouble as unanswered:
        if htmx.wants_fragment(visit):
            raise
        trouble, status = unanswered.message, max(status, 502)
    context = {
        "course": course,
        "form": form,
        "rows": [row for row in rows if row.shown],
        "kept": [row for row in rows if row.ticked and not row.shown],
        "total": len(rows),
        "ticked": sum(row.ticked for row in rows),
        "trouble": trouble,
    }
    return htmx.render(
        visit, "proposals/sync_on.html", context, fragment="proposals/_unsynced.html", status=status
    )


def _rows(visit: Visit, course: Course, form: SyncOnForm) -> list[Unsynced]:
    found = switching.unsynced(by=visit.user, course=course, canvas=open_canvas(hurried=True))
    ticked: Collection[int] = form.ticked
    return [_row(one, form, ticked, tick=visit.POST.get("tick", "")) for one in found]


def _row(one: facts.Assignment, form: SyncOnForm, ticked: Collection[int], *, tick: str) -> Unsynced:
    shown = form.lets_through(one)
    row = Unsynced(facts=one, shown=shown, ticked=one.id in ticked)
    if row.never or (shown and tick == "none"):
        return Unsynced(facts=one, shown=shown, ticked=False)
    return Unsynced(facts=one, shown=shown, ticked=True) if shown and tick == "all" else row
