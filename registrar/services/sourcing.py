"""Source: whose rule a finding breaks, by which limit, and who said so when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from registrar.domain.findings import Code
from registrar.models import Account, Ruling

from .inheriting import Measure, chain_of, measures

LIMITS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    Code.DUE_MISSING: ("due_date_required",),
    Code.NAME_TOO_LONG: ("name_length",),
    Code.NAME_CHARACTERS: ("name_characters",),
    Code.NAME_DUPLICATE: ("name_ignores_case",),
    Code.CATEGORY_UNMAPPED: ("categories_required", "category_case_sensitive"),
    Code.POINTS_MISSING: ("points_required",),
    Code.POINTS_OUT_OF_RANGE: ("points_maximum",),
    Code.STUDENT_DATES: ("one_date_per_section",),
}
"""The limits by which a rule is broken or not."""


def sources(account: Account, codes: Collection[str]) -> dict[str, list[Measure]]:
    """For each rule: how severe it is and by whose word, then the limits that are in force, each with its own."""
    found = {(one.kind, one.name): one for one in measures(chain_of(account))} if codes else {}
    return {code: _of(found, code) for code in codes}


def _of(found: Mapping[tuple[str, str], Measure], code: str) -> list[Measure]:
    wanted = [
        (Ruling.Kind.SEVERITY.value, code),
        *((Ruling.Kind.LIMIT.value, name) for name in LIMITS_OF.get(code, ())),
    ]
    return [found[key] for key in wanted if key in found and found[key].value not in (None, False)]
