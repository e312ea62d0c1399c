"""What is wrong in the demo university: every rule that data can break, each in a course or two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import TypeAlias

from .entities import Assignment, Course, Section, Term
from .university import University

DAY = timedelta(days=1)


class Scene:
    """One course of the current term with its first flagged assignment, about to be broken."""

    def __init__(self, university: University, course: Course, term: Term, now: datetime) -> None:
        self.university, self.course, self.term, self.now = university, course, term, now
        flagged = [a for a in university.assignments_of(course.id) if a.post_to_sis]
        self.assignment: Assignment = flagged[0]
        self.section: Section = university.sections_of(course.id)[0]
        assert term.start_at is not None
        assert term.end_at is not None
        self.start, self.end = term.start_at, term.end_at

    def override(self, **fields: object) -> None:
        self.university.add_override(assignment_id=self.assignment.id, **fields)

    def alone(self) -> None:
        """Drops what the builder gave this assignment, so that the trouble stands out."""
        for each in self.university.overrides_of(self.assignment):
            each.workflow_state = "deleted"

    def student(self, name: str) -> int:
        made = self.university.add_user(
            name=name, sis_user_id=f"S{self.course.id:05d}{len(self.section.student_ids)}"
        )
        self.section.student_ids = (*self.section.student_ids, made.id)
        return made.id

    def second(self, name: str) -> Assignment:
        """Another flagged assignment beside the first."""
        first = self.assignment
        return self.university.add_assignment(
            course_id=self.course.id,
            assignment_group_id=first.assignment_group_id,
            name=name,
            due_at=first.due_at,
            points_possible=first.points_possible,
            post_to_sis=True,
        )


Trouble: TypeAlias = Callable[[Scene], None]


def due_missing(scene: Scene) -> None:
    scene.assignment.due_at = scene.assignment.unlock_at = None


def due_missing_in_section(scene: Scene) -> None:
    scene.alone()
    scene.override(course_section_id=scene.section.id, due_at=None)


def name_too_long(scene: Scene) -> None:
    scene.assignment.name = f"{scene.assignment.name}: Reflection and Synthesis of the Whole Semester"


def name_very_long(scene: Scene) -> None:
    scene.assignment.name = "Final " + "really " * 34 + "Final"


def name_empty(scene: Scene) -> None:
    scene.assignment.name = " "


def name_duplicate(scene: Scene) -> None:
    scene.second(scene.assignment.name)


def name_characters(scene: Scene) -> None:
    scene.assignment.name = "<b>Lab</b> | 3 & 4"


def name_formula(scene: Scene) -> None:
    scene.assignment.name = '=HYPERLINK("x")'


def name_right_to_left(scene: Scene) -> None:
    scene.assignment.name = "الامتحان النهائي 🎓"


def due_outside_term(scene: Scene) -> None:
    scene.alone()
    scene.assignment.due_at = scene.end + 4 * DAY


def due_before_term(scene: Scene) -> None:
    scene.alone()
    scene.assignment.due_at, scene.assignment.unlock_at = scene.start - 3 * DAY, None


def due_outside_section(scene: Scene) -> None:
    scene.section.start_at, scene.section.end_at = scene.start, scene.start + 60 * DAY
    scene.section.restrict_enrollments_to_section_dates = True


def due_outside_course(scene: Scene) -> None:
    scene.course.start_at, scene.course.conclude_at = scene.start, scene.start + 62 * DAY
    scene.course.restrict_enrollments_to_course_dates = True


def due_in_closed_period(scene: Scene) -> None:
    scene.alone()
    scene.assignment.due_at, scene.assignment.unlock_at = scene.start + 30 * DAY, None


def due_between_periods(scene: Scene) -> None:
    scene.alone()
    scene.assignment.due_at, scene.assignment.unlock_at = scene.start + 58 * DAY, None


def dates_out_of_order(scene: Scene) -> None:
    scene.alone()
    due = scene.assignment.due_at or scene.end
    scene.override(course_section_id=scene.section.id, due_at=due, lock_at=due - 2 * DAY)


def unlock_after_due(scene: Scene) -> None:
    scene.alone()
    scene.assignment.unlock_at = (scene.assignment.due_at or scene.end) + DAY


def students_only(scene: Scene) -> None:
    scene.alone()
    scene.assignment.only_visible_to_overrides = True
    students = scene.student("Rosalind Ferreira"), scene.student("Tomasz Wójcik")
    scene.override(student_ids=students, due_at=scene.assignment.due_at)


def section_without_sis_id(scene: Scene) -> None:
    scene.section.sis_section_id = None


def course_without_sis_id(scene: Scene) -> None:
    scene.course.sis_course_id = None


def category_unmapped(scene: Scene) -> None:
    group = scene.university.add_assignment_group(course_id=scene.course.id, name="Extra credit")
    scene.assignment.assignment_group_id = group.id


def points_missing(scene: Scene) -> None:
    scene.assignment.points_possible = 0.0


def points_null(scene: Scene) -> None:
    scene.assignment.points_possible = None


def points_out_of_range(scene: Scene) -> None:
    scene.assignment.points_possible = -5.0


def points_too_many(scene: Scene) -> None:
    scene.assignment.points_possible = 1_000_000.0


def not_in_sis_feed(scene: Scene) -> None:
    scene.alone()
    scene.assignment.only_visible_to_overrides = True
    scene.override(course_id=scene.course.id, due_at=scene.assignment.due_at)


def unassigned_in_canvas(scene: Scene) -> None:
    scene.alone()
    scene.override(course_section_id=scene.section.id, unassign_item=True)


def sis_reads_other_date(scene: Scene) -> None:
    scene.alone()
    scene.override(course_id=scene.course.id, due_at=(scene.assignment.due_at or scene.end) + DAY)


def sis_reads_no_date(scene: Scene) -> None:
    scene.alone()
    due = scene.assignment.due_at or scene.end
    scene.override(course_section_id=scene.section.id, lock_at=due + 2 * DAY)


def flagged_unpublished(scene: Scene) -> None:
    scene.assignment.workflow_state = "unpublished"


def course_unpublished(scene: Scene) -> None:
    scene.course.workflow_state = "claimed"


def needs_grading(scene: Scene) -> None:
    scene.assignment.needs_grading_count = 17


def not_in_final_grade(scene: Scene) -> None:
    scene.assignment.omit_from_final_grade = True


def mastery_path(scene: Scene) -> None:
    scene.alone()
    due, scene.assignment.due_at = scene.assignment.due_at, None
    scene.override(noop_id=1, due_at=due)


def student_dates(scene: Scene) -> None:
    due = scene.assignment.due_at or scene.end
    scene.override(student_ids=(scene.student("Isabel Nakagawa"),), due_at=due + 2 * DAY)


def due_after_grade_deadline(scene: Scene) -> None:
    scene.alone()
    scene.assignment.due_at = scene.end


def course_concluded(scene: Scene) -> None:
    scene.course.workflow_state = "completed"


BLOCKING: tuple[Trouble, ...] = (
    due_missing,
    due_missing_in_section,
    name_too_long,
    name_very_long,
    name_empty,
    name_duplicate,
    name_characters,
    name_formula,
    name_right_to_left,
    due_outside_term,
    due_before_term,
    due_outside_section,
    due_outside_course,
    due_in_closed_period,
    due_between_periods,
    dates_out_of_order,
    unlock_after_due,
    students_only,
    section_without_sis_id,
    course_without_sis_id,
    category_unmapped,
    points_missing,
    points_null,
    points_out_of_range,
    points_too_many,
    not_in_sis_feed,
    unassigned_in_canvas,
    sis_reads_other_date,
    sis_reads_no_date,
    flagged_unpublished,
    course_unpublished,
)
WARNING: tuple[Trouble, ...] = (
    needs_grading,
    not_in_final_grade,
    mastery_path,
    student_dates,
    due_after_grade_deadline,
    course_concluded,
)


def make_trouble(university: University, term: Term, random: Random, *, now: datetime) -> None:
    """Each blocking trouble once, each warning twice, in courses that have a section to show it in."""
    courses = [c for c in university.courses.values() if c.enrollment_term_id == term.id]
    usable = [c for c in courses if university.sections_of(c.id)]
    troubles = [*BLOCKING, *WARNING, *WARNING, due_missing, name_too_long, due_outside_term]
    for course, trouble in zip(random.sample(usable, len(troubles)), troubles, strict=True):
        trouble(Scene(university, course, term, now))
