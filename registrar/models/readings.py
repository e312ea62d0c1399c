"""What was read from Canvas and what follows from it. The course is the unit: its rows change together.

Rows that came from Canvas have Canvas's id as their key. Rows of things that vanished from Canvas keep a date in
``gone_at``: they leave the lists and stay in the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from .people import Reach


class Account(models.Model):
    canvas_id = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    sis_id = models.TextField(blank=True)
    time_zone = models.TextField(default="UTC")
    path = models.TextField(db_index=True)
    """The way down from the root, "/1/12/340/": everything below an account starts with its path."""
    depth = models.PositiveSmallIntegerField(default=0)
    rulepack = models.TextField(blank=True)
    """The code of the rule pack for this sub-account; empty takes the parent's."""
    hold_above = models.PositiveIntegerField(null=True, blank=True)
    """A proposal with more changes in this sub-account waits for an administrator; empty takes the parent's."""
    hold_above_share = models.PositiveSmallIntegerField(null=True, blank=True)
    """The same as a share, in percent, of its flagged assignments; empty takes the parent's."""
    gone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "canvas_id")

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    canvas_id = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    sis_id = models.TextField(blank=True)
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    period_group_id = models.BigIntegerField(null=True)
    watched = models.BooleanField(null=True, blank=True)
    """An administrator's word; without one the dates decide (`services.surveying.is_watched`)."""
    gone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-start_at", "name")

    def __str__(self) -> str:
        return self.name


