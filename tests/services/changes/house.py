"""A registrar's office with a Canvas of its own: people, proposals in one line, a clock that moves when told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, User

from canvas_api.standin import Standin
from registrar.models import Change, Course, Proposal, Role, Run
from registrar.services import applying, deciding, following, proposing, switching
from registrar.services.proposing import Wanted
from tests.services import door
from tests.services.door import Clock

ROLES = {
    "viewer": Role.VIEWER,
    "reviewer": Role.REVIEWER,
    "approver": Role.APPROVER,
    "approver2": Role.APPROVER,
    "admin": Role.ADMINISTRATOR,
}
Key = tuple[int, int | None]


def people() -> dict[str, User]:
    found = {}
    for name, role in ROLES.items():
        found[name] = User.objects.create(username=name)
        found[name].groups.add(Group.objects.get_or_create(name=role.value)[0])
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def wanted(course: int, assignment: int, section: int | None = None, **dates: Any) -> Wanted:
    """Dates as ISO texts, None for no date."""
    given: Any = {name: utc(value) if isinstance(value, str) else value for name, value in dates.items()}
    return Wanted(course_id=course, assignment_id=assignment, section_id=section, dates=given)


class House:
    def __init__(self, standin: Standin, clock: Clock) -> None:
        self.standin, self.clock = standin, clock
        self.university = standin.university
        self.who = people()

    def sync(self, mode: str = "full") -> Run:
        run = door.sync(self.standin, mode, clock=self.clock, term_ref="all")
        assert run.state == Run.State.COMPLETE, run.message
        return run

    def proposed(self, *changes: Wanted, **options: Any) -> Proposal:
        given = {"by": self.who["reviewer"], "reason": "end of term", "now": self.clock(), **options}
        return proposing.propose_dates(wanted=changes, **given)

    def disabled(self, course: int, period: int | None = None, *, exact: bool = False) -> Proposal:
        return switching.propose_disable(
            by=self.who["reviewer"],
            reason="grades are in",
            course=Course.objects.get(pk=course),
            period_id=period,
            exact=exact,
            now=self.clock(),
        )

    def approved(self, proposal: Proposal) -> Proposal:
        deciding.submit(by=proposal.proposed_by, proposal=proposal, now=self.clock())
        deciding.approve(by=self.who["approver"], proposal=proposal, now=self.clock())
        return proposal

    def applied(self, proposal: Proposal, *, token: str = "admin", **options: Any) -> Proposal:
        applying.start(proposal=proposal, now=self.clock())
        self.running = applying.apply(
            proposal,
            door.canvas_of(self.standin, token),
            clock=self.clock,
            pause=lambda seconds: self.clock.forward(seconds=seconds),
            **options,
        )
        return proposal

    def done(self, *changes: Wanted, **options: Any) -> Proposal:
        return self.applied(self.approved(self.proposed(*changes)), **options)

    def restored(self, proposal: Proposal) -> Proposal:
        made = following.propose_restore(
            by=self.who["reviewer"], proposal=proposal, reason="undo", now=self.clock()
        )
        return self.applied(self.approved(made))

    def later(self, **by: float) -> None:
        self.clock.forward(**by)

    def writes(self) -> list[tuple[str, str]]:
        """What Canvas was asked to change, in order."""
        return [(verb, target) for verb, target, _, _ in self.standin.requests if verb != "GET"]


def states(proposal: Proposal) -> dict[Key, str]:
    return {(row.assignment_id, row.section_id): row.state for row in proposal.changes.all()}


def messages(proposal: Proposal) -> dict[Key, str]:
    return {(row.assignment_id, row.section_id): row.message for row in proposal.changes.all()}


def the(proposal: Proposal) -> Change:
    (row,) = proposal.changes.all()
    return row


def overrides_of(house: House, assignment: int) -> list[Any]:
    """The active section overrides of an assignment, as Canvas has them."""
    found = house.university.overrides_of(house.university.assignments[assignment])
    return [each for each in found if each.set_type == "CourseSection"]
