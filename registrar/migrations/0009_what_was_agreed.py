from typing import Any

from django.db import migrations

DECIDED = ("approved", "applying", "verified", "problems", "cancelled")


def note_what_was_agreed(apps: Any, schema_editor: Any) -> None:
    """Of older proposals: what was refused counts as refused before the approval, as it nearly always was."""
    changes = apps.get_model("registrar", "Change").objects.filter(proposal__state__in=DECIDED)
    changes.exclude(state="refused").update(agreed=True)


class Migration(migrations.Migration):
    dependencies = [("registrar", "0008_agreed_changes")]

    operations = [migrations.RunPython(note_what_was_agreed, migrations.RunPython.noop)]
