"""Run as a program: a database with people, a sync, and a proposal that waits to be applied."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.core.management import call_command


def main(source: str) -> None:
    django.setup()
    from django.contrib.auth.models import Group, User

    if Path(source).suffix == ".csv":
        call_command("migrate", verbosity=0)
        for name, group in (("reviewer", "Reviewers"), ("approver", "Approvers")):
            User.objects.create(username=name).groups.add(Group.objects.get(name=group))
        call_command("sync", term="all")
        call_command("changes", "import", source, "--by", "reviewer", "--reason", "end of term")
        number = "1"
    else:
        call_command("changes", "restore", source, "--by", "reviewer", "--reason", "undo")
        number = "2"
    call_command("changes", "submit", number, "--by", "reviewer")
    call_command("changes", "approve", number, "--by", "approver")


if __name__ == "__main__":
    main(sys.argv[1])
