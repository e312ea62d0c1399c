"""The demo university: some 400 courses, alive around ``now``, most of them in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from .demo_trouble import make_trouble
from .demo_words import COLLEGES, FIRST_NAMES, FLAGGED, LAST_NAMES, PLAIN
from .entities import Account, Course, Section, Term
from .university import University

HOME = ZoneInfo("America/New_York")
ABROAD = ("Europe/London", "America/Los_Angeles", "America/Phoenix", "Asia/Tokyo")
SEASONS = ("Spring", "Summer", "Fall")
SHELLS = ("Canvas Training for Faculty", "Academic Integrity", "Library Orientation 📚", "New Advisors")
CODES = {"Spring": "SP", "Summer": "SU", "Fall": "FA"}


def demo_university(seed: int = 7, now: datetime | None = None) -> University:
    """The same for the same seed and ``now`` (default: this moment).

    The current term ends in twelve days; every rule that data can break is broken somewhere in it.
    """
    return _Builder(seed, now or datetime.now(UTC)).build()


def local(day: datetime, hour: int = 23, minute: int = 59) -> datetime:
    """A wall-clock time of that day at home, as UTC; the end of the day has its last second."""
    second = 59 if (hour, minute) == (23, 59) else 0
    return day.astimezone(HOME).replace(hour=hour, minute=minute, second=second, microsecond=0).astimezone(UTC)


def season_of(when: datetime, shift: int = 0) -> tuple[str, int]:
    """The season and year, ``shift`` terms on."""
    number = when.year * 3 + (0 if when.month < 6 else 1 if when.month < 8 else 2) + shift
    return SEASONS[number % 3], number // 3


class _Builder:
    def __init__(self, seed: int, now: datetime) -> None:
        self.random = Random(seed)
        self.now = now
        self.university = University("Lakeshore State University", seed=seed)

    def build(self) -> University:
        root = self.university.root
        root.features = frozenset({"post_grades", "new_sis_integrations"})
        root.settings = {
            "sis_syncing": {"value": True, "locked": False},
            "sis_require_assignment_due_date": {"value": True, "locked": False},
        }
        self._terms()
        self._teachers()
        for college in COLLEGES:
            self._college(*college)
        self._shells()
        self._cross_list()
        make_trouble(self.university, self.current, self.random, now=self.now)
        return self.university

    # The frame

    def _terms(self) -> None:
        day = timedelta(days=1)
        end = self.now + 12 * day
        start = end - 110 * day
        self.past = self._term(-1, start - 130 * day, start - 20 * day)
        self.current = self._term(0, start, end)
        self.next = self._term(1, end + 25 * day, end + 135 * day)
        middle = start + 56 * day
        periods = [
            ("First Half", start, middle, middle + 7 * day),
            ("Second Half", middle + 3 * day, end, end + 7 * day),
        ]
        for title, begins, ends, closes in periods:
            self.university.add_grading_period(
                term_id=self.current.id,
                title=title,
                start_date=local(begins, 0, 0),
                end_date=local(ends),
                close_date=local(closes),
                weight=50.0,
            )

    def _term(self, shift: int, start: datetime, end: datetime) -> Term:
        season, year = season_of(self.now, shift)
        sis_id = f"{year}{CODES[season]}"
        return self.university.add_term(
            name=f"{season} {year}", sis_term_id=sis_id, start_at=local(start, 0, 0), end_at=local(end)
        )

    def _teachers(self) -> None:
        for number in range(160):
            first, last = self.random.choice(FIRST_NAMES), self.random.choice(LAST_NAMES)
            self.university.add_user(
                name=f"{first} {last}", sis_user_id=f"T{number:05d}", login_id=f"t{number:05d}"
            )
        self.teachers = [number for number in self.university.users if number > 1]
        self.university.tokens["teacher"].user_id = self.teachers[0]

    def _college(self, name: str, code: str, departments: tuple[tuple[str, str, str], ...]) -> None:
        college = self.university.add_account(name=name, sis_account_id=code)
        for title, subject, titles in departments:
            department = self.university.add_account(
                name=title, sis_account_id=f"{code}-{subject}", parent_account_id=college.id
            )
            for number, course in enumerate(titles.split("|")):
                self._in_terms(department, subject, 101 + 17 * number, course)

    def _in_terms(self, account: Account, subject: str, number: int, title: str) -> None:
        self._course(account, self.current, subject, number, title)
        if self.random.random() < 0.4:
            self._course(account, self.next, subject, number, title)
        if self.random.random() < 0.5:
            self._course(account, self.past, subject, number, title)

    # A course

    def _course(self, account: Account, term: Term, subject: str, number: int, title: str) -> None:
        code = f"{subject} {number}"
        past = term is self.past
        published = past or term is self.current
        course = self.university.add_course(
            name=title,
            course_code=code,
            sis_course_id=f"{term.sis_term_id}-{subject}-{number}",
            account_id=account.id,
            enrollment_term_id=term.id,
            teacher_ids=(self.random.choice(self.teachers),),
            time_zone=self.random.choice(ABROAD) if self.random.random() < 0.04 else str(HOME),
            workflow_state="completed" if past else "available" if published else "claimed",
        )
        for at in range(self.random.choice((1, 1, 1, 2, 2, 3, 4))):
            self._section(course, at + 1)
        self._assignments(course, term)

    def _section(self, course: Course, number: int) -> Section:
        return self.university.add_section(
            course_id=course.id,
            name=f"{course.course_code}-{number:02d}",
            sis_section_id=f"{course.sis_course_id}-{number:02d}",
            total_students=self.random.randint(9, 38),
        )

    def _assignments(self, course: Course, term: Term) -> None:
        exams = self.university.add_assignment_group(
            course_id=course.id, name="Exams", sis_source_id="EX", group_weight=60
        )
        work = self.university.add_assignment_group(
            course_id=course.id, name="Classwork", sis_source_id="CW", group_weight=40
        )
        for name in self.random.sample(PLAIN, self.random.randint(1, 3)):
            due = self._due(term, 8, 50)
            self.university.add_assignment(course_id=course.id, assignment_group_id=work.id, name=name, due_at=due)
        if term is self.past:
            return
        for name in self.random.sample(FLAGGED, self.random.choice((1, 2, 2, 3))):
            self._flagged(course, term, exams.id, name)

    def _flagged(self, course: Course, term: Term, group_id: int, name: str) -> None:
        due = self._due(term, 64, 102)
        assignment = self.university.add_assignment(
            course_id=course.id,
            assignment_group_id=group_id,
            name=name,
            points_possible=float(self.random.choice((50, 100, 100, 200))),
            post_to_sis=True,
            due_at=due,
            unlock_at=due - timedelta(days=14),
            has_submitted_submissions=due < self.now,
        )
        sections = self.university.sections_of(course.id)
        if len(sections) > 1 and self.random.random() < 0.35:
            self.university.add_override(
                assignment_id=assignment.id,
                course_section_id=self.random.choice(sections).id,
                due_at=due + timedelta(days=self.random.choice((-2, 1, 2, 3))),
            )

    def _due(self, term: Term, first: int, last: int) -> datetime:
        assert term.start_at is not None
        return local(term.start_at + timedelta(days=self.random.randint(first, last), hours=12))

    # Beside the ordinary

    def _shells(self) -> None:
        """Without a term's dates: training and committee courses, nothing of them goes to the SIS."""
        for name in (
            "Canvas Training for Faculty",
            "Academic Integrity",
            "Library Orientation 📚",
            "New Advisors",
        ):
            course = self.university.add_course(
                name=name, course_code=name.split()[0], teacher_ids=(self.teachers[1],)
            )
            self.university.add_section(course_id=course.id, name=name, total_students=120)
            self.university.add_assignment(course_id=course.id, name="Certificate Quiz")

    def _cross_list(self) -> None:
        current = [c for c in self.university.courses.values() if c.enrollment_term_id == self.current.id]
        generous = [c for c in current if len(self.university.sections_of(c.id)) > 1]
        for course in generous[::8]:
            neighbour = current[current.index(course) - 1]
            self.university.cross_list(self.university.sections_of(course.id)[-1], neighbour)
