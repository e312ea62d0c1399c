"""Limits and severities per SIS, each value with its source: official pages contradict each other.

A pack is a TOML file: ``[limits.<name>]`` and ``[severities.<code>]``, each with ``value``, ``source``,
``checked`` and perhaps ``note``; beside it ``note_es``, or ``note_pt_br``, says the same in another language.
The sources are the IDs and names of readiness-rules.md, section 2.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar

from registrar.domain.findings import RULES, Code, Severity

T = TypeVar("T")
Value: TypeAlias = bool | int | float | str


class RulepackError(ValueError):
    """A pack that cannot be used; the message names the file and the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Generic[T]):
    """One value of a pack and where it comes from. ``pack`` is the pack's code."""

    value: T
    source: str
    checked: date
    note: str = ""
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Translations of the note by language, as "es" or "pt-br"."""
    pack: str = ""

    def note_in(self, language: str) -> str:
        """Of "es-mx" that, else that of "es"; else the note as it is."""
        return self.notes.get(language) or self.notes.get(language.partition("-")[0]) or self.note


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Everything a pack may limit; None where it does not."""

    name_length: Limit[int] | None = None
    """Longest name in characters, HTML entities counted as the characters they stand for."""
    name_characters: Limit[str] | None = None
    """The characters a name must not have."""
    name_ignores_case: Limit[bool] | None = None
    due_date_required: Limit[bool] | None = None
    categories_required: Limit[bool] | None = None
    category_case_sensitive: Limit[bool] | None = None
    points_required: Limit[bool] | None = None
    points_maximum: Limit[float] | None = None
    one_date_per_section: Limit[bool] | None = None


