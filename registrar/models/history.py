"""How readiness moved: a count a day, and what broke or was mended when."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from .people import Reach
from .proposals import Proposal
from .readings import Account, Course, Finding, Term


class DailyCountQuerySet(models.QuerySet["DailyCount"]):
    def within(self, reach: Reach) -> Self:
        return self.filter(reach.over("account"))


class DailyCount(models.Model):
    """The last count of a day, for the courses directly in one sub-account; those above it are sums of these."""

    day = models.DateField()
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40, blank=True)
    """The rule; empty counts whatever rule."""
    sections = models.PositiveIntegerField(default=0)
    """With line items; of a rule: those it is broken in."""
    sections_needing = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    items_needing = models.PositiveIntegerField(default=0)
    items_excepted = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField()

    objects = DailyCountQuerySet.as_manager()

    class Meta:
        ordering = ("day", "term", "account", "code")
        # In this order its index holds a trend together: one rule of one term, day by day.
        constraints = (models.UniqueConstraint(fields=("term", "code", "day", "account"), name="one_count_a_day"),)

    def __str__(self) -> str:
        return f"{self.day} {self.term_id} {self.account_id} {self.code}"


class TurnQuerySet(models.QuerySet["Turn"]):
    def within(self, reach: Reach) -> Self:
        return self.filter(reach.over("account"))


class Turn(models.Model):
    """A finding that came or went at one line item (`domain.turns`)."""

    class What(models.TextChoices):
        BROKEN = "broken", pgettext_lazy("finding", "Newly found")
        MENDED = "mended", pgettext_lazy("finding", "Mended")
        ACCEPTED = "accepted", pgettext_lazy("finding", "Accepted as exception")
        LEFT = "left", pgettext_lazy("finding", "No longer synced")

    class Cause(models.TextChoices):
        CANVAS = "canvas", _lazy("Changed in Canvas")
        PROPOSAL = "proposal", _lazy("By a proposal")
        TIME = "time", _lazy("By the calendar")
        RULES = "rules", _lazy("Rules or deadlines were changed here")
        EXEMPTION = "exemption", _lazy("An exemption")

    at = models.DateTimeField()
    what = models.CharField(max_length=8, choices=What.choices)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    proposal = models.ForeignKey(Proposal, null=True, on_delete=models.SET_NULL, related_name="+")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    section_id = models.BigIntegerField(null=True)
    section_name = models.TextField(blank=True)
    assignment_id = models.BigIntegerField()
    assignment_name = models.TextField()
    code = models.CharField(max_length=40)
    severity = models.CharField(max_length=8, choices=Finding.Severity.choices)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("term", "at", "id"), name="turn_by_time"),)

    def __str__(self) -> str:
        return f"{self.code} {self.what} at {self.at}"
