from django.db import migrations, models

import registrar.models.mailing


class Migration(migrations.Migration):
    dependencies = [
        ("registrar", "0018_signs"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="language",
            field=models.CharField(default=registrar.models.mailing.house_language, max_length=12),
        ),
        migrations.AddField(
            model_name="delivery",
            name="bounce",
            field=models.CharField(
                blank=True, choices=[("delayed", "Delayed"), ("failed", "Failed")], max_length=8, default=""
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="delivery",
            name="bounced_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="bounce_code",
            field=models.CharField(blank=True, max_length=12, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="delivery",
            name="bounce_said",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="delivery",
            name="emptied_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting to be sent"),
                    ("claimed", "Being sent"),
                    ("sent", "Taken by the mail server"),
                    ("unconfirmed", "Perhaps sent: the mail server’s answer was lost"),
                    ("refused", "Refused by the mail server"),
                    ("dropped", "Not sent"),
                    ("bounced", "Bounced"),
                ],
                default="waiting",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["message_id"], name="delivery_of_a_notice"),
        ),
    ]
