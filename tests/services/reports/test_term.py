"""A whole term, hour by hour, with the end of summer time in it: exactly the right mails to the right people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail

from registrar.models import Account, Course, Delivery, Finding, Mark, Role, Subscription, Term
from registrar.services import delivering, reporting, subscribing
from tests.pages import build
from tests.services.reports.house import order, person

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST, LAST = datetime(2026, 8, 24, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
SUMMER_ENDS = date(2026, 11, 1)
DOWN = (datetime(2026, 9, 4, 21, tzinfo=UTC), datetime(2026, 9, 7, 18, tzinfo=UTC))
"""Nothing ran from then till then."""
OFFSETS = {
    "America/Chicago": (-5, -6),
    "America/New_York": (-4, -5),
    "America/Phoenix": (-7, -7),
}
"""Hours from UTC until summer time ends and after, written down by hand: not asked of the code under test."""

ALL_ENDS = datetime(2026, 12, 15, 23, tzinfo=UTC)
ARTS_ENDS = datetime(2026, 12, 11, 18, tzinfo=UTC)
ARTS_MENDED = datetime(2026, 12, 9, 12, tzinfo=UTC)
SCIENCE_BREAKS, SCIENCE_MENDED = datetime(2026, 10, 5, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)
PAUSED, RESUMED = datetime(2026, 9, 20, 15, tzinfo=UTC), datetime(2026, 10, 20, 15, tzinfo=UTC)
LEFT = datetime(2026, 11, 10, 15, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A subscription as a person would describe it."""

    address: str
    zone: str
    hour: int
    asked: Callable[[date], bool]
    sees_arts: bool = True
    sees_science: bool = True
    deadline: datetime = ALL_ENDS
    only_if: str = "open"
    silent: tuple[tuple[datetime, datetime], ...] = field(default=())

    def slot(self, day: date) -> datetime:
        """On the day on which one o'clock comes twice the first is meant, which is still summer time."""
        summer, winter = OFFSETS[self.zone]
        offset = summer if day < SUMMER_ENDS or (day == SUMMER_ENDS and self.hour < 2) else winter
        return datetime.combine(day, time(self.hour), UTC) - timedelta(hours=offset)


def is_on(weekday: int) -> Callable[[date], bool]:
    return lambda day: day.weekday() == weekday


def every_day(day: date) -> bool:
    return True


BEFORE_ARTS = {date(2026, 11, 27), date(2026, 12, 4), date(2026, 12, 8), date(2026, 12, 10), date(2026, 12, 11)}

EXPECTED = (
    Expected(address="registrar@example.edu", zone="America/Chicago", hour=7, asked=every_day),
    Expected(
        address="dean.of.arts@example.edu",
        zone="America/Chicago",
        hour=7,
        asked=BEFORE_ARTS.__contains__,
        sees_science=False,
        deadline=ARTS_ENDS,
    ),
    Expected(address="provost@example.edu", zone="America/New_York", hour=8, asked=is_on(0), only_if="changed"),
    Expected(
        address="scientist@example.edu",
        zone="America/Chicago",
        hour=1,
        asked=every_day,
        sees_arts=False,
        only_if="always",
    ),
    Expected(
        address="dean.of.science@example.edu", zone="America/Phoenix", hour=6, asked=is_on(4), sees_arts=False
    ),
    Expected(
        address="assistant@example.edu",
        zone="America/Chicago",
        hour=9,
        asked=every_day,
        silent=((PAUSED, RESUMED),),
    ),
    Expected(
        address="leaver@example.edu", zone="America/Chicago", hour=10, asked=every_day, silent=((LEFT, LAST),)
    ),
)


def arts_open(at: datetime) -> bool:
    return at < ARTS_MENDED


def science_open(at: datetime) -> bool:
    return SCIENCE_BREAKS <= at < SCIENCE_MENDED


SLOT_HOURS = {one.slot(day).hour for one in EXPECTED for day in (FIRST.date(), SUMMER_ENDS, LAST.date())}


def runs(at: datetime) -> bool:
    return not DOWN[0] <= at < DOWN[1]


def matters(at: datetime) -> bool:
    """Each hour around the change of the clock; for the rest of the term those that a slot may fall into."""
    near = abs((at.date() - SUMMER_ENDS).days) <= 7
    return near or at == DOWN[1] or at.hour in SLOT_HOURS


def mails_of(one: Expected) -> Iterator[tuple[str, datetime, str]]:
    """Worked out day by day from what was wished, without a line of the code under test."""
    told: tuple[bool, bool] | None = None
    for number in range((LAST - FIRST).days + 1):
        day = FIRST.date() + number * DAY
        slot = one.slot(day)
        if not one.asked(day) or not FIRST < slot < LAST:
            continue
        sent = next(at for at in (slot + n * HOUR for n in range(200)) if runs(at))
        if sent - slot >= DAY or one.slot(day + DAY) <= sent:
            continue
        if any(start <= sent < end for start, end in one.silent):
            continue
        now = (one.sees_arts and arts_open(sent), one.sees_science and science_open(sent))
        wanted = {
            "always": True,
            "open": any(now),
            "changed": any(now) if told is None else now != told,
        }[one.only_if]
        if wanted:
            told = now
            yield one.address, sent, f"Fall 2026: {standing(one, now)}, {countdown(one, sent)}"


