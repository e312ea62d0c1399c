from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registrar.models import Role, Run, Standing, Term
from registrar.services import checking, counting, foreseeing, reviewing, tallying, trending
from registrar.web import htmx
from registrar.web.access import Visit, needs
from registrar.web.progress import latest, told

from .calendar import picture


@require_safe
@needs(Role.VIEWER)
def index(visit: Visit) -> HttpResponse:
    now = datetime.now(UTC)
    terms = list(reviewing.terms(visit.reach))
    wanted = visit.GET.get("term", "")
    term = next((one for one in terms if str(one.pk) == wanted), None) or reviewing.current_term(terms, now)
    context: dict[str, Any] = {"terms": terms, "term": term, "standing": Standing.objects.first()}
    wide = reviewing.runs(visit.reach).exclude(mode=Run.Mode.COURSE)
    context |= told(visit, latest(wide, now), now)
    if Role.ADMINISTRATOR in visit.roles and visit.reach.paths is None:
        context["to_set_up"] = checking.missing(now)
    if term is not None:
        # The links of the navigation keep to the term that was looked at last.
        if visit.session.get("term") != term.pk:
            visit.session["term"] = term.pk
        context |= _standing_of(visit, term, now)
    return htmx.render(visit, "overview/index.html", context, fragment="overview/_overview.html")


def _standing_of(visit: Visit, term: Term, now: datetime) -> dict[str, Any]:
    chosen = reviewing.Filters(term=term.pk, old_before=reviewing.old_before(now))
    found = tallying.tallies(visit.reach, chosen)
    tally = tallying.Tally()
    for one in found.values():
        tally.add(one)
    deadline, soon = foreseeing.coming(visit.reach, term, now)
    return {
        "deadline": deadline,
        "soon": soon,
        "tally": tally,
        "colleges": tallying.by_college(reviewing.accounts(visit.reach), found),
        "rules": tallying.by_rule(visit.reach, chosen),
        "readings": tallying.readings(visit.reach, chosen),
        "trends": _trends(visit, term, chosen),
        "today": counting.today(now),
        "picture": picture(visit.reach, term, tally, now),
    }


def _trends(visit: Visit, term: Term, chosen: reviewing.Filters) -> list[trending.Trend]:
    """The term's, and that of the one it is best compared with."""
    earlier = trending.to_compare(term, trending.counted(visit.reach))
    return trending.trends(visit.reach, chosen, [term, *earlier[:1]])
