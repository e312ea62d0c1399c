"""Rows for the page tests, made the way a sync makes them: facts in, readings and findings out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User

from registrar.domain import facts
from registrar.models import (
    Account,
    Course,
    Delivery,
    Exemption,
    LineItem,
    Mark,
    Proposal,
    Role,
    Run,
    RunItem,
    SavedView,
    Scope,
    Subscription,
    Term,
)
from registrar.services import mailing
from registrar.services.assessing import header, store_reading, surroundings
from registrar.services.proposing import Wanted, propose_dates
from registrar.services.replacing import search_text

NOW = datetime.now(UTC).replace(microsecond=0)
DUE = NOW + timedelta(days=3)
_ids = count(1000)


def account(name: str = "College", parent: Account | None = None) -> Account:
    pk = next(_ids)
    path = f"{parent.path if parent else '/'}{pk}/"
    depth = parent.depth + 1 if parent else 0
    return Account.objects.create(canvas_id=pk, name=name, parent=parent, path=path, depth=depth)


def term(name: str = "Fall", *, starts: int = -60, ends: int = 30) -> Term:
    return Term.objects.create(
        canvas_id=next(_ids), name=name, start_at=NOW + timedelta(days=starts), end_at=NOW + timedelta(days=ends)
    )


def saved_view(name: str = "Theirs", **fields: object) -> SavedView:
    known = {"table": "courses", "saved_at": NOW}
    if "owner" not in fields:
        fields["owner"] = User.objects.create_user(f"owner{next(_ids)}")
    return SavedView.objects.create(name=name, **(known | fields))


def mark(during: Term, *, days: int = 6, **fields: object) -> Mark:
    known = {"kind": Mark.Kind.GRADE_DEADLINE, "at": NOW + timedelta(days=days), "set_at": NOW}
    return Mark.objects.create(term=during, **known | fields)


def section(name: str = "001", **fields: object) -> facts.Section:
    pk = next(_ids)
    return facts.Section(**{"id": pk, "name": name, "sis_id": f"S{pk}", **fields})


def assignment(name: str = "", due: datetime | None = DUE, **fields: object) -> facts.Assignment:
    pk = next(_ids)
    known = {"id": pk, "name": name or f"Essay {pk}", "dates": facts.Dates(due_at=due), "points_possible": 10.0}
    return facts.Assignment(**known | {"html_url": f"https://canvas.example.edu/a/{pk}"} | fields)


def listed(*found: facts.Assignment, sections: Sequence[facts.Section]) -> tuple[facts.Assignment, ...]:
    """The assignments as the SIS feed shows them when all is well."""
    feed = {
        one.id: facts.Feed(dates=one.dates, sections=dict.fromkeys((s.id for s in sections), None))
        for one in found
    }
    return tuple(
        facts.Assignment(**{name: getattr(one, name) for name in one.__slots__} | {"feed": feed[one.id]})
        for one in found
    )


def course(
    inside: Account,
    during: Term,
    *,
    name: str = "Ethics",
    sections: Sequence[facts.Section] | None = None,
    assignments: Sequence[facts.Assignment] = (),
    read_at: datetime = NOW,
    **fields: object,
) -> Course:
    pk = next(_ids)
    code, trouble = str(fields.pop("code", f"PHIL {pk}")), fields.pop("trouble", "")
    known = {"sis_id": f"C{pk}", "state": "available", "teachers": [{"id": 1, "name": "Ada Nwosu"}]}
    row = Course.objects.create(
        canvas_id=pk,
        account=inside,
        term=during,
        name=name,
        code=code,
        sort_key=code[:80].lower(),
        search=search_text(code, name, str(pk)),
        **known | fields,
    )
    read(row, sections=[section()] if sections is None else sections, assignments=assignments, read_at=read_at)
    if trouble:
        Course.objects.filter(pk=pk).update(trouble=trouble, trouble_at=NOW)
    return row


def read(
    row: Course,
    *,
    sections: Sequence[facts.Section],
    assignments: Sequence[facts.Assignment],
    read_at: datetime = NOW,
) -> None:
    around = surroundings(now=NOW)
    head = header(row, around)
    known = {name: getattr(head, name) for name in head.__slots__}
    found = facts.Course(
        **known
        | {
            "sections": tuple(sections),
            "assignments": listed(*assignments, sections=sections),
            "feed_read": True,
            "read_at": read_at,
        }
    )
    store_reading(row, found, around, sections_read=True)


def person(name: str, *roles: Role, within: Sequence[Account] = ()) -> User:
    user = User.objects.create_user(name, password="preflight")
    # A test that commits leaves an empty database behind, without the groups that a migration made.
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in roles])
    for one in within:
        Scope.objects.create(user=user, account=one)
    return user


def run(*courses: Course, state: str = Run.State.COMPLETE, **fields: object) -> Run:
    known = {"mode": Run.Mode.FULL, "created_at": NOW, "total": len(courses), "done": len(courses)}
    row = Run.objects.create(state=state, **known | fields)
    RunItem.objects.bulk_create(RunItem(run=row, course=one, state=RunItem.State.DONE) for one in courses)
    return row


def proposal(
    *courses: Course, by: User | None = None, state: str = Proposal.State.DRAFT, days: int = 1, **fields: object
) -> Proposal:
    """Moves every due date of the courses' sections by some days; in a state that it has not gone through."""
    by = by or User.objects.filter(username="proposer").first() or person("proposer", Role.REVIEWER)
    wanted = [
        Wanted(
            course_id=item.course_id,
            assignment_id=item.assignment_id,
            section_id=item.section_id,
            dates={"due_at": (item.due_at or DUE) + timedelta(days=days)},
        )
        for item in LineItem.objects.filter(course__in=courses).order_by("pk")
    ]
    made = propose_dates(by=by, reason="The week was lost to snow.", wanted=wanted, now=NOW)
    decided: dict[str, object] = {}
    if state not in (Proposal.State.DRAFT, *Proposal.WAITING, Proposal.State.WITHDRAWN):
        decider = User.objects.filter(username="decider").first() or person("decider", Role.APPROVER)
        decided = {"decided_by": decider, "decided_at": NOW}
    Proposal.objects.filter(pk=made.pk).update(state=state, **decided | fields)
    made.refresh_from_db()
    return made