def standing(one: Expected, now: tuple[bool, bool]) -> str:
    """Two sections of arts, three of science, of which one breaks."""
    total, number = 2 * one.sees_arts + 3 * one.sees_science, 2 * now[0] + now[1]
    return f"{number} section{'s' * (number != 1)} not ready" if number else f"all {total} sections ready"


def countdown(one: Expected, at: datetime) -> str:
    if at >= one.deadline:
        return "grade deadline has passed"
    offset = timedelta(hours=OFFSETS[one.zone][at.date() >= SUMMER_ENDS])
    last = one.deadline + timedelta(hours=OFFSETS[one.zone][1])
    days = (last.date() - (at + offset).date()).days
    return {0: "grade deadline today", 1: "grade deadline tomorrow"}.get(days, f"{days} days to grade deadline")


# The same in rows


@dataclass(frozen=True, kw_only=True)
class House:
    arts: Course
    science: Course
    paused: Subscription
    leaver: User


@pytest.fixture
def house(db: None) -> House:
    root = build.account("University")
    arts, science = build.account("Arts", root), build.account("Science", root)
    term = Term.objects.create(canvas_id=1, name="Fall 2026", start_at=FIRST, end_at=LAST, watched=True)
    for account, at in ((None, ALL_ENDS), (arts, ARTS_ENDS)):
        Mark.objects.create(term=term, account=account, kind="grade_deadline", at=at, set_at=FIRST)
    artists, scientists = (course_of(account, term, number) for account, number in ((arts, 2), (science, 3)))
    for item in artists.line_items.all():
        break_(item)
    registrar = person("registrar", Role.ADMINISTRATOR)
    assistant, leaver = person("assistant", Role.VIEWER), person("leaver", Role.VIEWER)
    ordered(registrar, hour=7)
    ordered("dean.of.arts@example.edu", accounts=(arts,), daily=False, days_before=(14, 7, 3, 1, 0))
    ordered(
        person("provost", Role.VIEWER), daily=False, weekday=0, hour=8, zone="America/New_York", only_if="changed"
    )
    ordered(person("scientist", Role.VIEWER, within=(science,)), hour=1, only_if="always")
    ordered(
        "dean.of.science@example.edu",
        accounts=(science,),
        daily=False,
        weekday=4,
        hour=6,
        zone="America/Phoenix",
        with_xlsx=True,
    )
    paused = ordered(assistant, hour=9)
    ordered(leaver, hour=10)
    return House(arts=artists, science=scientists, paused=paused, leaver=leaver)


def ordered(to: User | str, *, zone: str = "America/Chicago", **fields: object) -> Subscription:
    return order(to, made=FIRST, time_zone=zone, **fields)


def course_of(account: Account, term: Term, sections: int) -> Course:
    due = datetime(2026, 10, 1, tzinfo=UTC)
    return build.course(
        account,
        term,
        sections=[build.section(str(number)) for number in range(sections)],
        assignments=[build.assignment(due=due)],
    )


def break_(item: object) -> None:
    known = {name: getattr(item, name) for name in ("course", "section_id", "term", "account")}
    Finding.objects.create(line_item=item, code="name_empty", level="assignment", severity="blocking", **known)


def live(house: House, at: datetime) -> None:
    """What happens in this hour besides the clock's going on."""
    registrar = User.objects.get(username="registrar")
    if at == SCIENCE_BREAKS:
        break_(house.science.line_items.order_by("pk")[0])
    if at == SCIENCE_MENDED:
        house.science.findings.all().delete()
    if at == ARTS_MENDED:
        house.arts.findings.all().delete()
    if at == PAUSED:
        subscribing.pause(by=registrar, subscription=house.paused, now=at)
    if at == RESUMED:
        subscribing.resume(by=registrar, subscription=house.paused, now=at)
    if at == LEFT:
        house.leaver.groups.clear()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("each_hour", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_it_sends_exactly_the_right_mails_over_a_whole_term(house: House, each_hour: bool) -> None:
    at = FIRST
    while (at := at + HOUR) < LAST:
        live(house, at)
        if runs(at) and (each_hour or matters(at)) and reporting.write_due(now=at):
            delivering.deliver(clock=lambda now=at: now)  # type: ignore[misc]
    rows = Delivery.objects.order_by("created_at", "pk")
    assert {row.state for row in rows} == {Delivery.State.SENT}
    found = sorted((row.address, row.created_at, row.subject) for row in rows)
    wanted = sorted(one for expected in EXPECTED for one in mails_of(expected))
    assert found == wanted
    assert Counter(message.to[0] for message in mail.outbox) == Counter(address for address, *_ in wanted)
    assert [message.subject for message in mail.outbox] == [row.subject for row in rows.order_by("sent_at", "pk")]


def test_the_expectation_is_not_empty_where_it_matters() -> None:
    """So that the test above cannot pass by expecting nothing."""
    found = {one.address: list(mails_of(one)) for one in EXPECTED}
    numbers = {address.partition("@")[0]: len(mails) for address, mails in found.items()}
    assert numbers == {
        "registrar": 105,
        "dean.of.arts": 3,
        "provost": 4,
        "scientist": 116,
        "dean.of.science": 3,
        "assistant": 75,
        "leaver": 76,
    }
    hours = {at.hour for _, at, _ in found["registrar@example.edu"]}
    assert hours == {12, 13, 18}, "summer, winter, and the one that was late"
