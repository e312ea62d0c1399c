"""Audit: one entry for each decision on how the product behaves, kept beside the decision itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from registrar.models import Account, Entry

if TYPE_CHECKING:
    from django.contrib.auth.models import User


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
