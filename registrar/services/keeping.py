"""Keep what the account-wide lists say: accounts, terms, periods and the heads of courses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from registrar.canvas import AccountFound, Canvas, CourseFound, PeriodFound, TermFound
from registrar.domain import facts
from registrar.errors import CanvasTrouble, Missing, Refused
from registrar.models import Account, Course, GradingPeriod, Standing, Term

from .assessing import forget_rows
from .replacing import search_text

NO_TERM = 0
"""The id under which courses are kept that Canvas showed without a term."""


def refuse_other_canvas(host: str) -> None:
    """Readings of two Canvases in one database would pass for one university."""
    known = Standing.objects.filter(pk=1).values_list("canvas_host", flat=True).first()
    if known and known != host:
        said = _(
            "This database holds readings of %(known)s, and CANVAS_BASE_URL now names %(host)s. "
            "Name another database in DATABASE_URL, or go back to the former Canvas."
        )
        raise Refused(said % {"known": known, "host": host})


def keep_accounts(root: AccountFound, below: Sequence[AccountFound]) -> Account:
    """The tree, parents before children, with the path by which scopes and colleges are found."""
    children: dict[int | None, list[AccountFound]] = {}
    for account in below:
        children.setdefault(account.parent_id, []).append(account)
    with transaction.atomic():
        top = _keep_account(root, _parent_of_root(root))
        waiting = [(top, child) for child in children.get(root.id, [])]
        while waiting:
            parent, found = waiting.pop()
            row = _keep_account(found, parent)
            waiting += [(row, child) for child in children.get(found.id, [])]
    return top


def _parent_of_root(root: AccountFound) -> Account | None:
    """Reading a sub-account first must not cut it off from a tree that is already known."""
    return Account.objects.filter(pk=root.parent_id).first() if root.parent_id is not None else None


def _keep_account(found: AccountFound, parent: Account | None) -> Account:
    row, _made = Account.objects.update_or_create(
        canvas_id=found.id,
        defaults={
            "name": found.name,
            "parent": parent,
            "sis_id": found.sis_id or "",
            "time_zone": found.time_zone or (parent.time_zone if parent else "UTC"),
            "path": f"{parent.path if parent else '/'}{found.id}/",
            "depth": parent.depth + 1 if parent else 0,
            "gone_at": None,
        },
    )
    return row


def keep_terms(terms: Sequence[TermFound], now: datetime) -> None:
    for term in terms:
        _keep_term(term)
    known = [term.id for term in terms]
    Term.objects.filter(gone_at=None).exclude(pk__in=[*known, NO_TERM]).update(gone_at=now)


def learn_terms(terms: Iterable[TermFound | None]) -> None:
    """What courses tell of their terms, where Canvas does not list them."""
    told = {term.id: term for term in terms if term is not None}
    for term in told.values():
        _keep_term(term)


def _keep_term(term: TermFound) -> None:
    Term.objects.update_or_create(
        canvas_id=term.id,
        defaults={
            "name": term.name,
            "sis_id": term.sis_id or "",
            "start_at": term.start_at,
            "end_at": term.end_at,
            "period_group_id": term.period_group_id,
            "gone_at": None,
        },
    )


def keep_periods(periods: Sequence[PeriodFound]) -> None:
    with transaction.atomic():
        GradingPeriod.objects.filter(group_id__isnull=False).delete()
        GradingPeriod.objects.bulk_create(_period(period) for period in periods if period.group_id is not None)


def _period(period: PeriodFound, course: Course | None = None) -> GradingPeriod:
    return GradingPeriod(
        canvas_id=period.id,
        group_id=None if course else period.group_id,
        course=course,
        title=period.title,
        start_at=period.start_at,
        end_at=period.end_at,
        close_at=period.close_at,
    )


def keep_own_periods(course: Course, periods: Sequence[PeriodFound]) -> None:
    """A course's own set; the term's, which Canvas lists for a course without one, is kept with the term."""
    own = [
        period for period in periods if period.group_id != course.term.period_group_id or period.group_id is None
    ]
    with transaction.atomic():
        course.own_periods.all().delete()
        GradingPeriod.objects.bulk_create(_period(period, course) for period in own)


def term_by_reference(reference: str, now: datetime) -> Term:
    """``12``, ``sis_term_id:2026FA``, ``current``, or the term's name."""
    terms = Term.objects.filter(gone_at=None)
    if reference == "current":
        found = list(
            terms.filter(Q(start_at__isnull=False) | Q(end_at__isnull=False))
            .exclude(start_at__gt=now)
            .exclude(end_at__lt=now)
        )
    elif reference.isdecimal():
        found = list(terms.filter(pk=int(reference))) if int(reference) < 2**63 else []
    elif reference.startswith("sis_term_id:"):
        found = list(terms.filter(sis_id=reference.removeprefix("sis_term_id:")))
    else:
        found = list(terms.filter(name__iexact=reference))
    if len(found) != 1:
        known = ", ".join(f"{term.name} ({term.pk})" for term in terms[:8])
        if found:
            said = _("There is more than one term “%(asked)s” in Canvas. Known are: %(known)s.")
        else:
            said = _("There is no term “%(asked)s” in Canvas. Known are: %(known)s.")
        raise Missing(said % {"asked": reference, "known": known})
    return found[0]