def delivery(
    name: str = "dean", *, state: str = Delivery.State.SENT, kind: str = "report", **options: Any
) -> Delivery:
    given: dict[str, Any] = {"subject": f"Fall for {name}", "text": "Line one\n<b>Line</b> two\n"}
    row = mailing.write(kind=kind, key=f"to {name}", address=f"{name}@example.edu", now=NOW, **given | options)
    assert row is not None
    Delivery.objects.filter(pk=row.pk).update(state=state)
    row.refresh_from_db()
    return row


def exemption(row: Course, **fields: object) -> Exemption:
    """As it stands in the list; what really covers something is made by `services.exempting`."""
    by = User.objects.filter(username="accepter").first() or person("accepter", Role.REVIEWER)
    known = {"code": "due_missing", "level": "course", "course": row, "subject": str(row), "made_by": by}
    usual = {"reason": "Graded on paper.", "made_at": NOW, "until": NOW + timedelta(days=20)}
    return Exemption.objects.create(**known | usual | {"term": row.term, "account": row.account} | fields)


def subscription(about: Account, by: User | None = None, **fields: object) -> Subscription:
    """A daily report about a sub-account to somebody who has no account."""
    by = by or User.objects.filter(username="subscriber").first() or person("subscriber", Role.REVIEWER)
    since = NOW - timedelta(days=2)
    plain = {"address": "dean@example.edu"} if "person" not in fields else {}
    known = {"daily": True, "time_zone": "UTC", "made_by": by, "made_at": since, "since": since}
    row = Subscription.objects.create(**plain | known | fields)
    row.accounts.set([about])
    return row


def first_item(row: Course) -> LineItem:
    return row.line_items.order_by("pk")[0]
