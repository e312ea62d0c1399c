"""Mark: the office's own dates of a term, and which terms are watched. Each decision is audited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext, override

from registrar.errors import Missing, Refused, RegistrarError
from registrar.models import Account, Course, Mark, Reach, Role, Term, reach_of

from . import reassessing
from .auditing import note
from .inheriting import deadlines
from .rights import require
from .surveying import is_watched

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FAR = timedelta(days=120)
"""A date this far outside of its term is taken for a slip of the pen."""
DEADLINE = Mark.Kind.GRADE_DEADLINE
ELSEWHERE = _lazy("This date is not there, or it is outside the part that you may see.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    kind: str
    at: datetime
    name: str = ""
    account: Account | None = None
    """Empty for the whole university."""
    past_is_meant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a decision: how many courses follow from it, and whether they are worked out already."""

    mark: Mark
    courses: int = 0
    at_once: bool = True


# What a person sees


def terms(reach: Reach) -> QuerySet[Term]:
    """Who sees everything sees every term of Canvas; others those in which they have a course."""
    return _seen(reach).filter(gone_at=None).order_by(F("start_at").desc(nulls_last=True), "name")


def _seen(reach: Reach) -> QuerySet[Term]:
    if reach.paths is None:
        return Term.objects.all()
    return Term.objects.filter(Exists(Course.objects.present().within(reach).filter(term=OuterRef("pk"))))


def term_for(reach: Reach, pk: int) -> Term:
    found = _seen(reach).filter(pk=pk).first()
    if found is None:
        raise Missing(_("This term is not there, or it is outside the part that you may see."))
    return found


def marks(reach: Reach, term: Term) -> QuerySet[Mark]:
    """The dates that concern what this person sees: of its sub-accounts, of those above, of everybody."""
    return _concerning(reach).filter(term=term).select_related("account", "set_by")


def next_marks(reach: Reach, now: datetime) -> dict[int, Mark]:
    """The next date of each term, by the term's id."""
    rows = _concerning(reach).filter(at__gt=now).select_related("account").order_by("-at", "-pk")
    return {mark.term_id: mark for mark in rows}


def _concerning(reach: Reach) -> QuerySet[Mark]:
    if reach.paths is None:
        return Mark.objects.all()
    above = {int(pk) for path in reach.paths for pk in path.strip("/").split("/")}
    return Mark.objects.filter(Q(account=None) | Q(account__in=above) | reach.over("account"))


def mark_for(reach: Reach, pk: int) -> Mark:
    """One that this person may change. Of a stranger's, and of everybody's, the answer is the same."""
    rows = Mark.objects.select_related("account", "term", "set_by")
    found = rows.filter(pk=pk, term__in=_seen(reach)).first()
    if found is None or not may_set(reach, found.account):
        raise Missing(str(ELSEWHERE))
    return found


def may_set(reach: Reach, account: Account | None) -> bool:
    return reach.paths is None or (account is not None and reach.holds(account.path))


def deadline(*, term: Term, account: Account | None = None) -> datetime | None:
    """The grade deadline that holds for a sub-account: of the nearest one upwards, else the university's."""
    return deadlines([term]).at(term.pk, account.path if account is not None else "")


def deadline_within(reach: Reach, term: Term, now: datetime) -> datetime | None:
    """The grade deadline to name to a person: of several the next to come, else the last that has passed."""
    return deadlines([term]).to_name(term.pk, reach, now, tops=reach.paths or ("",))


# Deciding


def objections(*, term: Term, wanted: Wanted, now: datetime, mark: Mark | None = None) -> dict[str, str]:
    """What speaks against a date, by the field that it is about."""
    found = {"at": _untimely(term, wanted, now, mark)}
    if wanted.kind == Mark.Kind.OTHER and not wanted.name.strip():
        found["name"] = _("Give the date a name: “other date” says nothing to those who read it.")
    if wanted.kind == DEADLINE and _taken(term, wanted, mark):
        found["account"] = _is_taken(wanted.account)
    return {field: said for field, said in found.items() if said}


def _is_taken(account: Account | None) -> str:
    if account is None:
        return _("The whole university has a grade deadline in this term already. Change that one.")
    return _("%(name)s has a grade deadline in this term already. Change that one.") % {"name": account.name}


