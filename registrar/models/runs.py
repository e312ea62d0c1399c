"""Background work. The row is the truth; a message to a worker is only a hint (design.md, section 7)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from .readings import Account, Course

DOING = {
    "accounts and terms": _lazy("Reading accounts and terms"),
    "the course": _lazy("Reading the course"),
    "the list of courses": _lazy("Reading the list of courses"),
    "flagged assignments": _lazy("Reading flagged assignments"),
    "courses": _lazy("Reading courses"),
}
DOING_SO_FAR = {
    "the list of courses": _lazy("Reading the list of courses: %(n)s so far"),
    "flagged assignments": _lazy("Reading flagged assignments: %(n)s so far"),
}
CLAIM_LASTS = timedelta(seconds=30)
"""A claim with an older heartbeat is free again."""


class RunQuerySet(models.QuerySet["Run"]):
    def open(self) -> Self:
        return self.filter(state__in=Run.OPEN)


class Run(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("sync run", "Waiting for a worker")
        SURVEYING = "surveying", pgettext_lazy("sync run", "Reading the lists")
        READING = "reading", pgettext_lazy("sync run", "Reading courses")
        COMPLETE = "complete", pgettext_lazy("sync run", "Complete")
        INCOMPLETE = "incomplete", pgettext_lazy("sync run", "Incomplete")
        FAILED = "failed", pgettext_lazy("sync run", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("sync run", "Cancelled")

    class Mode(models.TextChoices):
        FULL = "full", pgettext_lazy("sync run", "Full")
        QUICK = "quick", pgettext_lazy("sync run", "Quick")
        COURSE = "course", pgettext_lazy("sync run", "One course")

    OPEN = (State.WAITING, State.SURVEYING, State.READING)

    mode = models.CharField(max_length=8, choices=Mode.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    account_ref = models.TextField(default="self")
    term_ref = models.TextField(blank=True)
    """A reference to one term, "all", or empty for the watched ones."""
    course_ref = models.TextField(blank=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    trigger = models.CharField(max_length=8, default="shell")
    """person, schedule or shell."""

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    read_from = models.DateTimeField(null=True)
    """When the reading of courses began: the rate is counted from here."""
    finished_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)

    feed_open = models.BooleanField(default=False)
    """Whether the account-wide SIS route answered."""
    doing = models.TextField(blank=True)
    """One of `DOING`, and perhaps how many so far, always in English: `doing_in_words` says it to people."""
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    message = models.TextField(blank=True)
    """One sentence on how it ended, when it did not end well."""
    warnings = models.JSONField(default=list)
    counts = models.JSONField(default=dict)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("state", "heartbeat_at"), name="run_by_state"),)

    def __str__(self) -> str:
        return f"run {self.pk} ({self.mode})"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def doing_in_words(self) -> str:
        what, _colon, more = self.doing.partition(": ")
        if more and what in DOING_SO_FAR:
            return str(DOING_SO_FAR[what]) % {"n": more.removesuffix(" so far")}
        if named := re.fullmatch(r"course (\d+), which the list no longer names", self.doing):
            return _("Reading course %(id)s, which the list no longer names") % {"id": named[1]}
        return str(DOING.get(self.doing, self.doing))


class RunItemQuerySet(models.QuerySet["RunItem"]):
    def claimable(self, now: datetime) -> Self:
        stale = Q(state=RunItem.State.CLAIMED, heartbeat_at__lt=now - CLAIM_LASTS)
        return self.filter(Q(state=RunItem.State.TODO) | stale)

    def unfinished(self) -> Self:
        return self.filter(state__in=(RunItem.State.TODO, RunItem.State.CLAIMED))


class RunItem(models.Model):
    """One course of one run."""

    class State(models.TextChoices):
        TODO = "todo", pgettext_lazy("course of a sync run", "To do")
        CLAIMED = "claimed", pgettext_lazy("course of a sync run", "Being read")
        DONE = "done", pgettext_lazy("course of a sync run", "Done")
        FAILED = "failed", pgettext_lazy("course of a sync run", "Failed")
        SKIPPED = "skipped", pgettext_lazy("course of a sync run", "Not needed")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="items")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.TODO)
    reason = models.CharField(max_length=12, blank=True)
    """Why it is read: full, first, changed, ambiguous, old, seam, failed, asked."""
    owner = models.CharField(max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    feed = models.BinaryField(null=True)
    """This course's part of the account-wide SIS answer, until the course has been read."""
    feed_digest = models.CharField(max_length=64, blank=True)
    stripped = models.BooleanField(default=False)
    """Whether Canvas left out the ``include[]`` that was asked for."""
    untold = models.PositiveIntegerField(default=0)
    """Assignments whose overrides Canvas would not tell at all."""
    message = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    objects = RunItemQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "course"), name="one_item_a_course"),)
        indexes = (models.Index(fields=("run", "state", "id"), name="item_by_state"),)

    def __str__(self) -> str:
        return f"course {self.course_id} of run {self.run_id}"


class Standing(models.Model):
    """What the last survey learnt of the whole Canvas: one row."""

    canvas_host = models.TextField(blank=True)
    root_account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    feed_open = models.BooleanField(null=True)
    """Whether the account-wide SIS route answered; None before it was first asked."""
    warnings = models.JSONField(default=list)
    surveyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.canvas_host
