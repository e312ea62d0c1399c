"""What comes after a decision: the findings that follow from it are worked out again, and the person is told."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrar import tasks
from registrar.services import reassessing
from registrar.web.access import Visit
from registrar.words.numbers import grouped


def follow_up(visit: Visit, count: int, now: datetime) -> None:
    """Few courses at once; many in the background, while the person goes on."""
    messages.success(visit, _worked_out(count, now) if count else _("Kept."))


def _worked_out(count: int, now: datetime) -> str:
    if reassessing.at_once(count, now=now):
        said = ngettext(
            "Kept. The findings of %(n)s course are worked out again.",
            "Kept. The findings of %(n)s courses are worked out again.",
            count,
        )
    else:
        transaction.on_commit(tasks.reassess.delay)
        said = ngettext(
            "Kept. The findings of %(n)s course are worked out again in the background; that takes some minutes.",
            "Kept. The findings of %(n)s courses are worked out again in the background; that takes some minutes.",
            count,
        )
    return said % {"n": grouped(count)}
