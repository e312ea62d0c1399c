"""Cover: for what exemptions are, which are in force for a course, and the end of those nothing is left of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from registrar.domain import exemptions as rules
from registrar.domain.findings import Code
from registrar.domain.readiness import Assessment, LineItem
from registrar.models import Course, Exemption
from registrar.words.objections import rule_in_words

from .auditing import note


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where in a course: an assignment in all its sections or in one, a section, or all of the course."""

    course_id: int
    assignment_id: int | None = None
    section_id: int | None = None

    @property
    def level(self) -> Exemption.Level:
        if self.assignment_id is not None:
            return Exemption.Level.ASSIGNMENT
        return Exemption.Level.COURSE if self.section_id is None else Exemption.Level.SECTION

    def holds(self, item: LineItem) -> bool:
        section = item.section.id if item.section else None
        return self.assignment_id in (None, item.assignment.id) and self.section_id in (None, section)

    def named(self, course: Course, item: LineItem) -> str:
        """As it is called now, in the language of the installation: the record outlives it."""
        section = item.section.name if self.section_id is not None and item.section is not None else None
        with override(settings.LANGUAGE_CODE):
            if self.assignment_id is None:
                told = "%(course)s" if section is None else _("section %(section)s in %(course)s")
            elif section is None:
                told = _("“%(assignment)s” in %(course)s")
            else:
                told = _("“%(assignment)s” in section %(section)s in %(course)s")
            name = item.assignment.name.strip() or pgettext("assignment", "without a name")
            return told % {"assignment": name, "section": section, "course": course}


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


def named(row: Exemption) -> str:
    """As the audit log calls it."""
    with override(settings.LANGUAGE_CODE):
        return f"{rule_in_words(row.code)}: {row.subject}"


def end(row: Exemption, *, because: Exemption.Ended, now: datetime) -> bool:
    """Ends by itself, in the caller's transaction; of two who notice, one notes it."""
    waiting = Exemption.objects.filter(pk=row.pk, ended_at__isnull=True)
    if not waiting.update(ended_at=now, ended_because=because):
        return False
    note(
        by=None,
        what="exemption ended",
        subject=named(row),
        account=row.place,
        now=now,
        after={"number": row.pk, "because": _because(because)},
    )
    return True


def _because(why: Exemption.Ended) -> str:
    with override(settings.LANGUAGE_CODE):
        return str(why.label)
