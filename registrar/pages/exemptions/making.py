"""Accepting: what a rule finds in a course, or a whole rule in a college."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from registrar.domain.readiness import Code
from registrar.errors import Missing, Refused
from registrar.models import Course, Exemption, Finding, Role, Term
from registrar.services import exempting, reviewing
from registrar.services.covering import Target
from registrar.web.access import Visit, needs

from .forms import AcceptForm, RuleForm

MOST = 12
"""Assignments to choose from where none was pointed at; of more, one is accepted from its own explanation."""
open_or_send = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """For what it may be accepted, and what would be covered there."""

    target: Target
    findings: list[Finding]

    @property
    def item(self) -> Any:
        return self.findings[0].line_item


@open_or_send
@needs(Role.REVIEWER)
def accept(visit: Visit, course_id: int, rule: str) -> HttpResponseBase:
    course, code, now = _course(visit, course_id), _code(rule), datetime.now(UTC)
    places = _places(visit, course, code)
    first = {"where": next(iter(places), ""), "until": _usual_end(course.term, now)}
    sent = visit.POST if visit.method == "POST" else None
    form = AcceptForm(sent, places=places, initial=first)
    if form.is_bound and form.is_valid():
        try:
            made = exempting.accept(
                by=visit.user,
                code=code,
                target=places[form.cleaned_data["where"]].target,
                until=form.cleaned_data["until"],
                reason=form.cleaned_data["reason"],
                now=now,
                seen=visit.POST.get("seen"),
            )
        except Refused as trouble:
            course = _course(visit, course_id)
            form.add_error(None, trouble.message)
        else:
            messages.success(visit, _accepted(made))
            return redirect("courses:course", course.pk)
    context = {
        "form": form,
        "course": course,
        "term": course.term,
        "code": code,
        "places": places,
        "shown": next(iter(places.values()), None),
        "latest": exempting.latest_day(course.term, now),
    }
    return render(visit, "exemptions/accept.html", context, status=422 if form.is_bound else 200)


def _accepted(made: Exemption) -> str:
    number = len(made.covers)
    said = ngettext(
        "Accepted: %(n)s finding for %(subject)s.", "Accepted: %(n)s findings for %(subject)s.", number
    )
    return said % {"n": number, "subject": made.subject}


def _course(visit: Visit, pk: int) -> Course:
    rows = Course.objects.present().within(visit.reach).select_related("account", "term")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Missing(_("This course is not there, or it is outside the part that you may see."))
    return found


def _code(rule: str) -> Code:
    try:
        return Code(rule)
    except ValueError:
        raise Http404 from None


def _places(visit: Visit, course: Course, code: Code) -> dict[str, Place]:
    """What was pointed at comes first, and is chosen; none where nothing is left to accept."""
    rows = Finding.objects.filter(course=course, code=code, exemption=None).order_by("line_item", "pk")
    found = list(rows.select_related("line_item__section"))
    assignment, section = (_id(visit, name) for name in ("assignment", "section"))
    targets = {"course": Target(course_id=course.pk)}
    if assignment is None:
        several = sorted({one.line_item.assignment_id for one in found})[:MOST]
        targets |= {
            f"of-{one}": Target(course_id=course.pk, assignment_id=one) for one in several if len(several) > 1
        }
    if section is not None:
        targets["section"] = Target(course_id=course.pk, section_id=section)
    if assignment is not None:
        targets["assignment"] = Target(course_id=course.pk, assignment_id=assignment)
    if section is not None and assignment is not None:
        targets["place"] = Target(course_id=course.pk, assignment_id=assignment, section_id=section)
    order = targets if assignment is None and section is None else dict(reversed(targets.items()))
    places = {name: Place(target=one, findings=_within(found, one)) for name, one in order.items()}
    return {name: one for name, one in places.items() if one.findings}


def _id(visit: Visit, name: str) -> int | None:
    text = visit.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _within(found: list[Finding], target: Target) -> list[Finding]:
    return [
        one
        for one in found
        if target.assignment_id in (None, one.line_item.assignment_id)
        and target.section_id in (None, one.section_id)
    ]


def _usual_end(term: Term, now: datetime) -> Any:
    """The end of the term where it is still to come."""
    return term.end_at.astimezone(exempting.zone()).date() if term.end_at and term.end_at > now else None


@open_or_send
@needs(Role.ADMINISTRATOR)
def accept_rule(visit: Visit) -> HttpResponseBase:
    now = datetime.now(UTC)
    terms, accounts = list(reviewing.terms(visit.reach)), reviewing.accounts(visit.reach)
    first = {name: visit.GET.get(name) for name in ("rule", "term", "account")}
    form = RuleForm(visit.POST if visit.method == "POST" else None, terms=terms, accounts=accounts, initial=first)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            made = exempting.accept_rule(
                by=visit.user,
                code=Code(given["rule"]),
                term=given["term"],
                account=given["account"],
                until=given["until"],
                reason=given["reason"],
                now=now,
            )
        except Refused as trouble:
            form.add_error(None, trouble.message)
        else:
            messages.success(visit, _("Accepted. What breaks the rule there counts as excepted within minutes."))
            return redirect("exemptions:exemption", made.pk)
    context = {"form": form, "rules": _broken(visit)}
    return render(visit, "exemptions/rule.html", context, status=422 if form.is_bound else 200)


def _broken(visit: Visit) -> list[str]:
    """The rules that anything breaks now, in their usual order: of the others there is nothing to accept."""
    now_broken = Finding.objects.within(visit.reach).filter(~Q(code="")).order_by().values_list("code", flat=True)
    codes = set(now_broken.distinct())
    return [code.value for code in Code if code in codes]
