"""What a sync run kept of each course goes after a time; the run stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from registrar.models import Run, RunItem
from registrar.services import pruning
from registrar.services.pruning import prune_runs
from tests.pages import build
from tests.pages.build import NOW

pytestmark = pytest.mark.django_db
OLD = NOW - timedelta(days=401)


def run(state: str = Run.State.COMPLETE, **fields: object) -> Run:
    college = build.account()
    term = build.term(f"Fall {college.pk}")
    return build.run(*(build.course(college, term) for _ in range(3)), state=state, **fields)


def test_the_courses_of_an_old_run_go_and_the_run_stays() -> None:
    old, recent = run(finished_at=OLD), run(finished_at=NOW - timedelta(days=399))
    assert prune_runs(now=NOW) == 3
    old.refresh_from_db()
    assert (old.total, old.items.count(), recent.items.count()) == (3, 0, 3)
    assert prune_runs(now=NOW) == 0


@pytest.mark.parametrize("state", Run.OPEN)
def test_an_open_run_keeps_its_courses(state: str) -> None:
    run(state, created_at=OLD, finished_at=OLD)
    assert prune_runs(now=NOW) == 0


def test_it_goes_on_until_all_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    for _ in range(2):
        run(finished_at=OLD)
    assert prune_runs(now=NOW) == 6
    assert not RunItem.objects.exists()


@pytest.mark.parametrize(("days", "gone"), [(10, 3), (500, 0), (0, 0)])
def test_the_office_says_for_how_long(days: int, gone: int, settings: object) -> None:
    settings.KEEP_RUNS_DAYS = days  # type: ignore[attr-defined]
    run(finished_at=OLD)
    assert prune_runs(now=NOW) == gone
