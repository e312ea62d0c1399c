from datetime import UTC, datetime
from typing import Any

from django.db import migrations


def move_deadlines(apps: Any, schema_editor: Any) -> None:
    mark = apps.get_model("registrar", "Mark")
    for term in apps.get_model("registrar", "Term").objects.filter(grade_deadline__isnull=False):
        mark.objects.create(term=term, kind="grade_deadline", at=term.grade_deadline, set_at=datetime.now(UTC))


class Migration(migrations.Migration):
    dependencies = [("registrar", "0005_desk")]

    operations = [migrations.RunPython(move_deadlines, migrations.RunPython.noop)]
