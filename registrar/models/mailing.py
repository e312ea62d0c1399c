"""Mail: who wants what, and every single message with what became of it."""

from __future__ import annotations

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy as _plazy

from .people import Reach
from .readings import Account, Term


def _new_key() -> str:
    return secrets.token_urlsafe(24)


def house_language() -> str:
    return settings.LANGUAGE_CODE


class Subscription(models.Model):
    """A standing order for readiness reports, by a person with an account or to a plain address."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _lazy("Monday")
        TUESDAY = 1, _lazy("Tuesday")
        WEDNESDAY = 2, _lazy("Wednesday")
        THURSDAY = 3, _lazy("Thursday")
        FRIDAY = 4, _lazy("Friday")
        SATURDAY = 5, _lazy("Saturday")
        SUNDAY = 6, _lazy("Sunday")

    class OnlyIf(models.TextChoices):
        CHANGED = "changed", _lazy("Something has changed since the last report")
        OPEN = "open", _lazy("Something is open")
        ALWAYS = "always", _plazy("report sent", "Always")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="subscriptions"
    )
    address = models.EmailField(blank=True)
    """Of a chair or dean who has no account; empty where the person has one."""
    name = models.CharField(max_length=120, blank=True)
    """What the addressee is called, where there is no person."""
    accounts = models.ManyToManyField(Account, blank=True, related_name="+")
    """None means everything that whoever set it up may see."""
    terms = models.ManyToManyField(Term, blank=True, related_name="+")
    """None means the watched ones, each with a report of its own."""
    codes = models.JSONField(default=list, blank=True)
    severities = models.JSONField(default=list, blank=True)
    days_before = models.JSONField(default=list, blank=True)
    """Days before the grade deadline on which it is sent, such as [14, 7, 3, 1, 0]."""
    daily = models.BooleanField(default=False)
    weekday = models.PositiveSmallIntegerField(null=True, blank=True, choices=Weekday.choices)
    hour = models.PositiveSmallIntegerField(default=7)
    time_zone = models.TextField()
    only_if = models.CharField(max_length=8, choices=OnlyIf.choices, default=OnlyIf.OPEN)
    with_xlsx = models.BooleanField(default=False)
    language = models.CharField(max_length=12, default=house_language)
    """That the mail is written in."""
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    """The report never shows more than this person may see, nor more than the addressee may."""
    made_at = models.DateTimeField()
    since = models.DateTimeField()
    """When it was set up, changed or resumed: no report is due from before."""
    paused_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=64, unique=True, default=_new_key)
    """Unsubscribes whoever holds it; nothing else."""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="subscription_to_somebody",
                condition=Q(person__isnull=False, address="") | (Q(person__isnull=True) & ~Q(address="")),
            ),
            models.CheckConstraint(name="hour_of_a_day", condition=Q(hour__lte=23)),
        )

    def __str__(self) -> str:
        return self.address or str(self.person)


class Round(models.Model):
    """The last slot that was seen to, of a subscription about a term, whether or not there was a mail to send."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="rounds")
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="+")
    slot = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("subscription", "term"), name="one_round_a_term"),)

    def __str__(self) -> str:
        return f"{self.subscription_id} about {self.term_id} at {self.slot}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def within(self, reach: Reach) -> Self:
        """Nothing that speaks of a part outside, not even beside one inside."""
        if reach.paths is None:
            return self
        through = Delivery.accounts.through
        outside = through._default_manager.filter(~reach.over("account"))
        return self.exclude(pk__in=outside.values("delivery_id"))


