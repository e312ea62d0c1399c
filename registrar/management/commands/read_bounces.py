"""``manage.py read_bounces``: one notice of undelivered mail from stdin, for a mail server's pipe."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from registrar.errors import database_trouble
from registrar.services import bouncing
from registrar.services.bouncing import Taken

SAID = {
    Taken.FAILED: "The message is marked as bounced.",
    Taken.DELAYED: "The message is delayed; the mail servers go on trying.",
    Taken.KNOWN: "Nothing new: this was known, or somebody has decided about the message meanwhile.",
    Taken.LATER: "The message is being sent at this moment: try again.",
    Taken.STRANGE: "Nothing is marked: the notice is about no message that was sent from here to that address.",
    Taken.NOT_UNDERSTOOD: "Nothing is marked: this is no notice of undelivered mail that can be understood.",
}


class Command(BaseCommand):
    help = (
        "Read one notice of undelivered mail from stdin and mark the message that it is about. Exits with 0, "
        "whatever it was, and with 75 where the mail server shall try again later."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            taken = bouncing.take(_whole(), now=datetime.now(UTC))
        except DatabaseError as error:
            self.stderr.write(database_trouble(error))
            sys.exit(os.EX_TEMPFAIL)
        self.stdout.write(SAID[taken])
        if taken is Taken.LATER:
            sys.exit(os.EX_TEMPFAIL)


def _whole() -> bytes:
    """To the end, though only the beginning is kept: a mail server takes a closed pipe for a failure."""
    content = sys.stdin.buffer.read(bouncing.MOST_BYTES)
    while sys.stdin.buffer.read(bouncing.MOST_BYTES):
        pass
    return content
