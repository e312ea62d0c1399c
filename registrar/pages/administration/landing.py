from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registrar.models import Account, CategoryList, Role, Ruling
from registrar.services import admitting, auditing, checking, reassessing, scheduling
from registrar.web.access import Visit, needs


@require_safe
@needs(Role.ADMINISTRATOR)
def index(visit: Visit) -> HttpResponse:
    now, reach = datetime.now(UTC), visit.reach
    own_threshold = Q(hold_above__isnull=False) | Q(hold_above_share__isnull=False)
    accounts = Account.objects.filter(reach.own(), gone_at=None)
    people = admitting.people(reach)
    context = {
        "set_up": _set_up(now),
        "accounts": accounts.count(),
        "packs": accounts.exclude(rulepack="").count(),
        "rulings": Ruling.objects.filter(reach.over("account")).count(),
        "lists": CategoryList.objects.filter(reach.over("account")).count(),
        "thresholds": accounts.filter(own_threshold).count(),
        "times": [(one, scheduling.next_slot(one, now)) for one in scheduling.timetables(now)],
        "active": people.filter(is_active=True).count(),
        "inactive": people.filter(is_active=False).count(),
        "latest": auditing.entries(reach).first(),
        "waiting": reassessing.waiting().within(reach).count(),
    }
    return render(visit, "administration/index.html", context)


def _set_up(now: datetime) -> dict[str, int]:
    found = checking.checklist(now)
    return {"good": sum(one.good is True for one in found), "all": len(found)}