class Delivery(models.Model):
    """One message to one address. It is written before it is sent, and never sent twice by itself."""

    class Kind(models.TextChoices):
        REPORT = "report", _lazy("Readiness report")
        PROPOSAL = "proposal", _lazy("Proposal")
        SYNC = "sync", _lazy("Sync failed")
        DIGEST = "digest", _lazy("Digest")
        TEST = "test", _plazy("mail", "Test")

    class State(models.TextChoices):
        WAITING = "waiting", _lazy("Waiting to be sent")
        CLAIMED = "claimed", _lazy("Being sent")
        SENT = "sent", _lazy("Taken by the mail server")
        UNCONFIRMED = "unconfirmed", _lazy("Perhaps sent: the mail server’s answer was lost")
        REFUSED = "refused", _lazy("Refused by the mail server")
        DROPPED = "dropped", _plazy("mail", "Not sent")
        BOUNCED = "bounced", _plazy("mail", "Bounced")

    class Bounce(models.TextChoices):
        DELAYED = "delayed", _plazy("mail", "Delayed")
        FAILED = "failed", _plazy("mail", "Failed")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=200, unique=True)
    """What it is about and for when: the same report or step never makes a second row."""
    subscription = models.ForeignKey(Subscription, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    proposal = models.ForeignKey("Proposal", null=True, on_delete=models.CASCADE, related_name="deliveries")
    accounts = models.ManyToManyField(Account, related_name="+")
    """The sub-accounts it speaks of, for those who may see only part of the log."""
    address = models.EmailField()
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField(blank=True)
    attachment = models.BinaryField(null=True)
    attachment_name = models.CharField(max_length=120, blank=True)
    headers = models.JSONField(default=dict)
    message_id = models.CharField(max_length=200)
    summary = models.JSONField(null=True)
    """What a report counted, so that the next one can tell what has changed."""
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    owner = models.CharField(max_length=120, blank=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    trouble = models.TextField(blank=True)
    """What the mail server said, or why it was dropped."""
    bounce = models.CharField(max_length=8, choices=Bounce.choices, blank=True)
    """What came back after the mail server had taken it; a delay leaves the state as it is."""
    bounced_at = models.DateTimeField(null=True)
    bounce_code = models.CharField(max_length=12, blank=True)
    """As RFC 3463 has it: 5.1.1 is an unknown mailbox."""
    bounce_said = models.TextField(blank=True)
    emptied_at = models.DateTimeField(null=True)
    """When its text was removed for its age."""
    resent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "deliveries"
        indexes = (
            models.Index(fields=("state", "not_before"), name="delivery_to_send"),
            models.Index(fields=("message_id",), name="delivery_of_a_notice"),
        )

    def __str__(self) -> str:
        return f"{self.subject} to {self.address}"

    @property
    def language(self) -> str:
        """Of subject and text, where it is known."""
        return str(self.headers.get("Content-Language", ""))

    @property
    def kept_days(self) -> int | None:
        """How old the text became before it was removed."""
        return (self.emptied_at - self.created_at).days if self.emptied_at else None


class Wish(models.Model):
    """How one person wants to hear of one kind of news; without a row it is told at once."""

    class News(models.TextChoices):
        WAITING = "waiting", _lazy("A proposal waits for you")
        DECIDED = "decided", _lazy("Your proposal was decided")
        FINISHED = "finished", _lazy("A proposal has been carried out")
        SYNC = "sync", _lazy("A sync failed")

    class How(models.TextChoices):
        NOW = "now", _lazy("At once")
        DIGEST = "digest", _lazy("Once a day, together")
        NEVER = "never", _lazy("Not by mail")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishes")
    news = models.CharField(max_length=10, choices=News.choices)
    how = models.CharField(max_length=8, choices=How.choices)

    class Meta:
        ordering = ("person", "news")
        constraints = (models.UniqueConstraint(fields=("person", "news"), name="one_wish_a_kind"),)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.news} {self.how}"


class News(models.Model):
    """One piece of news for one person, until it has gone into a message."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="news")
    kind = models.CharField(max_length=10, choices=Wish.News.choices)
    key = models.CharField(max_length=120)
    proposal = models.ForeignKey("Proposal", null=True, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey("Run", null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, blank=True)
    """The state of the proposal that is news."""
    at = models.DateTimeField()
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.CASCADE, related_name="news")
    """The message it went into, and with which it goes; none while it waits for the digest."""

    class Meta:
        ordering = ("at", "id")
        verbose_name_plural = "news"
        constraints = (models.UniqueConstraint(fields=("person", "key"), name="news_only_once"),)

    def __str__(self) -> str:
        return self.key
