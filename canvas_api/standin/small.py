"""A university small enough to state exact expectations about."""

from __future__ import annotations

from datetime import datetime

from .entities import Course
from .university import University

ZONE = "America/Denver"


def small_university(*, seed: int = 0) -> University:
    """Six courses in two colleges and two terms; times are in the autumn of 2026.

    Accounts: 1 Example University (grade export on), 2 Arts (sis ``ARTS``), 3 Sciences (sis ``SCI``).
    Terms: 1 Default Term (no dates), 2 Fall 2026 (sis ``2026FA``, 24 Aug to 12 Dec, two grading periods: 1 until
    16 Oct, closed on 23 Oct, and 2 until 12 Dec), 3 Spring 2027 (sis ``2027SP``).
    People: 1 the service account, 2 Ada Okafor (the teacher token), 3 Jun Sato; students 11 to 16.

    ======  ===========================  ==========  ====  =======================================================
    course  name (sis id)                account     term  sections and assignments
    ======  ===========================  ==========  ====  =======================================================
    1       Drawing I (``ART-101``)      2 Arts      2     sections 1, 2; assignments 1 Portfolio (for everyone),
                                                           2 Sketchbook (section 2 has its own due date: override
                                                           1), 3 Not flagged, 4 Unpublished draft (flagged)
    2       Painting (``ART/201.A``)     2 Arts      2     sections 3, 4; 5 Still life (section 3 alone: override
                                                           2), 6 Self-portrait (2 students: override 3; section 4
                                                           has explicitly no due date: override 4)
    3       Chemistry (``CHEM-110``)     3 Sciences  2     section 5, and 6 cross-listed from course 4; 7 Lab rep.
                                                           (an override for the whole course: override 5), 8 Exam
                                                           without a due date (``sis_source_id`` group)
    4       Chemistry B (``CHEM-110B``)  3 Sciences  2     nothing is left in it
    5       Biology (no sis id)          3 Sciences  3     section 7 without sis id; 9 Field notes; unpublished
    6       Logic (``PHIL-120``)         1 root      2     section 8; 10 Essay; concluded (``completed``)
    ======  ===========================  ==========  ====  =======================================================
    """
    university = University("Example University", seed=seed)
    university.root.features = frozenset({"post_grades", "new_sis_integrations"})
    university.root.default_time_zone = ZONE
    university.add_account(name="College of Arts", sis_account_id="ARTS")
    university.add_account(name="College of Sciences", sis_account_id="SCI")
    _terms(university)
    _people(university)
    _courses(university)
    _arts(university)
    _sciences(university)
    return university


def _terms(university: University) -> None:
    university.add_term(
        name="Fall 2026", sis_term_id="2026FA", start_at="2026-08-24T06:00:00Z", end_at="2026-12-13T06:59:59Z"
    )
    university.add_term(
        name="Spring 2027", sis_term_id="2027SP", start_at="2027-01-11T07:00:00Z", end_at="2027-05-08T05:59:59Z"
    )
    university.add_grading_period(
        term_id=2,
        title="First half",
        start_date="2026-08-24T06:00:00Z",
        end_date="2026-10-17T05:59:59Z",
        close_date="2026-10-24T05:59:59Z",
    )
    university.add_grading_period(
        term_id=2,
        title="Second half",
        start_date="2026-10-17T05:59:59Z",
        end_date="2026-12-13T06:59:59Z",
        close_date="2026-12-20T06:59:59Z",
    )


def _people(university: University) -> None:
    university.add_user(name="Ada Okafor", sis_user_id="T002", login_id="aokafor")
    university.add_user(name="Jun Sato", sis_user_id="T003", login_id="jsato")
    for number in range(11, 17):
        sis_id = f"S{number}" if number != 16 else None
        university.add_user(id=number, name=f"Student {number}", sis_user_id=sis_id, login_id=f"s{number}")
    university.tokens["teacher"].user_id = 2


def _course(university: University, name: str, sis_id: str | None, account_id: int, **fields: object) -> Course:
    made = {"enrollment_term_id": 2, "teacher_ids": (2,), "time_zone": ZONE, **fields}
    return university.add_course(name=name, sis_course_id=sis_id, account_id=account_id, **made)


def _courses(university: University) -> None:
    _course(university, "Drawing I", "ART-101", 2)
    _course(university, "Painting", "ART/201.A", 2)
    _course(university, "Chemistry", "CHEM-110", 3, teacher_ids=(3,))
    _course(university, "Chemistry B", "CHEM-110B", 3, teacher_ids=(3,))
    _course(university, "Biology", None, 3, enrollment_term_id=3, workflow_state="claimed", teacher_ids=())
    _course(university, "Logic", "PHIL-120", 1, workflow_state="completed", teacher_ids=(3,))
    homes = [(1, "001"), (1, "002"), (2, "001"), (2, "002"), (3, "001"), (4, "001"), (5, None), (6, "001")]
    for number, (course_id, sis_id) in enumerate(homes, 1):
        course = university.courses[course_id]
        university.add_section(
            course_id=course_id,
            name=f"{course.name} {sis_id or 'new'}",
            sis_section_id=sis_id and f"{course.sis_course_id}-{sis_id}",
            student_ids=(10 + number,) if number < 7 else (),
        )
    university.cross_list(university.sections[6], university.courses[3])


def _flagged(university: University, course_id: int, name: str, due_at: str | None, **fields: object) -> None:
    university.add_assignment(course_id=course_id, name=name, due_at=due_at, post_to_sis=True, **fields)


def _arts(university: University) -> None:
    _flagged(university, 1, "Portfolio", "2026-12-05T06:59:59Z")
    _flagged(university, 1, "Sketchbook", "2026-11-07T06:59:59Z")
    university.add_assignment(course_id=1, name="Not flagged")
    _flagged(university, 1, "Unpublished draft", "2026-11-20T06:59:59Z", workflow_state="unpublished")
    university.add_override(assignment_id=2, course_section_id=2, due_at="2026-11-14T06:59:59Z")
    _flagged(university, 2, "Still life", None, only_visible_to_overrides=True)
    university.add_override(
        assignment_id=5,
        course_section_id=3,
        due_at="2026-11-21T06:59:59Z",
        unlock_at="2026-11-01T06:00:00Z",
        lock_at=None,
    )
    _flagged(university, 2, "Self-portrait", "2026-12-01T06:59:59Z")
    university.add_override(assignment_id=6, student_ids=(13, 14), due_at="2026-12-04T06:59:59Z")
    university.add_override(assignment_id=6, course_section_id=4, due_at=None)


def _sciences(university: University) -> None:
    group = university.add_assignment_group(course_id=3, name="Labs", sis_source_id="LAB", group_weight=40.0)
    _flagged(university, 3, "Lab report", "2026-11-10T06:59:59Z", assignment_group_id=group.id)
    university.add_override(assignment_id=7, course_id=3, due_at="2026-11-12T06:59:59Z")
    _flagged(university, 3, "Exam", None, assignment_group_id=group.id)
    _flagged(university, 5, "Field notes", "2027-03-01T06:59:59Z")
    _flagged(university, 6, "Essay", "2026-10-01T05:59:59Z")


SMALL_NOW = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
"""A clock for tests: in the second half of the term, with the first grading period closed."""
