"""Search: courses, sections, instructors and assignments by any words, and one page by its exact id.

Every question stops at its first few hundred answers. PostgreSQL finds words of three characters and more by an
index of trigrams, where it has one; going through 250,000 line items takes it a tenth of a second.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.db.models.functions import Lower

from registrar.models import Course, LineItem, Reach, Section
from registrar.services import reviewing
from registrar.services.reviewing import Filters

T = TypeVar("T")

MOST = 500
"""Of these the best are shown; that there are more is all that is said of the rest."""
SHOWN = 8
CRN = re.compile(r"\d{4,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits(Generic[T]):
    rows: list[T]
    count: int
    capped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    name: str
    courses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    courses: Hits[Course]
    sections: Hits[Section]
    teachers: Hits[Teacher]
    assignments: Hits[LineItem]

    @property
    def anything(self) -> bool:
        return self.count > 0

    @property
    def count(self) -> int:
        return sum(hits.count for hits in self._kinds)

    @property
    def capped(self) -> bool:
        return any(hits.capped for hits in self._kinds)

    @property
    def _kinds(self) -> tuple[Hits[Any], ...]:
        return self.courses, self.sections, self.teachers, self.assignments


def exactly(reach: Reach, text: str) -> Course | Section | None:
    """The one course or section with this SIS id, Canvas id or CRN; none where several have it."""
    by_id = Q(sis_id__iexact=text)
    if text.isdecimal() and len(text) < 19:
        by_id |= Q(pk=int(text))
    courses: list[Course | Section] = list(_courses(reach).filter(by_id)[:2])
    sections = list(_sections(reach).filter(by_id)[:2]) or _by_crn(reach, text)
    found = [*courses, *sections]
    return found[0] if len(found) == 1 else None


def _by_crn(reach: Reach, text: str) -> list[Section]:
    """The CRN is part of the section's SIS id in most schools: "202710-12345"."""
    if not CRN.fullmatch(text):
        return []
    near = _sections(reach).filter(sis_id__contains=text)[:MOST]
    return [one for one in near if text in re.split(r"[^0-9A-Za-z]+", one.sis_id)]


def _courses(reach: Reach) -> QuerySet[Course]:
    return Course.objects.present().within(reach).select_related("account", "term")


def _sections(reach: Reach) -> QuerySet[Section]:
    within = Section.objects.filter(reach.over("account"), course__gone_at__isnull=True)
    return within.select_related("course", "account", "term")


def search(reach: Reach, words: Sequence[str]) -> Found:
    """With the same words the lists show the same: each group leads to one of them."""
    chosen = Filters(words=tuple(words))
    courses = list(reviewing.courses(reach, chosen).order_by()[: MOST + 1])
    sections = list(reviewing.sections(reach, chosen).order_by()[: MOST + 1])
    return Found(
        courses=_best(courses, words, lambda row: f"{row.code} {row.name}", "account"),
        sections=_best(sections, words, lambda row: row.name, "course", "account"),
        teachers=_teachers(courses, words),
        assignments=_assignments(reach, chosen),
    )


def _best(rows: Sequence[Any], words: Sequence[str], name: Callable[[Any], str], *parts: str) -> Hits[Any]:
    """Those that begin with the first word, then the latest term, then by name. ``parts`` are read for these."""

    def rank(row: Any) -> tuple[bool, float, str]:
        text = name(row).casefold()
        began = row.term.start_at.timestamp() if row.term.start_at else 0.0
        return not text.startswith(tuple(words[:1])), -began, text

    prefetch_related_objects(rows[:MOST], "term")
    ranked = sorted(rows[:MOST], key=rank)
    prefetch_related_objects(ranked[:SHOWN], *parts)
    return Hits(rows=ranked[:SHOWN], count=len(ranked), capped=len(rows) > MOST)


def _teachers(courses: Iterable[Course], words: Sequence[str]) -> Hits[Teacher]:
    found = Counter(
        str(one["name"]) for course in courses for one in course.teachers if _has_all(one["name"], words)
    )
    rows = [Teacher(name=name, courses=count) for name, count in sorted(found.items())]
    return Hits(rows=rows[:SHOWN], count=len(rows))


def _has_all(name: str, words: Iterable[str]) -> bool:
    return all(word in name.casefold() for word in words)


def _assignments(reach: Reach, chosen: Filters) -> Hits[LineItem]:
    """One line item for each assignment named so: the name of its course alone does not make it a hit."""
    named = Q(pk__in=())
    for word in chosen.words:
        named |= Q(name__contains=word)
    rows = reviewing.line_items(reach, chosen).alias(name=Lower("assignment_name")).filter(named)
    found = list(rows.order_by()[: MOST + 1])
    single = {(row.course_id, row.assignment_id): row for row in found}
    hits = _best(list(single.values()), chosen.words, lambda row: str(row.assignment_name), "course")
    return Hits(rows=hits.rows, count=hits.count, capped=len(found) > MOST)
