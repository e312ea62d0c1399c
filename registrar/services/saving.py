"""Save: a list with its filters under a name, for oneself or for the office."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from django.db.models import Q

from registrar.errors import Missing, Refused
from registrar.models import Account, SavedView, reach_of

from .reviewing import DIRECTLY

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 50
"""More than these nobody finds again either."""


def views_for(by: User, table: str = "") -> list[SavedView]:
    """One's own, and those that others share, but for those about a sub-account that this person may not see."""
    rows = SavedView.objects.filter(Q(owner=by) | Q(shared=True)).select_related("owner")
    views = list(rows.filter(table=table) if table else rows)
    about = {view.pk: _account_of(view) for view in views if view.owner_id != by.pk}
    within = Account.objects.filter(reach_of(by).own(), pk__in={pk for pk in about.values() if pk})
    seen = {None, *within.values_list("pk", flat=True)}
    return [view for view in views if about.get(view.pk) in seen]


def _account_of(view: SavedView) -> int | None:
    chosen = parse_qs(view.query).get("account", [""])[0].removeprefix(DIRECTLY)
    return int(chosen) if chosen.isdecimal() else None


def save_view(*, by: User, table: str, name: str, query: str, shared: bool, now: datetime) -> SavedView:
    """A name that is taken already stands for the new filters from now on."""
    known = {"query": query, "shared": shared, "saved_at": now}
    own = SavedView.objects.filter(owner=by)
    if not own.filter(table=table, name=name).exists() and own.count() >= MOST:
        raise Refused(f"You have {MOST} saved views already. Remove one that you no longer need first.")
    return SavedView.objects.update_or_create(owner=by, table=table, name=name, defaults=known)[0]


def share_view(*, by: User, pk: int, shared: bool) -> None:
    if not SavedView.objects.filter(owner=by, pk=pk).update(shared=shared):
        raise Missing("This view is not there, or it is not yours.")


def remove_view(*, by: User, pk: int) -> None:
    if not SavedView.objects.filter(owner=by, pk=pk).delete()[0]:
        raise Missing("This view is not there, or it is not yours.")
