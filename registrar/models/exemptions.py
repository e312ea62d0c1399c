"""Findings that a person has accepted, with a reason and an end."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from .people import Reach
from .readings import Account, Course, Term

IN_FORCE = "in_force"


class ExemptionQuerySet(models.QuerySet["Exemption"]):
    def within(self, reach: Reach) -> Self:
        """A course takes its exemptions along when it moves to another sub-account."""
        of_rules = Q(course__isnull=True) & reach.over("account")
        return self.filter(of_rules | (Q(course__isnull=False) & reach.over("course__account")))

    def concerning(self, reach: Reach) -> Self:
        """Also those of rules in a sub-account above: they hold for what is within reach."""
        if reach.paths is None:
            return self
        above = [path[: end + 1] for path in reach.paths for end, letter in enumerate(path) if letter == "/"]
        return self.within(reach) | self.filter(course__isnull=True, account__path__in=above)

    def in_force(self, now: datetime) -> Self:
        return self.filter(ended_at__isnull=True, until__gt=now)

    def in_state(self, state: str, now: datetime) -> Self:
        """ "in_force", or why it ended; one whose last day is over has expired before anybody notes it."""
        if state == IN_FORCE:
            return self.in_force(now)
        over = Q(ended_because="", until__lte=now) if state == Exemption.Ended.EXPIRED else Q(pk__in=())
        return self.filter(over | Q(ended_because=state))

    def below(self, path: str, *, directly: bool) -> Self:
        key = "path" if directly else "path__startswith"
        of_rules = Q(course__isnull=True, **{f"account__{key}": path})
        return self.filter(of_rules | Q(**{f"course__account__{key}": path}))


class Exemption(models.Model):
    """One rule accepted for an assignment, a section, a course, or a sub-account in a term."""

    class Level(models.TextChoices):
        ASSIGNMENT = "assignment", _lazy("One assignment")
        SECTION = "section", _lazy("One section")
        COURSE = "course", _lazy("One course")
        RULE = "rule", _lazy("The rule, in a college")

    class Ended(models.TextChoices):
        EXPIRED = "expired", _lazy("Its end date came")
        REVOKED = "revoked", pgettext_lazy("exemption", "Taken back")
        VOID = "void", _lazy("What it accepted has changed in Canvas")

    code = models.CharField(max_length=40)
    level = models.CharField(max_length=12, choices=Level.choices)
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey(Course, null=True, on_delete=models.PROTECT, related_name="exemptions")
    section_id = models.BigIntegerField(null=True)
    """Not a key into the sections: a record outlives what it speaks of."""
    assignment_id = models.BigIntegerField(null=True)
    subject = models.TextField()
    """What it is for, as it was called when it was accepted."""
    reason = models.TextField()
    until = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    covers = models.JSONField(default=dict)
    """What was accepted: "assignment:section" to a digest of the facts beneath. Other facts are not covered.
    Empty for a whole rule, which covers whatever breaks it until its end."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_because = models.CharField(max_length=8, choices=Ended.choices, blank=True)
    ended_reason = models.TextField(blank=True)
    """Why it was taken back, in the words of whoever did."""

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        ordering = ("until", "id")
        indexes = (models.Index(fields=("ended_at", "until"), name="exemption_in_force"),)
        constraints = (
            models.CheckConstraint(
                name="exemption_names_its_place",
                condition=Q(level="rule", course__isnull=True, section_id__isnull=True, assignment_id__isnull=True)
                | Q(level="course", course__isnull=False, section_id__isnull=True, assignment_id__isnull=True)
                | Q(level="section", course__isnull=False, section_id__isnull=False)
                | Q(level="assignment", course__isnull=False, assignment_id__isnull=False),
            ),
            models.CheckConstraint(
                name="exemption_ends_for_a_reason",
                condition=Q(ended_at__isnull=True, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} for {self.subject}"

    @property
    def place(self) -> Account:
        """The sub-account it counts in."""
        return self.course.account if self.course else self.account

    def state(self, now: datetime) -> str:
        """As `in_state` takes it."""
        return self.ended_because or (IN_FORCE if self.until > now else self.Ended.EXPIRED.value)
