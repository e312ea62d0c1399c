from __future__ import annotations

from datetime import timedelta

import pytest

from registrar.management.demo_history import make_up
from registrar.models import EVERYTHING, DailyCount, Mark
from registrar.services import counting, trending
from registrar.services.reviewing import Filters
from tests.pages import build

pytestmark = pytest.mark.django_db


def test_the_demo_has_days_to_look_back_on_and_never_beside_real_ones() -> None:
    college, fall = build.account(), build.term()
    summer = build.term("Summer", starts=-190, ends=-80)
    Mark.objects.create(
        term=fall, kind=Mark.Kind.GRADE_DEADLINE, at=build.NOW + timedelta(days=20), set_at=build.NOW
    )
    build.course(college, fall, assignments=[build.assignment(due=None)])
    counting.count(now=build.NOW)
    real = set(DailyCount.objects.values_list("pk", flat=True))
    assert make_up(now=build.NOW) > 100
    now, then = trending.trends(EVERYTHING, Filters(), [fall, summer])
    assert now.deadline
    assert then.deadline
    assert len(now.days) == 61
    assert then.at(now.offset(now.days[-1])) is not None
    assert all(day.needing <= day.sections for day in (*now.days, *then.days))
    assert now.days[0].needing >= now.days[-1].needing
    assert real < set(DailyCount.objects.values_list("pk", flat=True))
    assert make_up(now=build.NOW + timedelta(days=1)) == 0


def test_nothing_is_made_up_beside_what_was_counted() -> None:
    build.course(build.account(), build.term(), assignments=[build.assignment()])
    counting.count(now=build.NOW - timedelta(days=1))
    assert make_up(now=build.NOW) == 0
