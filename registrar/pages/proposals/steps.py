"""One step of a proposal each: taken by a service, announced, and shown on the proposal's page.

What a service refuses is said on that page, in the state that the proposal is in now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registrar import tasks
from registrar.errors import Refused
from registrar.models import Proposal, Role
from registrar.services import applying, deciding, drafting, following
from registrar.web.access import Visit, needs

from .forms import CommentForm, ReasonForm, SayWhyForm, is_id
from .shown import whole, within_reach

Act = Callable[[Proposal, Form, datetime], Proposal | None]


def _step(visit: Visit, proposal_id: int, form: Form, act: Act, done: str, *, tells: bool = False) -> HttpResponse:
    """Take the step; then show the proposal, or the new one that the step has made."""
    found, now = within_reach(visit, proposal_id), datetime.now(UTC)
    if not form.is_valid():
        return _again(visit, found, now, 422, form=form)
    try:
        made = act(found, form, now) or found
    except Refused as trouble:
        return _again(visit, within_reach(visit, proposal_id), now, 403, refusal=trouble.message)
    if tells:
        transaction.on_commit(tasks.tell)
    if done:
        messages.success(visit, done)
    return redirect("proposals:proposal", made.pk)


def _again(
    visit: Visit, found: Proposal, now: datetime, status: int, form: Form | None = None, refusal: str = ""
) -> HttpResponse:
    context = whole(visit, found, now) | {"form": form, "refusal": refusal}
    return render(visit, "proposals/proposal.html", context, status=status)


def _deciding(visit: Visit, step: Callable[..., None]) -> Act:
    def act(found: Proposal, form: Form, now: datetime) -> None:
        step(by=visit.user, proposal=found, now=now, comment=form.cleaned_data["comment"])

    return act


@require_POST
@needs(Role.REVIEWER, Role.APPROVER)
def submit(visit: Visit, proposal_id: int) -> HttpResponse:
    act = _deciding(visit, deciding.submit)
    return _step(
        visit, proposal_id, CommentForm(visit.POST), act, _("It now waits for somebody else."), tells=True
    )


@require_POST
@needs(Role.ADMINISTRATOR)
def release(visit: Visit, proposal_id: int) -> HttpResponse:
    act = _deciding(visit, deciding.release)
    return _step(visit, proposal_id, CommentForm(visit.POST), act, _("Released to the approvers."), tells=True)


@require_POST
@needs(Role.APPROVER)
def approve(visit: Visit, proposal_id: int) -> HttpResponse:
    def act(found: Proposal, form: Form, now: datetime) -> None:
        comment, seen = form.cleaned_data["comment"], visit.POST.get("seen", "")
        deciding.approve(by=visit.user, proposal=found, now=now, comment=comment, seen=seen)

    done = _("Approved. Nothing is written to Canvas until it is applied.")
    return _step(visit, proposal_id, CommentForm(visit.POST), act, done, tells=True)


@require_POST
@needs(Role.APPROVER)
def reject(visit: Visit, proposal_id: int) -> HttpResponse:
    act = _deciding(visit, deciding.reject)
    return _step(visit, proposal_id, SayWhyForm(visit.POST), act, _("Rejected."), tells=True)


@require_POST
@needs(Role.APPROVER)
def send_back(visit: Visit, proposal_id: int) -> HttpResponse:
    act = _deciding(visit, deciding.send_back)
    return _step(visit, proposal_id, SayWhyForm(visit.POST), act, _("Sent back as a draft."), tells=True)


@require_POST
@needs(Role.REVIEWER, Role.APPROVER)
def withdraw(visit: Visit, proposal_id: int) -> HttpResponse:
    """Before it runs: taken back for good. While it runs: stopped before the next course."""
    act = _deciding(visit, deciding.withdraw)
    return _step(visit, proposal_id, CommentForm(visit.POST), act, _("Taken back."), tells=True)


@require_POST
@needs(Role.ADMINISTRATOR)
def allow_closed(visit: Visit, proposal_id: int) -> HttpResponse:
    def act(found: Proposal, form: Form, now: datetime) -> None:
        deciding.allow_closed(by=visit.user, proposal=found, reason=form.cleaned_data["reason"], now=now)

    done = _("Changes in closed grading periods are allowed for this proposal.")
    return _step(visit, proposal_id, ReasonForm(visit.POST), act, done)


@require_POST
@needs(Role.APPROVER)
def apply(visit: Visit, proposal_id: int) -> HttpResponse:
    def act(found: Proposal, form: Form, now: datetime) -> None:
        if found.state != Proposal.State.APPROVED:
            told = _("This is not possible any more: it is %(state)s. Only an approved proposal is applied.")
            raise Refused(told % {"state": found.get_state_display().lower()})
        applying.start(proposal=found, now=now, by=visit.user)
        transaction.on_commit(partial(tasks.apply_changes.delay, found.pk))

    return _step(visit, proposal_id, CommentForm(visit.POST), act, "")


@require_POST
@needs(Role.REVIEWER, Role.APPROVER)
def restore(visit: Visit, proposal_id: int) -> HttpResponse:
    def act(found: Proposal, form: Form, now: datetime) -> Proposal:
        return following.propose_restore(
            by=visit.user, proposal=found, reason=form.cleaned_data["reason"], now=now
        )

    done = _("This draft would put everything back. Look it over, then submit it.")
    return _step(visit, proposal_id, ReasonForm(visit.POST), act, done)


@require_POST
@needs(Role.REVIEWER)
def again(visit: Visit, proposal_id: int) -> HttpResponse:
    def act(found: Proposal, form: Form, now: datetime) -> Proposal:
        return following.propose_rest(by=visit.user, proposal=found, reason=found.reason, now=now)

    done = _(
        "This draft holds what was not done, from the state that Canvas is in now. Look it over, then submit it."
    )
    return _step(visit, proposal_id, CommentForm(visit.POST), act, done)


@require_POST
@needs(Role.REVIEWER, Role.APPROVER)
def edit(visit: Visit, proposal_id: int) -> HttpResponse:
    def act(found: Proposal, form: Form, now: datetime) -> None:
        drafting.reword(by=visit.user, proposal=found, reason=form.cleaned_data["reason"], now=now)

    return _step(visit, proposal_id, ReasonForm(visit.POST), act, _("The reason is changed."))


@require_POST
@needs(Role.REVIEWER, Role.APPROVER)
def remove(visit: Visit, proposal_id: int) -> HttpResponse:
    chosen = [int(one) for one in visit.POST.getlist("change") if is_id(one)]

    def act(found: Proposal, form: Form, now: datetime) -> None:
        drafting.remove(by=visit.user, proposal=found, changes=chosen, now=now)

    return _step(visit, proposal_id, CommentForm(visit.POST), act, _("Removed from the draft."))
