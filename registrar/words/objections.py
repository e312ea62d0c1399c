"""Why a change must not be made, and what a rule is called, where no page words them: in files and at a shell."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from registrar.domain import facts
from registrar.domain.objections import Objection, Refusal

from .dates import date_words

_FIELDS = {
    "due_at": _("the due date"),
    "unlock_at": _("the available-from date"),
    "lock_at": _("the until date"),
    None: _("the date"),
}
_SENTENCES = {
    Refusal.NOT_IN_COURSE: _("the assignment or section is not in this course."),
    Refusal.NOT_GIVEN: _("the students do not have this assignment; their own dates would give it to them."),
    Refusal.UNASSIGNED: _("the assignment was taken from the students in Canvas."),
    Refusal.NOT_TOLD: _("Canvas did not tell this assignment's section dates, so they cannot be changed safely."),
    Refusal.OUT_OF_ORDER: _("the dates would be out of order: available from, due, until."),
    Refusal.OUTSIDE_TERM: _("%(field)s would be outside the dates that hold (limit %(limit)s)."),
    Refusal.CLOSED_PERIOD: _("%(field)s is or would be in a grading period that closed on %(limit)s."),
    Refusal.DUE_REQUIRED: _("Canvas requires a due date for assignments that are synced."),
    Refusal.NAME_TOO_LONG: _("the assignment's name is longer than Canvas lets the name of a synced one be."),
    Refusal.FLAG_REFUSED: _("Canvas does not let this assignment be synced."),
}
_OF_A_SECTION = _SENTENCES | {
    Refusal.NOT_GIVEN: _(
        "the students of section %(section)s do not have this assignment; their own dates would give it to them."
    ),
    Refusal.UNASSIGNED: _("the assignment was taken from the students of section %(section)s in Canvas."),
    Refusal.OUT_OF_ORDER: _("the dates would be out of order of section %(section)s: available from, due, until."),
    Refusal.OUTSIDE_TERM: _(
        "%(field)s would be outside the dates that hold of section %(section)s (limit %(limit)s)."
    ),
}


def objection_in_words(objection: Objection, course: facts.Course) -> str:
    section = next((one.name for one in course.sections if one.id == objection.section_id), "")
    sentences = _OF_A_SECTION if section else _SENTENCES
    return sentences[objection.refusal] % {
        "section": section,
        "field": _FIELDS[objection.field],
        "limit": local(objection.limit, course.time_zone),
    }


def rule_in_words(code: str) -> str:
    """As the pages call it."""
    return render_to_string(f"findings/{code}.html", {"part": "label"}).strip()


def local(when: datetime | None, zone: str) -> str:
    return date_words(when, ZoneInfo(zone)) if when else ""
