"""Categorise: the list of categories that the SIS knows, uploaded for a sub-account and all below it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrar.errors import Refused
from registrar.models import Account, CategoryList, Role
from registrar.words.numbers import grouped

from . import auditing, reassessing
from .exporting import BYTE_ORDER_MARK, RUNS, defused
from .opening import TABLES, BadFile, table, text_of
from .rights import account_for, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LARGEST_FILE = 2 * 1024 * 1024
MOST = 5_000
"""Names: many times more than any SIS has categories."""
LONGEST = 200
HEADINGS = ("category", "categories", "name", "category name", "assignment group", "group")


@dataclass(frozen=True, slots=True)
class BadName:
    row: int
    message: str


class BadNames(Refused):
    """Some rows cannot be used, so nothing was kept."""

    def __init__(self, rows: list[BadName]) -> None:
        count = len(rows)
        said = ngettext(
            "%(n)s row cannot be used; the list was not kept. Correct the file and send it again.",
            "%(n)s rows cannot be used; the list was not kept. Correct the file and send it again.",
            count,
        )
        super().__init__(said % {"n": count})
        self.rows = rows


def read_names(name: str, content: bytes) -> list[str]:
    """The first column of a file, without a heading and blank rows. Raises BadFile or BadNames."""
    if len(content) > LARGEST_FILE:
        raise BadFile(_("This file is larger than 2 MB. A list of categories is far smaller."))
    found: dict[str, int] = {}
    bad: list[BadName] = []
    for count, (row, text) in enumerate(_names(name, content)):
        if count >= MOST:
            most = grouped(MOST)
            raise BadFile(_("%(file)s has more than %(most)s names.") % {"file": name, "most": most})
        if problem := _problem(text, found):
            bad.append(BadName(row, problem))
        found.setdefault(text, row)
    if bad:
        raise BadNames(bad)
    if not found:
        raise BadFile(_("%(file)s has no names in its first column.") % {"file": name})
    return list(found)


def _names(name: str, content: bytes) -> Iterator[tuple[int, str]]:
    for number, (row, cell) in enumerate(_first_column(name, content)):
        text = _bare("" if cell is None else str(cell).strip())
        if text and not (number == 0 and text.casefold() in HEADINGS):
            yield row, text


def _bare(text: str) -> str:
    """Without the apostrophe that our own download puts before what would run as a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(RUNS) else text


def _first_column(name: str, content: bytes) -> Iterator[tuple[int, Any]]:
    suffix = Path(name).suffix.lower()
    if suffix == ".txt":
        yield from enumerate(text_of(name, content).splitlines(), start=1)
    elif suffix in TABLES:
        yield from ((row, cells[0] if cells else None) for row, cells in table(name, content))
    else:
        said = _("%(file)s is not a file of a known kind: it must end in .csv, .txt or .xlsx.")
        raise BadFile(said % {"file": name})


def _problem(text: str, found: dict[str, int]) -> str:
    if not text.isprintable():
        return _("it has characters that cannot be shown; is this a text file?")
    if len(text) > LONGEST:
        said = _("it is longer than %(most)s characters: “%(beginning)s…”.")
        return said % {"most": LONGEST, "beginning": text[:40]}
    if text in found:
        return _("“%(name)s” stands in row %(row)s already.") % {"name": text, "row": found[text]}
    return ""


def nearest(account: Account) -> CategoryList | None:
    """The list that holds for a sub-account: its own, or that of the nearest above."""
    above = [int(step) for step in account.path.strip("/").split("/")]
    lists = CategoryList.objects.filter(account__in=above).select_related("account", "set_by")
    return lists.order_by("-account__depth").first()


def keep(*, by: User, account_id: int, names: list[str], file_name: str, now: datetime) -> int:
    """Make this the sub-account's list, in the place of any other. Returns how many courses it concerns."""
    account = _administered(by, account_id)
    with transaction.atomic():
        former = CategoryList.objects.select_for_update().filter(account=account).first()
        CategoryList.objects.update_or_create(
            account=account,
            defaults={"names": names, "file_name": file_name[:200], "set_by": by, "set_at": now},
        )
        _note(by, "category list kept", account, former.names if former else None, names, now)
        return reassessing.ask(path=account.path)


def remove(*, by: User, account_id: int, now: datetime) -> int:
    """Let the list above hold again, or none. Returns how many courses it concerns."""
    account = _administered(by, account_id)
    with transaction.atomic():
        former = CategoryList.objects.select_for_update().filter(account=account).first()
        if former is None:
            return 0
        former.delete()
        _note(by, "category list removed", account, former.names, None, now)
        return reassessing.ask(path=account.path)


def as_csv(names: list[str]) -> str:
    """As it can be sent back: what a spreadsheet would run as a formula gets an apostrophe, which is taken off."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["category"], *(defused([name]) for name in names)])
    return BYTE_ORDER_MARK + buffer.getvalue()


def _administered(by: User, account_id: int) -> Account:
    require(by, Role.ADMINISTRATOR)
    return account_for(by, account_id)


def _note(
    by: User, what: str, account: Account, before: list[str] | None, after: list[str] | None, now: datetime
) -> None:
    auditing.note(
        by=by, what=what, subject=account.name, account=account, before=_told(before), after=_told(after), now=now
    )


def _told(names: list[str] | None) -> dict[str, Any] | None:
    """How many, and the first of them: the log is to be read, not to restore from."""
    return None if names is None else {"names": len(names), "first": ", ".join(names[:5])}
