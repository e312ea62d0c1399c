"""Summarise: what a report counts, of exactly the part of the university that it may speak of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, QuerySet

from registrar.domain.findings import Severity
from registrar.domain.summary import Found, Summary, former, summarise
from registrar.models import (
    Account,
    Course,
    Delivery,
    Finding,
    LineItem,
    Reach,
    Subscription,
    Term,
    roles_of,
)
from registrar.services import reviewing, tallying
from registrar.services.inheriting import Deadlines, deadlines
from registrar.services.surveying import is_watched

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NOTHING = Reach(())
PERHAPS_SENT = (Delivery.State.SENT, Delivery.State.UNCONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    course: Course
    sections: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How one term stands within a scope."""

    term: Term
    scope: Reach
    codes: tuple[str, ...]
    severities: tuple[str, ...]
    summary: Summary
    colleges: list[tallying.Tally]
    worst: list[Worst]
    deadline: datetime | None
    roots: tuple[str, ...]
    """Paths of the sub-accounts that it speaks of."""

    @property
    def whole(self) -> bool:
        """Every rule that blocks was asked for, so that no finding means ready."""
        return not self.codes and (not self.severities or Severity.BLOCKING in self.severities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What all subscriptions share, read once."""

    terms: list[Term]
    deadlines: Deadlines
    tops: tuple[str, ...]

    def terms_of(self, subscription: Subscription, now: datetime) -> list[Term]:
        """Of a term that has not begun nobody wants to hear daily that it is unpublished, unless it was chosen."""
        chosen = {term.pk for term in subscription.terms.all()}
        if chosen:
            return [term for term in self.terms if term.pk in chosen]
        begun = [term for term in self.terms if term.start_at is None or term.start_at <= now]
        return [term for term in begun if is_watched(term, now)]

    def deadline_in(self, scope: Reach, term: Term, now: datetime) -> datetime | None:
        """The one that holds for the scope: of several the next to come, else the last that has passed."""
        return self.deadlines.to_name(term.pk, scope, now, tops=self.roots(scope))

    def roots(self, scope: Reach) -> tuple[str, ...]:
        return self.tops if scope.paths is None else scope.paths


def around() -> Around:
    tops = Account.objects.filter(parent=None, gone_at=None).values_list("path", flat=True)
    terms = list(Term.objects.filter(gone_at__isnull=True).order_by("-start_at", "name"))
    return Around(terms=terms, deadlines=deadlines(), tops=tuple(tops))


def scope_of(subscription: Subscription) -> Reach:
    """What its reports may speak of now: chosen, and seen by whoever set it up, and seen by the addressee."""
    scope = _allowed(subscription.made_by)
    if subscription.person is not None:
        scope = scope.meeting(_allowed(subscription.person))
    chosen = tuple(sorted(account.path for account in subscription.accounts.all()))
    return scope.meeting(Reach(chosen)) if chosen else scope


def _allowed(person: User) -> Reach:
    return reach_by_rows(person) if person.is_active and roles_of(person) else NOTHING


def reach_by_rows(person: User) -> Reach:
    """As `reach_of`, from rows that may have been fetched already."""
    paths = tuple(scope.account.path for scope in person.scopes.all())
    return Reach(paths or None)


def with_people(rows: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """With all that `scope_of` and the schedule ask for, so that many cost as many queries as one."""
    people = [f"{one}__{of}" for one in ("person", "made_by") for of in ("scopes__account", "groups")]
    return rows.select_related("person", "made_by").prefetch_related("accounts", "terms", "rounds", *people)


def picture(*, subscription: Subscription, term: Term, scope: Reach, around: Around, now: datetime) -> Picture:
    codes, severities = tuple(subscription.codes), tuple(subscription.severities)
    totals = _totals(scope, term)
    summary = summarise(
        _found(scope, term, codes, severities),
        total=sum(totals.values()),
        former=former(_last(subscription, term), scope=scope_digest(subscription, scope)),
        severity=counting(severities),
    )
    return Picture(
        term=term,
        scope=scope,
        codes=codes,
        severities=severities,
        summary=summary,
        colleges=_colleges(scope, summary, totals),
        worst=_worst(scope, summary),
        deadline=around.deadline_in(scope, term, now),
        roots=around.roots(scope),
    )


def counting(severities: tuple[str, ...]) -> Severity:
    """What makes a section count: that it is blocked, but where only warnings were asked for."""
    return Severity.BLOCKING if not severities or Severity.BLOCKING in severities else Severity.WARNING


def scope_digest(subscription: Subscription, scope: Reach) -> str:
    """Two reports can be compared where this is the same."""
    paths = None if scope.paths is None else sorted(scope.paths)
    asked = [paths, sorted(subscription.codes), sorted(subscription.severities)]
    return hashlib.blake2b(json.dumps(asked).encode(), digest_size=8).hexdigest()


def open_items(found: Picture) -> QuerySet[LineItem]:
    """The line items that the report counts, as the attachment lists them."""
    broken = _findings(found.scope, found.term, found.codes, found.severities).filter(exemption=None)
    return LineItem.objects.within(found.scope).filter(term=found.term, pk__in=broken.values("line_item"))


def _findings(scope: Reach, term: Term, codes: tuple[str, ...], severities: tuple[str, ...]) -> QuerySet[Finding]:
    rows = Finding.objects.within(scope).filter(term=term)
    if codes:
        rows = rows.filter(code__in=codes)
    return (rows.filter(severity__in=severities) if severities else rows).order_by()


def _found(scope: Reach, term: Term, codes: tuple[str, ...], severities: tuple[str, ...]) -> Iterator[Found]:
    rows = _findings(scope, term, codes, severities).values_list(
        "account_id", "course_id", "line_item__assignment_id", "section_id", "code", "severity", "exemption_id"
    )
    for account, course, assignment, section, code, severity, exemption in rows.iterator(chunk_size=5000):
        yield Found(
            account=account,
            course=course,
            assignment=assignment,
            section=section,
            code=code,
            severity=severity,
            excepted=exemption is not None,
        )


def _totals(scope: Reach, term: Term) -> dict[int, int]:
    """Sections that have anything to get ready, by account."""
    rows = reviewing.sections(scope, reviewing.Filters(term=term.pk)).order_by().values_list("account")
    return dict(rows.annotate(total=Count("pk")))


def _last(subscription: Subscription, term: Term) -> dict[str, object] | None:
    sent = Delivery.objects.filter(subscription=subscription, state__in=PERHAPS_SENT, summary__isnull=False)
    mine = sent.filter(key__startswith=key_prefix(subscription, term)).order_by("-created_at", "-pk")
    return mine.values_list("summary", flat=True).first()


def key_prefix(subscription: Subscription, term: Term) -> str:
    return f"report:{subscription.pk}:{term.pk}:"


def _colleges(scope: Reach, summary: Summary, totals: dict[int, int]) -> list[tallying.Tally]:
    found = {account: tallying.Tally(sections=total) for account, total in totals.items()}
    for account, (sections, items) in summary.by_account.items():
        tally = found.setdefault(account, tallying.Tally())
        tally.add(tallying.Tally(sections_needing=sections, items=items, items_needing=items))
    return tallying.by_college(reviewing.accounts(scope), found)


def _worst(scope: Reach, summary: Summary) -> list[Worst]:
    courses = Course.objects.within(scope).in_bulk([one.course for one in summary.worst])
    return [
        Worst(course=courses[one.course], sections=one.sections, items=one.items)
        for one in summary.worst
        if one.course in courses
    ]
