"""Save: a list with its filters under a name, for oneself or for others.

A name is free text, and may tell of a college what people of another must not read. So a shared view belongs to a
sub-account, and is listed only for those who see all of it, unless who shares it says that it tells nothing.
"""

from __future__ import annotations

from datetime import datetime
from posixpath import commonpath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrar.errors import Missing, Refused
from registrar.models import Account, Reach, SavedView, reach_of

from .reviewing import DIRECTLY

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 50
"""More than these nobody finds again either."""


def views_for(by: User, table: str = "") -> list[SavedView]:
    """One's own, and those that others share with this person."""
    rows = SavedView.objects.filter(Q(owner=by) | Q(shared=True)).select_related("owner", "account")
    reach = reach_of(by)
    views = rows.filter(table=table) if table else rows
    return [view for view in views if view.owner_id == by.pk or _is_for(reach, view)]


def _is_for(reach: Reach, view: SavedView) -> bool:
    if reach.paths is None:
        return True
    if view.account is None:
        return view.for_everybody and not names_college(view.query)
    if reach.holds(view.account.path):
        return True
    in_it = any(path.startswith(view.account.path) for path in reach.paths)
    return in_it and view.for_everybody and not names_college(view.query)


def names_college(query: str) -> bool:
    """Then it is only for those who may choose that college."""
    return _college_id(query) is not None


def _college_id(query: str) -> int | None:
    chosen = parse_qs(query).get("account", [""])[0].removeprefix(DIRECTLY)
    return int(chosen) if chosen.isdecimal() and len(chosen) < 19 else None


def view_for(by: User, pk: int) -> SavedView:
    """One's own; of a stranger's the answer is as of none."""
    found = SavedView.objects.filter(owner=by, pk=pk).select_related("account").first()
    if found is None:
        raise Missing(_("This view is not there, or it is not yours."))
    return found


def save_view(
    *,
    by: User,
    table: str,
    name: str,
    query: str,
    shared: bool,
    now: datetime,
    account: Account | None = None,
    for_everybody: bool = False,
) -> SavedView:
    """A name that is taken already stands for the new filters from now on.

    It is shared with those who see all of ``account``, or all that the sharer sees; ``for_everybody`` adds those
    who see only a part of it. A view of one college is for those who see all of that.
    """
    known = {"query": query, "saved_at": now} | _shared(by, query, shared, account, for_everybody)
    own = SavedView.objects.filter(owner=by)
    if not own.filter(table=table, name=name).exists() and own.count() >= MOST:
        said = ngettext(
            "You have %(n)s saved view already. Remove one that you no longer need first.",
            "You have %(n)s saved views already. Remove one that you no longer need first.",
            MOST,
        )
        raise Refused(said % {"n": MOST})
    return SavedView.objects.update_or_create(owner=by, table=table, name=name, defaults=known)[0]


def share_view(*, by: User, pk: int, shared: bool) -> None:
    view = view_for(by, pk)
    SavedView.objects.filter(pk=view.pk).update(**_shared(by, view.query, shared))


def change_view(
    *, by: User, pk: int, name: str, shared: bool, account: Account | None = None, for_everybody: bool = False
) -> None:
    """Another name, or shared with others than before."""
    view = view_for(by, pk)
    changed = {"name": name} | _shared(by, view.query, shared, account, for_everybody)
    try:
        with transaction.atomic():
            SavedView.objects.filter(pk=view.pk).update(**changed)
    except IntegrityError:
        raise Refused(_("You have another view of this name. Choose another one.")) from None


def remove_view(*, by: User, pk: int) -> None:
    view_for(by, pk).delete()


def _shared(
    by: User, query: str, shared: bool, wanted: Account | None = None, for_everybody: bool = False
) -> dict[str, Any]:
    if not shared:
        return {"shared": False, "account": None, "for_everybody": False}
    reach, college = reach_of(by), _college_id(query)
    account = (Account.objects.filter(pk=college).first() if college is not None else None) or wanted
    if account is not None and not reach.holds(account.path):
        raise Missing(_("This sub-account is not there, or it is outside the part that you may see."))
    everybody = for_everybody and college is None
    return {"shared": True, "account": account or _top_of(reach), "for_everybody": everybody}


def _top_of(reach: Reach) -> Account | None:
    """The nearest account that holds all of it; none for the whole university."""
    if not reach.paths:
        return None
    return Account.objects.filter(path=commonpath(reach.paths).rstrip("/") + "/").first()
