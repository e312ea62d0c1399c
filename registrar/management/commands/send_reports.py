"""``manage.py send_reports``: the readiness reports that are due, written once and sent in the foreground."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import translation

from registrar.errors import database_trouble
from registrar.models import Delivery
from registrar.services import claiming, delivering, reporting

FAR = timedelta(hours=1)


class Command(BaseCommand):
    help = "Send the readiness reports that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would go to whom; write and send nothing"
        )
        parser.add_argument(
            "--now",
            metavar="ISO",
            help=(
                "as if it were this time, such as 2026-12-14T07:00. Without --dry-run this really sends, and the "
                "reports of that time count as seen to: they do not come again when the time does"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = self._time(options["now"])
        try:
            if options["dry_run"]:
                self._say(now)
            else:
                self._warn(options["now"], now)
                self._send(now)
        except DatabaseError as error:
            self.stderr.write(database_trouble(error))
            sys.exit(1)

    def _time(self, text: str | None) -> datetime:
        """Without an offset it is a time of the office's own zone."""
        if text is None:
            return datetime.now(UTC)
        try:
            given = datetime.fromisoformat(text)
            local = given if given.tzinfo else given.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
            return local.astimezone(UTC)
        except (ValueError, OverflowError):
            self.stderr.write(f"“{text}” is not a time; write it as 2026-12-14T07:00 or 2026-12-14T13:00Z.")
            sys.exit(2)

    def _warn(self, text: str | None, now: datetime) -> None:
        if abs(now - datetime.now(UTC)) > FAR:
            self.stderr.write(
                f"Warning: {text} is more than an hour away from the clock. These reports are really sent, and "
                "their time counts as seen to; to see only what would go out, add --dry-run."
            )

    def _say(self, now: datetime) -> None:
        for one in reporting.due(now=now):
            report = reporting.made(one, now=now)
            if report is not None:
                self.stdout.write(f"to {report.address}: {report.subject}")

    def _send(self, now: datetime) -> None:
        """What an earlier call wrote and could not send goes out too; what another one sends is left to it."""
        clock = partial(datetime.now, UTC)
        reporting.write_due(now=now, not_before=clock())
        waiting = Delivery.objects.filter(kind=Delivery.Kind.REPORT, state=Delivery.State.WAITING)
        chosen = list(waiting.filter(not_before__lte=clock()).values_list("pk", flat=True))
        delivering.deliver(clock=clock, only=chosen)
        ours = Delivery.objects.filter(pk__in=chosen, owner__in=("", claiming.owner_name()))
        for row in ours.order_by("pk"):
            with translation.override("en"):
                said = "" if row.state == Delivery.State.SENT else f" ({row.get_state_display().lower()})"
            self.stdout.write(f"to {row.address}: {row.subject}{said}")
