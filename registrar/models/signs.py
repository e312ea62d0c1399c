"""Signs of life: what was heard last of each part that the product cannot do without."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _lazy


class Sign(models.Model):
    """The last word of one part: of a worker, of the scheduler, or of a test that an administrator made."""

    class Of(models.TextChoices):
        CANVAS = "canvas", "Canvas"
        RIGHTS = "rights", _lazy("Rights in Canvas")
        WORKER = "worker", _lazy("Worker")
        SCHEDULER = "scheduler", _lazy("Scheduler")
        BOUNCES = "bounces", _lazy("Mailbox of undelivered mail")
        HIDDEN = "hidden", _lazy("Checklist hidden from the Overview")

    of = models.CharField(max_length=12, choices=Of.choices, primary_key=True)
    good = models.BooleanField(null=True)
    """None while an answer is waited for."""
    said = models.TextField(blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.of} at {self.at}"
