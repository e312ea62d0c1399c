"""What an office has decided before its first sync, for the demo: its rule pack, and something it lets stand."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from registrar.domain.findings import Code
from registrar.models import Account, Exemption, Finding
from registrar.services import counting, exempting, reassessing, ruling
from registrar.services.covering import Target
from registrar.services.inheriting import packs

LET_STAND = Code.DATES_OUT_OF_ORDER


def decide(*, now: datetime) -> None:
    """Once each; what was decided since is left alone."""
    admin, reviewer = (User.objects.get(username=name) for name in ("admin", "reviewer"))
    _choose_pack(admin, now)
    _let_stand(reviewer, now)
    counting.count(now=now)


def _choose_pack(admin: User, now: datetime) -> None:
    code = str(settings.SIS_NAME).lower().replace(" ", "_")
    top = Account.objects.filter(parent=None, gone_at=None).first()
    if top is None or code not in packs() or Account.objects.exclude(rulepack="").exists():
        return
    ruling.choose_pack(by=admin, account_id=top.pk, code=code, reason=f"We run {settings.SIS_NAME}.", now=now)
    reassessing.carry_on(clock=lambda: now, until=None)


def _let_stand(reviewer: User, now: datetime) -> None:
    running = Finding.objects.filter(code=LET_STAND, term__start_at__lte=now, term__end_at__gte=now)
    found = running.select_related("term", "line_item").order_by("pk").first()
    if found is None or Exemption.objects.exists():
        return
    exempting.accept(
        by=reviewer,
        code=LET_STAND,
        target=Target(course_id=found.course_id, assignment_id=found.line_item.assignment_id),
        until=min(counting.today(now) + timedelta(days=7), exempting.latest_day(found.term, now)),
        reason="The students hand in on paper; the department asked for these dates.",
        now=now,
    )
