"""The demo: who the people of the demo university are, and where its guided tour leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registrar.models import Finding, LineItem, Proposal, Reach, Role, Subscription

PASSWORD = "preflight"  # noqa: S105 - for demo users of a demo university on this machine alone


@dataclass(frozen=True, slots=True)
class Player:
    username: str
    first_name: str
    last_name: str
    role: Role


VIEWER = Player("viewer", "Vera", "Lindqvist", Role.VIEWER)
REVIEWER = Player("reviewer", "Rosa", "Delgado", Role.REVIEWER)
APPROVER = Player("approver", "Amir", "Haddad", Role.APPROVER)
ADMINISTRATOR = Player("admin", "Ada", "Nwosu", Role.ADMINISTRATOR)
PLAYERS = (VIEWER, REVIEWER, APPROVER, ADMINISTRATOR)

NEEDS_ACTION = LineItem.Status.NEEDS_ACTION
MENDED_BY_A_DATE = ("due_after_grade_deadline", "due_outside_term", "due_missing", "dates_out_of_order")


@dataclass(frozen=True, slots=True)
class Step:
    """One stop of the tour: what to look at, and as whom."""

    title: str | Promise
    text: str | Promise
    player: Player
    address: Callable[[Reach, datetime], str]


def _list(page: str, **query: object) -> str:
    return f"{reverse(page)}?{urlencode(query)}"


def _overview(reach: Reach, now: datetime) -> str:
    return reverse("overview:index")


def _college(reach: Reach, now: datetime) -> str:
    """The sections that need action where there are most of them."""
    worst = (
        _needing(reach, now)
        .values("term", "account")
        .annotate(found=Count("pk"))
        .order_by("-found", "account")
        .first()
    )
    place = {"term": worst["term"], "account": worst["account"]} if worst else {}
    return _list("sections:index", state=NEEDS_ACTION, **place)


def _course(reach: Reach, now: datetime) -> str:
    """The course where most different rules are broken."""
    rows = Finding.objects.filter(line_item__in=_needing(reach, now), severity=Finding.Severity.BLOCKING)
    worst = rows.values("course").annotate(rules=Count("code", distinct=True)).order_by("-rules", "course").first()
    return reverse("courses:course", args=(worst["course"],)) if worst else reverse("courses:index")


def _dates(reach: Reach, now: datetime) -> str:
    """Line items that other dates would mend."""
    rows = Finding.objects.filter(line_item__in=_needing(reach, now), code__in=MENDED_BY_A_DATE)
    worst = rows.values("term", "code").annotate(found=Count("pk")).order_by("-found", "code").first()
    chosen = {"term": worst["term"], "rule": worst["code"]} if worst else {}
    return _list("line_items:index", state=NEEDS_ACTION, **chosen)


def _waiting(reach: Reach, now: datetime) -> str:
    newest = Proposal.objects.filter(state__in=Proposal.WAITING).order_by("-pk").first()
    return reverse("proposals:proposal", args=(newest.pk,)) if newest else reverse("proposals:index")


def _latest(reach: Reach, now: datetime) -> str:
    newest = Proposal.objects.exclude(state=Proposal.State.DRAFT).order_by("-pk").first()
    return reverse("proposals:proposal", args=(newest.pk,)) if newest else reverse("proposals:index")


def _report(reach: Reach, now: datetime) -> str:
    first = Subscription.objects.order_by("pk").first()
    return reverse("reports:report", args=(first.pk,)) if first else reverse("reports:index")


def _calendar(reach: Reach, now: datetime) -> str:
    item = _needing(reach, now).order_by("pk").first()
    return reverse("terms:term", args=(item.term_id,)) if item else reverse("terms:index")


def _history(reach: Reach, now: datetime) -> str:
    return reverse("history:index")


def _needing(reach: Reach, now: datetime) -> QuerySet[LineItem]:
    """In the terms that are going on."""
    return LineItem.objects.within(reach).filter(
        status=NEEDS_ACTION, term__start_at__lte=now, term__end_at__gte=now
    )


STEPS = (
    Step(
        _("Where does the term stand?"),
        _(
            "The number at the top is what matters this week: sections whose grades would not arrive. Beneath "
            "it are the colleges and the rules; every number leads to its list."
        ),
        REVIEWER,
        _overview,
    ),
    Step(
        _("What needs action in one college?"),
        _(
            "This list is narrowed to the college with most to do. Its address holds the filters: mail it to a "
            "dean."
        ),
        REVIEWER,
        _college,
    ),
    Step(
        _("Why is a section not ready?"),
        _(
            "In one course: each finding says what is wrong, why it matters to the SIS, who can mend it, and "
            "how. Open a due date in the table to see every date that was weighed for that section."
        ),
        REVIEWER,
        _course,
    ),
    Step(
        _("Propose other dates"),
        _(
            "Tick some line items and choose “Propose dates for the ticked”. Give a date and a reason, look at "
            "the preview, and submit it. Nothing is written to Canvas yet."
        ),
        REVIEWER,
        _dates,
    ),
    Step(
        _("Somebody else approves"),
        _("You are now the approver. Look at what would change and where, and approve it."),
        APPROVER,
        _waiting,
    ),
    Step(
        _("Watch it done"),
        _(
            "Canvas works through the change and is asked until it has finished. Then every date is read again "
            "and compared. The receipt says what was verified."
        ),
        APPROVER,
        _latest,
    ),
    Step(
        _("What deans read"),
        _("A report goes out by mail at its hour, only to those whose part of the university it is. This is one."),
        ADMINISTRATOR,
        _report,
    ),
    Step(
        _("What is going to break"),
        _("The deadlines of the term, and the findings that will become blocking when a grading period closes."),
        REVIEWER,
        _calendar,
    ),
    Step(
        _("What has changed, and by whom"),
        _("What broke and what was mended since a day, and how this term compares with an earlier one."),
        REVIEWER,
        _history,
    ),
)
