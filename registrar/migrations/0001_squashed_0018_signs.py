"""All that the migrations up to 0018 come to, for a new database: a quarter of the time. Theirs stay for older ones."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import registrar.models.mailing

ROLES = ("Viewers", "Reviewers", "Approvers", "Administrators")


def make_roles(apps: Any, schema_editor: Any) -> None:
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("registrar", "0001_initial"),
        ("registrar", "0002_roles"),
        ("registrar", "0003_proposals"),
        ("registrar", "0004_due_in_any_state"),
        ("registrar", "0005_desk"),
        ("registrar", "0006_deadlines_become_marks"),
        ("registrar", "0007_term_without_deadline"),
        ("registrar", "0008_agreed_changes"),
        ("registrar", "0009_what_was_agreed"),
        ("registrar", "0010_report_rounds"),
        ("registrar", "0011_what_turns"),
        ("registrar", "0012_told_steps"),
        ("registrar", "0013_clock_turns"),
        ("registrar", "0014_counted_exemptions"),
        ("registrar", "0015_mail_places"),
        ("registrar", "0016_saved_views"),
        ("registrar", "0017_trend_by_rule"),
        ("registrar", "0018_signs"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sign",
            fields=[
                (
                    "of",
                    models.CharField(
                        choices=[
                            ("canvas", "Canvas"),
                            ("rights", "Rights in Canvas"),
                            ("worker", "Worker"),
                            ("scheduler", "Scheduler"),
                            ("hidden", "Checklist hidden from the Overview"),
                        ],
                        max_length=12,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("good", models.BooleanField(null=True)),
                ("said", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                ("canvas_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("sis_id", models.TextField(blank=True)),
                ("start_at", models.DateTimeField(null=True)),
                ("end_at", models.DateTimeField(null=True)),
                ("period_group_id", models.BigIntegerField(null=True)),
                ("watched", models.BooleanField(blank=True, null=True)),
                ("gone_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-start_at", "name"),
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("canvas_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("sis_id", models.TextField(blank=True)),
                ("time_zone", models.TextField(default="UTC")),
                ("path", models.TextField(db_index=True)),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("rulepack", models.TextField(blank=True)),
                ("hold_above", models.PositiveIntegerField(blank=True, null=True)),
                ("hold_above_share", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("gone_at", models.DateTimeField(null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="registrar.account",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "canvas_id"),
            },
        ),
        migrations.CreateModel(
            name="CategoryList",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("names", models.JSONField(default=list)),
                ("file_name", models.CharField(blank=True, max_length=200)),
                ("set_at", models.DateTimeField()),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="category_list",
                        to="registrar.account",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Course",
            fields=[
                ("canvas_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("code", models.TextField(blank=True)),
                ("sis_id", models.TextField(blank=True)),
                ("state", models.TextField()),
                ("concluded", models.BooleanField(default=False)),
                ("start_at", models.DateTimeField(null=True)),
                ("end_at", models.DateTimeField(null=True)),
                ("restricts_dates", models.BooleanField(default=False)),
                ("time_zone", models.TextField(default="UTC")),
                ("teachers", models.JSONField(default=list)),
                ("total_students", models.PositiveIntegerField(null=True)),
                ("gone_at", models.DateTimeField(null=True)),
                ("search", models.TextField(blank=True)),
                ("sort_key", models.CharField(blank=True, max_length=80)),
                ("read_at", models.DateTimeField(null=True)),
                ("sections_read_at", models.DateTimeField(null=True)),
                ("feed_digest", models.CharField(blank=True, max_length=64)),
                ("assessed_as", models.CharField(blank=True, max_length=64)),
                ("assess_again_at", models.DateTimeField(db_index=True, null=True)),
                ("sections_total", models.PositiveIntegerField(default=0)),
                ("sections_needing", models.PositiveIntegerField(default=0)),
                ("items", models.PositiveIntegerField(default=0)),
                ("items_needing", models.PositiveIntegerField(default=0)),
                ("items_excepted", models.PositiveIntegerField(default=0)),
                ("items_warned", models.PositiveIntegerField(default=0)),
                ("trouble", models.TextField(blank=True)),
                ("trouble_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="courses", to="registrar.account"
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="courses", to="registrar.term"
                    ),
                ),
            ],
            options={
                "ordering": ("sort_key", "canvas_id"),
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("at", models.DateTimeField(db_index=True)),
                ("what", models.CharField(max_length=40)),
                ("subject", models.TextField()),
                ("account_path", models.TextField(blank=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "ordering": ("-at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Exemption",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("code", models.CharField(max_length=40)),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("assignment", "One assignment"),
                            ("section", "One section"),
                            ("course", "One course"),
                            ("rule", "The rule, in a college"),
                        ],
                        max_length=12,
                    ),
                ),
                ("section_id", models.BigIntegerField(null=True)),
                ("assignment_id", models.BigIntegerField(null=True)),
                ("subject", models.TextField()),
                ("reason", models.TextField()),
                ("until", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("covers", models.JSONField(default=dict)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("expired", "Its end date came"),
                            ("revoked", "Taken back"),
                            ("void", "What it accepted has changed in Canvas"),
                        ],
                        max_length=8,
                    ),
                ),
                ("ended_reason", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.account"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exemptions",
                        to="registrar.course",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.term"
                    ),
                ),
            ],
            options={
                "ordering": ("until", "id"),
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("dates", "Change of dates"),
                            ("sync_off", "Turn grade sync off"),
                            ("sync_off_blind", "Turn grade sync off, as Canvas takes it"),
                            ("sync_on", "Turn grade sync on"),
                            ("restore", "Put back"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Waiting for approval"),
                            ("held", "Held: over the threshold"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("applying", "Running"),
                            ("verified", "Done"),
                            ("problems", "Done, with problems"),
                            ("cancelled", "Cancelled while running"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("reason", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("comment", models.TextField(blank=True)),
                ("period_id", models.BigIntegerField(null=True)),
                ("closed_allowed_reason", models.TextField(blank=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                (
                    "applied_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_allowed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "follows",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followers",
                        to="registrar.proposal",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("report", "Readiness report"),
                            ("proposal", "Proposal"),
                            ("sync", "Sync failed"),
                            ("digest", "Digest"),
                            ("test", "Test"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("address", models.EmailField(max_length=254)),
                ("subject", models.TextField()),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True)),
                ("attachment", models.BinaryField(null=True)),
                ("attachment_name", models.CharField(blank=True, max_length=120)),
                ("headers", models.JSONField(default=dict)),
                ("message_id", models.CharField(max_length=200)),
                ("summary", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be sent"),
                            ("claimed", "Being sent"),
                            ("sent", "Taken by the mail server"),
                            ("unconfirmed", "Perhaps sent: the mail server’s answer was lost"),
                            ("refused", "Refused by the mail server"),
                            ("dropped", "Not sent"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("owner", models.CharField(blank=True, max_length=120)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("trouble", models.TextField(blank=True)),
                ("accounts", models.ManyToManyField(related_name="+", to="registrar.account")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resent_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="registrar.proposal",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("assignment_id", models.BigIntegerField()),
                ("assignment_name", models.TextField()),
                ("section_id", models.BigIntegerField(null=True)),
                ("section_name", models.TextField(blank=True)),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("found", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Not yet applied"),
                            ("verified", "Changed and read back"),
                            ("already", "Was so already"),
                            ("conflict", "Changed in Canvas meanwhile"),
                            ("different", "Canvas shows something else"),
                            ("refused", "Refused"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("message", models.TextField(blank=True)),
                ("agreed", models.BooleanField(default=False)),
                ("refusal", models.CharField(blank=True, max_length=24)),
                ("drifted_at", models.DateTimeField(null=True)),
                ("drifted_to", models.JSONField(null=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.course"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="registrar.proposal",
                    ),
                ),
            ],
            options={
                "ordering": (
                    "course_id",
                    "assignment_id",
                    models.OrderBy(models.F("section_id"), nulls_first=True),
                ),
            },
        ),
        migrations.CreateModel(
            name="ProposalCourse",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("reading_digest", models.CharField(blank=True, max_length=64)),
                (
                    "stage",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("writing", "Being written"), ("done", "Done")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("owner", models.CharField(blank=True, max_length=120)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("progress_id", models.BigIntegerField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("receipts", models.JSONField(default=list)),
                ("unsynced", models.BinaryField(null=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.course"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="courses",
                        to="registrar.proposal",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("digest", models.CharField(max_length=64)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("current", models.BooleanField(default=True)),
                ("facts", models.BinaryField()),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="readings", to="registrar.course"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ruling",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("kind", models.CharField(choices=[("limit", "Limit"), ("severity", "Severity")], max_length=8)),
                ("name", models.CharField(max_length=40)),
                ("value", models.JSONField(null=True)),
                ("source", models.TextField()),
                ("set_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rulings", to="registrar.account"
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("account", "kind", "name"),
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("full", "Full"), ("quick", "Quick"), ("course", "One course")], max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a worker"),
                            ("surveying", "Reading the lists"),
                            ("reading", "Reading courses"),
                            ("complete", "Complete"),
                            ("incomplete", "Incomplete"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("account_ref", models.TextField(default="self")),
                ("term_ref", models.TextField(blank=True)),
                ("course_ref", models.TextField(blank=True)),
                ("trigger", models.CharField(default="shell", max_length=8)),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("read_from", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("owner", models.CharField(blank=True, max_length=120)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                ("feed_open", models.BooleanField(default=False)),
                ("doing", models.TextField(blank=True)),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("requests", models.PositiveIntegerField(default=0)),
                ("seconds", models.FloatField(default=0)),
                ("message", models.TextField(blank=True)),
                ("warnings", models.JSONField(default=list)),
                ("counts", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="registrar.account",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="News",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("waiting", "A proposal waits for you"),
                            ("decided", "Your proposal was decided"),
                            ("finished", "A proposal has been carried out"),
                            ("sync", "A sync failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                ("state", models.CharField(blank=True, max_length=12)),
                ("at", models.DateTimeField()),
                (
                    "delivery",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="news",
                        to="registrar.delivery",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="news",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registrar.proposal",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registrar.run",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "news",
                "ordering": ("at", "id"),
            },
        ),
        migrations.CreateModel(
            name="RunItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("todo", "To do"),
                            ("claimed", "Being read"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("skipped", "Not needed"),
                        ],
                        default="todo",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=12)),
                ("owner", models.CharField(blank=True, max_length=120)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("feed", models.BinaryField(null=True)),
                ("feed_digest", models.CharField(blank=True, max_length=64)),
                ("stripped", models.BooleanField(default=False)),
                ("untold", models.PositiveIntegerField(default=0)),
                ("message", models.TextField(blank=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.course"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="registrar.run"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "table",
                    models.CharField(
                        choices=[("courses", "Courses"), ("sections", "Sections"), ("line_items", "Line items")],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField(blank=True)),
                ("shared", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="Scope",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.account"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scopes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Section",
            fields=[
                ("canvas_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("sis_id", models.TextField(blank=True)),
                ("origin_course_id", models.BigIntegerField(null=True)),
                ("origin_course_sis_id", models.TextField(blank=True)),
                ("cross_listed", models.BooleanField(default=False)),
                ("start_at", models.DateTimeField(null=True)),
                ("end_at", models.DateTimeField(null=True)),
                ("restricts_dates", models.BooleanField(default=False)),
                ("total_students", models.PositiveIntegerField(null=True)),
                ("items", models.PositiveIntegerField(default=0)),
                ("items_needing", models.PositiveIntegerField(default=0)),
                ("items_excepted", models.PositiveIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.account"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sections", to="registrar.course"
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.term"
                    ),
                ),
            ],
            options={
                "ordering": ("name", "canvas_id"),
            },
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("canvas_host", models.TextField(blank=True)),
                ("feed_open", models.BooleanField(null=True)),
                ("warnings", models.JSONField(default=list)),
                ("surveyed_at", models.DateTimeField(null=True)),
                (
                    "root_account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="registrar.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=16)),
                ("comment", models.TextField(blank=True)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="registrar.proposal"
                    ),
                ),
            ],
            options={
                "ordering": ("at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("address", models.EmailField(blank=True, max_length=254)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("codes", models.JSONField(blank=True, default=list)),
                ("severities", models.JSONField(blank=True, default=list)),
                ("days_before", models.JSONField(blank=True, default=list)),
                ("daily", models.BooleanField(default=False)),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        null=True,
                    ),
                ),
                ("hour", models.PositiveSmallIntegerField(default=7)),
                ("time_zone", models.TextField()),
                (
                    "only_if",
                    models.CharField(
                        choices=[
                            ("changed", "Something has changed since the last report"),
                            ("open", "Something is open"),
                            ("always", "Always"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("with_xlsx", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("unsubscribed_at", models.DateTimeField(blank=True, null=True)),
                ("key", models.CharField(default=registrar.models.mailing._new_key, max_length=64, unique=True)),
                ("accounts", models.ManyToManyField(blank=True, related_name="+", to="registrar.account")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subscriptions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("terms", models.ManyToManyField(blank=True, related_name="+", to="registrar.term")),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="subscription",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deliveries",
                to="registrar.subscription",
            ),
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("slot", models.DateTimeField()),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rounds",
                        to="registrar.subscription",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.term"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("grade_deadline", "Grade deadline"),
                            ("census", "Census date"),
                            ("other", "Other date"),
                        ],
                        max_length=16,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80)),
                ("at", models.DateTimeField()),
                ("set_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registrar.account",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="registrar.term"
                    ),
                ),
            ],
            options={
                "ordering": ("at", "id"),
            },
        ),
        migrations.CreateModel(
            name="LineItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("assignment_id", models.BigIntegerField()),
                ("assignment_name", models.TextField()),
                ("assignment_group", models.TextField(blank=True)),
                ("assignment_url", models.TextField(blank=True)),
                ("points_possible", models.FloatField(null=True)),
                ("published", models.BooleanField()),
                ("due_at", models.DateTimeField(null=True)),
                ("unlock_at", models.DateTimeField(null=True)),
                ("lock_at", models.DateTimeField(null=True)),
                ("due_at_source", models.CharField(max_length=12)),
                ("unlock_at_source", models.CharField(max_length=12)),
                ("lock_at_source", models.CharField(max_length=12)),
                ("in_sis_feed", models.BooleanField(null=True)),
                ("sis_due_at", models.DateTimeField(null=True)),
                ("student_exceptions", models.PositiveIntegerField(default=0)),
                ("group_exceptions", models.PositiveIntegerField(default=0)),
                ("needs_grading", models.PositiveIntegerField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("needs_action", "Needs action"), ("ready", "Ready"), ("excepted", "Excepted")],
                        max_length=12,
                    ),
                ),
                ("warned", models.BooleanField(default=False)),
                ("excepted_until", models.DateTimeField(null=True)),
                ("codes", models.JSONField(default=list)),
                ("search", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.account"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="line_items",
                        to="registrar.course",
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="line_items",
                        to="registrar.section",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.term"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("section_id", models.BigIntegerField(null=True)),
                ("code", models.CharField(max_length=40)),
                ("level", models.CharField(max_length=12)),
                (
                    "severity",
                    models.CharField(choices=[("blocking", "Blocking"), ("warning", "Warning")], max_length=8),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("params", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.account"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="registrar.course"
                    ),
                ),
                (
                    "exemption",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="findings",
                        to="registrar.exemption",
                    ),
                ),
                (
                    "line_item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="registrar.lineitem",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registrar.term"
                    ),
                ),
            ],
            options={
                "ordering": ("line_item", "position"),
            },
        ),
        migrations.CreateModel(
            name="DailyCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("day", models.DateField()),
                ("code", models.CharField(blank=True, max_length=40)),
                ("sections", models.PositiveIntegerField(default=0)),
                ("sections_needing", models.PositiveIntegerField(default=0)),
                ("items", models.PositiveIntegerField(default=0)),
                ("items_needing", models.PositiveIntegerField(default=0)),
                ("items_excepted", models.PositiveIntegerField(default=0)),
                ("taken_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.account"
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.term"
                    ),
                ),
            ],
            options={
                "ordering": ("day", "term", "account", "code"),
            },
        ),
        migrations.CreateModel(
            name="Timetable",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("full", "Full sync"), ("quick", "Quick sync")], max_length=8, unique=True
                    ),
                ),
                ("on", models.BooleanField(default=True)),
                ("at_minute", models.PositiveSmallIntegerField(default=0)),
                ("every_hours", models.PositiveSmallIntegerField(default=24)),
                ("time_zone", models.TextField()),
                ("last_slot", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("at_minute__lt", 1440), ("every_hours__gte", 1), ("every_hours__lte", 24)
                        ),
                        name="timetable_of_a_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("at", models.DateTimeField()),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("broken", "Newly found"),
                            ("mended", "Mended"),
                            ("accepted", "Accepted as exception"),
                            ("left", "No longer synced"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("canvas", "Changed in Canvas"),
                            ("proposal", "By a proposal"),
                            ("time", "By the calendar"),
                            ("rules", "Rules or deadlines were changed here"),
                            ("exemption", "An exemption"),
                        ],
                        max_length=10,
                    ),
                ),
                ("section_id", models.BigIntegerField(null=True)),
                ("section_name", models.TextField(blank=True)),
                ("assignment_id", models.BigIntegerField()),
                ("assignment_name", models.TextField()),
                ("code", models.CharField(max_length=40)),
                (
                    "severity",
                    models.CharField(choices=[("blocking", "Blocking"), ("warning", "Warning")], max_length=8),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.account"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.course"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="registrar.proposal",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registrar.term"
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Wish",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "news",
                    models.CharField(
                        choices=[
                            ("waiting", "A proposal waits for you"),
                            ("decided", "Your proposal was decided"),
                            ("finished", "A proposal has been carried out"),
                            ("sync", "A sync failed"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[("now", "At once"), ("digest", "Once a day, together"), ("never", "Not by mail")],
                        max_length=8,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wishes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("person", "news"),
            },
        ),
        migrations.CreateModel(
            name="GradingPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("canvas_id", models.BigIntegerField()),
                ("group_id", models.BigIntegerField(db_index=True, null=True)),
                ("title", models.TextField()),
                ("start_at", models.DateTimeField()),
                ("end_at", models.DateTimeField()),
                ("close_at", models.DateTimeField(null=True)),
                (
                    "course",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="own_periods",
                        to="registrar.course",
                    ),
                ),
            ],
            options={
                "ordering": ("start_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("course__isnull", True), ("group_id__isnull", False)),
                            models.Q(("course__isnull", False), ("group_id__isnull", True)),
                            _connector="OR",
                        ),
                        name="period_of_a_set_or_a_course",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_decides_on_their_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", False),
                    models.Q(
                        ("state__in", ("approved", "applying", "verified", "problems", "cancelled")), _negated=True
                    ),
                    _connector="OR",
                ),
                name="applied_only_when_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("applied_by__isnull", True),
                    models.Q(("applied_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_applies_their_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                fields=("proposal", "course", "assignment_id", "section_id"), name="one_change_a_section"
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                condition=models.Q(("section_id__isnull", True)),
                fields=("proposal", "course", "assignment_id"),
                name="one_change_for_everyone",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposalcourse",
            constraint=models.UniqueConstraint(fields=("proposal", "course"), name="one_course_a_proposal"),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.UniqueConstraint(
                condition=models.Q(("current", True)), fields=("course",), name="one_current_reading"
            ),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.UniqueConstraint(fields=("account", "kind", "name"), name="one_ruling"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["state", "heartbeat_at"], name="run_by_state"),
        ),
        migrations.AddConstraint(
            model_name="news",
            constraint=models.UniqueConstraint(fields=("person", "key"), name="news_only_once"),
        ),
        migrations.AddIndex(
            model_name="runitem",
            index=models.Index(fields=["run", "state", "id"], name="item_by_state"),
        ),
        migrations.AddConstraint(
            model_name="runitem",
            constraint=models.UniqueConstraint(fields=("run", "course"), name="one_item_a_course"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("owner", "table", "name"), name="one_view_of_a_name"),
        ),
        migrations.AddConstraint(
            model_name="scope",
            constraint=models.UniqueConstraint(fields=("user", "account"), name="one_scope"),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(condition=models.Q(("told_at", None)), fields=["id"], name="step_to_tell"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "not_before"], name="delivery_to_send"),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("address", ""), ("person__isnull", False)),
                    models.Q(("person__isnull", True), models.Q(("address", ""), _negated=True)),
                    _connector="OR",
                ),
                name="subscription_to_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(condition=models.Q(("hour__lte", 23)), name="hour_of_a_day"),
        ),
        migrations.AddIndex(
            model_name="section",
            index=models.Index(fields=["term", "account", "items_needing"], name="section_by_need"),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.UniqueConstraint(fields=("subscription", "term"), name="one_round_a_term"),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.UniqueConstraint(
                condition=models.Q(("account__isnull", False), ("kind", "grade_deadline")),
                fields=("term", "account"),
                name="one_grade_deadline_an_account",
            ),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.UniqueConstraint(
                condition=models.Q(("account__isnull", True), ("kind", "grade_deadline")),
                fields=("term",),
                name="one_grade_deadline_for_everyone",
            ),
        ),
        migrations.AddIndex(
            model_name="lineitem",
            index=models.Index(fields=["term", "status", "due_at", "id"], name="item_by_due"),
        ),
        migrations.AddIndex(
            model_name="lineitem",
            index=models.Index(fields=["term", "due_at", "id"], name="item_by_due_in_any_state"),
        ),
        migrations.AddIndex(
            model_name="lineitem",
            index=models.Index(fields=["term", "account", "status"], name="item_by_account"),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.UniqueConstraint(
                fields=("course", "assignment_id", "section"), name="one_line_item"
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("section__isnull", True)),
                fields=("course", "assignment_id"),
                name="one_line_item_without_section",
            ),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["term", "code", "account", "section_id"], name="finding_by_code"),
        ),
        migrations.AddIndex(
            model_name="exemption",
            index=models.Index(fields=["ended_at", "until"], name="exemption_in_force"),
        ),
        migrations.AddConstraint(
            model_name="exemption",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("assignment_id__isnull", True),
                        ("course__isnull", True),
                        ("level", "rule"),
                        ("section_id__isnull", True),
                    ),
                    models.Q(
                        ("assignment_id__isnull", True),
                        ("course__isnull", False),
                        ("level", "course"),
                        ("section_id__isnull", True),
                    ),
                    models.Q(("course__isnull", False), ("level", "section"), ("section_id__isnull", False)),
                    models.Q(("assignment_id__isnull", False), ("course__isnull", False), ("level", "assignment")),
                    _connector="OR",
                ),
                name="exemption_names_its_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="exemption",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_because", "")),
                    models.Q(("ended_at__isnull", False), models.Q(("ended_because", ""), _negated=True)),
                    _connector="OR",
                ),
                name="exemption_ends_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="dailycount",
            constraint=models.UniqueConstraint(fields=("term", "code", "day", "account"), name="one_count_a_day"),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(fields=["term", "sort_key", "canvas_id"], name="course_by_code"),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(fields=["term", "-items_needing", "canvas_id"], name="course_by_need"),
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(fields=["term", "at", "id"], name="turn_by_time"),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.UniqueConstraint(fields=("person", "news"), name="one_wish_a_kind"),
        ),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
