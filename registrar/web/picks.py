"""Line items that a person ticked: kept with the sign-in, so that they survive paging, filters and a sync.

A sync gives line items new keys, so that a tick names course, assignment and section; no section is 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from django.db.models import QuerySet

from registrar.models import LineItem

from .access import Visit

Pick: TypeAlias = tuple[int, int, int]

KEPT: Final = "picks"
MOST: Final = 500


def picks(visit: Visit) -> set[Pick]:
    return {(course, assignment, section) for course, assignment, section in visit.session.get(KEPT, ())}


def pick_of(item: LineItem) -> Pick:
    return item.course_id, item.assignment_id, item.section_id or 0


def keep(visit: Visit, *, shown: Iterable[str], ticked: Iterable[str]) -> set[Pick]:
    """Of what was shown just the ticked ones, and all others as before; no more than anybody ticks by hand."""
    ticked_now = _read(ticked)
    kept = picks(visit) - _read(shown)
    chosen = kept | set(sorted(ticked_now)[: max(0, MOST - len(kept))])
    visit.session[KEPT] = sorted(chosen)
    return chosen


def forget(visit: Visit) -> None:
    visit.session.pop(KEPT, None)


def picked_items(visit: Visit) -> QuerySet[LineItem]:
    """Those of them that are still there, and within reach."""
    wanted = picks(visit)
    near = LineItem.objects.within(visit.reach).filter(
        course__in={course for course, _, _ in wanted}, assignment_id__in={one for _, one, _ in wanted}
    )
    found = [row.pk for row in near.only("course", "assignment_id", "section") if pick_of(row) in wanted]
    return LineItem.objects.filter(pk__in=found)


def _read(texts: Iterable[str]) -> set[Pick]:
    parts = (text.split("-") for text in texts)
    return {
        (int(one[0]), int(one[1]), int(one[2]))
        for one in parts
        if len(one) == 3 and all(part.isdecimal() and len(part) < 19 for part in one)
    }
