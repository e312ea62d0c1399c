"""Check: whether a new installation has all that it needs. What others answer is asked for live, by a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from registrar.canvas import Canvas, open_canvas
from registrar.errors import CanvasTrouble, Missing, RegistrarError
from registrar.models import Account, Delivery, Mark, Role, Sign, Standing

from . import collecting, mailing
from .rights import require, require_everything
from .surveying import watched_terms

SILENT: Final = timedelta(minutes=5)
"""The scheduler is heard each minute; a worker answers at once."""
PATIENCE: Final = timedelta(seconds=10)
"""How long a person waits for a mailbox to be read; a worker reads the rest."""
OURS: Final = "setup:"
"""How the keys of test mails begin."""


class Found(NamedTuple):
    good: bool | None
    """None while it is not known."""
    said: str
    kept: bool = False
    """Whether it was said some time ago, in the language of the installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    code: str
    good: bool | None
    said: str
    kept: bool = field(default=False, compare=False)


def checklist(now: datetime) -> list[Checked]:
    """From what is known already: nobody is asked, and a page that shows it waits for nobody."""
    shown = {code: look for code, look in LOOKS.items() if code != "bounces" or collecting.is_set_up()}
    return [_checked(code, look(now)) for code, look in shown.items()]


def _checked(code: str, found: Found) -> Checked:
    return Checked(code=code, good=found.good, said=found.said, kept=found.kept)


def missing(now: datetime) -> list[Checked]:
    """What the Overview reminds of; nothing once an administrator has hidden it."""
    if is_hidden():
        return []
    return [one for one in checklist(now) if not one.good]


def knows(code: str) -> bool:
    return code in LOOKS


def is_hidden() -> bool:
    return Sign.objects.filter(of=Sign.Of.HIDDEN).exists()


def hide(*, by: User, hidden: bool, now: datetime) -> None:
    _may(by)
    if hidden:
        heard(Sign.Of.HIDDEN, now=now)
    else:
        Sign.objects.filter(of=Sign.Of.HIDDEN).delete()


def test(*, by: User, code: str, now: datetime) -> Checked:
    """Ask those who have to answer. What an answer takes time for is seen at the next look."""
    _may(by)
    if not knows(code):
        raise Missing(_("There is no such item on the checklist."))
    if (ask := ASKS.get(code)) is not None:
        ask(by, now)
    return _checked(code, LOOKS[code](now))


def heard(of: Sign.Of, *, now: datetime, good: bool | None = True, said: str = "") -> None:
    Sign.objects.update_or_create(of=of, defaults={"good": good, "said": said, "at": now})


def _may(by: User) -> None:
    require(by, Role.ADMINISTRATOR)
    require_everything(by, _("The checklist is about the whole installation."))


# What is asked of others


def _ask_canvas(by: User, now: datetime) -> None:
    found = _tried(_reached)
    heard(Sign.Of.CANVAS, now=now, good=found.good, said=found.said)


def _ask_for_rights(by: User, now: datetime) -> None:
    found = _tried(_rights)
    heard(Sign.Of.RIGHTS, now=now, good=found.good, said=found.said)


def _tried(ask: Callable[[Canvas], Found]) -> Found:
    """What is said is kept, and so in the language of the installation."""
    with override(settings.LANGUAGE_CODE):
        try:
            return ask(open_canvas(hurried=True))
        except CanvasTrouble as trouble:
            return Found(False, trouble.message)


def _reached(canvas: Canvas) -> Found:
    account = canvas.account("self")
    said = _("Canvas at %(host)s answered; the account is “%(account)s”.")
    return Found(True, said % {"host": canvas.host, "account": account.name})


def _rights(canvas: Canvas) -> Found:
    account = canvas.account("self").id
    root = canvas.root_of(account)
    known = {
        _("list sub-accounts"): canvas.accounts_below(account) is not None,
        _("read terms"): canvas.terms(root) is not None,
        _("read grading periods"): canvas.periods_of_account(root) is not None,
        _("list courses"): _allowed(lambda: next(canvas.courses(account, None), None)),
        _("read the grade sync feed"): _allowed(lambda: next(canvas.feed_pages(account, ends_after=None), None)),
    }
    lacking = [right for right, held in known.items() if not held]
    if lacking:
        return Found(False, _("The token may not: %(rights)s.") % {"rights": ", ".join(lacking)})
    return Found(
        True,
        _("The token may read all that a sync needs. Whether it may change dates shows when a change is applied."),
    )


