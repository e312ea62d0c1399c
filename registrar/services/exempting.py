"""Exempt: accept what a rule finds, with a reason and an end; take it back; end what is over.

An exemption in a course covers exactly the findings that are there when it is made. One for a whole rule, which
only administrators make, covers whatever breaks the rule in a sub-account and below, in one term.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from registrar.domain.calendar import local_day
from registrar.domain.exemptions import covered, end_of, last_day, with_exemptions
from registrar.domain.findings import Code
from registrar.domain.readiness import LineItem
from registrar.errors import Missing, Refused
from registrar.models import Account, Course, Exemption, Finding, Role, Term, reach_of, roles_of
from registrar.words.dates import day_words

from . import assessing, covering, reassessing
from .auditing import note
from .covering import Target
from .rights import courses_for, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NO_REASON = _lazy("Give a reason: others will want to know later why this was decided.")
NOT_SEEN = _lazy("This course was worked out again after you opened it. Look at what is found now, then decide.")
NOT_BROKEN = _lazy("There is nothing to accept: this rule is not broken there.")


def accept(
    *, by: User, code: Code, target: Target, until: date, reason: str, now: datetime, seen: str | None = None
) -> Exemption:
    """``seen`` is the course's ``assessed_as`` when it was looked at: nobody accepts what they have not seen."""
    require(by, Role.REVIEWER)
    course = courses_for(by, {target.course_id}).get(target.course_id)
    if course is None:
        raise Missing(_("This course is not there, or it is outside the part that you may see."))
    end = _end_of(until, course.term, now)
    _require_reason(reason)
    with transaction.atomic():
        as_it_is = Course.objects.select_for_update().values_list("assessed_as", flat=True).get(pk=course.pk)
        if seen not in (None, as_it_is):
            raise Refused(str(NOT_SEEN))
        items = _to_accept(course, code, target, end, now)
        made = _made(
            code=code,
            level=target.level,
            term=course.term,
            account=course.account,
            course=course,
            section_id=target.section_id,
            assignment_id=target.assignment_id,
            subject=target.named(course, items[0]),
            reason=reason.strip(),
            until=end,
            made_by=by,
            made_at=now,
            covers=covered(items, code),
        )
        course.refresh_from_db(fields=["assessed_as"])
        assessing.reassess(course, assessing.surroundings(now=now))
    return made


def _to_accept(course: Course, code: Code, target: Target, until: datetime, now: datetime) -> list[LineItem]:
    """The line items whose finding nobody has accepted for as long already."""
    around = assessing.surroundings(now=now)
    read = assessing.facts_of(course.pk, around)
    if read is None:
        raise Refused(str(NOT_BROKEN))
    found = with_exemptions(assessing.worked_out(course, read, around), around.exemptions_of(course))
    broken = [
        (item, finding)
        for item in found.line_items
        for finding in item.findings
        if finding.code is code and target.holds(item)
    ]
    if not broken:
        raise Refused(str(NOT_BROKEN))
    left = [item for item, finding in broken if not finding.excepted_until or finding.excepted_until < until]
    if not left:
        raise Refused(_accepted_by(broken[0][1].exemption or 0))
    return left


def _accepted_by(pk: int) -> str:
    known = Exemption.objects.select_related("made_by").get(pk=pk)
    name = known.made_by.get_full_name() or known.made_by.get_username()
    until = day_words(local_day(known.until, zone()))
    said = _("There is nothing to accept: %(name)s has accepted it already, until %(until)s.")
    return said % {"name": name, "until": until}


def accept_rule(
    *, by: User, code: Code, term: Term, account: Account, until: date, reason: str, now: datetime
) -> Exemption:
    """For everything in the sub-account and below. Where that is much, its courses wait for `reassessing`."""
    require(by, Role.ADMINISTRATOR)
    if not reach_of(by).holds(account.path):
        raise Missing(_("This college is not there, or it is outside the part that you may see."))
    end = _end_of(until, term, now)
    _require_reason(reason)
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        broken = Finding.objects.filter(term=term, code=code, account__path__startswith=account.path)
        if not broken.exists():
            raise Refused(str(NOT_BROKEN))
        above = Exemption.objects.in_force(now).filter(level="rule", term=term, code=code, until__gte=end)
        for known in above.select_related("account"):
            if account.path.startswith(known.account.path):
                raise Refused(_accepted_by(known.pk))
        made = _made(
            code=code,
            level=Exemption.Level.RULE,
            term=term,
            account=account,
            subject=f"{account.name}, {term.name}",
            reason=reason.strip(),
            until=end,
            made_by=by,
            made_at=now,
        )
        courses = reassessing.ask(path=account.path, term_id=term.pk)
    reassessing.at_once(courses, now=now)
    return made