def _untimely(term: Term, wanted: Wanted, now: datetime, mark: Mark | None) -> str:
    if term.start_at is not None and wanted.at < term.start_at - FAR:
        said = ngettext(
            "This is more than %(n)s day before %(term)s begins. Look at the year again.",
            "This is more than %(n)s days before %(term)s begins. Look at the year again.",
            FAR.days,
        )
        return said % {"n": FAR.days, "term": term.name}
    if term.end_at is not None and wanted.at > term.end_at + FAR:
        said = ngettext(
            "This is more than %(n)s day after %(term)s ends. Look at the year again.",
            "This is more than %(n)s days after %(term)s ends. Look at the year again.",
            FAR.days,
        )
        return said % {"n": FAR.days, "term": term.name}
    stays = mark is not None and mark.at == wanted.at
    if wanted.at < now and not wanted.past_is_meant and not stays:
        return _("This date has passed. If it is meant to be in the past, tick the box and save again.")
    return ""


def _taken(term: Term, wanted: Wanted, mark: Mark | None) -> bool:
    others = Mark.objects.filter(term=term, kind=DEADLINE, account=wanted.account)
    return (others.exclude(pk=mark.pk) if mark else others).exists()


def set_mark(*, by: User, term: Term, wanted: Wanted, now: datetime, mark: Mark | None = None) -> Done:
    """A new date, or another one in the place of ``mark``."""
    _may_decide(by, wanted.account)
    if mark is not None:
        _may_decide(by, mark.account)
    if said := objections(term=term, wanted=wanted, now=now, mark=mark):
        raise RegistrarError(" ".join(said.values()))
    before = (mark.kind, mark.account, _told(mark)) if mark else None
    row = mark or Mark(term=term)
    row.kind, row.name, row.at, row.account = wanted.kind, wanted.name.strip(), wanted.at, wanted.account
    row.set_by, row.set_at = by, now

    def decide() -> None:
        row.save()
        note(
            by=by,
            what="date changed" if before else "date set",
            subject=_subject(row),
            now=now,
            account=row.account,
            before=before and before[2],
            after=_told(row),
        )

    places = [(row.kind, row.account), *([before[:2]] if before else [])]
    return _decided(row, decide, places, now)


def remove_mark(*, by: User, mark: Mark, now: datetime) -> Done:
    _may_decide(by, mark.account)

    def decide() -> None:
        if not Mark.objects.filter(pk=mark.pk).delete()[0]:
            raise Missing(_("Somebody has removed this date already."))
        note(by=by, what="date removed", subject=_subject(mark), now=now, account=mark.account, before=_told(mark))

    return _decided(mark, decide, [(mark.kind, mark.account)], now)


def _may_decide(by: User, account: Account | None) -> None:
    require(by, Role.ADMINISTRATOR)
    if not may_set(reach_of(by), account):
        raise Missing(str(ELSEWHERE))


def _decided(
    mark: Mark, decide: Callable[[], None], places: list[tuple[str, Account | None]], now: datetime
) -> Done:
    """Decide, and have the courses that follow from it worked out again, all or nothing."""
    paths = {account.path if account else "" for kind, account in places if kind == DEADLINE}
    try:
        with transaction.atomic():
            decide()
            courses = sum(reassessing.ask(path=path, term_id=mark.term_id) for path in paths)
    except IntegrityError:
        raise Refused(_("Somebody else has just set a grade deadline here. Look at it first.")) from None
    return Done(mark=mark, courses=courses, at_once=reassessing.at_once(courses, now=now))


def _subject(mark: Mark) -> str:
    with override(settings.LANGUAGE_CODE):
        told = {"date": mark.name or mark.get_kind_display(), "term": mark.term.name}
        if mark.account is None:
            return _("%(date)s of %(term)s") % told
        return _("%(date)s of %(term)s, %(place)s") % (told | {"place": mark.account.name})


def _told(mark: Mark) -> dict[str, Any]:
    place = mark.account.name if mark.account else "the whole university"
    return {"date": Mark.Kind(mark.kind).label, "name": mark.name, "at": mark.at.isoformat(), "for": place}


def watch(*, by: User, term: Term, watched: bool | None, now: datetime) -> None:
    """Have syncs read this term, or leave it out, whatever its dates; None lets the dates decide."""
    require(by, Role.ADMINISTRATOR)
    if reach_of(by).paths is not None:
        raise Refused(
            _("Which terms are read concerns the whole university: it takes an administrator of all of it.")
        )
    before = term.watched
    if watched == before:
        return
    with transaction.atomic():
        Term.objects.filter(pk=term.pk).update(watched=watched)
        term.watched = watched
        what = "term watched" if is_watched(term, now) else "term no longer watched"
        note(by=by, what=what, subject=term.name, now=now, before=before, after=watched)
