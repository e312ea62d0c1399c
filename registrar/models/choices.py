"""What administrators choose: limits of their own, category lists, when syncs run."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from .readings import Account


class Ruling(models.Model):
    """A limit or a severity that an administrator set for a sub-account and all below it, over the rule packs."""

    class Kind(models.TextChoices):
        LIMIT = "limit", _lazy("Limit")
        SEVERITY = "severity", _lazy("Severity")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="rulings")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=40)
    """The limit's name, or the rule's code."""
    value = models.JSONField(null=True)
    """None takes the limit away, or switches the rule off."""
    source = models.TextField()
    """Why: where the value comes from, shown beside it."""
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("account", "kind", "name")
        constraints = (models.UniqueConstraint(fields=("account", "kind", "name"), name="one_ruling"),)

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class CategoryList(models.Model):
    """The categories the SIS knows, for a sub-account and all below it."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="category_list")
    names = models.JSONField(default=list)
    file_name = models.CharField(max_length=200, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{len(self.names)} categories"


class Timetable(models.Model):
    """When syncs run by themselves: one row for each mode."""

    class Mode(models.TextChoices):
        FULL = "full", _lazy("Full sync")
        QUICK = "quick", _lazy("Quick sync")

    mode = models.CharField(max_length=8, choices=Mode.choices, unique=True)
    on = models.BooleanField(default=True)
    at_minute = models.PositiveSmallIntegerField(default=0)
    """Minute of the local day (full), or of the hour (quick)."""
    every_hours = models.PositiveSmallIntegerField(default=24)
    time_zone = models.TextField()
    last_slot = models.DateTimeField(null=True)
    """The time for which it was last started: a second scheduler finds it taken."""

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="timetable_of_a_day", condition=Q(at_minute__lt=1440, every_hours__gte=1, every_hours__lte=24)
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_mode_display()} at minute {self.at_minute}"
