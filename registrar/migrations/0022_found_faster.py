from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, migrations, models, transaction

logger = logging.getLogger(__name__)

WORDS = {
    "item_by_words": "CREATE INDEX IF NOT EXISTS item_by_words ON registrar_lineitem USING gin (search gin_trgm_ops)",
    "item_by_name_words": "CREATE INDEX IF NOT EXISTS item_by_name_words ON registrar_lineitem "
    "USING gin (lower(assignment_name) gin_trgm_ops)",
}
EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
WITHOUT = {"42501", "0A000", "58P01", "42704"}
"""SQLSTATEs: the role may not create the extension, it is not installed, or it is out of sight."""


def index_words(apps: Any, schema_editor: Any) -> None:
    """Searching works without, only slower: so a role that may do little still gets its database."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for statement in (EXTENSION, *WORDS.values()):
                cursor.execute(statement)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) not in WITHOUT:
            raise
        logger.warning(
            "Searching by words goes without its index (%s). A database administrator can make it: %s",
            str(error).strip().partition("\n")[0],
            "; ".join((EXTENSION.replace("IF NOT EXISTS ", ""), *WORDS.values())),
        )


def forget_words(apps: Any, schema_editor: Any) -> None:
    """The extension stays: others may use it."""
    if schema_editor.connection.vendor == "postgresql":
        for name in WORDS:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("registrar", "0021_shared_views_reach"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="lineitem",
            index=models.Index(fields=["due_at", "id"], name="item_by_due_in_any_term"),
        ),
        migrations.AddIndex(
            model_name="lineitem",
            index=models.Index(fields=["status", "due_at", "id"], name="item_by_status_and_due"),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["code", "line_item"], name="finding_by_rule"),
        ),
        migrations.RunPython(index_words, forget_words),
    ]
