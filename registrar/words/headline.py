"""A readiness report in one line: its subject."""

from __future__ import annotations

from datetime import datetime, tzinfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrar.domain.calendar import days_left
from registrar.domain.summary import Summary

from .numbers import grouped


def subject(
    term: str, summary: Summary, *, whole: bool, deadline: datetime | None, now: datetime, zone: tzinfo
) -> str:
    """ "Fall 2026: 31 sections not ready, 6 days to grade deadline"."""
    said = [standing(summary, whole=whole), countdown(deadline, now=now, zone=zone)]
    return f"{' '.join(term.split())}: {', '.join(filter(None, said))}"


def standing(summary: Summary, *, whole: bool, of_all: bool = False) -> str:
    """``whole``: every blocking rule was asked for, so that nothing found means that all is ready."""
    if summary.sections and of_all:
        return _part_open(summary.sections, summary.total, whole=whole)
    if summary.sections:
        return _sections_open(summary.sections, whole=whole)
    if summary.items:
        return _items_open(summary.items, whole=whole)
    if not summary.total:
        return _("nothing to get ready")
    total = {"n": grouped(summary.total)}
    if not whole:
        return ngettext("nothing found in %(n)s section", "nothing found in %(n)s sections", summary.total) % total
    return ngettext("the one section is ready", "all %(n)s sections ready", summary.total) % total


def _part_open(sections: int, total: int, *, whole: bool) -> str:
    numbers = {"n": grouped(sections), "total": grouped(total)}
    if whole:
        said = ngettext("%(n)s of %(total)s section not ready", "%(n)s of %(total)s sections not ready", total)
    else:
        said = ngettext("%(n)s of %(total)s section to look at", "%(n)s of %(total)s sections to look at", total)
    return said % numbers


def _sections_open(sections: int, *, whole: bool) -> str:
    if whole:
        said = ngettext("%(n)s section not ready", "%(n)s sections not ready", sections)
    else:
        said = ngettext("%(n)s section to look at", "%(n)s sections to look at", sections)
    return said % {"n": grouped(sections)}


def _items_open(items: int, *, whole: bool) -> str:
    if whole:
        said = ngettext("%(n)s line item not ready", "%(n)s line items not ready", items)
    else:
        said = ngettext("%(n)s line item to look at", "%(n)s line items to look at", items)
    return said % {"n": grouped(items)}


def countdown(deadline: datetime | None, *, now: datetime, zone: tzinfo) -> str:
    if deadline is None:
        return ""
    if deadline <= now:
        return _("grade deadline has passed")
    days = days_left(now, deadline, zone)
    if days == 0:
        return _("grade deadline today")
    if days == 1:
        return _("grade deadline tomorrow")
    return ngettext("%(n)s day to grade deadline", "%(n)s days to grade deadline", days) % {"n": days}
