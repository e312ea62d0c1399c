"""Sentences for a shell and for files, where no template is at hand. Pages word the same codes in templates."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from registrar.domain import facts
from registrar.domain.calendar import date_words
from registrar.domain.objections import Objection, Refusal

_NAMES = {"due_at": "due date", "unlock_at": "available-from date", "lock_at": "until date", None: "date"}

_SENTENCES = {
    Refusal.NOT_IN_COURSE: "the assignment or section is not in this course.",
    Refusal.NOT_GIVEN: "the students{section} do not have this assignment; their own dates would give it to them.",
    Refusal.UNASSIGNED: "the assignment was taken from the students{section} in Canvas.",
    Refusal.NOT_TOLD: "Canvas did not tell this assignment's section dates, so they cannot be changed safely.",
    Refusal.OUT_OF_ORDER: "the dates would be out of order{section}: available from, due, until.",
    Refusal.OUTSIDE_TERM: "the {field} would be outside the dates that hold{section} (limit {limit}).",
    Refusal.CLOSED_PERIOD: "the {field} is or would be in a grading period that closed on {limit}.",
    Refusal.DUE_REQUIRED: "Canvas requires a due date for assignments that are synced.",
    Refusal.NAME_TOO_LONG: "the assignment's name is longer than Canvas lets the name of a synced one be.",
    Refusal.FLAG_REFUSED: "Canvas does not let this assignment be synced.",
}


def objection_in_words(objection: Objection, course: facts.Course) -> str:
    section = next((one.name for one in course.sections if one.id == objection.section_id), "")
    return _SENTENCES[objection.refusal].format(
        section=f" of section {section}" if section else "",
        field=_NAMES[objection.field],
        limit=local(objection.limit, course.time_zone),
    )


def rule_in_words(code: str) -> str:
    """As the pages call it."""
    return render_to_string(f"findings/{code}.html", {"part": "label"}).strip()


def local(when: datetime | None, zone: str) -> str:
    return date_words(when, ZoneInfo(zone)) if when else ""
