"""What a person fills in about a proposal. What it comes to is judged by the services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from registrar.domain import facts
from registrar.domain.facts import DateField
from registrar.models import Proposal, Term
from registrar.services import editing
from registrar.services.proposing import Wanted
from registrar.web.listing import ListForm

LABELS = {
    "due_at": pgettext_lazy("date", "Due"),
    "unlock_at": pgettext_lazy("date", "Available from"),
    "lock_at": pgettext_lazy("date", "Until"),
}
NO_REASON = _lazy("Give a reason: the person who approves reads it, and so will others later.")
LARGEST_FILE = 20 * 1024 * 1024
DAYS = 3650


def is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


class ProposalsForm(ListForm):
    state = forms.ChoiceField(required=False, choices=Proposal.State.choices)
    kind = forms.ChoiceField(required=False, choices=Proposal.Kind.choices)
    whose = forms.ChoiceField(
        required=False,
        choices=[
            ("waiting", pgettext_lazy("proposals", "Waiting for me")),
            ("mine", pgettext_lazy("proposals", "Mine")),
        ],
    )
    sort = forms.ChoiceField(required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=2000, error_messages={"required": NO_REASON})


class CommentForm(forms.Form):
    comment = forms.CharField(required=False, max_length=2000)


class SayWhyForm(forms.Form):
    comment = forms.CharField(
        max_length=2000,
        error_messages={"required": _lazy("Say why: the person who proposed it reads the comment.")},
    )


class DatesForm(ReasonForm):
    """One edit for all chosen line items."""

    what = forms.ChoiceField(
        choices=[(name, name) for name in ("set", "shift", "time", "clear", "term_end", "copy")],
        error_messages={"required": _lazy("Choose what to do with the dates.")},
    )
    field = forms.MultipleChoiceField(
        choices=list(LABELS.items()),
        error_messages={"required": _lazy("Choose which of the three dates to change.")},
    )
    place = forms.ChoiceField(
        choices=[("base", "base"), ("sections", "sections")],
        error_messages={"required": _lazy("Choose whose date: the assignment’s, or the sections’ own.")},
    )
    date = forms.DateField(required=False, error_messages={"invalid": _lazy("Write the date as 2026-12-04.")})
    at = forms.TimeField(required=False, error_messages={"invalid": _lazy("Write the time as 23:59.")})
    by = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=DAYS,
        error_messages={"invalid": _lazy("Write by how many days or weeks, as a number.")},
    )
    unit = forms.ChoiceField(required=False, choices=[("1", "1"), ("7", "7")])
    way = forms.ChoiceField(required=False, choices=[("1", "1"), ("-1", "-1")])
    time = forms.TimeField(required=False, error_messages={"invalid": _lazy("Write the time as 23:59.")})
    term = forms.ModelChoiceField(
        required=False,
        queryset=Term.objects.none(),
        error_messages={"invalid_choice": _lazy("Choose a term of the list.")},
    )

    def __init__(self, *args: Any, terms: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["term"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = terms

    def clean(self) -> None:
        needed = {
            "set": (("date", _("Choose the date to set.")), ("at", _("Choose the time of day to set."))),
            "shift": (("by", _("Write by how many days or weeks to move.")),),
            "time": (("time", _("Choose the time of day.")),),
            "copy": (("term", _("Choose the term to copy from.")),),
        }
        for name, message in needed.get(self.cleaned_data.get("what", ""), ()):
            if name not in self.errors and self.cleaned_data.get(name) is None:
                self.add_error(name, message)

    def edits(self) -> list[editing.Edit]:
        given = self.cleaned_data
        fields = cast("tuple[DateField, ...]", tuple(given["field"]))
        match given["what"]:
            case "set":
                # Without an offset: the wall clock of each course's own zone.
                when = datetime.combine(given["date"], given["at"])
                return [editing.SetDate(field=name, when=when) for name in fields]
            case "shift":
                days = given["by"] * int(given["unit"] or 1) * int(given["way"] or 1)
                return [editing.Shift(fields=fields, days=days)]
            case "time":
                return [editing.SetTime(fields=fields, at=given["time"])]
            case "clear":
                return [editing.Clear(fields=fields)]
            case "term_end":
                return [editing.EndOfTerm(field=name) for name in fields]
            case _:
                return [editing.CopyFrom(fields=fields, term_id=given["term"].pk)]


def merged(found: Iterable[Wanted]) -> list[Wanted]:
    """Several edits of the same place are one change."""
    dates: dict[tuple[int, int, int | None], dict[DateField, Any]] = {}
    for one in found:
        dates.setdefault((one.course_id, one.assignment_id, one.section_id), {}).update(one.dates)
    return [
        Wanted(course_id=course, assignment_id=assignment, section_id=section, dates=wanted)
        for (course, assignment, section), wanted in dates.items()
    ]


class SyncForm(ReasonForm):
    what = forms.ChoiceField(
        choices=[(name, name) for name in ("chosen", "course", "period")],
        error_messages={"required": _lazy("Choose for what grade sync is turned off.")},
    )
    period = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": _lazy("Choose a grading period.")},
    )
    exact = forms.ChoiceField(required=False, choices=[("exact", "exact"), ("blind", "blind")])

    def __init__(self, *args: Any, periods: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["period"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(periods)

    def clean(self) -> None:
        if self.cleaned_data.get("what") == "period" and "period" not in self.errors:
            if self.cleaned_data.get("period") is None:
                self.add_error("period", _("Choose the grading period."))
            if not self.cleaned_data.get("exact"):
                self.add_error("exact", _("Choose how the assignments of the grading period are found."))


class SyncOnForm(forms.Form):
    """The ticks, and the filters of the list they are set in. ``sent``: not only looked at."""

    q = forms.CharField(required=False, max_length=200)
    published = forms.ChoiceField(
        required=False,
        choices=[
            ("yes", pgettext_lazy("assignments", "Published")),
            ("no", pgettext_lazy("assignments", "Not published")),
        ],
    )
    due = forms.ChoiceField(
        required=False,
        choices=[("with", _lazy("With a due date")), ("without", pgettext_lazy("due date", "Without one"))],
    )
    reason = forms.CharField(max_length=2000, error_messages={"required": NO_REASON})

    def __init__(self, data: QueryDict | None, *, sent: bool) -> None:
        super().__init__(data)
        self.ticked = {int(one) for one in data.getlist("assignment") if is_id(one)} if data else set()
        self.fields["reason"].required = sent
        self.sent = sent

    def clean(self) -> None:
        if self.sent and not self.ticked:
            self.add_error(None, _("Tick the assignments to turn grade sync on for."))

    def lets_through(self, one: facts.Assignment) -> bool:
        """What is not understood filters nothing."""
        if not self.is_bound:
            return True
        self.is_valid()
        given = self.cleaned_data
        published, due = given.get("published"), given.get("due")
        return (
            str(given.get("q") or "").casefold() in one.name.casefold()
            and (not published or one.published == (published == "yes"))
            and (not due or (one.dates.due_at is not None) == (due == "with"))
        )


class FileForm(ReasonForm):
    file = forms.FileField(
        allow_empty_file=True,
        error_messages={
            "required": _lazy("Choose a file: CSV, XLSX or JSON Lines."),
            "missing": _lazy("Choose a file."),
        },
    )

    def clean_file(self) -> Any:
        found = self.cleaned_data["file"]
        if found.size > LARGEST_FILE:
            raise forms.ValidationError(_("This file is larger than 20 MB. Split it."))
        return found
