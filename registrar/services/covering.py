"""Cover: which exemptions are in force for a course, and the end of those that nothing is left of."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from registrar.domain import exemptions as rules
from registrar.domain.findings import Code
from registrar.domain.readiness import Assessment
from registrar.models import Course, Exemption

from .auditing import note


class InForce:
    """All exemptions in force at a time: read when first asked for, then used for many courses."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    @cached_property
    def _rows(self) -> list[Exemption]:
        return list(Exemption.objects.in_force(self.now).select_related("account"))

    @cached_property
    def _by_course(self) -> dict[int, tuple[rules.Exemption, ...]]:
        found: dict[int, tuple[rules.Exemption, ...]] = {}
        for row in self._rows:
            if row.course_id is not None:
                found[row.course_id] = (*found.get(row.course_id, ()), as_domain(row))
        return found

    @cached_property
    def _of_rules(self) -> list[tuple[int, str, rules.Exemption]]:
        return [(row.term_id, row.account.path, as_domain(row)) for row in self._rows if row.course_id is None]

    def of(self, course: Course, path: str) -> tuple[rules.Exemption, ...]:
        """Its own, and those of rules in its term that hold for its sub-account, whose path this is."""
        whole = [one for term, root, one in self._of_rules if term == course.term_id and path.startswith(root)]
        return (*self._by_course.get(course.pk, ()), *whole)

    def end_void(self, course: Course, path: str, found: Assessment) -> bool:
        """End those of which nothing is left now; to be called before the findings are stored."""
        void = [one for one in self.of(course, path) if rules.is_void(one, found)]
        if void:
            gone = {one.id for one in void}
            for row in Exemption.objects.filter(pk__in=gone).select_related("course__account", "account"):
                end(row, because=Exemption.Ended.VOID, now=self.now)
            self._by_course[course.pk] = tuple(one for one in self._by_course[course.pk] if one.id not in gone)
        return bool(void)


def as_domain(row: Exemption) -> rules.Exemption:
    return rules.Exemption(
        id=row.pk,
        code=Code(row.code),
        until=row.until,
        covers=None if row.level == Exemption.Level.RULE else row.covers,
    )


def end(row: Exemption, *, because: Exemption.Ended, now: datetime) -> bool:
    """Ends by itself, in the caller's transaction; of two who notice, one notes it."""
    waiting = Exemption.objects.filter(pk=row.pk, ended_at__isnull=True)
    if not waiting.update(ended_at=now, ended_because=because):
        return False
    note(
        by=None,
        what="exemption ended",
        subject=str(row),
        account=row.place,
        now=now,
        after={"exemption": row.pk, "because": because.value},
    )
    return True
