"""Check: whether a new installation has all that it needs. What others answer is asked for live, by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from registrar.canvas import Canvas, open_canvas
from registrar.errors import CanvasTrouble, Missing, RegistrarError
from registrar.models import Account, Delivery, Mark, Role, Sign, Standing, Term

from . import mailing
from .rights import require, require_everything
from .surveying import is_watched

SILENT: Final = timedelta(minutes=5)
"""The scheduler is heard each minute; a worker answers at once."""
OURS: Final = "setup:"
"""How the keys of test mails begin."""

Found: TypeAlias = tuple[bool | None, str]
"""Whether it is well, None while that is not known, and one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    code: str
    good: bool | None
    said: str


def checklist(now: datetime) -> list[Checked]:
    """From what is known already: nobody is asked, and a page that shows it waits for nobody."""
    return [_checked(code, look(now)) for code, look in LOOKS.items()]


def _checked(code: str, found: Found) -> Checked:
    return Checked(code=code, good=found[0], said=found[1])


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
        raise Missing("There is no such item on the checklist.")
    if (ask := ASKS.get(code)) is not None:
        ask(by, now)
    return _checked(code, LOOKS[code](now))


def heard(of: Sign.Of, *, now: datetime, good: bool | None = True, said: str = "") -> None:
    Sign.objects.update_or_create(of=of, defaults={"good": good, "said": said, "at": now})


def _may(by: User) -> None:
    require(by, Role.ADMINISTRATOR)
    require_everything(by, "The checklist is about the whole installation.")


# What is asked of others


def _ask_canvas(by: User, now: datetime) -> None:
    good, said = _tried(_reached)
    heard(Sign.Of.CANVAS, now=now, good=good, said=said)


def _ask_for_rights(by: User, now: datetime) -> None:
    good, said = _tried(_rights)
    heard(Sign.Of.RIGHTS, now=now, good=good, said=said)


def _tried(ask: Callable[[Canvas], Found]) -> Found:
    try:
        return ask(open_canvas(hurried=True))
    except CanvasTrouble as trouble:
        return False, trouble.message


def _reached(canvas: Canvas) -> Found:
    account = canvas.account("self")
    return True, f"Canvas at {canvas.host} answered; the account is “{account.name}”."


