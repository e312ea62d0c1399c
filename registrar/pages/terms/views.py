"""The calendar: the dates of each term, what breaks when they pass, and what administrators set."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrar.errors import RegistrarError
from registrar.models import Mark, Role, Term
from registrar.services import foreseeing, marking, reviewing
from registrar.services.surveying import is_watched
from registrar.web.access import Visit, needs
from registrar.words.numbers import grouped

from .forms import WATCHED, MarkForm, WatchForm

open_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    now = datetime.now(UTC)
    terms = list(marking.terms(visit.reach))
    upcoming = marking.next_marks(visit.reach, now)
    rows = [{"term": one, "watched": is_watched(one, now), "mark": upcoming.get(one.pk)} for one in terms]
    return render(visit, "terms/index.html", {"rows": rows})


@require_safe
@needs(Role.VIEWER)
def term(visit: Visit, term_id: int) -> HttpResponse:
    now, found = datetime.now(UTC), _term(visit, term_id)
    events = foreseeing.events(visit.reach, found)
    context = {
        "now": now,
        "term": found,
        "events": [{"event": one, "may_change": _may_change(visit, one.mark)} for one in events],
        "next": foreseeing.next_event(events, now),
        "ahead": foreseeing.ahead(visit.reach, found, now),
        "watched": is_watched(found, now),
        "may_add": Role.ADMINISTRATOR in visit.roles,
        "may_watch": Role.ADMINISTRATOR in visit.roles and visit.reach.paths is None,
    }
    return render(visit, "terms/term.html", context)


@require_POST
@needs(Role.ADMINISTRATOR)
def watch(visit: Visit, term_id: int) -> HttpResponse:
    found, form = _term(visit, term_id), WatchForm(visit.POST)
    if not form.is_valid():
        raise RegistrarError(_("Say whether syncs are to read this term: yes, no, or as its dates decide."))
    now = datetime.now(UTC)
    marking.watch(by=visit.user, term=found, watched=WATCHED[form.cleaned_data["watched"]], now=now)
    if is_watched(found, now):
        messages.success(visit, _("The next sync reads this term."))
    else:
        messages.success(visit, _("Syncs leave this term out from now on."))
    return redirect("terms:term", term_id)


@open_or_send
@needs(Role.ADMINISTRATOR)
def add(visit: Visit, term_id: int) -> HttpResponseBase:
    return _edit(visit, _term(visit, term_id), None)


@open_or_send
@needs(Role.ADMINISTRATOR)
def change(visit: Visit, mark_id: int) -> HttpResponseBase:
    mark = _mark(visit, mark_id)
    return _edit(visit, mark.term, mark)


@require_POST
@needs(Role.ADMINISTRATOR)
def remove(visit: Visit, mark_id: int) -> HttpResponse:
    mark = _mark(visit, mark_id)
    done = marking.remove_mark(by=visit.user, mark=mark, now=datetime.now(UTC))
    messages.success(visit, _said(_("Removed."), done))
    return redirect("terms:term", mark.term_id)


def _edit(visit: Visit, term: Term, mark: Mark | None) -> HttpResponse:
    now = datetime.now(UTC)
    accounts = [one for one in reviewing.accounts(visit.reach) if one.parent_id is not None]
    form = MarkForm(
        visit.POST if visit.method == "POST" else None,
        term=term,
        accounts=accounts,
        whole=visit.reach.paths is None,
        now=now,
        mark=mark,
    )
    if form.is_bound and form.is_valid():
        assert form.wanted is not None
        done = marking.set_mark(by=visit.user, term=term, wanted=form.wanted, now=now, mark=mark)
        messages.success(visit, _said(_("Saved."), done))
        return redirect("terms:term", term.pk)
    context = {"form": form, "term": term, "mark": mark}
    return render(visit, "terms/date.html", context, status=422 if form.is_bound else 200)


def _said(first: str, done: marking.Done) -> str:
    if not done.courses:
        return first
    if done.at_once:
        then = ngettext(
            "The findings of %(n)s course are up to date with it.",
            "The findings of %(n)s courses are up to date with it.",
            done.courses,
        )
    else:
        then = ngettext(
            "%(n)s course are looked at again with it; their findings follow within minutes.",
            "%(n)s courses are looked at again with it; their findings follow within minutes.",
            done.courses,
        )
    return f"{first} {then % {'n': grouped(done.courses)}}"


def _term(visit: Visit, pk: int) -> Term:
    return marking.term_for(visit.reach, pk)


def _mark(visit: Visit, pk: int) -> Mark:
    return marking.mark_for(visit.reach, pk)


def _may_change(visit: Visit, mark: Mark | None) -> bool:
    return mark is not None and Role.ADMINISTRATOR in visit.roles and marking.may_set(visit.reach, mark.account)
