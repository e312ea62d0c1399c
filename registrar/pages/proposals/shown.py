"""What the page of one proposal shows, gathered once for the whole page and for its answers to refused steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from registrar.errors import Missing
from registrar.models import Change, Proposal, ProposalCourse, Role, Step
from registrar.services import catching_up, offering, previewing
from registrar.services.offering import Offer
from registrar.services.previewing import Line, Preview, Write
from registrar.services.states import as_change
from registrar.web.access import Visit

PER_PAGE = 50
SILENT = timedelta(seconds=60)
"""Without a sign of life for so long, the page says that no worker is at it."""
LOOKED_AHEAD = (Proposal.State.DRAFT, *Proposal.WAITING, Proposal.State.APPROVED)
PARTS = {
    "refused": (Change.State.REFUSED,),
    "problems": (Change.State.CONFLICT, Change.State.DIFFERENT, Change.State.FAILED),
    "done": Change.GOOD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """One page of the changes."""

    lines: Sequence[Line]
    number: int
    total: int
    part: str

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def more(self) -> bool:
        return self.number < self.pages

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1


def within_reach(visit: Visit, proposal_id: int) -> Proposal:
    rows = Proposal.objects.within(visit.reach).select_related(
        "proposed_by", "decided_by", "applied_by", "follows"
    )
    found = rows.filter(pk=proposal_id).first() if proposal_id < 2**63 else None
    if found is None:
        raise Missing(_("This proposal is not there, or it is outside the part that you may see."))
    return found


def told(visit: Visit, proposal: Proposal, now: datetime) -> dict[str, Any]:
    """How far it is: all that the progress fragment needs."""
    found = offering.tally(proposal)
    stages = list(proposal.courses.values_list("stage", flat=True))
    last = proposal.heartbeat_at or proposal.started_at
    return {
        "proposal": proposal,
        "offers": offering.offers(by=visit.user, roles=visit.roles, proposal=proposal, found=found),
        "Offer": Offer,
        "tally": found,
        "count": sum(found.values()),
        "good": sum(found.get(state, 0) for state in Change.GOOD),
        "problems": sum(found.get(state, 0) for state in PARTS["problems"]),
        "refused": found.get(Change.State.REFUSED, 0),
        "drifted": proposal.changes.drifted().count() if proposal.state in Proposal.FINISHED else 0,
        "effective": sum(found.values()) - found.get(Change.State.REFUSED, 0),
        "courses_total": len(stages),
        "courses_done": stages.count(ProposalCourse.Stage.DONE),
        "open": proposal.state == Proposal.State.APPLYING,
        "silent_since": last if last and now - last > SILENT else None,
    }


def whole(visit: Visit, proposal: Proposal, now: datetime) -> dict[str, Any]:
    """The whole page. An undecided proposal is put upon the newest readings first: nobody decides on old ones."""
    if proposal.state in (Proposal.State.DRAFT, *Proposal.WAITING):
        catching_up.catch_up(proposal, now)
    context = told(visit, proposal, now)
    ahead = previewing.preview(proposal, now=now) if proposal.state in LOOKED_AHEAD else None
    context |= {
        "preview": ahead,
        "preview_notes": _notes(ahead),
        "lines": _lines(visit, proposal, ahead),
        "steps": list(proposal.steps.select_related("by")),
        "followers": list(proposal.followers.all()),
        "colleges": sorted(set(proposal.courses.values_list("course__account__name", flat=True))),
        "own": proposal.proposed_by_id == visit.user.pk,
        "administers": Role.ADMINISTRATOR in visit.roles,
        "now": now,
    }
    context["changed"] = _changed_since(context["steps"])
    if {Offer.APPROVE, Offer.SUBMIT} & context["offers"]:
        context["seen"] = offering.fingerprint(proposal)
    return context


def _notes(ahead: Preview | None) -> dict[str, Any]:
    """For how many changes each finding is healed or caused; how many sections follow the changed base dates."""
    flags = [line.after.post_to_sis for line in ahead.changes if line.flag_changes] if ahead else []
    # What is turned off is no longer judged at all: that mends nothing.
    lines = [line for line in ahead.changes if line.after.post_to_sis] if ahead else []
    return {
        "healed": Counter(code for line in lines for code in line.healed).most_common(),
        "caused": Counter(code for line in lines for code in line.caused).most_common(),
        "ending": Counter(one.code.value for one in ahead.ending).most_common() if ahead else [],
        "off": flags.count(False),
        "on": flags.count(True),
        "moved": len({section.id for line in lines if line.write is Write.BASE for section in line.moved}),
    }


def _changed_since(steps: Sequence[Step]) -> Step | None:
    """The last time that Canvas was found changed, if nobody has decided since."""
    last = steps[-1] if steps else None
    return last if last is not None and last.what == "changed" else None


_PLACES = ("course__sort_key", "course", "assignment_name", "assignment_id", "section_name", "section_id")


def _lines(visit: Visit, proposal: Proposal, ahead: Preview | None) -> Lines:
    part = visit.GET.get("show", "")
    states = PARTS.get(part)
    number = int(visit.GET["page"]) if visit.GET.get("page", "").isdecimal() and len(visit.GET["page"]) < 6 else 1
    if ahead is not None:
        found = sorted((*ahead.changes, *ahead.refused), key=_by_place)
        chosen = [line for line in found if states is None or line.row.state in states]
        start, number = _start(number, len(chosen))
        return Lines(lines=chosen[start : start + PER_PAGE], number=number, total=len(chosen), part=part)
    rows = proposal.changes.select_related("course__account").order_by(*_PLACES)
    rows = rows.filter(state__in=states) if states is not None else rows
    rows = rows.filter(drifted_at__isnull=False) if part == "drifted" else rows
    total = rows.count()
    start, number = _start(number, total)
    return Lines(
        lines=[_plain(row) for row in rows[start : start + PER_PAGE]], number=number, total=total, part=part
    )


def _by_place(line: Line) -> tuple[str, int, str, int, str]:
    row = line.row
    return row.course.sort_key, row.course_id, row.assignment_name, row.assignment_id, row.section_name


def _start(number: int, total: int) -> tuple[int, int]:
    number = max(1, min(number, -(-total // PER_PAGE)))
    return (number - 1) * PER_PAGE, number


def _plain(row: Change) -> Line:
    """Of a proposal that runs or has ended: what was agreed to, without looking ahead any more."""
    change = as_change(row)
    return Line(
        row=row,
        before=change.before,
        after=change.after,
        fields=change.fields,
        flag_changes=change.before.post_to_sis != change.after.post_to_sis,
        write=_write(row, change.before.exists, change.after.exists),
        moved=(),
        healed=(),
        caused=(),
        time_zone=row.course.time_zone,
    )


def _write(row: Change, before: bool, after: bool) -> Write:
    if row.before["post_to_sis"] != row.after["post_to_sis"]:
        return Write.FLAG
    if row.section_id is None:
        return Write.BASE
    if before == after:
        return Write.SECTION
    return Write.NEW_SECTION if after else Write.REMOVE_SECTION
