"""Subscribe: who gets which report and when. Set up, changed, paused, removed, and ended by the addressee."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User as Person
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from registrar.errors import Missing, Refused, RegistrarError
from registrar.models import Account, Delivery, Role, Subscription, Term, reach_of, roles_of
from registrar.words.objections import rule_in_words

from . import auditing, mailing, rendering, rights, summarising

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DROPPED = _lazy("The report was paused, ended or removed before it was sent.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody filled in."""

    person: User | None
    address: str = ""
    name: str = ""
    accounts: tuple[Account, ...] = ()
    terms: tuple[Term, ...] = ()
    codes: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    days_before: tuple[int, ...] = ()
    daily: bool = False
    weekday: int | None = None
    hour: int = 7
    time_zone: str
    only_if: str = Subscription.OnlyIf.OPEN
    with_xlsx: bool = False
    language: str = ""
    """None: that of the installation."""


def visible(by: User) -> QuerySet[Subscription]:
    """One's own, and for reviewers all that speak of nothing beyond their reach."""
    own, reach = Subscription.objects.filter(person=by), reach_of(by)
    if Role.REVIEWER not in roles_of(by):
        return own
    if reach.paths is None:
        return Subscription.objects.all()
    chosen = Subscription.accounts.through._default_manager
    beyond = chosen.filter(~reach.over("account")).values("subscription")
    inside = chosen.exclude(subscription__in=beyond).values("subscription")
    return Subscription.objects.filter(Q(person=by) | Q(pk__in=inside))


def to(person: User) -> QuerySet[Subscription]:
    """The reports that a person gets."""
    return summarising.with_people(Subscription.objects.filter(person=person)).order_by("pk")


def find(*, by: User, pk: int) -> Subscription:
    found = visible(by).select_related("person", "made_by").filter(pk=pk).first()
    if found is None:
        raise Missing(_("This report is not there, or it is outside the part that you may see."))
    return found


def addressees(by: User) -> list[User]:
    """People with a role who see something of what this person sees; oneself first."""
    if Role.REVIEWER not in roles_of(by):
        return [by]
    people = Person.objects.filter(Q(groups__name__in=list(Role)) | Q(is_superuser=True), is_active=True)
    named = people.exclude(pk=by.pk).distinct().order_by("last_name", "first_name", "username")
    mine = reach_of(by)
    scoped = named.prefetch_related("scopes__account")
    return [by, *(one for one in scoped if mine.meeting(summarising.reach_by_rows(one)) != summarising.NOTHING)]


def set_up(*, by: User, wanted: Wanted, now: datetime) -> Subscription:
    _require(by, wanted)
    with transaction.atomic():
        made = Subscription.objects.create(made_by=by, made_at=now, since=now, **_fields(wanted))
        _choose(made, by, wanted)
        _note(by, "report set up", made, now, after=described(made))
    return made


def change(*, by: User, subscription: Subscription, wanted: Wanted, now: datetime) -> None:
    """Whoever changes it vouches for it from then on: it shows no more than that person may see."""
    _require(by, wanted)
    before = described(subscription)
    with transaction.atomic():
        for name, value in _fields(wanted).items():
            setattr(subscription, name, value)
        subscription.made_by, subscription.since = by, now
        subscription.save()
        _choose(subscription, by, wanted)
        _note(by, "report changed", subscription, now, before=before, after=described(subscription))


def pause(*, by: User, subscription: Subscription, now: datetime) -> None:
    with transaction.atomic():
        taken = Subscription.objects.filter(pk=subscription.pk, paused_at=None).update(paused_at=now)
        if taken:
            _drop_waiting(subscription)
            _note(by, "report paused", subscription, now)


def resume(*, by: User, subscription: Subscription, now: datetime) -> None:
    """Nothing is sent of what was missed. Who has unsubscribed is left in peace, but by their own wish."""
    if subscription.unsubscribed_at is not None and subscription.person_id != by.pk:
        raise Refused(_("The addressee has unsubscribed. Only they can take the report up again."))
    with transaction.atomic():
        Subscription.objects.filter(pk=subscription.pk).update(paused_at=None, unsubscribed_at=None, since=now)
        _note(by, "report resumed", subscription, now)


def remove(*, by: User, subscription: Subscription, now: datetime) -> None:
    with transaction.atomic():
        _drop_waiting(subscription)
        _note(by, "report removed", subscription, now, before=described(subscription))
        subscription.delete()


def by_key(key: str) -> Subscription:
    found = Subscription.objects.select_related("person").filter(key=key).first()
    if found is None:
        raise Missing(_("This report is not sent any more."))
    return found