def _allowed(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except CanvasTrouble as trouble:
        if trouble.kind not in ("forbidden", "not_found", "not_enabled"):
            raise
        return False
    return True


def _ask_worker(by: User, now: datetime) -> None:
    """The task that answers is started by whoever called."""
    heard(Sign.Of.WORKER, now=now, good=None)


def _ask_mail(by: User, now: datetime) -> None:
    if not by.email:
        raise RegistrarError(_("Your account has no mail address to send a test to. Enter one under People."))
    asked_for = _("This is a test that you asked for.")
    mailing.write(
        kind=Delivery.Kind.TEST,
        key=f"{OURS}{by.pk}:{now.isoformat()}",
        address=by.email,
        subject=_("Test: mail from Preflight arrives"),
        text="\n\n".join((asked_for, _("If you can read it, mail works."), f"{settings.SITE_URL}\n")),
        now=now,
        person=by,
    )


def _ask_mailbox(by: User, now: datetime) -> None:
    if not collecting.is_set_up():
        raise Missing(_("No mailbox of undelivered mail is set up: set BOUNCES_URL where Preflight runs."))
    with override(settings.LANGUAGE_CODE):
        begun = time.monotonic()
        collecting.collect(clock=lambda: now + timedelta(seconds=time.monotonic() - begun), until=now + PATIENCE)


ASKS: Final[dict[str, Callable[[User, datetime], None]]] = {
    "canvas": _ask_canvas,
    "rights": _ask_for_rights,
    "worker": _ask_worker,
    "mail": _ask_mail,
    "bounces": _ask_mailbox,
}


# What is known


def _canvas(now: datetime) -> Found:
    tested, standing = _sign(Sign.Of.CANVAS), Standing.objects.select_related("root_account").first()
    read_at = standing.surveyed_at if standing else None
    if tested and (read_at is None or tested.at >= read_at):
        return Found(tested.good, tested.said, kept=True)
    if standing is None or read_at is None:
        return Found(None, _("Canvas has not been asked yet."))
    said = _("The last sync read Canvas at %(host)s; the account is “%(account)s”.")
    return Found(True, said % {"host": standing.canvas_host, "account": standing.root_account})


def _known_rights(now: datetime) -> Found:
    tested, standing = _sign(Sign.Of.RIGHTS), Standing.objects.first()
    read_at = standing.surveyed_at if standing else None
    if tested and (read_at is None or tested.at >= read_at):
        return Found(tested.good, tested.said, kept=True)
    if standing is None or read_at is None:
        return Found(None, _("The rights have not been tried yet."))
    if standing.warnings:
        return Found(False, " ".join(map(str, standing.warnings)), kept=True)
    return Found(True, _("The last sync could read all that it needs."))


def _rulepack(now: datetime) -> Found:
    chosen = Account.objects.filter(gone_at=None).exclude(rulepack="").order_by("depth").first()
    if chosen is None:
        return Found(False, _("No rule pack is chosen: only Canvas’s own limits are checked."))
    return Found(True, _("“%(pack)s” is chosen for %(account)s.") % {"pack": chosen.rulepack, "account": chosen})


def _terms(now: datetime) -> Found:
    watched = watched_terms(now)
    if not watched:
        return Found(False, _("No term is watched, so a sync has nothing to read."))
    said = ngettext("%(n)s term watched: %(terms)s.", "%(n)s terms watched: %(terms)s.", len(watched))
    return Found(True, said % {"n": len(watched), "terms": ", ".join(term.name for term in watched[:3])})


def _deadline(now: datetime) -> Found:
    """Of the terms that are going on: others have time."""
    running = [term for term in watched_terms(now) if term.end_at and (term.start_at or now) <= now <= term.end_at]
    marks = Mark.objects.filter(term__in=running, kind=Mark.Kind.GRADE_DEADLINE)
    known = set(marks.values_list("term", flat=True))
    if not running:
        return Found(True, _("No term with an end is going on, so none needs a deadline now."))
    lacking = [term.name for term in running if term.pk not in known]
    if lacking:
        said = _("No grade deadline is set for %(terms)s.")
        return Found(False, said % {"terms": ", ".join(lacking[:3])})
    return Found(True, _("Every term that is going on has a grade deadline."))


def _worker(now: datetime) -> Found:
    answered = _sign(Sign.Of.WORKER)
    if answered and answered.good is None:
        if answered.at < now - SILENT:
            return Found(False, _("No worker has answered the test."))
        return Found(None, _("A worker was asked and has not answered yet."))
    last = max((one.at for one in (answered, _sign(Sign.Of.SCHEDULER)) if one), default=None)
    if last is None:
        return Found(None, _("No worker has been heard of yet."))
    if last < now - SILENT:
        return Found(False, _("No worker has been heard of for more than five minutes."))
    return Found(True, _("A worker is at work."))


def _scheduler(now: datetime) -> Found:
    heard_of = _sign(Sign.Of.SCHEDULER)
    if heard_of is None:
        return Found(None, _("The scheduler has not been heard of yet."))
    if heard_of.at < now - SILENT:
        return Found(False, _("The scheduler has not been heard of for more than five minutes."))
    return Found(True, _("The scheduler is at work."))


def _mail(now: datetime) -> Found:
    states = Delivery.State
    last = Delivery.objects.filter(kind=Delivery.Kind.TEST, key__startswith=OURS).first()
    if last is None:
        if Delivery.objects.filter(state=states.SENT).exists():
            return Found(True, _("The mail server has taken mail."))
        return Found(None, _("No mail has been sent yet."))
    if last.state == states.BOUNCED:
        said = _("The test to %(address)s came back.") % {"address": last.address}
        return Found(False, f"{said} {last.bounce_said}".strip())
    if last.state == states.SENT:
        return Found(True, _("The mail server has taken a test to %(address)s.") % {"address": last.address})
    if last.state in (states.WAITING, states.CLAIMED):
        late = last.created_at < now - SILENT
        said = _("A test to %(address)s waits to be sent.") % {"address": last.address}
        return Found(False if late else None, f"{said} {last.trouble}".strip())
    said = _("The test to %(address)s did not go out.") % {"address": last.address}
    return Found(False, f"{said} {last.trouble}".strip())


def _mailbox(now: datetime) -> Found:
    read = _sign(Sign.Of.BOUNCES)
    if read is None:
        return Found(None, _("The mailbox of undelivered mail has not been read yet."))
    return Found(read.good, read.said, kept=True)


def _people(now: datetime) -> Found:
    active = User.objects.filter(is_active=True)
    approvers = active.filter(groups__name=Role.APPROVER).distinct()
    proposers = active.filter(Q(is_superuser=True) | Q(groups__name__in=(Role.REVIEWER, Role.ADMINISTRATOR)))
    if not approvers.exists():
        return Found(False, _("Nobody may approve: a change takes a second person, in the role of approver."))
    if proposers.union(approvers).count() < 2:
        return Found(False, _("There is only one person: nobody approves their own changes."))
    said = ngettext(
        "%(n)s person with an account, and somebody who may approve.",
        "%(n)s people with an account, and somebody who may approve.",
        active.count(),
    )
    return Found(True, said % {"n": active.count()})


def _sign(of: Sign.Of) -> Sign | None:
    return Sign.objects.filter(of=of).first()


LOOKS: Final[dict[str, Callable[[datetime], Found]]] = {
    "canvas": _canvas,
    "rights": _known_rights,
    "terms": _terms,
    "rulepack": _rulepack,
    "deadline": _deadline,
    "worker": _worker,
    "scheduler": _scheduler,
    "mail": _mail,
    "bounces": _mailbox,
    "people": _people,
}
