"""The rows of the stand-in's Canvas: plain attributes that tests may read and set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Setting: TypeAlias = dict[str, Any]
DATES = ("due_at", "unlock_at", "lock_at")


class Revision:
    """Counts changes, so that rows serialised once are served again until something moves."""

    __slots__ = ("number", "parent", "total")

    def __init__(self, parent: Revision | None = None) -> None:
        self.number = 0
        self.total = 0
        self.parent = parent

    def changed(self) -> None:
        """``total`` of the university's revision counts the changes within its courses too."""
        self.number += 1
        self.total += 1
        if self.parent is not None:
            self.parent.total += 1


class Watched:
    """A row whose every assignment of an attribute counts as a change."""

    __slots__ = ("home",)
    home: Revision

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        home: Revision | None = getattr(self, "home", None)
        if home is not None:
            home.changed()


@dataclass(slots=True, kw_only=True, eq=False)
class Account(Watched):
    id: int
    name: str
    parent_account_id: int | None = None
    sis_account_id: str | None = None
    integration_id: str | None = None
    workflow_state: str = "active"
    default_time_zone: str = "America/New_York"
    settings: dict[str, Setting] = field(default_factory=dict)
    """SIS settings as Canvas stores them: name -> {"value": …, "locked": bool}."""
    features: frozenset[str] = frozenset()
    grade_export_tool: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Term(Watched):
    id: int
    name: str
    start_at: datetime | None = None
    end_at: datetime | None = None
    sis_term_id: str | None = None
    integration_id: str | None = None
    workflow_state: str = "active"
    grading_period_group_id: int | None = None
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class GradingPeriod(Watched):
    """Of a term's set (``course_id`` is None) or of one course."""

    id: int
    title: str
    grading_period_group_id: int
    start_date: datetime
    end_date: datetime
    close_date: datetime
    course_id: int | None = None
    weight: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class User(Watched):
    id: int
    name: str
    sis_user_id: str | None = None
    login_id: str | None = None
    integration_id: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Course(Watched):
    id: int
    name: str
    course_code: str
    account_id: int
    enrollment_term_id: int
    sis_course_id: str | None = None
    integration_id: str | None = None
    workflow_state: str = "available"
    """created, claimed, available, completed or deleted; the first two are shown as unpublished."""
    start_at: datetime | None = None
    conclude_at: datetime | None = None
    restrict_enrollments_to_course_dates: bool = False
    time_zone: str = "America/New_York"
    teacher_ids: tuple[int, ...] = ()
    features: frozenset[str] = frozenset()
    grade_export_tool: bool = False
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Section(Watched):
    id: int
    course_id: int
    name: str
    sis_section_id: str | None = None
    integration_id: str | None = None
    nonxlist_course_id: int | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    restrict_enrollments_to_section_dates: bool = False
    workflow_state: str = "active"
    student_ids: tuple[int, ...] = ()
    total_students: int | None = None
    """None counts ``student_ids``."""


@dataclass(slots=True, kw_only=True, eq=False)
class StudentGroup(Watched):
    id: int
    course_id: int
    name: str
    group_category_id: int
    sis_group_id: str | None = None
    student_ids: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True, eq=False)
class AssignmentGroup(Watched):
    id: int
    course_id: int
    name: str
    position: int = 1
    group_weight: float = 0.0
    sis_source_id: str | None = None
    integration_data: Json = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class Assignment(Watched):
    id: int
    course_id: int
    assignment_group_id: int | None
    name: str
    description: str | None = None
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    position: int = 1
    points_possible: float | None = 10.0
    grading_type: str = "points"
    submission_types: tuple[str, ...] = ("online_upload",)
    workflow_state: str = "published"
    post_to_sis: bool | None = False
    only_visible_to_overrides: bool = False
    omit_from_final_grade: bool = False
    hide_in_gradebook: bool = False
    moderated_grading: bool = False
    final_grader_id: int | None = None
    anonymous_grading: bool = False
    needs_grading_count: int = 0
    graded_submissions_exist: bool = False
    has_submitted_submissions: bool = False
    quiz_id: int | None = None
    group_category_id: int | None = None
    context_module_id: int | None = None
    sis_assignment_id: str | None = None
    integration_id: str | None = None
    integration_data: Json = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Override(Watched):
    """``set_type`` is CourseSection, Course, ADHOC, Group or Noop, as in Canvas's ``all_dates``."""

    id: int
    assignment_id: int | None
    set_type: str
    set_id: int | None
    title: str = ""
    due_at: datetime | None = None
    due_at_overridden: bool = False
    unlock_at: datetime | None = None
    unlock_at_overridden: bool = False
    lock_at: datetime | None = None
    lock_at_overridden: bool = False
    student_ids: tuple[int, ...] = ()
    unassign_item: bool = False
    workflow_state: str = "active"
    context_module_id: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Progress(Watched):
    id: int
    context_id: int
    context_type: str = "Course"
    user_id: int | None = None
    tag: str = "assignment_bulk_update"
    completion: float | None = None
    workflow_state: str = "queued"
    message: str | None = None
    results: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    polls: int = 0
    script: str = ""
    """How this job misbehaves; see ``jobs.py``."""
