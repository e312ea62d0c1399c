from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from celery import Task
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from registrar import tasks
from registrar.errors import RegistrarError
from registrar.models import Role
from registrar.services import checking
from registrar.web.access import Visit, needs, own_address

FOLLOWED: dict[str, Task[Any, Any]] = {"worker": tasks.answer, "mail": tasks.deliver}
"""Items whose test is carried on in the background."""


@require_safe
@needs(Role.ADMINISTRATOR)
def index(visit: Visit) -> HttpResponse:
    """What a new installation needs, with what is to be done next where it is missing."""
    found = checking.checklist(datetime.now(UTC))
    context = {
        "items": found,
        "good": sum(one.good is True for one in found),
        "hidden": checking.is_hidden(),
        "may_test": visit.reach.paths is None,
    }
    return render(visit, "administration/setup.html", context)


@require_POST
@needs(Role.ADMINISTRATOR)
def test(visit: Visit, code: str) -> HttpResponse:
    try:
        found = checking.test(by=visit.user, code=code, now=datetime.now(UTC))
    except RegistrarError as trouble:
        if not checking.knows(code):
            raise
        messages.error(visit, trouble.message)
    else:
        _tell(visit, found)
        if code in FOLLOWED:
            transaction.on_commit(lambda: _start(FOLLOWED[code]))
    return redirect("administration:setup")


def _start(task: Task[Any, Any]) -> None:
    """Where the broker is down nobody answers, and the checklist says so."""
    with suppress(OperationalError, OSError):
        task.apply_async(retry=False)


def _tell(visit: Visit, found: checking.Checked) -> None:
    level = {True: messages.SUCCESS, False: messages.ERROR, None: messages.INFO}[found.good]
    messages.add_message(visit, level, found.said)


@require_POST
@needs(Role.ADMINISTRATOR)
def hide(visit: Visit) -> HttpResponse:
    """On the Overview, for all administrators; here it stays."""
    checking.hide(by=visit.user, hidden=visit.POST.get("hidden") == "yes", now=datetime.now(UTC))
    return redirect(own_address(visit, visit.POST.get("next", "")))
