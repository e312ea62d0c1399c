from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def what_was_is_told(apps: Any, schema_editor: Any) -> None:
    """Nobody wants mail about steps of last year."""
    apps.get_model("registrar", "Step").objects.update(told_at=F("at"))


class Migration(migrations.Migration):
    dependencies = [
        ("registrar", "0011_what_turns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="step",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(condition=models.Q(("told_at", None)), fields=["id"], name="step_to_tell"),
        ),
        migrations.RunPython(what_was_is_told, migrations.RunPython.noop),
    ]
