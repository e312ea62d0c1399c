"""Exemptions as a file for the auditor: one row each, who, why, until when, and what became of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import QuerySet

from registrar.models import Exemption
from registrar.services.exporting import BYTE_ORDER_MARK, defused

COLUMNS = (
    "id",
    "state",
    "rule",
    "level",
    "subject",
    "term_sis_id",
    "account_id",
    "account_name",
    "course_id",
    "section_id",
    "assignment_id",
    "places",
    "reason",
    "until",
    "made_by",
    "made_at",
    "ended_at",
    "ended_by",
    "ended_reason",
)


def csv_chunks(rows: QuerySet[Exemption], now: datetime) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BYTE_ORDER_MARK
    for cells in _table(rows, now):
        writer.writerow(defused(cells))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _table(rows: QuerySet[Exemption], now: datetime) -> Iterator[list[str | int | None]]:
    yield list(COLUMNS)
    for row in rows.iterator(chunk_size=500):
        yield [
            row.pk,
            row.state(now),
            row.code,
            row.level,
            row.subject,
            row.term.sis_id,
            row.place.pk,
            row.place.name,
            row.course_id,
            row.section_id,
            row.assignment_id,
            len(row.covers) or None,
            row.reason,
            _time(row.until),
            row.made_by.get_username(),
            _time(row.made_at),
            _time(row.ended_at),
            row.ended_by.get_username() if row.ended_by else None,
            row.ended_reason,
        ]


def _time(when: datetime | None) -> str | None:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None
