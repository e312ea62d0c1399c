"""The columns of the big lists, and how one person wants to see them: which columns, and how close together.

Beside it stands whether the person wants shortcuts: all of it is kept in one cookie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    key: str
    """Also the name by which the list is sorted, where it can be."""
    label: StrOrPromise
    fixed: bool = False
    """Always there: it says what the row is, or how it stands."""
    extra: bool = False
    """Only shown to who asks for it."""
    sorts: bool = False
    number: bool = False
    falling: bool = False
    """The largest first, at the first click."""
    about: str = ""
    """Where the glossary explains it."""


TABLES: Final[Mapping[str, tuple[Column, ...]]] = {
    "courses": (
        Column(key="course", label=_lazy("Course"), fixed=True, sorts=True),
        Column(key="state", label=_lazy("State"), fixed=True),
        Column(key="sis_id", label=_lazy("SIS ID"), extra=True),
        Column(key="term", label=_lazy("Term"), extra=True),
        Column(key="college", label=_lazy("College")),
        Column(key="teachers", label=_lazy("Instructors")),
        Column(key="students", label=_lazy("Students"), extra=True, number=True),
        Column(key="sections", label=_lazy("Sections"), sorts=True, number=True, falling=True),
        Column(key="needing", label=_lazy("Line items"), sorts=True, number=True, falling=True),
        Column(key="warned", label=_lazy("Warnings"), sorts=True, number=True, falling=True),
        Column(key="read", label=pgettext_lazy("when a course was read", "Read"), sorts=True, about="reading"),
    ),
    "sections": (
        Column(key="section", label=_lazy("Section"), fixed=True, sorts=True),
        Column(key="state", label=_lazy("State"), fixed=True),
        Column(key="course", label=_lazy("Course"), sorts=True),
        Column(key="sis_id", label=_lazy("SIS ID")),
        Column(key="term", label=_lazy("Term"), extra=True),
        Column(key="college", label=_lazy("College")),
        Column(key="teachers", label=_lazy("Instructors of the course")),
        Column(key="students", label=_lazy("Students"), extra=True, number=True),
        Column(
            key="needing", label=pgettext_lazy("line items", "Need action"), sorts=True, number=True, falling=True
        ),
        Column(key="items", label=_lazy("Line items"), sorts=True, number=True, falling=True),
    ),
    "line_items": (
        Column(key="assignment", label=_lazy("Assignment"), fixed=True, sorts=True),
        Column(key="findings", label=_lazy("Findings"), fixed=True, about="finding"),
        Column(key="course", label=_lazy("Course"), sorts=True),
        Column(key="section", label=_lazy("Section"), sorts=True),
        Column(key="sis_id", label=_lazy("Section’s SIS ID"), extra=True),
        Column(key="teachers", label=_lazy("Instructors"), extra=True),
        Column(key="term", label=_lazy("Term"), extra=True),
        Column(key="due", label=_lazy("Effective due date"), sorts=True, about="effective-date"),
        Column(key="source", label=_lazy("Where it comes from"), about="section-date"),
        Column(key="sis_due", label=_lazy("The SIS reads"), extra=True, about="sis-reads"),
        Column(key="unlock", label=_lazy("Available from"), extra=True),
        Column(key="lock", label=pgettext_lazy("date", "Until"), extra=True),
        Column(key="group", label=_lazy("Assignment group"), extra=True),
        Column(key="grading", label=_lazy("To be graded"), extra=True, number=True),
        Column(key="points", label=_lazy("Points"), sorts=True, number=True, falling=True),
    ),
}
COMPACT: Final = "compact"
LASTS: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Look:
    """One list as one person sees it."""

    table: str
    compact: bool
    shown: frozenset[str]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return TABLES[self.table]

    @property
    def columns(self) -> list[Column]:
        return [column for column in self.all_columns if column.key in self.shown]


def look(request: HttpRequest, table: str) -> Look:
    """What the person chose, as far as it is understood; else what everybody gets."""
    kept = _kept(request)
    return Look(table, kept.get("density") == COMPACT, _shown(table, kept.get(table)))


def keep(
    request: HttpRequest, response: HttpResponseBase, table: str, *, compact: bool, keys: Iterable[str] | None
) -> None:
    """On this browser, apart for each person: it is about a screen, not about the office. No keys: as usual."""
    kept = _kept(request) | {"density": COMPACT if compact else "comfortable"}
    kept.pop(table, None)
    if keys is not None:
        kept[table] = ".".join(sorted(_shown(table, ".".join(keys))))
    _write(request, response, kept)


def keys_on(request: HttpRequest) -> bool:
    return _kept(request).get("keys") != "off"


def switch_keys(request: HttpRequest, response: HttpResponseBase, *, on: bool) -> None:
    _write(request, response, _kept(request) | {"keys": "on" if on else "off"})


def _write(request: HttpRequest, response: HttpResponseBase, kept: Mapping[str, str]) -> None:
    response.set_cookie(_name(request), urlencode(kept), max_age=LASTS, httponly=True, samesite="Lax")


def _shown(table: str, chosen: str | None) -> frozenset[str]:
    wanted = None if chosen is None else set(chosen.split("."))
    return frozenset(
        one.key for one in TABLES[table] if one.fixed or (not one.extra if wanted is None else one.key in wanted)
    )


def _kept(request: HttpRequest) -> dict[str, str]:
    found = parse_qs(request.COOKIES.get(_name(request), ""), keep_blank_values=True)
    return {name: values[-1] for name, values in found.items() if name in ("density", "keys", *TABLES)}


def _name(request: HttpRequest) -> str:
    return f"look-{request.user.pk}"
