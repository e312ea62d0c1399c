"""``python -m benchmarks.visitor``: signs an administrator in, and names what there is to look at.

With a file it also writes into it, as a spreadsheet would, another due date for the first assignments.
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime, timedelta

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

from registrar.models import Account, LineItem  # noqa: E402

CHANGES = 1_000
COLUMNS = ("course_id", "assignment_id", "section_id", "due_at", "unlock_at", "lock_at")


def main() -> None:
    person, _ = User.objects.get_or_create(username="visitor", defaults={"is_superuser": True})
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    dated = LineItem.objects.filter(section__isnull=False, due_at_source="assignment").order_by("pk")
    item = dated[CHANGES]
    found = {
        "session": client.session.session_key,
        "root": Account.objects.get(parent=None).pk,
        "college": item.account_id,
        "term": item.term_id,
        "course": item.course_id,
        "section": item.section_id,
        "assignment": item.assignment_id,
    }
    if len(sys.argv) > 1:
        rows = ((one.course_id, one.assignment_id, one.due_at) for one in dated[: CHANGES * 2])
        _write(sys.argv[1], {(course, assignment): due for course, assignment, due in rows if due})
    print(json.dumps(found))


def _write(path: str, dates: dict[tuple[int, int], datetime]) -> None:
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for (course, assignment), due in list(dates.items())[:CHANGES]:
            table.writerow((course, assignment, "", (due - timedelta(hours=1)).isoformat(), "", ""))


if __name__ == "__main__":
    main()
