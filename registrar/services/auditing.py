"""Audit: one entry for each decision on how the product behaves, kept beside the decision itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q, QuerySet

from registrar.models import Account, Entry, Reach

from .exporting import BYTE_ORDER_MARK, defused
from .wording import local

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NOTHING = "nothing"
EMPTY: tuple[Any, ...] = (None, "", [], {})
COLUMNS = ("at", "by", "what", "subject", "before", "after", "reason")


def note(
    *,
    by: User | None,
    what: str,
    subject: str,
    now: datetime,
    account: Account | None = None,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> Entry:
    """To be called in the transaction of the decision. ``before`` and ``after`` can be written as JSON."""
    return Entry.objects.create(
        at=now,
        by=by,
        what=what,
        subject=subject,
        account_path=account.path if account else "",
        before=before,
        after=after,
        reason=reason.strip(),
    )


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
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(in_words(one) for one in value)
    if isinstance(value, dict):
        told = {key.replace("_", " "): one for key, one in value.items() if one not in EMPTY}
        return "; ".join(f"{key}: {in_words(one)}" for key, one in told.items()) or NOTHING
    return _time_in_words(str(value))


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
    told = [in_words(value) if value is not None else "" for value in (entry.before, entry.after)]
    who = entry.by.get_username() if entry.by else ""
    at = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [at, who, entry.what, entry.subject, *told, entry.reason]
