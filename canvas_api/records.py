"""What Canvas answers, as typed values: https://canvas.instructure.com/doc/api/ and canvas-behaviour.md.

A required field that is missing or mistyped is an error that names it; unknown fields are ignored. All times
are aware and in UTC. ``UNSET`` is a field that Canvas left out, which is not the same as null: a SIS id that
is UNSET was not shown to us, a date of an override that is UNSET is inherited.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

T = TypeVar("T")
Time: TypeAlias = Annotated[datetime, Meta(tz=True)]
Json: TypeAlias = dict[str, Any]

_ID = re.compile(r"(?!sis_|integration_|lti_|login_)(.+_)?ids?")


def decoder(shape: type[T]) -> Callable[[bytes], T]:
    """Strict; raises msgspec's errors. Ids as digits in strings are taken where they are numbers here."""
    strict = msgspec.json.Decoder(shape)

    def decode(body: bytes) -> T:
        try:
            return strict.decode(body)
        except msgspec.ValidationError:
            return msgspec.convert(_with_numbers(msgspec.json.decode(body)), shape)

    return decode


def nothing(_body: bytes) -> None:
    """For answers whose body says nothing."""


def _with_numbers(value: Any, key: str = "") -> Any:
    match value:
        case str() if value.isascii() and value.isdigit() and _ID.fullmatch(key):
            return int(value)
        case list():
            return [_with_numbers(each, key) for each in value]
        case dict():
            return {name: _with_numbers(each, name) for name, each in value.items()}
    return value


class Record(Struct, frozen=True, kw_only=True):
    pass


class TimedRecord(Record, frozen=True, kw_only=True):
    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, datetime) and value.tzinfo is not UTC:
                msgspec.structs.force_setattr(self, name, value.astimezone(UTC))


class _Dates(Record, frozen=True, kw_only=True):
    """The three required dates; written out because hundreds of thousands are read."""

    due_at: Time | None
    unlock_at: Time | None
    lock_at: Time | None

    def __post_init__(self) -> None:
        due, unlock, lock = self.due_at, self.unlock_at, self.lock_at
        if not (
            (due is None or due.tzinfo is UTC)
            and (unlock is None or unlock.tzinfo is UTC)
            and (lock is None or lock.tzinfo is UTC)
        ):
            TimedRecord.__post_init__(self)  # type: ignore[arg-type]


class AccountRecord(Record, frozen=True, kw_only=True):
    id: int
    name: str | None
    parent_account_id: int | None = None
    root_account_id: int | None = None
    """None for a root account."""
    workflow_state: str = "active"
    default_time_zone: str | None = None
    sis_account_id: str | UnsetType | None = UNSET


class TermRecord(TimedRecord, frozen=True, kw_only=True):
    id: int
    name: str | None
    start_at: Time | None = None
    end_at: Time | None = None
    workflow_state: str = "active"
    grading_period_group_id: int | None = None
    sis_term_id: str | UnsetType | None = UNSET


class TeacherRecord(Record, frozen=True, kw_only=True):
    id: int
    display_name: str | None = None


class SectionOfCourseRecord(TimedRecord, frozen=True, kw_only=True):
    """As a course's ``include[]=sections`` shows it."""

    id: int
    name: str | None = None
    start_at: Time | None = None
    end_at: Time | None = None


class CourseRecord(TimedRecord, frozen=True, kw_only=True):
    id: int
    name: str | None
    course_code: str | None = None
    account_id: int | None = None
    root_account_id: int | None = None
    enrollment_term_id: int | None = None
    workflow_state: str = "available"
    start_at: Time | None = None
    end_at: Time | None = None
    restrict_enrollments_to_course_dates: bool | None = None
    time_zone: str | None = None
    concluded: bool | None = None
    total_students: int | None = None
    account_name: str | None = None
    sis_course_id: str | UnsetType | None = UNSET
    integration_id: str | UnsetType | None = UNSET
    term: TermRecord | UnsetType | None = UNSET
    teachers: tuple[TeacherRecord, ...] | UnsetType = UNSET
    sections: tuple[SectionOfCourseRecord, ...] | UnsetType = UNSET


class SectionRecord(TimedRecord, frozen=True, kw_only=True):
    id: int
    name: str | None
    course_id: int
    nonxlist_course_id: int | None = None
    """The course that the section was cross-listed from."""
    start_at: Time | None = None
    end_at: Time | None = None
    restrict_enrollments_to_section_dates: bool | None = None
    total_students: int | None = None
    sis_section_id: str | UnsetType | None = UNSET
    sis_course_id: str | UnsetType | None = UNSET
    integration_id: str | UnsetType | None = UNSET


class OverrideRecord(TimedRecord, frozen=True, kw_only=True):
    """A date that is UNSET is inherited from the assignment; None is "no date"."""

    id: int
    assignment_id: int | None = None
    title: str | None = None
    due_at: Time | UnsetType | None = UNSET
    unlock_at: Time | UnsetType | None = UNSET
    lock_at: Time | UnsetType | None = UNSET
    unassign_item: bool | None = None
    student_ids: tuple[int, ...] | None = None
    group_id: int | None = None
    course_section_id: int | None = None
    course_id: int | None = None
    noop_id: int | None = None
    context_module_id: int | None = None


