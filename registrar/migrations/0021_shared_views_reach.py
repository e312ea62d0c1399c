from __future__ import annotations

from posixpath import commonpath
from typing import Any
from urllib.parse import parse_qs

import django.db.models.deletion
from django.db import migrations, models


def give_each_its_account(apps: Any, schema_editor: Any) -> None:
    """As if it were shared now: the college of its filter, else the nearest account above all that its owner sees."""
    account_model = apps.get_model("registrar", "Account")
    scope_model = apps.get_model("registrar", "Scope")
    for view in apps.get_model("registrar", "SavedView").objects.filter(shared=True):
        chosen = parse_qs(view.query).get("account", [""])[0].removeprefix("only-")
        account = account_model.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() else None
        paths = list(scope_model.objects.filter(user=view.owner_id).values_list("account__path", flat=True))
        if account is None and paths:
            account = account_model.objects.filter(path=commonpath(paths).rstrip("/") + "/").first()
        view.account = account
        view.save(update_fields=["account"])


class Migration(migrations.Migration):
    dependencies = [
        ("registrar", "0020_preferences"),
    ]

    operations = [
        migrations.AddField(
            model_name="savedview",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="registrar.account",
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="for_everybody",
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(give_each_its_account, migrations.RunPython.noop, elidable=True),
    ]
