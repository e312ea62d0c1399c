"""A whole university in memory: what the stand-in serves and changes."""

from __future__ import annotations

import dataclasses
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from .entities import (
    DATES,
    Account,
    Assignment,
    AssignmentGroup,
    Course,
    GradingPeriod,
    Json,
    Override,
    Progress,
    Revision,
    Section,
    StudentGroup,
    Term,
    User,
    Watched,
)
from .tokens import Token, usual_tokens

T = TypeVar("T", bound=Watched)

FOUNDED = datetime(2026, 8, 1, 15, 30, tzinfo=UTC)
"""When rows were made that do not say when: a fixed time, so that two readings are equal."""

TARGETS = {
    "course_section_id": "CourseSection",
    "group_id": "Group",
    "course_id": "Course",
    "noop_id": "Noop",
}


def moment(value: datetime | str | None) -> datetime | None:
    """An ISO text or an aware datetime as UTC to the second, which is all that Canvas shows."""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return when and when.astimezone(UTC).replace(microsecond=0)


class University:
    """Tables by id, and the few ways in. Set attributes freely; move a section with ``cross_list``.

    Account 1 is the root, term 1 the default term, user 1 the one behind every usual token.
    """

    def __init__(self, name: str = "Example University", *, seed: int = 0) -> None:
        self.seed = seed
        self.revision = Revision()
        self.clock: Callable[[], float] = time.time
        self.job_time_zone: str | None = None
        """Where Canvas's background jobs think midnight is; None: in the course's own zone."""
        self.accounts: dict[int, Account] = {}
        self.terms: dict[int, Term] = {}
        self.grading_periods: dict[int, GradingPeriod] = {}
        self.users: dict[int, User] = {}
        self.courses: dict[int, Course] = {}
        self.sections: dict[int, Section] = {}
        self.student_groups: dict[int, StudentGroup] = {}
        self.assignment_groups: dict[int, AssignmentGroup] = {}
        self.assignments: dict[int, Assignment] = {}
        self.overrides: dict[int, Override] = {}
        self.progresses: dict[int, Progress] = {}
        self.tokens: dict[str, Token] = usual_tokens(seed)
        self.jobs: list[Any] = []
        self.row_cache: dict[tuple[Any, ...], tuple[int, int, bytes]] | None = None
        """A dict here makes list pages fast for big universities, at the price of memory."""
        self.selections: dict[tuple[Any, ...], tuple[int, list[Any]]] = {}
        self._next: dict[str, int] = defaultdict(lambda: 1)
        self._course_revisions: dict[int, Revision] = {}
        self._sections_of: dict[int, list[Section]] = defaultdict(list)
        self._groups_of: dict[int, list[AssignmentGroup]] = defaultdict(list)
        self._assignments_of: dict[int, list[Assignment]] = defaultdict(list)
        self._overrides_of: dict[int, list[Override]] = defaultdict(list)
        self._module_overrides: dict[int, list[Override]] = defaultdict(list)
        self.root = self.add_account(name=name, parent_account_id=None)
        self.default_term = self.add_term(name="Default Term")
        self.add_user(name="Registrar's Service Account", login_id="registrar-service")

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def token_named(self, value: str) -> Token | None:
        return next((token for token in self.tokens.values() if token.value == value), None)

    # Rows

    def _add(self, table: dict[int, T], kind: type[T], fields: Json, course_id: int | None = None) -> T:
        name = kind.__name__
        number = fields.setdefault("id", self._next[name])
        self._next[name] = max(self._next[name], number + 1)
        for key, value in fields.items():
            if isinstance(value, str | datetime) and key.endswith(("_at", "_date")):
                fields[key] = moment(value)
        if "created_at" in kind.__slots__:
            fields.setdefault("created_at", FOUNDED)
        made = kind(**fields)
        made.home = self.revision if course_id is None else self._home(course_id)
        made.home.changed()
        table[number] = made
        return made

    def _home(self, course_id: int) -> Revision:
        return self._course_revisions.setdefault(course_id, Revision(self.revision))

    def add_account(self, **fields: Any) -> Account:
        fields.setdefault("parent_account_id", 1)
        return self._add(self.accounts, Account, fields)

    def add_term(self, **fields: Any) -> Term:
        return self._add(self.terms, Term, fields)

    def add_grading_period(self, *, term_id: int | None = None, **fields: Any) -> GradingPeriod:
        """Of a term (``term_id``) or of one course (``course_id``)."""
        fields.setdefault("close_date", fields["end_date"])
        course_id = fields.get("course_id")
        fields["grading_period_group_id"] = self._period_group(term_id, course_id)
        return self._add(self.grading_periods, GradingPeriod, fields, course_id)

    def _period_group(self, term_id: int | None, course_id: int | None) -> int:
        """The one that the term or course has, else a new one."""
        if term_id is None:
            own = [p for p in self.grading_periods.values() if p.course_id == course_id]
            return own[0].grading_period_group_id if own else self._new_period_group()
        term = self.terms[term_id]
        term.grading_period_group_id = term.grading_period_group_id or self._new_period_group()
        return term.grading_period_group_id

    def _new_period_group(self) -> int:
        number = self._next["group of periods"]
        self._next["group of periods"] += 1
        return number

    def add_user(self, **fields: Any) -> User:
        return self._add(self.users, User, fields)

    def add_course(self, **fields: Any) -> Course:
        fields.setdefault("account_id", self.root.id)
        fields.setdefault("enrollment_term_id", self.default_term.id)
        fields.setdefault("course_code", fields["name"])
        fields.setdefault("id", self._next["Course"])
        return self._add(self.courses, Course, fields, fields["id"])

    def add_section(self, **fields: Any) -> Section:
        made = self._add(self.sections, Section, fields, fields["course_id"])
        self._sections_of[made.course_id].append(made)
        return made

    def add_student_group(self, **fields: Any) -> StudentGroup:
        return self._add(self.student_groups, StudentGroup, fields, fields["course_id"])

    def add_assignment_group(self, **fields: Any) -> AssignmentGroup:
        fields.setdefault("position", len(self._groups_of[fields["course_id"]]) + 1)
        made = self._add(self.assignment_groups, AssignmentGroup, fields, fields["course_id"])
        self._groups_of[made.course_id].append(made)
        return made

    def add_assignment(self, **fields: Any) -> Assignment:
        """In the first assignment group of its course, unless ``assignment_group_id`` says otherwise."""
        course_id = fields["course_id"]
        if "assignment_group_id" not in fields:
            groups = self._groups_of[course_id]
            group = groups[0] if groups else self.add_assignment_group(course_id=course_id, name="Assignments")
            fields["assignment_group_id"] = group.id
        fields.setdefault("position", len(self._assignments_of[course_id]) + 1)
        made = self._add(self.assignments, Assignment, fields, course_id)
        self._assignments_of[course_id].append(made)
        return made

    def add_override(self, **fields: Any) -> Override:
        """Target as in Canvas's JSON: ``course_section_id``, ``course_id``, ``student_ids``, ``group_id`` or
        ``noop_id``. A date that is given, None included, overrides; one that is not, inherits.
        """
        for name in DATES:
            fields.setdefault(f"{name}_overridden", name in fields)
        for key, set_type in TARGETS.items():
            if key in fields:
                fields |= {"set_type": set_type, "set_id": fields.pop(key)}
        fields.setdefault("set_type", "ADHOC")
        fields.setdefault("set_id", None)
        fields.setdefault("assignment_id", None)
        fields.setdefault("title", self.override_title(fields))
        assignment_id = fields["assignment_id"]
        course_id = self.assignments[assignment_id].course_id if assignment_id is not None else None
        made = self._add(self.overrides, Override, fields, course_id)
        if made.context_module_id is not None:
            self._module_overrides[made.context_module_id].append(made)
        else:
            self._overrides_of[cast(int, assignment_id)].append(made)
        return made

    def override_title(self, fields: Json) -> str:
        table: dict[str, dict[int, Any]] = {
            "CourseSection": self.sections,
            "Group": self.student_groups,
            "Course": self.courses,
        }
        if fields["set_type"] in table:
            return str(table[fields["set_type"]][fields["set_id"]].name)
        if fields["set_type"] == "Noop":
            return "Mastery Paths"
        count = len(fields.get("student_ids", ()))
        return f"{count} student{'' if count == 1 else 's'}"

    def add_progress(self, **fields: Any) -> Progress:
        return self._add(self.progresses, Progress, fields)

    def add_token(self, name: str, **fields: Any) -> Token:
        fields.setdefault("value", f"token-{name}")
        fields.setdefault("user_id", 1)
        self.tokens[name] = Token(name=name, **fields)
        return self.tokens[name]

    def cross_list(self, section: Section, course: Course) -> None:
        """Moves a section into another course and remembers where it came from, as Canvas does."""
        self._sections_of[section.course_id].remove(section)
        section.nonxlist_course_id = section.nonxlist_course_id or section.course_id
        section.course_id = course.id
        self._sections_of[course.id].append(section)
        section.home = self._home(course.id)
        section.home.changed()

    def forget_assignment(self, assignment: Assignment) -> None:
        self._assignments_of[assignment.course_id].remove(assignment)
        del self.assignments[assignment.id]

    def put_back_overrides(self, assignment_id: int, before: list[tuple[Override, Override]]) -> None:
        """``before`` pairs the assignment's override rows with their copies; newer rows go."""
        for added in self._overrides_of[assignment_id][len(before) :]:
            del self.overrides[added.id]
        self._overrides_of[assignment_id] = [each for each, _ in before]
        for each, copied in before:
            for column in dataclasses.fields(each):
                setattr(each, column.name, getattr(copied, column.name))

    # What belongs together

    def chain(self, account_id: int) -> list[Account]:
        """The account and its ancestors, the nearest first."""
        account = self.accounts[account_id]
        above = account.parent_account_id
        return [account] if above is None else [account, *self.chain(above)]

    def beneath(self, account_id: int) -> set[int]:
        """The account and all that are under it and not deleted."""
        children = [
            a
            for a in self.accounts.values()
            if a.parent_account_id == account_id and a.workflow_state != "deleted"
        ]
        return {account_id}.union(*(self.beneath(child.id) for child in children))

    def sections_of(self, course_id: int) -> list[Section]:
        return [s for s in self._sections_of.get(course_id, ()) if s.workflow_state == "active"]

    def groups_of(self, course_id: int) -> list[AssignmentGroup]:
        return sorted(self._groups_of.get(course_id, ()), key=lambda g: (g.position, g.id))

    def assignments_of(self, course_id: int) -> list[Assignment]:
        """In the order of Canvas's index: group, position, id. Deleted ones never."""
        place = {g.id: (g.position, g.id) for g in self._groups_of.get(course_id, ())}
        rows = [a for a in self._assignments_of.get(course_id, ()) if a.workflow_state != "deleted"]
        last = (1 << 31, 0)
        rows.sort(key=lambda a: (place.get(a.assignment_group_id or 0, last), a.position, a.id))
        return rows

    def override_rows(self, assignment_id: int) -> list[Override]:
        """The assignment's own overrides, deleted ones too: they still switch checks off."""
        return self._overrides_of.get(assignment_id, [])

    def overrides_of(self, assignment: Assignment, *, modules: bool = False) -> list[Override]:
        rows = self.override_rows(assignment.id)
        if modules and assignment.context_module_id is not None:
            rows = rows + self._module_overrides.get(assignment.context_module_id, [])
        return [o for o in rows if o.workflow_state == "active"]

    def periods_of(self, course: Course) -> list[GradingPeriod]:
        """The course's own, which replace its term's."""
        group = self.terms[course.enrollment_term_id].grading_period_group_id
        every = self.grading_periods.values()
        own = [p for p in every if p.course_id == course.id]
        rows = own or [p for p in every if group is not None and p.grading_period_group_id == group]
        return sorted(rows, key=lambda p: (p.start_date, p.id))

    def student_ids(self, course_id: int) -> set[int]:
        return {user for section in self.sections_of(course_id) for user in section.student_ids}

    def zone(self, course_id: int) -> ZoneInfo:
        return ZoneInfo(self.courses[course_id].time_zone)

    def setting(self, account_id: int, name: str) -> Any:
        """A locked ancestor wins, the highest first; else the nearest explicit value."""
        chain = self.chain(account_id)
        held = [a.settings[name] for a in chain if name in a.settings]
        locked = [each for each in held if each.get("locked")]
        return locked[-1]["value"] if locked else held[0]["value"] if held else None

    def features_of(self, context: Account | Course) -> frozenset[str]:
        chain = self.chain(context.account_id if isinstance(context, Course) else context.id)
        own = context.features if isinstance(context, Course) else frozenset()
        return own.union(*(a.features for a in chain))

    def exports_grades(self, context: Account | Course) -> bool:
        chain = self.chain(context.account_id if isinstance(context, Course) else context.id)
        tool = context.grade_export_tool or any(a.grade_export_tool for a in chain)
        return tool or "post_grades" in self.features_of(context)

    def course_revision(self, course_id: int) -> int:
        return self._home(course_id).number

    @property
    def shared_revision(self) -> int:
        return self.revision.number

    # Comparing

    def _tables(self) -> Iterator[tuple[str, dict[int, Any]]]:
        for name, table in vars(self).items():
            if (
                isinstance(table, dict)
                and not name.startswith("_")
                and name not in ("tokens", "selections", "row_cache")
            ):
                yield name, table

    def snapshot(self, *, whole: bool = False) -> dict[str, dict[int, Json]]:
        """Everything, to compare a Canvas before and after.

        Without ``whole`` it leaves out what no undoing can bring back: ``updated_at``, deleted overrides and
        Progress rows.
        """
        taken = {
            name: {key: dataclasses.asdict(each) for key, each in table.items()} for name, table in self._tables()
        }
        if whole:
            return taken
        del taken["progresses"]
        taken["overrides"] = {k: o for k, o in taken["overrides"].items() if o["workflow_state"] == "active"}
        for each in taken["assignments"].values():
            del each["updated_at"]
        return taken
