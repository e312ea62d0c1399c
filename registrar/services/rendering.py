"""Render a readiness report: subject, plain text, HTML, attachment. What it says is counted in `summarising`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from css_inline import CSSInliner
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrar.domain.summary import Summary
from registrar.models import Subscription, Term
from registrar.words.dates import date_words
from registrar.words.headline import countdown, standing, subject
from registrar.words.numbers import grouped

from . import exporting, reviewing, summarising
from .summarising import Picture

XLSX_ROWS = 5_000
XLSX_BYTES = 2 * 1024 * 1024
"""What is more than this is linked to instead: mail servers refuse it, and nobody opens it on the phone."""
COLLEGES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    address: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    account_paths: tuple[str, ...]
    summary: Summary
    scope_digest: str
    attachment: bytes | None = None
    attachment_name: str = ""


def report(*, subscription: Subscription, found: Picture, now: datetime, to_addressee: bool = True) -> Report:
    """To anybody else without the key, which is for the addressee alone."""
    with translation.override(subscription.language):
        return _report(subscription, found, now, to_addressee)


def _report(subscription: Subscription, found: Picture, now: datetime, to_addressee: bool) -> Report:
    attachment = _attachment(found) if subscription.with_xlsx else None
    context = _context(subscription, found, now) | {"attached": attachment is not None}
    leave = _site(reverse("reports:unsubscribe", args=[subscription.key])) if to_addressee else context["manage"]
    context["unsubscribe"] = leave
    return Report(
        address=address_of(subscription),
        subject=context["subject"],
        text=_text(context),
        html=_html(context),
        headers={
            "Content-Language": subscription.language,
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        account_paths=found.roots,
        summary=found.summary,
        scope_digest=summarising.scope_digest(subscription, found.scope),
        attachment=attachment,
        attachment_name=f"not-ready-{now:%Y-%m-%d}.xlsx" if attachment is not None else "",
    )


def address_of(subscription: Subscription) -> str:
    return subscription.person.email if subscription.person is not None else subscription.address


def _context(subscription: Subscription, found: Picture, now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(subscription.time_zone)
    summary, term = found.summary, found.term
    return {
        "subject": subject(term.name, summary, whole=found.whole, deadline=found.deadline, now=now, zone=zone),
        "headline": _capital(standing(summary, whole=found.whole, of_all=True)),
        "count_down": _capital(countdown(found.deadline, now=now, zone=zone)),
        "deadline": date_words(found.deadline, zone) if found.deadline else "",
        "comparison": _comparison(summary),
        "since": date_words(summary.change.since, zone) if summary.change else "",
        "term": term,
        "summary": summary,
        "by_department": all(one.account and one.account.depth > 1 for one in found.colleges),
        "whole": found.whole,
        "language": translation.get_language(),
        "subscription": subscription,
        "with_xlsx": subscription.with_xlsx,
        "by": subscription.made_by.get_full_name() or subscription.made_by.get_username(),
        "own": subscription.made_by_id == subscription.person_id,
        "sis_name": settings.SIS_NAME,
        "manage": _site(reverse("reports:index")),
        **_links(found),
    }


def _comparison(summary: Summary) -> str:
    """ "4 fewer than in the last report"."""
    if summary.change is None:
        return _("This is the first report about this term.")
    more = summary.change.sections
    if not more:
        return _("As many as in the last report")
    if more > 0:
        said = ngettext(
            "%(n)s section more than in the last report", "%(n)s sections more than in the last report", more
        )
    else:
        said = ngettext(
            "%(n)s section fewer than in the last report", "%(n)s sections fewer than in the last report", -more
        )
    return said % {"n": grouped(abs(more))}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _links(found: Picture) -> dict[str, Any]:
    """Absolute addresses of the lists that the numbers come from, and what stands beside each."""
    ids = reviewing.roots(found.scope)
    place = f"&account={ids[0]}" if len(ids) == 1 else ""
    what = "&state=needs_action" if found.whole else _only(found)
    sections, items = (_to(name, found.term) for name in ("sections:index", "line_items:index"))
    return {
        "overview": _to("overview:index", found.term),
        "list": f"{sections}{what}{place}",
        "colleges": [(one, f"{sections}{what}&account={one.place}") for one in found.colleges[:COLLEGES]],
        "colleges_left_out": len(found.colleges[COLLEGES:]),
        "rules": [(one, f"{items}&rule={one.code}{place}") for one in found.summary.rules],
        "worst": [(one, _site(reverse("courses:course", args=[one.course.pk]))) for one in found.worst],
    }


def _to(name: str, term: Term) -> str:
    return f"{_site(reverse(name))}?term={term.pk}"


def _site(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _only(found: Picture) -> str:
    """The lists filter by one rule and one severity."""
    rule = f"&rule={found.codes[0]}" if len(found.codes) == 1 else ""
    severity = f"&severity={found.severities[0]}" if len(found.severities) == 1 else ""
    return rule + severity


def _text(context: dict[str, Any]) -> str:
    lines = (line.rstrip() for line in render_to_string("mail/report.txt", context).strip().splitlines())
    return "\n".join(lines) + "\n"


def _html(context: dict[str, Any]) -> str:
    return _inliner().inline(render_to_string("mail/report.html", context))


@cache
def _inliner() -> CSSInliner:
    """Mail programs read styles only where they stand on the element; the dark ones stay behind as a rule."""
    return CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def _attachment(found: Picture) -> bytes | None:
    rows = summarising.open_items(found)
    if rows.order_by()[: XLSX_ROWS + 1].count() > XLSX_ROWS:
        return None
    book = BytesIO()
    exporting.write_xlsx(rows, book)
    content = book.getvalue()
    return content if len(content) <= XLSX_BYTES else None
