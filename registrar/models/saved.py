"""Lists that people come back to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _lazy

from .readings import Account


class SavedView(models.Model):
    """A list with its filters and order, under a name. Whoever opens it sees what that person may see."""

    class Table(models.TextChoices):
        COURSES = "courses", _lazy("Courses")
        SECTIONS = "sections", _lazy("Sections")
        LINE_ITEMS = "line_items", _lazy("Line items")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    table = models.CharField(max_length=12, choices=Table.choices)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    """What stands behind the question mark of the list's address."""
    shared = models.BooleanField(default=False)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """Shared with those who see all of this sub-account; empty is the whole university."""
    for_everybody = models.BooleanField(default=False)
    """Shared also with those who see only a part of it: name and words tell nothing about one college."""
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=("owner", "table", "name"), name="one_view_of_a_name"),)

    def __str__(self) -> str:
        return self.name
