"""What came and went between two assessments of one course, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from registrar.domain.findings import Code

Place: TypeAlias = tuple[int, int | None]
"""Assignment and section; None where it is given to no section."""
Key: TypeAlias = tuple[int, int | None, str]
"""A place and the rule that is broken there."""


class What(StrEnum):
    BROKEN = "broken"
    MENDED = "mended"
    ACCEPTED = "accepted"
    LEFT = "left"
    """Its line item is not exported any more, so nothing was mended."""


class Cause(StrEnum):
    CANVAS = "canvas"
    PROPOSAL = "proposal"
    TIME = "time"
    RULES = "rules"
    EXEMPTION = "exemption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    key: Key
    what: What
    cause: Cause


PARTS: Final = (Cause.CANVAS, Cause.TIME, Cause.RULES, Cause.EXEMPTION)
"""What findings follow from, in the order in which `joined` keeps it."""
WIDTH: Final = 16


def joined(digests: Mapping[Cause, str]) -> str:
    """One text for all that findings follow from, of which `moved` can tell later what became different."""
    return "".join(digests[part][:WIDTH].ljust(WIDTH, "-") for part in PARTS)


def moved(old: str, new: str) -> frozenset[Cause]:
    """Which parts are different. The text is emptied where something was decided here; where it is from elsewhere
    nothing can be told, and Canvas is the likeliest.
    """
    if not old:
        return frozenset({Cause.RULES})
    if len(old) != len(new):
        return frozenset({Cause.CANVAS})
    starts = (number * WIDTH for number in range(len(PARTS)))
    return frozenset(
        part for part, at in zip(PARTS, starts, strict=True) if old[at : at + WIDTH] != new[at : at + WIDTH]
    )


def turns(
    old: Mapping[Key, bool], new: Mapping[Key, bool], *, places: Collection[Place], moved: Collection[Cause]
) -> Iterator[Turn]:
    """``old`` and ``new`` say of each finding whether it is accepted; ``places`` are the line items there are now.

    A course's findings at any time are those of its first assessment with all later turns applied.
    """
    for key in sorted(old.keys() | new.keys(), key=_in_order):
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        if was is not None and now is not None:
            what, cause = What.ACCEPTED if now else What.BROKEN, Cause.EXEMPTION
        elif now is not None:
            what, cause = What.ACCEPTED if now else What.BROKEN, _cause(key[2], moved)
        else:
            stays = key[:2] in places
            what, cause = What.MENDED if stays else What.LEFT, _cause(key[2], moved)
        yield Turn(key=key, what=what, cause=cause)


def _in_order(key: Key) -> tuple[int, int, str]:
    return key[0], key[1] or 0, key[2]


_LIKELIEST: Final[Mapping[str, Cause]] = {
    Code.READING_OLD: Cause.TIME,
    Code.DUE_IN_CLOSED_PERIOD: Cause.TIME,
    Code.DUE_AFTER_GRADE_DEADLINE: Cause.RULES,
}
"""Where several things became different at once, these rules point to one of them."""


def _cause(code: str, moved: Collection[Cause]) -> Cause:
    order = (_LIKELIEST.get(code, Cause.CANVAS), Cause.CANVAS, Cause.RULES, Cause.TIME, Cause.EXEMPTION)
    return next((one for one in order if one in moved), Cause.CANVAS)
