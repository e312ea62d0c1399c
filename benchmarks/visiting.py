"""``python -m benchmarks.visiting``: asks each list page of the filled database, and says how long it took."""

from __future__ import annotations

import json
import os
import statistics
import time
from functools import partial

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

VISITS = 9
PAGES = {
    "overview": "/",
    "courses": "/courses/",
    "courses, by code": "/courses/?sort=course",
    "sections": "/sections/",
    "line items, by due date": "/line-items/",
    "line items, by course": "/line-items/?sort=course",
    "line items, needing action": "/line-items/?state=needs_action",
    "line items, one college": "/line-items/?account=3",
    "line items, search": "/line-items/?q=course+42",
    "runs": "/runs/",
}


def main() -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get_or_create(username="visitor", is_superuser=True)[0])
    print(json.dumps({name: _milliseconds(client, address) for name, address in PAGES.items()}))


def _milliseconds(client: Client, address: str) -> float:
    """The median, after one visit that warms the caches."""
    visit = partial(_seconds, client, address)
    visit()
    return statistics.median(visit() for _ in range(VISITS)) * 1000


def _seconds(client: Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    took = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code)
    return took


if __name__ == "__main__":
    main()
