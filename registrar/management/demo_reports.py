"""Two standing reports for the demo, so that its outbox has something to show from the first minute on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from registrar.models import Account, Subscription
from registrar.services import subscribing


def order_reports(*, now: datetime) -> None:
    """Set up as if yesterday, so that today's is due at once."""
    if Subscription.objects.exists():
        return
    admin, reviewer = (User.objects.get(username=name) for name in ("admin", "reviewer"))
    college = (
        Account.objects.filter(depth=1, courses__items__gt=0).first() or Account.objects.filter(depth=1).first()
    )
    since, zone = now - timedelta(days=1), settings.TIME_ZONE
    daily = subscribing.Wanted(person=reviewer, daily=True, time_zone=zone, with_xlsx=True)
    subscribing.set_up(by=admin, wanted=daily, now=since)
    dean = subscribing.Wanted(
        person=None,
        address="dean@example.edu",
        name="Dean Marguerite Osei",
        accounts=(college,) if college else (),
        severities=("blocking",),
        days_before=(14, 7, 3, 1, 0),
        weekday=0,
        time_zone=zone,
        only_if=Subscription.OnlyIf.CHANGED,
    )
    subscribing.set_up(by=admin, wanted=dean, now=since)
