"""A very large university for benchmarks: the same few shapes over and over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .university import University

START = datetime(2026, 8, 24, 6, tzinfo=UTC)


def big_university(
    *, courses: int = 5000, assignments: int = 100_000, sections: int = 0, seed: int = 0
) -> University:
    """``assignments`` flagged ones spread over ``courses``; ``sections`` (default 2.5 a course) likewise.

    Every fifth assignment has an override for its course's first section. Rows are cached once served.
    """
    university = University("Big University", seed=seed)
    university.row_cache = {}
    university.root.features = frozenset({"post_grades", "new_sis_integrations"})
    colleges = [university.add_account(name=f"College {n}", sis_account_id=f"COL{n}").id for n in range(1, 9)]
    term = university.add_term(
        name="Fall 2026", sis_term_id="2026FA", start_at=START, end_at=START + timedelta(days=111)
    )
    for number in range(courses):
        university.add_course(
            name=f"Course {number}",
            sis_course_id=f"C-{number}",
            account_id=colleges[number % len(colleges)],
            enrollment_term_id=term.id,
        )
    for number in range(sections or courses * 5 // 2):
        course_id = number % courses + 1
        university.add_section(
            course_id=course_id, name=f"Section {number}", sis_section_id=f"S-{number}", total_students=25
        )
    for number in range(assignments):
        _assignment(university, number, number % courses + 1)
    return university


def _assignment(university: University, number: int, course_id: int) -> None:
    due = START + timedelta(days=7 + number % 97, seconds=-1)
    made = university.add_assignment(
        course_id=course_id, name=f"Assignment {number}", due_at=due, post_to_sis=True
    )
    if number % 5 == 0:
        section = university.sections_of(course_id)[0]
        university.add_override(
            assignment_id=made.id, course_section_id=section.id, due_at=due + timedelta(days=2)
        )
