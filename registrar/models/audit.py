"""What was decided about how the product behaves, by whom: written once, never changed."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models


class EntryQuerySet(models.QuerySet["Entry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("An entry of the audit log is never changed.")


class Entry(models.Model):
    """One decision of an administrator: a limit, a threshold, a deadline, an exemption, a role."""

    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """Nobody where it ended or fell by itself."""
    what = models.CharField(max_length=40)
    """What was done, in the past tense: "limit set", "deadline removed", "exemption ended"."""
    subject = models.TextField()
    """What it was done to, as it was called at the time."""
    account_path = models.TextField(blank=True)
    """Of the sub-account it concerns, for those who see only a part of the tree; empty is for the others alone."""
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.what}: {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An entry of the audit log is never changed.")
        super().save(*args, **kwargs)
