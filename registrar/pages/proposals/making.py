"""New proposals: a change of dates, grade sync turned off, or what a file says.

The address names what was chosen, by course or by the filters of the list of line items; the form repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, QuerySet
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from registrar.errors import Missing, Refused, RegistrarError
from registrar.models import Course, LineItem, Proposal, Role
from registrar.services import editing, importing, proposing, reviewing, switching
from registrar.services.assessing import facts_of
from registrar.web import picks
from registrar.web.access import Visit, needs
from registrar.web.filters import FilterForm
from registrar.words.numbers import grouped

from .forms import LABELS, DatesForm, FileForm, SyncForm, is_id, merged

MOST = 50_000
"""Line items that one proposal can start from: more than this nobody can look over."""
open_or_send = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The line items that a proposal starts from."""

    items: QuerySet[LineItem]
    counts: dict[str, int]
    course: Course | None

    def by_course(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for course, assignment in self.items.order_by().values_list("course_id", "assignment_id").distinct():
            found.setdefault(course, set()).add(assignment)
        return found


def _counted(items: QuerySet[LineItem], course: Course | None = None) -> Chosen:
    kinds = {name: Count(f"{name}_id", distinct=True) for name in ("assignment", "section", "course")}
    return Chosen(items=items, counts=items.order_by().aggregate(items=Count("pk"), **kinds), course=course)


def _chosen(visit: Visit) -> Chosen:
    if visit.GET.get("course"):
        return _of_course(visit, visit.GET)
    if visit.GET.get("picked"):
        return _counted(picks.picked_items(visit))
    form = FilterForm(visit.GET, reach=visit.reach, sorts=(), first_sort="")
    strange = [name for name in form.ignored if name not in ("sort", "page")]
    if strange:
        told = _(
            "Not understood in this address: %(names)s. Without it more would be changed than was asked for, so "
            "go back to the list and choose again."
        )
        raise RegistrarError(told % {"names": ", ".join(strange)})
    found = _counted(reviewing.line_items(visit.reach, form.filters(now=datetime.now(UTC))))
    if found.counts["items"] > MOST:
        most = grouped(MOST)
        raise RegistrarError(
            _("These are more than %(most)s line items. Narrow the filters first.") % {"most": most}
        )
    return found


def _of_course(visit: Visit, given: QueryDict) -> Chosen:
    """Ticked rows and columns of the course's table, or what breaks one rule; where nothing is said, all."""
    ids = {name: [int(one) for one in given.getlist(name) if is_id(one)] for name in given}
    course = course_named(visit, given.get("course", ""))
    if course is None:
        raise Missing(_("This course is not there, or it is outside the part that you may see."))
    items = course.line_items.all()
    if ids.get("assignment"):
        items = items.filter(assignment_id__in=ids["assignment"])
    if ids.get("section"):
        items = items.filter(section__in=ids["section"])
    if rule := given.get("rule"):
        items = items.with_rule(rule)
    return _counted(items, course)


def course_named(visit: Visit, given: str) -> Course | None:
    courses = Course.objects.present().within(visit.reach).select_related("account", "term")
    return courses.filter(pk=int(given)).first() if is_id(given) else None


@open_or_send
@needs(Role.REVIEWER)
def dates(visit: Visit) -> HttpResponseBase:
    chosen = _chosen(visit)
    form = DatesForm(visit.POST if visit.method == "POST" else None, terms=reviewing.terms(visit.reach))
    if visit.method == "POST" and form.is_valid() and _is_as_seen(visit, chosen, form):
        try:
            return redirect("proposals:proposal", _propose(visit, chosen, form).pk)
        except Refused as trouble:
            form.add_error(None, trouble.message)
    context = {
        "form": form,
        "chosen": chosen,
        "place": _likely_place(chosen),
        "labels": LABELS,
        "terms": reviewing.terms(visit.reach),
    }
    return _shown(visit, "proposals/dates.html", context | {"some": _some(chosen)})


def _likely_place(chosen: Chosen) -> str:
    """The assignment's date where every section that has the assignment is chosen and follows it."""
    if chosen.course is None or chosen.items.exclude(due_at_source__in=("assignment", "none")).exists():
        return "sections"
    ids = chosen.items.order_by().values("assignment_id")
    whole = chosen.course.line_items.filter(assignment_id__in=ids).count()
    return "base" if whole == chosen.counts["items"] else "sections"


def _propose(visit: Visit, chosen: Chosen, form: DatesForm) -> Proposal:
    given = form.cleaned_data
    found = [one for edit in form.edits() for one in editing.wanted_from(chosen.items, edit, place=given["place"])]
    if not found:
        raise Refused(_("This changes nothing: none of the chosen line items has such a date, or a namesake."))
    return proposing.propose_dates(
        by=visit.user, reason=given["reason"], wanted=merged(found), now=datetime.now(UTC)
    )


def _is_as_seen(visit: Visit, chosen: Chosen, form: Form) -> bool:
    """Whether as many are chosen as the person was told: a sync may have run between the look and the click."""
    now = chosen.counts["items"]
    if visit.POST.get("seen") in (None, str(now)):
        return True
    told = ngettext(
        "By now %(n)s line item matches, not as many as before. Look again, then go on.",
        "By now %(n)s line items match, not as many as before. Look again, then go on.",
        now,
    )
    form.add_error(None, told % {"n": now})
    return False


def _some(chosen: Chosen) -> list[LineItem]:
    """A few to recognise the choice by."""
    return list(chosen.items.select_related("course", "section").order_by("course__sort_key", "due_at", "pk")[:8])


@open_or_send
@needs(Role.REVIEWER)
def sync(visit: Visit) -> HttpResponseBase:
    chosen = _chosen(visit)
    periods = _periods(chosen.course) if chosen.course else []
    form = SyncForm(visit.POST if visit.method == "POST" else None, periods=periods)
    if visit.method == "POST" and form.is_valid() and _is_as_seen(visit, chosen, form):
        try:
            return redirect("proposals:proposal", _turn_off(visit, chosen, form).pk)
        except Refused as trouble:
            form.add_error(None, trouble.message)
    context = {"form": form, "chosen": chosen, "periods": periods, "some": _some(chosen)}
    return _shown(visit, "proposals/sync.html", context)


def _periods(course: Course) -> list[tuple[int, str]]:
    read = facts_of(course.pk)
    return [(period.id, period.title) for period in read.periods] if read else []


def _turn_off(visit: Visit, chosen: Chosen, form: SyncForm) -> Proposal:
    given, now = form.cleaned_data, datetime.now(UTC)
    if given["what"] == "chosen" or chosen.course is None:
        return switching.propose_sync(
            by=visit.user, reason=given["reason"], chosen=chosen.by_course(), wanted=False, now=now
        )
    return switching.propose_disable(
        by=visit.user,
        reason=given["reason"],
        course=chosen.course,
        period_id=given["period"] if given["what"] == "period" else None,
        exact=given["exact"] == "exact",
        now=now,
    )


@open_or_send
@needs(Role.REVIEWER)
def file(visit: Visit) -> HttpResponseBase:
    form = FileForm(visit.POST, visit.FILES) if visit.method == "POST" else FileForm()
    rows: Iterable[proposing.BadRow] = ()
    if visit.method == "POST" and form.is_valid():
        try:
            return redirect("proposals:proposal", _import(visit, form).pk)
        except proposing.BadRows as trouble:
            rows = trouble.rows
            form.add_error("file", trouble.message)
        except Refused as trouble:
            form.add_error("file", trouble.message)
    return _shown(visit, "proposals/file.html", {"form": form, "rows": list(rows)})


def _import(visit: Visit, form: FileForm) -> Proposal:
    given = form.cleaned_data
    wanted, unusable = importing.read_wanted(given["file"].name, given["file"].read())
    return proposing.propose_dates(
        by=visit.user, reason=given["reason"], wanted=wanted, unusable=unusable, now=datetime.now(UTC)
    )


def _shown(visit: Visit, template: str, context: dict[str, object]) -> HttpResponse:
    return render(visit, template, context, status=422 if visit.method == "POST" else 200)