def zone() -> ZoneInfo:
    """The office's."""
    return ZoneInfo(settings.TIME_ZONE)


def latest_day(term: Term, now: datetime) -> date:
    return last_day(term.end_at, now, zone())


def _end_of(day: date, term: Term, now: datetime) -> datetime:
    if (end := end_of(day, zone())) <= now:
        raise Refused(_("The last day is over already. Choose today or a later day."))
    if day > (latest := latest_day(term, now)):
        said = _("An exemption in this term can last until %(day)s at most.")
        raise Refused(said % {"day": day_words(latest)})
    return end


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(str(NO_REASON))


def _made(**fields: object) -> Exemption:
    made: Exemption = Exemption.objects.create(**fields)
    after = {
        "number": made.pk,
        "accepted for": Exemption.Level(made.level).label,
        "line items": len(made.covers) or "all that break it",
        "until": made.until.isoformat(),
    }
    note(
        by=made.made_by,
        what="exemption made",
        subject=covering.named(made),
        account=made.account,
        now=made.made_at,
        after=after,
        reason=made.reason,
    )
    return made


def revoke(*, by: User, exemption: Exemption, reason: str, now: datetime) -> None:
    """Whoever could make it can take it back."""
    require(by, _role_for(exemption))
    exemption = for_person(by, exemption.pk)
    if not may_revoke(by, exemption):
        raise Refused(_("This exemption holds for more than the part that you look after."))
    _require_reason(reason)
    with transaction.atomic():
        waiting = Exemption.objects.filter(pk=exemption.pk, ended_at__isnull=True)
        ended = {"ended_at": now, "ended_by": by, "ended_because": Exemption.Ended.REVOKED}
        if not waiting.update(**ended, ended_reason=reason.strip()):
            raise Refused(_("This exemption has ended already."))
        note(
            by=by,
            what="exemption taken back",
            subject=covering.named(exemption),
            account=exemption.place,
            now=now,
            before={"number": exemption.pk, "until": exemption.until.isoformat()},
            reason=reason,
        )
        courses = _work_out_again(exemption)
        if exemption.course is not None:
            row = Course.objects.select_related("term", "account").get(pk=exemption.course.pk)
            assessing.reassess(row, assessing.surroundings(now=now))
    if exemption.course is None:
        reassessing.at_once(courses, now=now)


def _role_for(exemption: Exemption) -> Role:
    return Role.ADMINISTRATOR if exemption.level == Exemption.Level.RULE else Role.REVIEWER


def may_revoke(by: User, exemption: Exemption) -> bool:
    return _role_for(exemption) in roles_of(by) and reach_of(by).holds(exemption.place.path)


def for_person(by: User, pk: int) -> Exemption:
    """The exemption if it concerns what the person may see; a stranger learns nothing of it."""
    rows = Exemption.objects.concerning(reach_of(by))
    found = rows.select_related("course__account", "account", "term", "made_by", "ended_by").filter(pk=pk).first()
    if found is None:
        said = _("There is no exemption %(number)s, or it is outside the part that you may see.")
        raise Missing(said % {"number": pk})
    return found


def expire(*, now: datetime) -> int:
    """End what is over by the clock, or whose course is gone; returns how many. `reassessing` does the rest."""
    rows = Exemption.objects.filter(ended_at__isnull=True).select_related("course__account", "account")
    over = [(row, Exemption.Ended.EXPIRED) for row in rows.filter(until__lte=now)]
    gone = rows.filter(until__gt=now, course__gone_at__isnull=False)
    over += [(row, Exemption.Ended.VOID) for row in gone]
    return sum(_end(row, because, now) for row, because in over)


def _end(row: Exemption, because: Exemption.Ended, now: datetime) -> bool:
    with transaction.atomic():
        ended = covering.end(row, because=because, now=now)
        if ended:
            _work_out_again(row)
    return ended


def _work_out_again(row: Exemption) -> int:
    if row.course_id is None:
        return reassessing.ask(path=row.account.path, term_id=row.term_id)
    return Course.objects.filter(pk=row.course_id).update(assessed_as="")
