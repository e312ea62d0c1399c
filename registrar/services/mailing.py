"""Mailing: the outbox. A message is a row before it is anything else; `delivering` sends what waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from registrar.models import Account, Delivery, Proposal, Subscription

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BY_A_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
"""So that nobody's holiday answers us (RFC 3834; the second is how Exchange hears of it)."""
OVER = (Delivery.State.SENT, Delivery.State.BOUNCED, Delivery.State.DROPPED)
EMPTY_AT_ONCE = 500


def write(
    *,
    kind: str,
    key: str,
    address: str,
    subject: str,
    text: str,
    now: datetime,
    html: str = "",
    person: User | None = None,
    subscription: Subscription | None = None,
    proposal: Proposal | None = None,
    account_paths: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
    attachment: bytes | None = None,
    attachment_name: str = "",
    summary: Any = None,
    not_before: datetime | None = None,
) -> Delivery | None:
    """One message to one address. None where the key is known already: the same thing is never told twice."""
    given = {
        "kind": kind,
        "address": address,
        "subject": " ".join(subject.split()),
        "text": text,
        "html": html,
        "person": person,
        "subscription": subscription,
        "proposal": proposal,
        "headers": BY_A_MACHINE | dict(headers or {}),
        "attachment": attachment,
        "attachment_name": attachment_name,
        "message_id": message_id(key),
        "summary": summary,
        "created_at": now,
        "not_before": not_before or now,
    }
    with transaction.atomic():
        row, is_new = Delivery.objects.get_or_create(key=key, defaults=given)
        if is_new:
            row.accounts.set(Account.objects.filter(path__in=account_paths))
    return row if is_new else None


def message_id(key: str) -> str:
    """The same for the same message, so that a mail system can tell a repetition."""
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{urlsplit(settings.SITE_URL).hostname}>"


def empty_old(*, now: datetime) -> int:
    """The texts of messages that are over go after a while; that they were sent stays in the log."""
    if not settings.KEEP_MAIL_DAYS:
        return 0
    before = now - timedelta(days=settings.KEEP_MAIL_DAYS)
    old = Delivery.objects.filter(state__in=OVER, created_at__lt=before, emptied_at=None).order_by("pk")
    emptied = 0
    while chunk := list(old.values_list("pk", flat=True)[:EMPTY_AT_ONCE]):
        emptied += (
            old.filter(pk__in=chunk)
            .order_by()
            .update(text="", html="", attachment=None, attachment_name="", emptied_at=now)
        )
    return emptied
