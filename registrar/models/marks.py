"""The registrar's own calendar: dates that Canvas knows nothing of."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from .readings import Account, Term


class Mark(models.Model):
    """A date the office goes by, in a term and perhaps for one sub-account and all below it only."""

    class Kind(models.TextChoices):
        GRADE_DEADLINE = "grade_deadline", _lazy("Grade deadline")
        CENSUS = "census", _lazy("Census date")
        OTHER = "other", _lazy("Other date")

    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="marks")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    """Empty holds for the whole university; of two grade deadlines the nearer sub-account's counts."""
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80, blank=True)
    """What the office calls it, where the kind does not say it."""
    at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("term", "account"),
                condition=Q(kind="grade_deadline", account__isnull=False),
                name="one_grade_deadline_an_account",
            ),
            models.UniqueConstraint(
                fields=("term",),
                condition=Q(kind="grade_deadline", account__isnull=True),
                name="one_grade_deadline_for_everyone",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name or self.get_kind_display()} {self.at}"
