"""Assess again what was read long ago, because an administrator decided otherwise or the clock has moved on.

A course whose `assessed_as` is empty is to be worked out again. A few are done at once, thousands by a task that
hands on to itself; whoever comes first takes it away, and twice the work gives the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from registrar.models import Course
from registrar.models.readings import CourseQuerySet

from . import assessing

AT_ONCE = 25
"""Courses that a person can wait for."""
BATCH = 100


def ask(*, path: str = "", term_id: int | None = None) -> int:
    """Have the courses of a sub-account and below, or of a term, worked out again; returns how many there are.

    To be called in the transaction of the decision. Courses without line items follow from nothing.
    """
    courses = Course.objects.present().with_line_items().filter(account__path__startswith=path)
    if term_id is not None:
        courses = courses.filter(term=term_id)
    # By key: an UPDATE of several tables is none.
    return Course.objects.filter(pk__in=courses.values("pk")).update(assessed_as="")


def ask_by_the_clock(*, now: datetime) -> int:
    """Have those courses worked out again for which a grading period has closed since, or whose reading got old.

    One UPDATE that finds nothing as a rule. It may come too often or twice: the findings then stay as they are.
    """
    return Course.objects.filter(assess_again_at__lt=now).update(assessed_as="", assess_again_at=None)


def waiting() -> CourseQuerySet:
    return Course.objects.present().with_line_items().filter(assessed_as="", readings__current=True)


def at_once(count: int, *, now: datetime) -> bool:
    """Do it while the person waits if it is little, all that others asked for included; else a task has to."""
    return max(count, waiting().count()) <= AT_ONCE and carry_on(clock=lambda: now, until=None) == 0


def carry_on(*, clock: Callable[[], datetime], until: datetime | None) -> int:
    """Work off what is waiting, the latest terms first; returns how many are left when the time is up."""
    around = assessing.surroundings(now=clock())
    while batch := list(_next()):
        around = assessing.renewed(around, now=clock())
        digests = assessing.current_digests(batch)
        for course in batch:
            if until is not None and clock() >= until:
                return waiting().count()
            assessing.reassess(course, around, digest=digests.get(course.pk))
    return 0


def _next() -> CourseQuerySet:
    found = waiting().order_by("-term__start_at", "pk").select_related("term", "account")
    return found.prefetch_related("own_periods")[:BATCH]
