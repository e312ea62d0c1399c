"""New rows by one prepared statement, where there are so many that `bulk_create` would be most of the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from django.db import connection, models

Adapter: TypeAlias = Callable[[Any], Any]


def insert(model: type[models.Model], rows: Sequence[Mapping[str, object]]) -> None:
    """Each row names the same attributes in the same order: all that have no default in the database.

    Neither instances nor keys come back: a tenth of the time of `bulk_create`, which builds an expression for
    every single value.
    """
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in rows[0]]
    adapters = [_adapter(field) for field in fields]
    with connection.cursor() as cursor:
        cursor.executemany(_statement(model, fields), [_adapted(row, adapters) for row in rows])


def _statement(model: type[models.Model], fields: Sequence[Any]) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608


def _adapter(field: Any) -> Adapter | None:
    if isinstance(field, models.DateTimeField):
        return cache(connection.ops.adapt_datetimefield_value)  # many rows share few dates
    return json.dumps if isinstance(field, models.JSONField) else None


def _adapted(row: Mapping[str, object], adapters: Sequence[Adapter | None]) -> list[Any]:
    return [adapt(value) if adapt else value for adapt, value in zip(adapters, row.values(), strict=True)]
