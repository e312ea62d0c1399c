"""People, standing reports and deadlines for the tests of reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from registrar.models import Account, Course, Mark, Role, Subscription, Term
from registrar.services import subscribing
from tests.pages import build

NOW = build.NOW


def person(name: str, *roles: Role, within: tuple[Account, ...] = ()) -> User:
    user = build.person(name, *roles, within=within)
    user.email = f"{name}@example.edu"
    user.save()
    return user


def order(
    to: User | str = "dean@example.edu", *, by: User | None = None, made: datetime | None = None, **fields: Any
) -> Subscription:
    """A daily report at seven in the morning, UTC, that was set up two days ago."""
    by = by or User.objects.get(username="registrar")
    plain = {"address": to, "person": None} if isinstance(to, str) else {"person": to}
    known = {"daily": True, "time_zone": "UTC"}
    wanted = subscribing.Wanted(**plain | known | fields)  # type: ignore[arg-type]
    return subscribing.set_up(by=by, wanted=wanted, now=made or NOW - timedelta(days=2))


def at_seven(days: int = 0) -> datetime:
    """Seven o'clock of a day from now on."""
    return NOW.astimezone(UTC).replace(hour=7, minute=0, second=0) + timedelta(days=days + 1)


def deadline(term: Term, at: datetime, account: Account | None = None) -> Mark:
    return Mark.objects.create(term=term, account=account, kind=Mark.Kind.GRADE_DEADLINE, at=at, set_at=NOW)


def mend(course: Course, *, keep: int = 0) -> None:
    """As if a sync had found all of a course's findings gone but some."""
    kept = list(course.findings.order_by("pk").values_list("pk", flat=True)[:keep])
    course.findings.exclude(pk__in=kept).delete()
    for section in course.sections.all():
        broken = course.findings.filter(section_id=section.pk, severity="blocking")
        section.items_needing = broken.values("line_item").distinct().count()
        section.save()
