"""One page of a long list, and how long the list is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _lazy

from registrar.words.numbers import grouped

M = TypeVar("M", bound=Model)

PER_PAGE = 50
LAST_PAGE = 5_000
CAP = 2_000
"""Counting every hit of a search takes longer than finding the first page; beyond this we say "2,000+"."""


class ListForm(forms.Form):
    """The filters of a list, as its address has them; what is not understood is said and ignored."""

    page = forms.IntegerField(required=False, min_value=1, max_value=LAST_PAGE, label=_lazy("Page"))

    def __init__(self, data: Mapping[str, Any], **choices: Collection[str]) -> None:
        super().__init__(data)
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(value, value) for value in values]
        self.is_valid()

    def chosen(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or "")

    @property
    def values(self) -> dict[str, str]:
        return {name: self.chosen(name) for name in self.fields}

    @property
    def ignored(self) -> list[str]:
        return [str(self.fields[name].label or name).lower() for name in self.errors]

    @property
    def active(self) -> bool:
        return any(self.chosen(name) for name in self.fields if name not in ("page", "sort"))


def both_ways(sorts: Collection[str]) -> list[str]:
    return [sort for one in sorts for sort in (one, f"-{one}")]


@dataclass(frozen=True, slots=True)
class Count:
    value: int
    capped: bool = False

    def __str__(self) -> str:
        return grouped(self.value) + ("+" if self.capped else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[M]):
    rows: list[M]
    count: Count
    number: int
    more: bool
    sort: str
    """The key of the sort order; a leading minus turns it round."""

    @property
    def first(self) -> int:
        return (self.number - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1

    @property
    def pages(self) -> int:
        return max(1, -(-self.count.value // PER_PAGE))


def count_of(rows: QuerySet[M], *, exact: bool) -> Count:
    rows = rows.order_by()
    if exact:
        return Count(rows.count())
    found = rows[: CAP + 1].count()
    return Count(min(found, CAP), capped=found > CAP)


def listed(
    rows: QuerySet[M],
    *,
    sorts: Mapping[str, str],
    sort: str,
    page: int,
    exact: bool,
    to_count: QuerySet[Any] | None = None,
) -> Listing[M]:
    """A page past the end shows the last one: rows may have been mended since the address was written.

    ``to_count`` has as many rows, and is counted faster.
    """
    count = count_of(rows if to_count is None else to_count, exact=exact)
    if not count.capped:
        page = min(page, max(1, -(-count.value // PER_PAGE)))
    start = (page - 1) * PER_PAGE
    ties = "-pk" if sort.startswith("-") else "pk"
    # Narrow rows first: to sort whole ones with all they are joined to takes several times as long.
    keys = list(
        rows.order_by(_order(sorts, sort), ties).values_list("pk", flat=True)[start : start + PER_PAGE + 1]
    )
    found = rows.in_bulk(keys[:PER_PAGE])
    return Listing(
        rows=[found[key] for key in keys[:PER_PAGE] if key in found],
        count=count,
        number=page,
        more=len(keys) > PER_PAGE,
        sort=sort,
    )


def _order(sorts: Mapping[str, str], sort: str) -> OrderBy:
    """No date comes last, and first the other way round: the order in which an index holds it."""
    field = F(sorts[sort.removeprefix("-")])
    return field.desc(nulls_first=True) if sort.startswith("-") else field.asc(nulls_last=True)
