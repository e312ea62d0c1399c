"""Proposed changes: who proposed, who decided, what was asked of Canvas, what Canvas then said."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from .people import Reach
from .readings import Course


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def within(self, reach: Reach) -> Self:
        """Those whose every course is within reach: nobody decides on what they may not see."""
        if reach.paths is None:
            return self
        outside = ~reach.over("course__account")
        return self.exclude(pk__in=ProposalCourse.objects.filter(outside).values("proposal_id"))


class Proposal(models.Model):
    class Kind(models.TextChoices):
        DATES = "dates", _lazy("Change of dates")
        SYNC_OFF = "sync_off", _lazy("Turn grade sync off")
        SYNC_OFF_BLIND = "sync_off_blind", _lazy("Turn grade sync off, as Canvas takes it")
        SYNC_ON = "sync_on", _lazy("Turn grade sync on")
        RESTORE = "restore", pgettext_lazy("kind of proposal", "Put back")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("proposal", "Draft")
        SUBMITTED = "submitted", pgettext_lazy("proposal", "Waiting for approval")
        HELD = "held", pgettext_lazy("proposal", "Held: over the threshold")
        APPROVED = "approved", pgettext_lazy("proposal", "Approved")
        REJECTED = "rejected", pgettext_lazy("proposal", "Rejected")
        WITHDRAWN = "withdrawn", pgettext_lazy("proposal", "Withdrawn")
        APPLYING = "applying", pgettext_lazy("proposal", "Running")
        VERIFIED = "verified", pgettext_lazy("proposal", "Done")
        PROBLEMS = "problems", pgettext_lazy("proposal", "Done, with problems")
        CANCELLED = "cancelled", pgettext_lazy("proposal", "Cancelled while running")

    WAITING = (State.SUBMITTED, State.HELD)
    FINISHED = (State.VERIFIED, State.PROBLEMS, State.CANCELLED)

    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    reason = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)
    period_id = models.BigIntegerField(null=True)
    """The grading period of a blind switching off; null is the whole course."""
    closed_allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_allowed_reason = models.TextField(blank=True)
    follows = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followers")
    """What it puts back, or proposes again."""
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="nobody_decides_on_their_own",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="applied_only_when_decided",
                condition=Q(decided_by__isnull=False)
                | ~Q(state__in=("approved", "applying", "verified", "problems", "cancelled")),
            ),
            models.CheckConstraint(
                name="nobody_applies_their_own",
                condition=Q(applied_by__isnull=True) | ~Q(applied_by=F("proposed_by")),
            ),
        )

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class ProposalCourse(models.Model):
    """One course of a proposal: the unit that is applied, by one worker at a time."""

    class Stage(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("course of a proposal", "Waiting")
        WRITING = "writing", pgettext_lazy("course of a proposal", "Being written")
        DONE = "done", pgettext_lazy("course of a proposal", "Done")

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="courses")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    reading_digest = models.CharField(max_length=64, blank=True)
    """Of the reading that was seen when it was proposed, or last looked at."""
    stage = models.CharField(max_length=8, choices=Stage.choices, default=Stage.WAITING)
    owner = models.CharField(max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    progress_id = models.BigIntegerField(null=True)
    """Stored before waiting, so that whoever comes next goes on waiting."""
    sent_at = models.DateTimeField(null=True)
    """Set before the first write leaves: from here on a date that already stands may be our own."""
    receipts = models.JSONField(default=list)
    """What Canvas answered: request, status, request id, progress."""
    unsynced = models.BinaryField(null=True)
    """Packed facts of the assignments that sync is to be turned on for: no reading holds what is not synced."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("proposal", "course"), name="one_course_a_proposal"),)

    def __str__(self) -> str:
        return f"course {self.course_id} of proposal {self.proposal_id}"


class ChangeQuerySet(models.QuerySet["Change"]):
    def left_out(self) -> Self:
        """Refused before it was approved, so nobody agreed to it and nothing of it was to be written."""
        return self.filter(state=Change.State.REFUSED, agreed=False)

    def astray(self) -> Self:
        """What was to be made and does not stand."""
        return self.exclude(state__in=Change.GOOD).exclude(state=Change.State.REFUSED, agreed=False)

    def drifted(self) -> Self:
        """What stood, and was changed in Canvas again."""
        return self.filter(drifted_at__isnull=False)


class Change(models.Model):
    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("a change", "Not yet applied")
        VERIFIED = "verified", pgettext_lazy("a change", "Changed and read back")
        ALREADY = "already", pgettext_lazy("a change", "Was so already")
        CONFLICT = "conflict", pgettext_lazy("a change", "Changed in Canvas meanwhile")
        DIFFERENT = "different", _lazy("Canvas shows something else")
        REFUSED = "refused", pgettext_lazy("a change", "Refused")
        FAILED = "failed", pgettext_lazy("a change", "Failed")

    GOOD = (State.VERIFIED, State.ALREADY)

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="changes")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    assignment_id = models.BigIntegerField()
    assignment_name = models.TextField()
    section_id = models.BigIntegerField(null=True)
    """Not a key into the sections: a record outlives what it speaks of."""
    section_name = models.TextField(blank=True)
    before = models.JSONField()
    after = models.JSONField()
    found = models.JSONField(null=True)
    """What was read back, where it is not what was wanted."""
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    message = models.TextField(blank=True)
    agreed = models.BooleanField(default=False)
    """Whether the approval covers it."""
    refusal = models.CharField(max_length=24, blank=True)
    """The code of the rule it was refused by, `domain.objections.Refusal`."""
    drifted_at = models.DateTimeField(null=True)
    """When Canvas was first seen to show something else again, after it had been verified."""
    drifted_to = models.JSONField(null=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ("course_id", "assignment_id", F("section_id").asc(nulls_first=True))
        constraints = (
            models.UniqueConstraint(
                fields=("proposal", "course", "assignment_id", "section_id"), name="one_change_a_section"
            ),
            models.UniqueConstraint(
                fields=("proposal", "course", "assignment_id"),
                condition=Q(section_id__isnull=True),
                name="one_change_for_everyone",
            ),
        )

    def __str__(self) -> str:
        return f"{self.assignment_name}: {self.before} to {self.after}"


class Step(models.Model):
    """What was done with a proposal, by whom: written once, never changed."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="steps")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    what = models.CharField(max_length=16)
    comment = models.TextField(blank=True)
    told_at = models.DateTimeField(null=True)
    """When those concerned were told; the step itself stays as it is."""

    class Meta:
        ordering = ("at", "id")
        indexes = (models.Index(fields=("id",), condition=Q(told_at=None), name="step_to_tell"),)

    def __str__(self) -> str:
        return f"{self.what} at {self.at}"