_HEAD = [
    "account",
    "term",
    "name",
    "code",
    "sis_id",
    "state",
    "concluded",
    "start_at",
    "end_at",
    "restricts_dates",
    "time_zone",
    "teachers",
    "total_students",
    "gone_at",
    "search",
    "sort_key",
]


def keep_courses(courses: Iterable[CourseFound], root: Account) -> list[Course]:
    """The heads of courses as the list tells them; nothing of their readings is touched."""
    found = list({course.id: course for course in courses}.values())
    accounts = _accounts_of(found, root)
    _terms_of(found)
    return Course.objects.bulk_create(
        [_course(course, accounts[course.account_id]) for course in found],
        update_conflicts=True,
        unique_fields=["canvas_id"],
        update_fields=_HEAD,
    )


def _accounts_of(courses: Sequence[CourseFound], root: Account) -> dict[int, Account]:
    """The courses' accounts; one that was not listed hangs below the root by the name a course gives it."""
    wanted = {course.account_id: course.account_name for course in courses}
    known = Account.objects.in_bulk(wanted)
    for account_id, name in wanted.items():
        if account_id not in known:
            found = AccountFound(
                id=account_id, name=name or _("Account %(id)s") % {"id": account_id}, parent_id=root.pk
            )
            known[account_id] = _keep_account(found, root)
    return known


def _terms_of(courses: Sequence[CourseFound]) -> None:
    wanted = {course.term_id: course.term for course in courses}
    for term_id in wanted.keys() - Term.objects.in_bulk(wanted).keys():
        name = _("No term") if term_id == NO_TERM else _("Term %(id)s") % {"id": term_id}
        _keep_term(wanted[term_id] or TermFound(id=term_id, name=name))


def _course(found: CourseFound, account: Account) -> Course:
    people = " ".join(teacher["name"] for teacher in found.teachers)
    return Course(
        canvas_id=found.id,
        account=account,
        term_id=found.term_id,
        name=found.name,
        code=found.code,
        sis_id=found.sis_id or "",
        state=found.state,
        concluded=found.concluded,
        start_at=found.start_at,
        end_at=found.end_at,
        restricts_dates=found.restricts_dates,
        time_zone=found.time_zone or account.time_zone,
        teachers=list(found.teachers),
        total_students=found.total_students,
        gone_at=None,
        search=search_text(found.code, found.name, found.sis_id, str(found.id), people),
        sort_key=(found.code or found.name).lower()[:80],
    )


def with_origins(found: facts.Course) -> facts.Course:
    """Only the SIS feed tells the SIS id of the course a section came from; of a section that it does not list,
    the list of courses may.
    """
    wanted = {one.origin_course_id or 0 for one in found.sections if _is_of_unknown_origin(one)}
    if not wanted:
        return found
    known = dict(Course.objects.filter(pk__in=wanted).exclude(sis_id="").values_list("pk", "sis_id"))
    return replace(found, sections=tuple(_with_origin(one, known) for one in found.sections))


def _is_of_unknown_origin(section: facts.Section) -> bool:
    return section.cross_listed and section.origin_course_sis_id is None


def _with_origin(section: facts.Section, known: Mapping[int, str]) -> facts.Section:
    if not _is_of_unknown_origin(section):
        return section
    return replace(section, origin_course_sis_id=known.get(section.origin_course_id or 0))


def mark_gone(course: Course, now: datetime) -> None:
    forget_rows(course, now=now)
    course.gone_at = now
    course.save(update_fields=["gone_at"])


def still_there(course: Course, canvas: Canvas) -> CourseFound | None:
    """The course as Canvas tells it by itself, or None where Canvas no longer has it."""
    try:
        found = canvas.course(str(course.pk))
    except CanvasTrouble as trouble:
        if trouble.kind == "not_found":
            return None
        raise
    return None if found.state == "deleted" else found
