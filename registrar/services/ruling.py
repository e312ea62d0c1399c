"""Rule: what an administrator decides for a sub-account and below: rule pack, limits, severities, thresholds.

Each change is audited, and the findings that follow from it are worked out again (`reassessing`): the functions
return how many courses that concerns.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import override

from registrar.domain.findings import RULES, Severity
from registrar.domain.rulepacks import check_value
from registrar.errors import Refused
from registrar.models import Account, Role, Ruling
from registrar.words.objections import rule_in_words

from . import auditing, reassessing
from .inheriting import BASE, packs
from .rights import account_for, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_stubs_ext import StrOrPromise

Kind = Ruling.Kind
INHERITED = "as above it"
LIMITS = {
    "name_length": _lazy("Longest name, in characters"),
    "name_characters": _lazy("Characters that names must not have"),
    "name_ignores_case": _lazy("Names that differ only in capitals count as the same"),
    "due_date_required": _lazy("A due date is required"),
    "categories_required": _lazy("A category that the SIS knows is required"),
    "category_case_sensitive": _lazy("Categories must match in capitals too"),
    "points_required": _lazy("Points are required"),
    "points_maximum": _lazy("Most points"),
    "one_date_per_section": _lazy("One date for a whole section"),
}
"""What administrators call the limits, here and in the audit log."""
_TAKES = {
    "name_length": _lazy("%(limit)s: it must be a whole number of 1 or more."),
    "points_maximum": _lazy("%(limit)s: it must be a number of 0 or more."),
    "name_characters": _lazy("%(limit)s: it must be the forbidden characters in quotes."),
}
_TAKES_A_WORD = _lazy("%(limit)s: it must be true or false.")


def label_of(kind: str, name: str) -> StrOrPromise:
    return LIMITS[name] if kind == Kind.LIMIT else rule_in_words(name)


def choose_pack(*, by: User, account_id: int, code: str, reason: str, now: datetime) -> int:
    """Choose the rule pack of a sub-account; none takes its parent's."""
    account = _administered(by, account_id)
    if code and (code == BASE or code not in packs()):
        raise Refused(_("There is no such rule pack. Choose one of the list."))
    if code == account.rulepack:
        return 0
    before, after = (packs()[one].name if one in packs() else INHERITED for one in (account.rulepack, code))
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(rulepack=code)
        _note(by, "rule pack chosen", account, account.name, before, after, reason, now)
        return reassessing.ask(path=account.path)


def set_ruling(*, by: User, account_id: int, kind: str, name: str, value: Any, source: str, now: datetime) -> int:
    """Set a limit or a severity; None takes the limit away, or the rule off."""
    account = _administered(by, account_id)
    value = _checked(kind, name, value)
    if not source.strip():
        raise Refused(_("Say where the value comes from: it is shown beside it."))
    with transaction.atomic():
        former = account.rulings.select_for_update().filter(kind=kind, name=name).first()
        if former is not None and (former.value, former.source) == (value, source.strip()):
            return 0
        Ruling.objects.update_or_create(
            account=account,
            kind=kind,
            name=name,
            defaults={"value": value, "source": source.strip(), "set_by": by, "set_at": now},
        )
        before = told(kind, former.value) if former is not None else INHERITED
        _note(by, f"{kind} set", account, _subject(account, kind, name), before, told(kind, value), source, now)
        # Another source alone changes no finding, but the digest tells that better than we do.
        return reassessing.ask(path=account.path)


def clear_ruling(*, by: User, account_id: int, kind: str, name: str, reason: str, now: datetime) -> int:
    """Let what is above hold again."""
    account = _administered(by, account_id)
    with transaction.atomic():
        former = account.rulings.select_for_update().filter(kind=kind, name=name).first()
        if former is None:
            return 0
        former.delete()
        before = told(kind, former.value)
        _note(by, f"{kind} cleared", account, _subject(account, kind, name), before, INHERITED, reason, now)
        return reassessing.ask(path=account.path)


def set_thresholds(
    *, by: User, account_id: int, number: int | None, share: int | None, reason: str, now: datetime
) -> bool:
    """Above how many changes, or what share in percent, a proposal is held; None takes what is above."""
    account = _administered(by, account_id)
    if number is not None and not 0 <= number <= 1_000_000:
        raise Refused(_("Write a number of changes from 0 to 1,000,000, or leave it empty."))
    if share is not None and not 0 <= share <= 100:
        raise Refused(_("Write a share from 0 to 100 percent, or leave it empty."))
    if (account.hold_above, account.hold_above_share) == (number, share):
        return False
    before = _thresholds(account.hold_above, account.hold_above_share)
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(hold_above=number, hold_above_share=share)
        after = _thresholds(number, share)
        _note(by, "threshold set", account, account.name, before, after, reason, now)
    return True


def told(kind: str, value: Any) -> Any:
    """A ruling's value as the audit log keeps it."""
    if value is not None:
        return value
    return "no limit" if kind == Kind.LIMIT else "off"


def _thresholds(number: int | None, share: int | None) -> dict[str, Any]:
    return {
        "changes": INHERITED if number is None else number,
        "percent": INHERITED if share is None else share,
    }


def _administered(by: User, account_id: int) -> Account:
    require(by, Role.ADMINISTRATOR)
    return account_for(by, account_id)


def _checked(kind: str, name: str, value: Any) -> Any:
    if kind == Kind.SEVERITY:
        if name not in RULES or value not in (None, *Severity):
            raise Refused(_("Choose blocking, warning or off."))
        return value
    if kind != Kind.LIMIT or name not in LIMITS:
        raise Refused(_("There is no such limit."))
    try:
        return None if value is None else check_value(name, value)
    except ValueError:
        raise Refused(_TAKES.get(name, _TAKES_A_WORD) % {"limit": LIMITS[name]}) from None


def _subject(account: Account, kind: str, name: str) -> str:
    with override(settings.LANGUAGE_CODE):
        return f"{account.name}: {label_of(kind, name)}"


def _note(
    by: User, what: str, account: Account, subject: str, before: Any, after: Any, reason: str, now: datetime
) -> None:
    auditing.note(
        by=by, what=what, subject=subject, account=account, before=before, after=after, reason=reason, now=now
    )
