"""``manage.py changes …``: every step of a proposal from a shell, through the same services as the pages."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.utils import translation

from registrar import tasks
from registrar.canvas import open_canvas
from registrar.errors import Missing, Refused, RegistrarError
from registrar.models import Change, Course, Proposal, Role
from registrar.services import applying, deciding, following, importing, proposing, rights, switching

now = partial(datetime.now, UTC)

DONE, FAILED, BAD_ROWS, REFUSED, DIFFERENCES = 0, 1, 2, 3, 4
PROPOSES = ("import", "disable", "restore")
STEPS = {
    "submit": deciding.submit,
    "approve": deciding.approve,
    "reject": deciding.reject,
    "cancel": deciding.withdraw,
}


class Command(BaseCommand):
    help = "Propose, decide, apply and put back changes of dates and of grade sync."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="STEP")
        importer = actions.add_parser("import", help="a proposal from a CSV, XLSX or JSON Lines file")
        importer.add_argument("file")
        disable = actions.add_parser("disable", help="a proposal to turn grade sync off in a course")
        disable.add_argument("--course", required=True, metavar="REF")
        disable.add_argument("--grading-period", default=None, metavar="ID")
        disable.add_argument("--exact", action="store_true", help="only what falls in the period by section dates")
        restore = actions.add_parser("restore", help="a proposal that puts back what another one changed")
        restore.add_argument("id", type=int)
        for proposes in (importer, disable, restore):
            proposes.add_argument("--by", required=True, metavar="USER")
            proposes.add_argument("--reason", required=True, metavar="TEXT")
        for name in STEPS:
            step = actions.add_parser(name, help=f"{name} a proposal")
            step.add_argument("id", type=int)
            step.add_argument("--by", required=True, metavar="USER")
            step.add_argument("--comment", default="", metavar="TEXT")
        apply = actions.add_parser(
            "apply",
            help="apply and verify an approved proposal; a shell has no person, so it takes no --by: whoever may "
            "run this may carry out what one person has proposed and another has approved",
        )
        apply.add_argument("id", type=int)
        apply.add_argument(
            "--patience",
            type=float,
            default=applying.PATIENCE.total_seconds(),
            metavar="SECONDS",
            help="how long to follow Canvas's own jobs, %(default)s by default",
        )
        show = actions.add_parser("show", help="state, items and results")
        show.add_argument("id", type=int)
        for action in actions.choices.values():
            action.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        proposal: Proposal | None = None
        code = DONE
        try:
            _require_text(options)
            proposal, code = getattr(self, f"do_{options['action']}", self.do_step)(options)
        except proposing.BadRows as trouble:
            for row in trouble.rows:
                self.stderr.write(str(row))
            self._leave(trouble.message, BAD_ROWS)
        except RegistrarError as trouble:
            self._leave(trouble.message, _code(trouble, options["action"]))
        except KeyboardInterrupt:
            self._leave("Interrupted. Apply it again and it goes on where it stopped.", FAILED)
        if proposal is not None:
            self._tell(proposal, options)
        if code:
            sys.exit(code)

    def _leave(self, message: str, code: int) -> None:
        self.stderr.write(message)
        sys.exit(code)

    def _tell(self, proposal: Proposal, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(as_json(proposal)))
        else:
            self.stdout.write(_in_words(proposal))

    # Steps

    def do_import(self, options: dict[str, Any]) -> tuple[Proposal, int]:
        by = _person(options["by"])
        rights.require(by, Role.REVIEWER)
        try:
            content = Path(options["file"]).read_bytes()
        except OSError as error:
            raise importing.BadFile(f"{options['file']} cannot be read: {error.strerror}.") from None
        wanted, unusable = importing.read_wanted(options["file"], content)
        made = proposing.propose_dates(
            by=by, reason=options["reason"], wanted=wanted, unusable=unusable, now=now()
        )
        return made, DONE

    def do_disable(self, options: dict[str, Any]) -> tuple[Proposal, int]:
        by = _person(options["by"])
        period = options["grading_period"]
        if period is not None and not period.isdecimal():
            raise Missing(f"“{period}” is not the id of a grading period; leave it out for the whole course.")
        made = switching.propose_disable(
            by=by,
            reason=options["reason"],
            course=_course(by, options["course"]),
            period_id=int(period) if period is not None else None,
            exact=options["exact"],
            now=now(),
        )
        return made, DONE

    def do_restore(self, options: dict[str, Any]) -> tuple[Proposal, int]:
        by = _person(options["by"])
        proposal = rights.proposal_for(by, options["id"])
        return following.propose_restore(by=by, proposal=proposal, reason=options["reason"], now=now()), DONE

    def do_step(self, options: dict[str, Any]) -> tuple[Proposal, int]:
        by = _person(options["by"])
        proposal = rights.proposal_for(by, options["id"])
        STEPS[options["action"]](by=by, proposal=proposal, now=now(), comment=options["comment"])
        proposal.refresh_from_db()
        tasks.tell()
        return proposal, DONE

    def do_apply(self, options: dict[str, Any]) -> tuple[Proposal, int]:
        proposal = _proposal(options["id"])
        applying.start(proposal=proposal, now=now())
        try:
            running = applying.apply(
                proposal, open_canvas(), clock=now, patience=timedelta(seconds=options["patience"])
            )
        except RegistrarError as trouble:
            self.stderr.write(f"{trouble.message} Apply proposal {proposal.pk} again to go on.")
            proposal.refresh_from_db()
            return proposal, FAILED
        if running:
            self.stderr.write(
                f"Canvas has not finished its own job for {running} courses. Apply proposal {proposal.pk} again "
                "to go on waiting; nothing will be sent twice."
            )
        elif proposal.state in Proposal.FINISHED:
            tasks.tell()
        return proposal, _outcome(proposal)

    def do_show(self, options: dict[str, Any]) -> tuple[Proposal, int]:
        return _proposal(options["id"]), DONE


def _code(trouble: RegistrarError, action: str) -> int:
    if action in PROPOSES and isinstance(trouble, Missing | importing.BadFile):
        return BAD_ROWS
    return REFUSED if isinstance(trouble, Refused | Missing) else FAILED


def _require_text(options: dict[str, Any]) -> None:
    """A terminal of another encoding hands over bytes that no database takes."""
    for name, value in options.items():
        if name != "file" and isinstance(value, str) and _is_broken(value):
            raise Refused(f"What is given as --{name.replace('_', '-')} is not UTF-8 text.")


def _is_broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _person(name: str) -> User:
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise Refused(f"There is no person with the user name “{name}”.")
    return found


def _proposal(pk: int) -> Proposal:
    found = Proposal.objects.filter(pk=pk).first()
    if found is None:
        raise Missing(f"There is no proposal {pk}.")
    return found


def _course(by: User, reference: str) -> Course:
    courses = Course.objects.present().select_related("term", "account")
    if reference.startswith("sis_course_id:"):
        found = courses.filter(sis_id=reference.removeprefix("sis_course_id:")).first()
    else:
        found = courses.filter(pk=int(reference)).first() if reference.isdecimal() else None
    if found is None:
        raise Missing(f"There is no course {reference} among those that have been read.")
    rights.require_reach(by, [found])
    return found


def _in_words(proposal: Proposal) -> str:
    with translation.override("en"):
        said = f"Proposal {proposal.pk}: {proposal.get_state_display()}, {proposal.changes.count()} changes"
    left_out = proposal.changes.left_out().count()
    return f"{said}, {left_out} of them refused before approval and left out." if left_out else f"{said}."


def _outcome(proposal: Proposal) -> int:
    """What was refused before approval is not what was approved, so it is no difference."""
    states = set(proposal.changes.astray().values_list("state", flat=True))
    if states & {Change.State.FAILED, Change.State.PENDING}:
        return FAILED
    return DIFFERENCES if states else DONE


def as_json(proposal: Proposal) -> dict[str, Any]:
    """As design.md, section 10 promises."""
    shown = ("due_at", "unlock_at", "lock_at", "post_to_sis")
    return {
        "id": proposal.pk,
        "kind": proposal.kind,
        "state": proposal.state,
        "items": [
            {
                "course_id": row.course_id,
                "assignment_id": row.assignment_id,
                "section_id": row.section_id,
                "before": {name: row.before[name] for name in shown},
                "after": {name: row.after[name] for name in shown},
                "state": row.state,
                "message": row.message,
            }
            for row in proposal.changes.all()
        ],
    }
