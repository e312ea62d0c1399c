"""Every page of the product, on rows that fill it: addresses by the name of their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.urls import resolve, reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from registrar.domain import facts
from registrar.domain.findings import Code
from registrar.models import (
    Account,
    Change,
    Course,
    DailyCount,
    Delivery,
    GradingPeriod,
    Proposal,
    ProposalCourse,
    Run,
    RunItem,
    Term,
)
from registrar.services import categorising, counting, exempting, ruling
from registrar.services.covering import Target
from tests.pages import build
from tests.pages.build import NOW
from tests.pages.conftest import University
from tests.pages.test_history import drifted, turned

ANSWER = {"at": NOW.isoformat(), "what": "PUT post_to_sis", "status": 200, "request_id": "0b1c", "assignment": 7}
DAY = timedelta(days=1)
LONG = "School of Engineering, Applied Science and Everything Else That Has a Very Long Name"
SAID = {
    Delivery.State.SENT: "250 2.0.0 OK: queued as 4fK9s1",
    Delivery.State.UNCONFIRMED: "The mail server did not answer in time (timed out).",
    Delivery.State.REFUSED: "550 5.1.1 <chair@example.edu>: Recipient address rejected: User unknown",
    Delivery.State.DROPPED: "The addressee may no longer see what it speaks of.",
}
CAME_BACK = {
    "bounce": "failed",
    "bounced_at": NOW,
    "bounce_code": "5.1.1",
    "bounce_said": "550 5.1.1 No such user",
}
UNTIL = (NOW + 20 * DAY).date()


def view_name(address: str) -> str:
    return resolve(urlsplit(address).path).view_name


def places(university: University, people: Mapping[str, User]) -> dict[str, str]:
    """But for what one sees before one is signed in."""
    return {
        **_reading(university),
        **_lists(),
        **_runs(university),
        **_proposals(university),
        **_exemptions(university, people),
        **_calendar(university),
        **_history(university),
        **_reports(university),
        **_mail(),
        **_administration(university, people),
        **_own(university, people),
    }


def public_places(university: University, people: Mapping[str, User]) -> dict[str, str]:
    person = people["nobody"]
    key = urlsafe_base64_encode(force_bytes(person.pk))
    token = default_token_generator.make_token(person)
    return {
        "sign-in": "/sign-in/?next=/courses/",
        "set-password": reverse("sessions:set_password", args=[key, token]),
        "report-unsubscribe": f"/reports/unsubscribe/{build.subscription(university.science).key}/",
        "tour": "/tour/",
    }


def dates_in_all_places(university: University) -> Course:
    """Two grading periods with a gap between them, the first closed; dates in all places, one far away."""
    during: Term = university.term
    during.period_group_id = 7
    during.save()
    for number, (title, first, last) in enumerate((("First half", -60, -12), ("Second half", -5, 30))):
        GradingPeriod.objects.create(
            canvas_id=70 + number,
            group_id=7,
            title=title,
            start_at=NOW + first * DAY,
            end_at=NOW + last * DAY,
        )
    build.mark(during, days=24)
    sections = [build.section(name) for name in ("001", "002", "003 with a rather long name of its own")]
    own = facts.Override(id=5, target=facts.Target.SECTION, section_id=sections[1].id, due_at=NOW + 34 * DAY)
    none = facts.Override(id=6, target=facts.Target.SECTION, section_id=sections[2].id, due_at=None)
    at = NOW + 3 * DAY
    return build.course(
        university.science,
        during,
        code="PHIL 210",
        name="Ethics and Society",
        sections=sections,
        assignments=[
            build.assignment("Reading response 1", due=NOW - 20 * DAY),
            build.assignment("Reading response 2 about a book whose title takes more than one line", due=at),
            build.assignment("Midterm", due=NOW - 8 * DAY),
            build.assignment("Essay", due=at + 7 * DAY, overrides=(own, none)),
            build.assignment("Portfolio", due=None),
            build.assignment("x" * 300, due=NOW + 26 * DAY, needs_grading_count=3),
            build.assignment("Copied from last year", due=NOW - 365 * DAY),
            build.assignment("Makeup", due=NOW + 60 * DAY),
        ],
    )


def _reading(university: University) -> dict[str, str]:
    course = dates_in_all_places(university)
    item = course.line_items.filter(assignment_name="Essay")[1]
    why = f"/courses/{course.pk}/why/{item.assignment_id}/{item.section_id}"
    return {
        "overview": "/",
        "courses": "/courses/",
        "course": f"/courses/{course.pk}/",
        "course-ready": f"/courses/{university.ready.pk}/",
        "why": f"{why}/due_at/",
        "why-until": f"{why}/lock_at/",
        "sections": "/sections/",
        "section": f"/sections/{item.section_id}/",
        "line-items": "/line-items/?state=needs_action",
        "line-items-gap": f"/line-items/?term={university.term.pk}&period=none",
    }


def _lists() -> dict[str, str]:
    return {
        "nothing": "/line-items/?q=zzzz",
        "ignored": "/line-items/?rule=no_such_rule",
        "search": "/search/?q=phil",
        "search-nothing": "/search/?q=zzzz",
        "help": "/help/",
        "keys": "/help/keys/",
        "glossary": "/glossary/",
        "view-save": "/views/save/?list=courses&state=ready",
    }


def _runs(university: University) -> dict[str, str]:
    both = (university.ready, university.needing)
    ended = build.run(*both, state=Run.State.INCOMPLETE, failed=1, done=1)
    ended.items.filter(course=university.needing).update(
        state=RunItem.State.FAILED, message="Canvas took too long to answer."
    )
    reading = build.run(*both, state=Run.State.READING, total=2, done=1, read_from=NOW)
    return {"runs": "/runs/", "run": f"/runs/{ended.pk}/", "run-reading": f"/runs/{reading.pk}/"}


def _proposals(university: University) -> dict[str, str]:
    needing, ready = university.needing, university.ready
    waiting = build.proposal(ready, needing, state=Proposal.State.SUBMITTED)
    running = build.proposal(ready, state=Proposal.State.APPLYING, started_at=NOW, heartbeat_at=NOW)
    ended = build.proposal(ready, state=Proposal.State.PROBLEMS, started_at=NOW, finished_at=NOW)
    for row, state in zip(ended.changes.all(), ("verified", "conflict", "different", "failed"), strict=False):
        Change.objects.filter(pk=row.pk).update(state=state, message="Said by Canvas.", found=row.before)
    ended.courses.update(stage=ProposalCourse.Stage.DONE, receipts=[ANSWER])
    draft = build.proposal(ready, by=User.objects.get(username="science_all_round"), days=400)
    held = build.proposal(ready, state=Proposal.State.HELD)
    return {
        "proposals": "/proposals/",
        "proposals-none": "/proposals/?kind=sync_on",
        "proposal-waiting": f"/proposals/{waiting.pk}/",
        "proposal-running": f"/proposals/{running.pk}/",
        "proposal-ended": f"/proposals/{ended.pk}/",
        "proposal-draft": f"/proposals/{draft.pk}/",
        "proposal-held": f"/proposals/{held.pk}/",
        "proposal-receipt": f"/proposals/{ended.pk}/receipt/",
        "propose-dates": f"/proposals/dates/?course={ready.pk}",
        "propose-sync": f"/proposals/sync/?course={ready.pk}",
        "propose-sync-on-nowhere": "/proposals/sync-on/",
        "propose-file": "/proposals/file/",
    }


def _exemptions(university: University, people: Mapping[str, User]) -> dict[str, str]:
    needing, ready = university.needing, university.ready
    one = exempting.accept(
        by=people["reviewer"],
        code=Code.DUE_MISSING,
        target=Target(course_id=needing.pk),
        until=UNTIL,
        reason="The portfolio is handed in on paper, at the exhibition; the department sends the grades itself.",
        now=NOW,
    )
    over = {"ended_at": NOW, "ended_because": "revoked", "ended_by": people["reviewer"], "ended_reason": "Mended."}
    ended = build.exemption(ready, code="name_too_long", **over)
    build.exemption(ready, code="needs_grading", ended_at=NOW, ended_because="void")
    build.exemption(ready, code="points_missing", until=NOW - 400 * DAY)
    build.exemption(ready, level="rule", course=None, subject=f"Science, {university.term.name}")
    item = needing.line_items.filter(assignment_name="Portfolio")[0]
    return {
        "exemptions": "/exemptions/",
        "exemptions-none": "/exemptions/?rule=mastery_path",
        "exemption": f"/exemptions/{one.pk}/",
        "exemption-ended": f"/exemptions/{ended.pk}/",
        "exempt": f"/exemptions/course/{needing.pk}/name_empty/",
        "exempt-nothing": f"/exemptions/course/{ready.pk}/name_empty/",
        "exempt-rule": "/exemptions/rule/",
        "course-accepted": f"/courses/{needing.pk}/",
        "why-accepted": f"/courses/{needing.pk}/why/{item.assignment_id}/{item.section_id}/due_at/",
        "line-items-excepted": "/line-items/?state=excepted",
    }


def _calendar(university: University) -> dict[str, str]:
    term = university.term
    own = build.mark(term, kind="other", name="Senior grades", account=university.science, days=3)
    build.mark(term, kind="census", days=-40)
    return {
        "calendar": "/calendar/",
        "calendar-term": f"/calendar/{term.pk}/",
        "calendar-add": f"/calendar/{term.pk}/add/",
        "calendar-change": f"/calendar/dates/{own.pk}/",
    }


def _history(university: University) -> dict[str, str]:
    before = build.term("Fall before", starts=-425, ends=-335)
    build.course(university.science, before, assignments=[build.assignment()])
    today, end = counting.today(NOW), counting.today(before.end_at or NOW)
    for days in range(40):
        for term, day in ((university.term, today), (before, end)):
            DailyCount.objects.create(
                day=day - days * DAY,
                term=term,
                account=university.science,
                sections=900,
                sections_needing=days * 20,
                taken_at=NOW,
            )
    turned(university.needing)
    turned(university.ready, what="mended", code="name_empty", cause="time")
    drifted(university.ready)
    return {"history": "/history/", "history-none": "/history/?rule=mastery_path"}


def _reports(university: University) -> dict[str, str]:
    one = build.subscription(university.science, name="Dean Osei", with_xlsx=True)
    lost = build.subscription(university.science, address="chair.of.a.department.with.a.long.name@example.edu")
    for number in range(2):
        row = build.delivery(f"chair{number}", subscription=lost, state=Delivery.State.BOUNCED)
        Delivery.objects.filter(pk=row.pk).update(**CAME_BACK)
    return {
        "reports": "/reports/",
        "report": f"/reports/{one.pk}/",
        "report-came-back": f"/reports/{lost.pk}/",
        "report-new": "/reports/new/",
        "report-change": f"/reports/{one.pk}/change/",
    }


def _mail() -> dict[str, str]:
    rows = mails()
    return {
        "mail": "/mail/",
        "mail-nothing": "/mail/?q=zzzz",
        "mail-sent": f"/mail/{rows[Delivery.State.SENT].pk}/",
        "mail-unconfirmed": f"/mail/{rows[Delivery.State.UNCONFIRMED].pk}/",
        "mail-refused": f"/mail/{rows[Delivery.State.REFUSED].pk}/",
        "mail-bounced": f"/mail/{rows[Delivery.State.BOUNCED].pk}/",
        "my-mail": "/my-mail/",
    }


def mails() -> dict[str, Delivery]:
    """A mail in each state."""
    found = {}
    for hours, state in enumerate(Delivery.State):
        found[state] = build.delivery(
            f"chair.of.a.department.with.a.long.name.{state}",
            state=state,
            subject="Fall 2026: 31 sections not ready, 6 days to grade deadline",
            html="<h1>Fall 2026</h1>",
        )
        Delivery.objects.filter(pk=found[state].pk).update(
            trouble=SAID.get(state, ""), created_at=NOW - timedelta(hours=20 * hours)
        )
    Delivery.objects.filter(state=Delivery.State.BOUNCED).update(**CAME_BACK)
    return found


def decide(university: University, people: Mapping[str, User]) -> None:
    """A pack, a ruling, a category list, a threshold, and more sub-accounts than fit on a page."""
    given = {"by": people["administrator"], "account_id": university.root.pk, "now": NOW}
    ruling.choose_pack(code="powerschool", reason="We use it", **given)
    ruling.set_ruling(kind="limit", name="name_length", value=25, source="Our own test", **given)
    ruling.set_ruling(kind="severity", name="mastery_path", value=None, source="Nobody uses it", **given)
    categorising.keep(names=["Tests", "Quizzes"], file_name="categories.csv", **given)
    for number in range(60):
        build.account(f"Department of the History of the {number}. Century", university.science)
    build.account(LONG, university.root)


def _administration(university: University, people: Mapping[str, User]) -> dict[str, str]:
    decide(university, people)
    Account.objects.filter(pk=university.science.pk).update(hold_above=3, hold_above_share=40)
    home = "/administration/"
    science = f"{home}sub-accounts/{university.science.pk}/"
    return {
        "administration": home,
        "set-up": f"{home}set-up/",
        "sub-accounts": f"{home}sub-accounts/",
        "sub-account": science,
        "limit": f"{science}limit/name_length/",
        "rule": f"{science}severity/mastery_path/",
        "categories": f"{science}categories/",
        "timetable": f"{home}timetable/",
        "people": f"{home}people/",
        "person": f"{home}people/{people['scientist'].pk}/",
        "invite": f"{home}people/new/",
        "log": f"{home}log/",
    }


def _own(university: University, people: Mapping[str, User]) -> dict[str, str]:
    query = f"state=ready&account={university.science.pk}"
    build.saved_view("Ready, as another likes it", owner=people["viewer"], query=query, shared=True)
    own = build.saved_view("Ready, as I like it", owner=people["administrator"], query=query)
    return {"views": "/views/", "view-edit": f"/views/{own.pk}/", "password": "/password/"}
