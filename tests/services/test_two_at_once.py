"""Two people, or two schedulers, at the very same time on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
ROUNDS = 20
RACE = f"""
import django; django.setup()
import json
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from registrar.errors import Refused
from registrar.models import Role, Run, Timetable
from registrar.services import admitting, scheduling, syncing
from tests.pages import build

call_command("migrate", verbosity=0)
START = datetime(2026, 3, 6, 18, tzinfo=UTC)
pair = [build.person("one", Role.ADMINISTRATOR), build.person("other", Role.ADMINISTRATOR)]
Timetable.objects.update_or_create(
    mode="full", defaults={{"at_minute": 0, "time_zone": "UTC", "last_slot": START, "on": True}}
)
Timetable.objects.update_or_create(mode="quick", defaults={{"on": False, "time_zone": "UTC"}})

def together(*acts):
    barrier = Barrier(len(acts))
    def run(act):
        barrier.wait()
        try:
            act()
        except Refused:
            pass
        finally:
            connection.close()
    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

started, left, asked = [], [], []
for number in range({ROUNDS}):
    slot = START + timedelta(days=number, hours=6)
    together(*[lambda: started.extend(scheduling.start_due(slot)) for _ in range(4)])
    Run.objects.update(state="complete")
    together(*[
        lambda: asked.append(
            syncing.request(mode="quick", by=None, trigger="shell", now=slot, account_ref="self").pk
        )
        for _ in range(4)
    ])
    Run.objects.filter(mode="quick").update(state="complete")
    User.objects.update(is_active=True)
    one, other = User.objects.order_by("pk")
    together(
        lambda: admitting.deactivate(by=one, person_id=other.pk, now=START),
        lambda: admitting.deactivate(by=other, person_id=one.pk, now=START),
    )
    left.append(User.objects.filter(is_active=True).count())
full = Run.objects.filter(mode="full").count()
print(json.dumps({{"started": len(started), "runs": full, "asked": len(set(asked)), "left": left}}))
"""


@pytest.mark.postgres
@pytest.mark.timeout(240)
def test_each_run_starts_once_and_an_administrator_always_remains(postgres_database: str) -> None:
    environment = os.environ | {
        "DATABASE_URL": postgres_database,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LOG_FILE": "-",
    }
    done = subprocess.run(
        [sys.executable, "-c", RACE], cwd=HOME, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == {"started": ROUNDS, "runs": ROUNDS, "asked": ROUNDS, "left": [1] * ROUNDS}