class AllDatesRecord(TimedRecord, frozen=True, kw_only=True):
    """A row of ``include[]=all_dates``. A null date may mean "inherited": never send it back."""

    id: int | None = None
    base: bool = False
    title: str | None = None
    set_type: str | None = None
    set_id: int | None = None
    due_at: Time | None = None
    unlock_at: Time | None = None
    lock_at: Time | None = None


class AssignmentRecord(_Dates, frozen=True, kw_only=True):
    """The dates are the base dates where they were asked for with ``override_assignment_dates=False``."""

    id: int
    name: str | None
    course_id: int | None = None
    published: bool = True
    workflow_state: str | None = None
    post_to_sis: bool | None = None
    only_visible_to_overrides: bool | None = None
    points_possible: float | None = None
    grading_type: str | None = None
    submission_types: tuple[str, ...] | None = None
    assignment_group_id: int | None = None
    position: int | None = None
    omit_from_final_grade: bool | None = None
    has_overrides: bool | None = None
    needs_grading_count: int | None = None
    has_submitted_submissions: bool | None = None
    graded_submissions_exist: bool | None = None
    due_date_required: bool | None = None
    max_name_length: int | None = None
    in_closed_grading_period: bool | None = None
    moderated_grading: bool | None = None
    is_quiz_assignment: bool | None = None
    quiz_id: int | None = None
    group_category_id: int | None = None
    html_url: str | None = None
    integration_data: Json | None = None
    sis_assignment_id: str | UnsetType | None = UNSET
    overrides: tuple[OverrideRecord, ...] | UnsetType = UNSET
    """UNSET: not asked for, or left out because the token or its key lacks the right."""
    all_dates: tuple[AllDatesRecord, ...] | UnsetType = UNSET
    """Empty with 25 overrides or more; ``all_dates_count`` then says how many."""
    all_dates_count: int | None = None


class AssignmentGroupRecord(Record, frozen=True, kw_only=True):
    id: int
    name: str | None
    position: int | None = None
    group_weight: float | None = None
    sis_source_id: str | None = None
    integration_data: Json | None = None
    assignments: tuple[AssignmentRecord, ...] | UnsetType = UNSET


class GradingPeriodRecord(TimedRecord, frozen=True, kw_only=True):
    id: int
    title: str | None
    start_date: Time
    end_date: Time
    close_date: Time | None = None
    weight: float | None = None
    is_closed: bool | None = None
    grading_period_group_id: int | None = None


class ProgressRecord(TimedRecord, frozen=True, kw_only=True):
    id: int
    workflow_state: str
    """queued, running, waiting_for_external_tool; completed, failed, canceled."""
    completion: float | None = None
    tag: str | None = None
    message: str | None = None
    context_id: int | None = None
    context_type: str | None = None
    user_id: int | None = None
    url: str | None = None
    results: Any | UnsetType = UNSET


class SisCourseRecord(Record, frozen=True, kw_only=True):
    id: int
    name: str | None = None
    sis_id: str | None = None
    integration_id: str | None = None


class SisOverrideRecord(_Dates, frozen=True, kw_only=True):
    """A null date is ambiguous here: inherited, or no date."""

    id: int | None = None
    override_title: str | None = None


class SisSectionRecord(Record, frozen=True, kw_only=True):
    id: int
    name: str | None
    sis_id: str | None = None
    integration_id: str | None = None
    origin_course: SisCourseRecord | None = None
    xlist_course: SisCourseRecord | None = None
    override: SisOverrideRecord | None = None


class SisAssignmentGroupRecord(Record, frozen=True, kw_only=True):
    id: int
    name: str | None = None
    sis_source_id: str | None = None
    group_weight: float | None = None
    integration_data: Json | None = None


class SisStudentRecord(Record, frozen=True, kw_only=True):
    user_id: int
    sis_user_id: str | None = None


class SisUserOverrideRecord(_Dates, frozen=True, kw_only=True):
    id: int
    title: str | None = None
    students: tuple[SisStudentRecord, ...]


class SisAssignmentRecord(_Dates, frozen=True, kw_only=True):
    """A row of the SIS feed. The dates are the assignment's own."""

    id: int
    course_id: int
    name: str | None
    sections: tuple[SisSectionRecord, ...]
    points_possible: float | None = None
    submission_types: tuple[str, ...] | None = None
    include_in_final_grade: bool | None = None
    integration_id: str | None = None
    integration_data: Json | None = None
    assignment_group: SisAssignmentGroupRecord | None = None
    user_overrides: tuple[SisUserOverrideRecord, ...] | UnsetType = UNSET


class FeatureFlagRecord(Record, frozen=True, kw_only=True):
    feature: str
    state: str
    context_id: int | None = None
    context_type: str | None = None
    locked: bool | None = None


class UserRecord(Record, frozen=True, kw_only=True):
    id: int
    name: str | None = None
    short_name: str | None = None
    sis_user_id: str | UnsetType | None = UNSET


class BulkDates(Struct, frozen=True, kw_only=True):
    """One entry of ``all_dates`` in a bulk update: the base, or the override with this id.

    UNSET on the base keeps the date; **UNSET on an override makes it inherit again**, so all three dates of
    an override always go out together. canvas-behaviour.md, section 3.
    """

    base: bool | UnsetType = UNSET
    id: int | UnsetType = UNSET
    due_at: datetime | UnsetType | None = UNSET
    unlock_at: datetime | UnsetType | None = UNSET
    lock_at: datetime | UnsetType | None = UNSET


class BulkItem(Struct, frozen=True, kw_only=True):
    id: int
    all_dates: tuple[BulkDates, ...]
