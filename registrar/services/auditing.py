"""Audit: one entry for each decision on how the product behaves, kept beside the decision itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import override, pgettext_lazy

from registrar.models import Account, Entry, Reach
from registrar.words.objections import local

from .exporting import BYTE_ORDER_MARK, defused

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_stubs_ext import StrOrPromise

NOTHING = pgettext_lazy("in the audit log", "nothing")
EMPTY: tuple[Any, ...] = (None, "", [], {})
NAMES = {
    "about": _lazy("about"),
    "accepted for": _lazy("accepted for"),
    "at": pgettext_lazy("in the audit log", "at"),
    "because": _lazy("because"),
    "changes": _lazy("changes"),
    "date": _lazy("date"),
    "days before the grade deadline": _lazy("days before the grade deadline"),
    "every day": _lazy("every day"),
    "every day at": _lazy("every day at"),
    "every hours": _lazy("every hours"),
    "every week on": _lazy("every week on"),
    "first": pgettext_lazy("of a list", "first"),
    "for": pgettext_lazy("in the audit log", "for"),
    "hour": _lazy("hour"),
    "language": _lazy("language"),
    "limited to": pgettext_lazy("a person", "limited to"),
    "line items": _lazy("line items"),
    "mail": _lazy("mail"),
    "minutes past": _lazy("minutes past"),
    "name": _lazy("name"),
    "names": _lazy("names"),
    "number": _lazy("number"),
    "on": pgettext_lazy("switched on", "on"),
    "only if": _lazy("only if"),
    "percent": _lazy("percent"),
    "roles": _lazy("roles"),
    "rules": _lazy("rules"),
    "severities": _lazy("severities"),
    "terms": _lazy("terms"),
    "time zone": _lazy("time zone"),
    "to": pgettext_lazy("in the audit log", "to"),
    "until": pgettext_lazy("in the audit log", "until"),
    "workbook": _lazy("workbook"),
}
"""What stands before a value in an entry, which keeps the English word as a code."""
WORDS = {
    "all": pgettext_lazy("in the audit log", "all"),
    "all that break it": _lazy("all that break it"),
    "as above it": _lazy("as above it"),
    "blocking": pgettext_lazy("severity", "blocking"),
    "everything": pgettext_lazy("in the audit log", "everything"),
    "no limit": _lazy("no limit"),
    "no part: sees everything": _lazy("no part: sees everything"),
    "none": pgettext_lazy("roles", "none"),
    "off": pgettext_lazy("severity", "off"),
    "the watched ones": _lazy("the watched ones"),
    "the whole university": _lazy("the whole university"),
    "warning": pgettext_lazy("severity", "warning"),
}
"""The same for values that are codes; all others were written in the language of the installation."""
COLUMNS = ("at", "by", "what", "subject", "before", "after", "reason")


def note(
    *,
    by: User | None,
    what: str,
    subject: StrOrPromise,
    now: datetime,
    account: Account | None = None,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> Entry:
    """To be called in the transaction of the decision. ``before`` and ``after`` can be written as JSON.

    Lazy texts in them are kept in the language of the installation.
    """
    with override(settings.LANGUAGE_CODE):
        return Entry.objects.create(
            at=now,
            by=by,
            what=what,
            subject=str(subject),
            account_path=account.path if account else "",
            before=_kept(before),
            after=_kept(after),
            reason=reason.strip(),
        )


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _kept(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(one) for one in value]
    return str(value) if isinstance(value, Promise) else value


def entries(reach: Reach) -> QuerySet[Entry]:
    """Whoever is limited to a part sees what was decided about that part."""
    rows = Entry.objects.select_related("by")
    if reach.paths is None:
        return rows
    within = Q(pk__in=())
    for path in reach.paths:
        within |= Q(account_path__startswith=path)
    return rows.filter(within)


def in_words(value: Any) -> str:
    """What an entry keeps of before and after, for a person: "changes 50, percent as above it"."""
    if value in EMPTY:
        return str(NOTHING)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(in_words(one) for one in value)
    if isinstance(value, dict):
        told = {key.replace("_", " "): one for key, one in value.items() if one not in EMPTY}
        return "; ".join(f"{NAMES.get(key, key)}: {in_words(one)}" for key, one in told.items()) or str(NOTHING)
    return str(WORDS[value]) if value in WORDS else _time_in_words(str(value))


def _time_in_words(text: str) -> str:
    try:
        when = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        when = None
    return local(when, settings.TIME_ZONE) if when is not None and when.tzinfo is not None else text


def csv_chunks(rows: QuerySet[Entry]) -> Iterator[str]:
    buffer = io.StringIO(BYTE_ORDER_MARK)
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for entry in rows.iterator(chunk_size=500):
        writer.writerow(defused(_cells(entry)))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _cells(entry: Entry) -> list[str]:
    with override("en"):  # a table for machines, which goes by the codes
        told = [in_words(value) if value is not None else "" for value in (entry.before, entry.after)]
    who = entry.by.get_username() if entry.by else ""
    at = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [at, who, entry.what, entry.subject, *told, entry.reason]