Severities: TypeAlias = Mapping[Code, Limit[Severity]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulepack:
    code: str
    name: str
    limits: Limits = Limits()
    severities: Severities = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What an administrator decided: replaces what the packs say. None takes a limit away, or a rule off."""

    limits: Mapping[str, Limit[Any] | None] = field(default_factory=dict)
    severities: Mapping[Code, Limit[Severity] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for one course: the packs joined, then the administrator's word."""

    limits: Limits = Limits()
    severities: Mapping[Code, Limit[Severity] | None] = field(default_factory=dict)

    def severity(self, code: Code) -> Severity | None:
        """None where the rule is off."""
        if code not in self.severities:
            return RULES[code].severity
        chosen = self.severities[code]
        return None if chosen is None else chosen.value


def read_packs(folder: Path) -> dict[str, Rulepack]:
    """All packs of a folder by code. Raises RulepackError, which names the file and the key that is wrong."""
    return {pack.code: pack for pack in map(_read_pack, sorted(folder.glob("*.toml")))}


def combine(canvas: Rulepack, chosen: Rulepack | None, overrides: Overrides | None = None) -> Rules:
    """The stricter limit of the two packs, the chosen pack's severities before Canvas's, overrides before both.

    Each limit keeps its source. Of equal limits the chosen pack's is named, being the more particular.
    """
    packs = (chosen, canvas) if chosen else (canvas,)
    overrides = overrides or Overrides()
    limits = {name: _strictest(name, packs) for name in LIMIT_NAMES} | dict(overrides.limits)
    severities = {code: limit for pack in reversed(packs) for code, limit in pack.severities.items()}
    return Rules(limits=Limits(**limits), severities={**severities, **overrides.severities})


def check_value(name: str, value: object) -> Value:
    """The value as the limit's own type. Raises ValueError, which says what the limit takes."""
    if name not in _KINDS:
        raise ValueError(f"there is no limit of this name; there are {', '.join(LIMIT_NAMES)}")
    return _KINDS[name].check(value)


def _strictest(name: str, packs: tuple[Rulepack, ...]) -> Limit[Any] | None:
    set_ones: list[Limit[Any]] = [limit for pack in packs if (limit := getattr(pack.limits, name)) is not None]
    return _KINDS[name].strictest(set_ones) if set_ones else None


@dataclass(frozen=True, slots=True)
class _Kind:
    check: Callable[[object], Value]
    strictest: Callable[[list[Limit[Any]]], Limit[Any]]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _length(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("must be a whole number of 1 or more")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError("must be a number of 0 or more")
    return value


def _characters(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be the forbidden characters in quotes")
    return value


def _smallest(limits: list[Limit[Any]]) -> Limit[Any]:
    return min(limits, key=lambda limit: limit.value)


def _any(limits: list[Limit[Any]]) -> Limit[Any]:
    return max(limits, key=lambda limit: bool(limit.value))


def _all_together(limits: list[Limit[Any]]) -> Limit[Any]:
    characters = "".join(dict.fromkeys("".join(limit.value for limit in limits)))
    sources = "; ".join(dict.fromkeys(limit.source for limit in limits))
    first = limits[0]
    return replace(first, value=characters, source=sources)


_FLAG: Final = _Kind(_flag, _any)
_KINDS: Final[Mapping[str, _Kind]] = {
    "name_length": _Kind(_length, _smallest),
    "name_characters": _Kind(_characters, _all_together),
    "name_ignores_case": _FLAG,
    "due_date_required": _FLAG,
    "categories_required": _FLAG,
    "category_case_sensitive": _FLAG,
    "points_required": _FLAG,
    "points_maximum": _Kind(_number, _smallest),
    "one_date_per_section": _FLAG,
}
LIMIT_NAMES: Final = tuple(limit.name for limit in fields(Limits))
FLAGS: Final = frozenset(name for name, kind in _KINDS.items() if kind is _FLAG)
"""The limits that only say yes or no; unsaid means no."""
_TRANSLATED: Final = re.compile(r"note_[a-z]{2,3}(_[a-z0-9]+)*")


def _read_pack(path: Path) -> Rulepack:
    try:
        return _pack(path.stem, tomllib.loads(path.read_text("utf-8")))
    except (ValueError, OSError) as error:
        raise RulepackError(f"{path.name}: {error}") from error


def _pack(code: str, data: dict[str, Any]) -> Rulepack:
    _refuse_unknown("", data, {"name", "limits", "severities"})
    limits = {
        name: _limit(f"limits.{name}", code, table, partial(check_value, name))
        for name, table in _table("limits", data.get("limits", {})).items()
    }
    severities = {
        _code(key): _limit(f"severities.{key}", code, table, _severity)
        for key, table in _table("severities", data.get("severities", {})).items()
    }
    return Rulepack(code=code, name=_text("", data, "name"), limits=Limits(**limits), severities=severities)


def _limit(key: str, pack: str, raw: object, check: Callable[[object], T]) -> Limit[Any]:
    table = _table(key, raw)
    translated = [name for name in table if _TRANSLATED.fullmatch(name)]
    _refuse_unknown(f"{key}.", table, {"value", "source", "checked", "note", *translated})
    try:
        value = check(table.get("value"))
    except ValueError as error:
        raise ValueError(f"{key}.value: {error}") from error
    source = _text(f"{key}.", table, "source")
    note = _text(f"{key}.", table, "note") if "note" in table or translated else ""
    notes = {_language(name): _text(f"{key}.", table, name) for name in translated}
    return Limit(value=value, source=source, checked=_day(key, table), note=note, notes=notes, pack=pack)


def _language(key: str) -> str:
    """ "note_pt_br" is "pt-br"."""
    return key.removeprefix("note_").replace("_", "-")


def _code(key: str) -> Code:
    if key not in RULES:
        raise ValueError(f"severities.{key}: there is no rule of this code")
    return Code(key)


def _severity(value: object) -> Severity:
    if value not in list(Severity):
        raise ValueError(f"must be one of {', '.join(Severity)}")
    return Severity(str(value))


def _table(key: str, raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ValueError(f"{key}: must be a table")
    return raw


def _refuse_unknown(prefix: str, table: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(table.keys() - known):
        raise ValueError(f"{prefix}{unknown[0]}: unknown key")


def _text(prefix: str, table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{prefix}{key}: must be a text")
    return value


def _day(key: str, table: dict[str, Any]) -> date:
    checked = table.get("checked")
    if type(checked) is not date:
        raise ValueError(f"{key}.checked: must be a date such as 2026-11-22")
    return checked
