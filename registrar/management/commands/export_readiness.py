"""``manage.py export_readiness``: the current readings, one row per line item."""

from __future__ import annotations

import io
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.db.models import QuerySet

from registrar.errors import RegistrarError, database_trouble
from registrar.models import LineItem
from registrar.services import exporting, keeping


class Command(BaseCommand):
    help = "Write the current readings, one row per line item."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--term", default="", metavar="REF", help="one term; else all that have been read")
        parser.add_argument("--format", choices=("jsonl", "csv", "xlsx"), default="jsonl")
        parser.add_argument("--output", default="-", metavar="FILE", help="a file, or - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        items = LineItem.objects.all()
        try:
            if options["term"] and options["term"] != "all":
                items = items.filter(term=keeping.term_by_reference(options["term"], datetime.now(UTC)))
            self._write(items, options["format"], options["output"])
        except BrokenPipeError:
            sys.stderr.close()  # whoever read us has seen enough
        except OSError as error:
            self.stderr.write(f"{options['output']} cannot be written: {error.strerror}.")
            sys.exit(1)
        except RegistrarError as trouble:
            self.stderr.write(trouble.message)
            sys.exit(1)
        except DatabaseError as error:
            self.stderr.write(database_trouble(error))
            sys.exit(1)

    def _write(self, items: QuerySet[LineItem], form: str, output: str) -> None:
        screen: Any = self.stdout
        if form == "xlsx":
            book = io.BytesIO()
            exporting.write_xlsx(items, book)
            if output == "-":
                screen.buffer.write(book.getvalue())
            else:
                Path(output).write_bytes(book.getvalue())
            return
        write = exporting.write_csv if form == "csv" else exporting.write_jsonl
        if output == "-":
            if hasattr(screen, "reconfigure"):
                screen.reconfigure(encoding="utf-8", newline="")
            write(items, screen)
            screen.flush()
        else:
            with Path(output).open("w", encoding="utf-8", newline="") as file:
                write(items, file)
