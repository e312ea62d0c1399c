"""Tell: news become messages in the outbox: each by itself, or many together where they would be a flood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from registrar.models import Change, Delivery, News, Proposal, Reach, Term, Wish, language_of, reach_of
from registrar.words.dates import date_words

from . import reviewing
from .announcing import paths_of
from .mailing import write
from .wishing import wishes_of

AT_MOST = 5
"""Messages on its own for each piece of news within an hour; what comes beyond goes together into one."""
HOUR = timedelta(hours=1)
DIGEST_AT = 7
"""By the clock of the house."""
How = Wish.How


def tell(*, now: datetime) -> int:
    """Write what is to be told now. Returns how many messages. Done twice, it writes nothing twice."""
    people = User.objects.filter(pk__in=News.objects.filter(delivery=None).values("person"))
    return sum(_tell(person, now) for person in people.order_by("pk"))


def _tell(person: User, now: datetime) -> int:
    wishes = wishes_of(person)
    news = _still_news(person, wishes)
    digest = [each for each in news if wishes[each.kind] == How.DIGEST and each.at < _last_digest(now)]
    at_once = [each for each in news if wishes[each.kind] == How.NOW]
    room = AT_MOST - _told_lately(person, now)
    if 0 < room < len(at_once):
        batches = [digest, at_once]
    else:
        batches = [digest, *([each] for each in at_once[: max(room, 0)])]
    return sum(_write(person, batch, now) for batch in batches if batch)


def _told_lately(person: User, now: datetime) -> int:
    lately = Delivery.objects.filter(person=person, created_at__gt=now - HOUR, news__isnull=False)
    return lately.distinct().count()


def _last_digest(now: datetime) -> datetime:
    """The last time that digests were due: news from before then belong into one."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    today = local.replace(hour=DIGEST_AT, minute=0, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)


def _still_news(person: User, wishes: Mapping[str, str]) -> list[News]:
    """What waits to be told; what nobody needs or wants to hear any more is forgotten."""
    waiting = list(News.objects.filter(person=person, delivery=None).select_related("proposal", "run__account"))
    reach = reach_of(person) if person.is_active and person.email else Reach(())
    kept = [each for each in waiting if wishes[each.kind] != How.NEVER and _concerns(reach, each)]
    gone = {each.pk for each in waiting} - {each.pk for each in kept}
    News.objects.filter(pk__in=gone, delivery=None).delete()
    return kept


def _concerns(reach: Reach, news: News) -> bool:
    """A proposal that has moved on is told of by its next step, and to nobody who may not see all of it."""
    if news.proposal is None:
        return news.run is not None and reviewing.covers(reach, news.run)
    return news.proposal.state == news.state and all(reach.holds(path) for path in paths_of(news.proposal))


def _write(person: User, news: Sequence[News], now: datetime) -> bool:
    """One message with all of them, unless another worker has put one of them into a message already."""
    language = language_of(person)
    with translation.override(language):
        subject, text = _worded(news)
    about = {path for each in news if each.proposal for path in paths_of(each.proposal)}
    with transaction.atomic():
        row = write(
            kind=_kind(news),
            key=f"news:{news[0].pk}" + (f"+{len(news) - 1}" if len(news) > 1 else ""),
            address=person.email,
            subject=subject,
            text=text,
            person=person,
            proposal=news[0].proposal if len(news) == 1 else None,
            account_paths=sorted(about),
            headers={"Content-Language": language},
            now=now,
        )
        untold = News.objects.filter(pk__in=[each.pk for each in news], delivery=None)
        taken = row is not None and untold.update(delivery=row) == len(news)
        if not taken:
            transaction.set_rollback(True)
    return taken


def _kind(news: Sequence[News]) -> str:
    if len(news) > 1:
        return Delivery.Kind.DIGEST
    return Delivery.Kind.SYNC if news[0].kind == Wish.News.SYNC else Delivery.Kind.PROPOSAL


def _worded(news: Sequence[News]) -> tuple[str, str]:
    """Subject and text: the first line of a template, and the rest."""
    if len(news) == 1:
        return _one(news[0])
    parts: dict[str, list[tuple[str, str]]] = {kind: [] for kind in Wish.News.values}
    for each in news:
        parts[each.kind].append((_one(each)[0], _address(each)))
    return _rendered("digest", {"parts": parts, "count": len(news)})


def _one(news: News) -> tuple[str, str]:
    if news.proposal is None:
        begun = date_words(news.run.created_at, ZoneInfo(settings.TIME_ZONE)) if news.run else ""
        return _rendered("sync", {"run": news.run, "begun": begun, "address": _address(news)})
    return _rendered("proposal", _context(news.proposal) | {"address": _address(news)})


def _address(news: News) -> str:
    if news.proposal is None:
        return settings.SITE_URL + reverse("runs:run", args=[news.run_id])
    return settings.SITE_URL + reverse("proposals:proposal", args=[news.proposal_id])


def _context(proposal: Proposal) -> dict[str, object]:
    """Numbers and the name of the term: no student, no course, no instructor is named in a mail."""
    terms = Term.objects.filter(courses__in=proposal.courses.values("course")).distinct()
    return {
        "proposal": proposal,
        "term": ", ".join(term.name for term in terms[:3]),
        "count": proposal.changes.exclude(state=Change.State.REFUSED).count(),
        "problems": proposal.changes.exclude(state__in=Change.GOOD).count(),
    }


def _rendered(template: str, context: dict[str, object]) -> tuple[str, str]:
    wishes = settings.SITE_URL + reverse("wishes:index")
    subject, _, text = (
        render_to_string(f"mail/{template}.txt", context | {"wishes": wishes}).strip().partition("\n")
    )
    return " ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"