def unsubscribe(*, subscription: Subscription, now: datetime) -> None:
    """By whoever holds the key, which stands in the mail alone. Doing it twice changes nothing."""
    with transaction.atomic():
        fresh = Subscription.objects.filter(pk=subscription.pk, unsubscribed_at=None)
        if fresh.update(unsubscribed_at=now):
            _drop_waiting(subscription)
            _note(subscription.person, "report unsubscribed", subscription, now)


def rendered(*, by: User, subscription: Subscription, term: Term, now: datetime) -> rendering.Report:
    """The mail as it would go out now, with nothing in it that this person may not see."""
    scope = summarising.scope_of(subscription).meeting(reach_of(by))
    found = summarising.picture(
        subscription=subscription, term=term, scope=scope, around=summarising.around(), now=now
    )
    return rendering.report(subscription=subscription, found=found, now=now, to_addressee=False)


def send_test(*, by: User, subscription: Subscription, term: Term, now: datetime) -> Delivery | None:
    if not by.email:
        raise RegistrarError(_("Your account has no mail address. Ask an administrator to enter one."))
    report = rendered(by=by, subscription=subscription, term=term, now=now)
    with translation.override(subscription.language):
        subject = _("Test: %(subject)s") % {"subject": report.subject}
    return mailing.write(
        kind=Delivery.Kind.TEST,
        key=f"test:{subscription.pk}:{by.pk}:{now.isoformat()}",
        address=by.email,
        subject=subject,
        text=report.text,
        html=report.html,
        now=now,
        person=by,
        account_paths=report.account_paths,
        headers={"Content-Language": subscription.language},
        attachment=report.attachment,
        attachment_name=report.attachment_name,
    )


def described(subscription: Subscription) -> dict[str, Any]:
    """What was chosen, for the audit log: its names are codes, and labels in the language of the installation."""
    accounts, terms = subscription.accounts.all(), subscription.terms.all()
    with translation.override(settings.LANGUAGE_CODE):
        return {
            "to": str(subscription),
            "about": sorted(account.name for account in accounts) or "everything",
            "terms": sorted(term.name for term in terms) or "the watched ones",
            "rules": [rule_in_words(code) for code in subscription.codes] or "all",
            "severities": subscription.severities or "all",
            "days before the grade deadline": subscription.days_before,
            "every day": subscription.daily,
            "every week on": subscription.get_weekday_display() or "",
            "hour": f"{subscription.hour}:00 ({subscription.time_zone})",
            "only if": subscription.get_only_if_display(),
            "workbook": subscription.with_xlsx,
            "language": dict(settings.LANGUAGES).get(subscription.language, subscription.language),
        }


def _require(by: User, wanted: Wanted) -> None:
    rights.require(by, Role.VIEWER)
    if wanted.person != by:
        rights.require(by, Role.REVIEWER)
    reach = reach_of(by)
    if not all(reach.holds(account.path) for account in wanted.accounts):
        raise Missing(_("There is no such sub-account within your reach."))
    if wanted.person is not None and not wanted.person.email:
        raise RegistrarError(_("This person’s account has no mail address. Ask an administrator to enter one."))
    if not (wanted.daily or wanted.weekday is not None or wanted.days_before):
        raise RegistrarError(_("Choose when the report is sent."))


def _fields(wanted: Wanted) -> dict[str, Any]:
    names = ("person", "address", "name", "daily", "weekday", "hour", "time_zone", "only_if", "with_xlsx")
    lists = ("codes", "severities", "days_before")
    given = {name: getattr(wanted, name) for name in names} | {name: list(getattr(wanted, name)) for name in lists}
    return given | {"language": wanted.language or settings.LANGUAGE_CODE}


def _choose(subscription: Subscription, by: User, wanted: Wanted) -> None:
    """A limited person's "everything" is written out, so that it stays the same whoever changes it later."""
    accounts: Iterable[Account] = wanted.accounts or [one.account for one in by.scopes.select_related("account")]
    subscription.accounts.set(accounts)
    subscription.terms.set(wanted.terms)


def _drop_waiting(subscription: Subscription) -> None:
    waiting = Delivery.objects.filter(subscription=subscription, state=Delivery.State.WAITING)
    with translation.override(settings.LANGUAGE_CODE):
        waiting.update(state=Delivery.State.DROPPED, trouble=str(DROPPED))


def _note(
    by: User | None, what: str, subscription: Subscription, now: datetime, before: Any = None, after: Any = None
) -> None:
    accounts = list(subscription.accounts.all()[:2])
    with translation.override(settings.LANGUAGE_CODE):
        said = _("Readiness report to %(whom)s") % {"whom": subscription}
    auditing.note(
        by=by,
        what=what,
        subject=said,
        now=now,
        account=accounts[0] if len(accounts) == 1 else None,
        before=before,
        after=after,
    )
