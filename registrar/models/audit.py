"""What was decided about how the product behaves, by whom: written once, never changed."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _lazy

WHAT = {
    "category list kept": _lazy("category list kept"),
    "category list removed": _lazy("category list removed"),
    "date changed": _lazy("date changed"),
    "date removed": _lazy("date removed"),
    "date set": _lazy("date set"),
    "deadline removed": _lazy("deadline removed"),
    "deadline set": _lazy("deadline set"),
    "exemption ended": _lazy("exemption ended"),
    "exemption made": _lazy("exemption made"),
    "exemption taken back": _lazy("exemption taken back"),
    "limit cleared": _lazy("limit cleared"),
    "limit set": _lazy("limit set"),
    "mail marked as arrived": _lazy("mail marked as arrived"),
    "mail marked as bounced": _lazy("mail marked as bounced"),
    "mail sent again": _lazy("mail sent again"),
    "password link made": _lazy("password link made"),
    "person changed": _lazy("person changed"),
    "person deactivated": _lazy("person deactivated"),
    "person invited": _lazy("person invited"),
    "person reactivated": _lazy("person reactivated"),
    "report changed": _lazy("report changed"),
    "report paused": _lazy("report paused"),
    "report removed": _lazy("report removed"),
    "report resumed": _lazy("report resumed"),
    "report set up": _lazy("report set up"),
    "report unsubscribed": _lazy("report unsubscribed"),
    "rule pack chosen": _lazy("rule pack chosen"),
    "severity cleared": _lazy("severity cleared"),
    "severity set": _lazy("severity set"),
    "term no longer watched": _lazy("term no longer watched"),
    "term watched": _lazy("term watched"),
    "threshold set": _lazy("threshold set"),
    "timetable set": _lazy("timetable set"),
}
"""What can have been done. An entry keeps the English words, as a code."""


def what_in_words(what: str) -> str:
    return str(WHAT.get(what, what))


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

    @property
    def what_in_words(self) -> str:
        return what_in_words(self.what)