def _rights(canvas: Canvas) -> Found:
    account = canvas.account("self").id
    root = canvas.root_of(account)
    known = {
        "list sub-accounts": canvas.accounts_below(account) is not None,
        "read terms": canvas.terms(root) is not None,
        "read grading periods": canvas.periods_of_account(root) is not None,
        "list courses": _allowed(lambda: next(canvas.courses(account, None), None)),
        "read the grade sync feed": _allowed(lambda: next(canvas.feed_pages(account, ends_after=None), None)),
    }
    lacking = [right for right, held in known.items() if not held]
    if lacking:
        return False, f"The token may not: {', '.join(lacking)}."
    return (
        True,
        "The token may read all that a sync needs. Whether it may change dates shows when a change is applied.",
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
        raise RegistrarError("Your account has no mail address to send a test to. Enter one under People.")
    mailing.write(
        kind=Delivery.Kind.TEST,
        key=f"{OURS}{by.pk}:{now.isoformat()}",
        address=by.email,
        subject="Test: mail from Preflight arrives",
        text=f"This is a test that you asked for.\n\nIf you can read it, mail works.\n\n{settings.SITE_URL}\n",
        now=now,
        person=by,
    )


ASKS: Final[dict[str, Callable[[User, datetime], None]]] = {
    "canvas": _ask_canvas,
    "rights": _ask_for_rights,
    "worker": _ask_worker,
    "mail": _ask_mail,
}


# What is known


def _canvas(now: datetime) -> Found:
    tested, standing = _sign(Sign.Of.CANVAS), Standing.objects.select_related("root_account").first()
    read_at = standing.surveyed_at if standing else None
    if tested and (read_at is None or tested.at >= read_at):
        return tested.good, tested.said
    if standing is None or read_at is None:
        return None, "Canvas has not been asked yet."
    return True, f"The last sync read Canvas at {standing.canvas_host}; the account is “{standing.root_account}”."


def _known_rights(now: datetime) -> Found:
    tested, standing = _sign(Sign.Of.RIGHTS), Standing.objects.first()
    read_at = standing.surveyed_at if standing else None
    if tested and (read_at is None or tested.at >= read_at):
        return tested.good, tested.said
    if standing is None or read_at is None:
        return None, "The rights have not been tried yet."
    if standing.warnings:
        return False, " ".join(map(str, standing.warnings))
    return True, "The last sync could read all that it needs."


def _rulepack(now: datetime) -> Found:
    chosen = Account.objects.filter(gone_at=None).exclude(rulepack="").order_by("depth").first()
    if chosen is None:
        return False, "No rule pack is chosen: only Canvas’s own limits are checked."
    return True, f"“{chosen.rulepack}” is chosen for {chosen}."


def _watched(now: datetime) -> list[Term]:
    return [term for term in Term.objects.filter(gone_at=None) if is_watched(term, now)]


def _terms(now: datetime) -> Found:
    watched = _watched(now)
    if not watched:
        return False, "No term is watched, so a sync has nothing to read."
    return True, f"{_so_many(len(watched), 'term')} watched: {', '.join(term.name for term in watched[:3])}."


def _deadline(now: datetime) -> Found:
    """Of the terms that are going on: others have time."""
    running = [term for term in _watched(now) if term.end_at and (term.start_at or now) <= now <= term.end_at]
    marks = Mark.objects.filter(term__in=running, kind=Mark.Kind.GRADE_DEADLINE)
    known = set(marks.values_list("term", flat=True))
    if not running:
        return True, "No term with an end is going on, so none needs a deadline now."
    lacking = [term.name for term in running if term.pk not in known]
    if lacking:
        return False, f"No grade deadline is set for {', '.join(lacking[:3])}."
    return True, "Every term that is going on has a grade deadline."


def _worker(now: datetime) -> Found:
    answered = _sign(Sign.Of.WORKER)
    if answered and answered.good is None:
        late = answered.at < now - SILENT
        said = "No worker has answered the test." if late else "A worker was asked and has not answered yet."
        return (False if late else None), said
    last = max((one.at for one in (answered, _sign(Sign.Of.SCHEDULER)) if one), default=None)
    if last is None:
        return None, "No worker has been heard of yet."
    if last < now - SILENT:
        return False, "No worker has been heard of for more than five minutes."
    return True, "A worker is at work."


def _scheduler(now: datetime) -> Found:
    heard_of = _sign(Sign.Of.SCHEDULER)
    if heard_of is None:
        return None, "The scheduler has not been heard of yet."
    if heard_of.at < now - SILENT:
        return False, "The scheduler has not been heard of for more than five minutes."
    return True, "The scheduler is at work."


def _mail(now: datetime) -> Found:
    states = Delivery.State
    last = Delivery.objects.filter(kind=Delivery.Kind.TEST, key__startswith=OURS).first()
    if last is None:
        if Delivery.objects.filter(state=states.SENT).exists():
            return True, "The mail server has taken mail."
        return None, "No mail has been sent yet."
    if last.state == states.SENT:
        return True, f"The mail server has taken a test to {last.address}."
    if last.state in (states.WAITING, states.CLAIMED):
        late = last.created_at < now - SILENT
        return (False if late else None), f"A test to {last.address} waits to be sent. {last.trouble}".strip()
    return False, f"The test to {last.address} did not go out. {last.trouble}".strip()


def _people(now: datetime) -> Found:
    active = User.objects.filter(is_active=True)
    approvers = active.filter(groups__name=Role.APPROVER).distinct()
    proposers = active.filter(Q(is_superuser=True) | Q(groups__name__in=(Role.REVIEWER, Role.ADMINISTRATOR)))
    if not approvers.exists():
        return False, "Nobody may approve: a change takes a second person, in the role of approver."
    if proposers.union(approvers).count() < 2:
        return False, "There is only one person: nobody approves their own changes."
    return True, f"{_so_many(active.count(), 'person', 'people')} with an account, and somebody who may approve."


def _sign(of: Sign.Of) -> Sign | None:
    return Sign.objects.filter(of=of).first()


def _so_many(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


LOOKS: Final[dict[str, Callable[[datetime], Found]]] = {
    "canvas": _canvas,
    "rights": _known_rights,
    "terms": _terms,
    "rulepack": _rulepack,
    "deadline": _deadline,
    "worker": _worker,
    "scheduler": _scheduler,
    "mail": _mail,
    "people": _people,
}