class GradingPeriod(models.Model):
    """A period of a term's set, or of one course that has its own."""

    canvas_id = models.BigIntegerField()
    group_id = models.BigIntegerField(null=True, db_index=True)
    course = models.ForeignKey("Course", null=True, on_delete=models.CASCADE, related_name="own_periods")
    title = models.TextField()
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    close_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("start_at",)
        constraints = (
            models.CheckConstraint(
                name="period_of_a_set_or_a_course",
                condition=Q(group_id__isnull=False, course__isnull=True)
                | Q(group_id__isnull=True, course__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.title


class CourseQuerySet(models.QuerySet["Course"]):
    def present(self) -> Self:
        return self.filter(gone_at__isnull=True)

    def within(self, reach: Reach) -> Self:
        return self.filter(reach.over("account"))

    def with_line_items(self) -> Self:
        return self.filter(items__gt=0)


class Course(models.Model):
    canvas_id = models.BigIntegerField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="courses")
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="courses")
    name = models.TextField()
    code = models.TextField(blank=True)
    sis_id = models.TextField(blank=True)
    state = models.TextField()
    concluded = models.BooleanField(default=False)
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    restricts_dates = models.BooleanField(default=False)
    time_zone = models.TextField(default="UTC")
    teachers = models.JSONField(default=list)
    total_students = models.PositiveIntegerField(null=True)
    gone_at = models.DateTimeField(null=True)
    search = models.TextField(blank=True)
    """Names, ids and instructors, lower case."""
    sort_key = models.CharField(max_length=80, blank=True)
    """The beginning of the code, lower case: short enough for an index whatever Canvas sends."""

    # The last whole reading, and what it came to.
    read_at = models.DateTimeField(null=True)
    sections_read_at = models.DateTimeField(null=True)
    feed_digest = models.CharField(max_length=64, blank=True)
    assessed_as = models.CharField(max_length=64, blank=True)
    """Digest of all that the findings follow from; equal means they need not be worked out again."""
    assess_again_at = models.DateTimeField(null=True, db_index=True)
    """When the clock alone may change the findings (`services.assessing.turns_at`)."""
    sections_total = models.PositiveIntegerField(default=0)
    sections_needing = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    items_needing = models.PositiveIntegerField(default=0)
    items_excepted = models.PositiveIntegerField(default=0)
    items_warned = models.PositiveIntegerField(default=0)

    # Why the last attempt to read it failed; empty when it did not.
    trouble = models.TextField(blank=True)
    trouble_at = models.DateTimeField(null=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering = ("sort_key", "canvas_id")
        indexes = (
            models.Index(fields=("term", "sort_key", "canvas_id"), name="course_by_code"),
            models.Index(fields=("term", "-items_needing", "canvas_id"), name="course_by_need"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


class Reading(models.Model):
    """What Canvas said about one course, whole. A new row only when it said something new."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="readings")
    digest = models.CharField(max_length=64)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    current = models.BooleanField(default=True)
    facts = models.BinaryField()
    """`domain.facts.Course` as compressed JSON (`services.assessing.pack`)."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("course",), condition=Q(current=True), name="one_current_reading"),
        )

    def __str__(self) -> str:
        return f"{self.course_id} at {self.last_at}"


class Section(models.Model):
    canvas_id = models.BigIntegerField(primary_key=True)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sections")
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    name = models.TextField()
    sis_id = models.TextField(blank=True)
    origin_course_id = models.BigIntegerField(null=True)
    origin_course_sis_id = models.TextField(blank=True)
    cross_listed = models.BooleanField(default=False)
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    restricts_dates = models.BooleanField(default=False)
    total_students = models.PositiveIntegerField(null=True)
    items = models.PositiveIntegerField(default=0)
    items_needing = models.PositiveIntegerField(default=0)
    items_excepted = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("name", "canvas_id")
        indexes = (models.Index(fields=("term", "account", "items_needing"), name="section_by_need"),)

    def __str__(self) -> str:
        return self.name


class LineItemQuerySet(models.QuerySet["LineItem"]):
    def within(self, reach: Reach) -> Self:
        return self.filter(reach.over("account"))

    def with_rule(self, *codes: str) -> Self:
        return self.filter(models.Exists(Finding.objects.filter(line_item=models.OuterRef("pk"), code__in=codes)))


class LineItem(models.Model):
    """One assignment in one section; section is empty where it is given to no section."""

    class Status(models.TextChoices):
        NEEDS_ACTION = "needs_action", pgettext_lazy("status", "Needs action")
        READY = "ready", pgettext_lazy("status", "Ready")
        EXCEPTED = "excepted", pgettext_lazy("status", "Excepted")

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="line_items")
    section = models.ForeignKey(Section, null=True, on_delete=models.CASCADE, related_name="line_items")
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    assignment_id = models.BigIntegerField()
    assignment_name = models.TextField()
    assignment_group = models.TextField(blank=True)
    assignment_url = models.TextField(blank=True)
    points_possible = models.FloatField(null=True)
    published = models.BooleanField()
    """Of the assignment and of its course: both must be for the SIS to see it."""
    due_at = models.DateTimeField(null=True)
    unlock_at = models.DateTimeField(null=True)
    lock_at = models.DateTimeField(null=True)
    due_at_source = models.CharField(max_length=12)
    unlock_at_source = models.CharField(max_length=12)
    lock_at_source = models.CharField(max_length=12)
    in_sis_feed = models.BooleanField(null=True)
    sis_due_at = models.DateTimeField(null=True)
    student_exceptions = models.PositiveIntegerField(default=0)
    group_exceptions = models.PositiveIntegerField(default=0)
    needs_grading = models.PositiveIntegerField(null=True)
    status = models.CharField(max_length=12, choices=Status.choices)
    warned = models.BooleanField(default=False)
    excepted_until = models.DateTimeField(null=True)
    """When the first of the exemptions that keep it from needing action ends."""
    codes = models.JSONField(default=list)
    """Rule codes, the worst first."""
    search = models.TextField(blank=True)
    """Course, section and assignment names and ids, lower case."""

    objects = LineItemQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("course", "assignment_id", "section"), name="one_line_item"),
            models.UniqueConstraint(
                fields=("course", "assignment_id"),
                condition=Q(section__isnull=True),
                name="one_line_item_without_section",
            ),
        )
        indexes = (
            models.Index(fields=("term", "status", "due_at", "id"), name="item_by_due"),
            models.Index(fields=("term", "due_at", "id"), name="item_by_due_in_any_state"),
            models.Index(fields=("due_at", "id"), name="item_by_due_in_any_term"),
            models.Index(fields=("status", "due_at", "id"), name="item_by_status_and_due"),
            models.Index(fields=("term", "account", "status"), name="item_by_account"),
        )

    def __str__(self) -> str:
        return f"{self.assignment_name} in {self.section_id}"


class FindingQuerySet(models.QuerySet["Finding"]):
    def within(self, reach: Reach) -> Self:
        return self.filter(reach.over("account"))


class Finding(models.Model):
    """One rule broken for one line item; what holds for a whole course stands at each of its line items."""

    class Severity(models.TextChoices):
        BLOCKING = "blocking", pgettext_lazy("severity", "Blocking")
        WARNING = "warning", pgettext_lazy("severity", "Warning")

    line_item = models.ForeignKey(LineItem, on_delete=models.CASCADE, related_name="findings")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="findings")
    section_id = models.BigIntegerField(null=True)
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    level = models.CharField(max_length=12)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    position = models.PositiveSmallIntegerField(default=0)
    params = models.JSONField(default=dict)
    exemption = models.ForeignKey("Exemption", null=True, on_delete=models.SET_NULL, related_name="findings")
    """The exemption by which it is accepted."""

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ("line_item", "position")
        indexes = (
            models.Index(fields=("term", "code", "account", "section_id"), name="finding_by_code"),
            models.Index(fields=("code", "line_item"), name="finding_by_rule"),
        )

    def __str__(self) -> str:
        return self.code
