"""The demo shows a calendar: the office's dates are laid with the running term, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from registrar.management.commands.demo import _calendar
from registrar.models import Entry, Finding, Mark, Role, Term
from tests.pages import build

NOW = build.NOW


@pytest.fixture
def term(db: None) -> Term:
    build.person("admin", Role.ADMINISTRATOR)
    return build.term(starts=-98, ends=12)


def test_it_lays_the_dates_once(term: Term) -> None:
    late = build.course(build.account(), term, assignments=[build.assignment(due=NOW + timedelta(days=11))])
    _calendar(NOW)
    kinds = list(Mark.objects.order_by("at").values_list("kind", flat=True))
    assert kinds == ["census", "other", "grade_deadline"]
    assert Finding.objects.filter(course=late, code="due_after_grade_deadline").exists()
    _calendar(NOW + timedelta(days=1))
    assert Entry.objects.count() == 3


def test_it_lays_them_anew_with_the_term(term: Term) -> None:
    _calendar(NOW)
    Term.objects.update(start_at=NOW - timedelta(days=90), end_at=NOW + timedelta(days=20))
    _calendar(NOW)
    assert Mark.objects.count() == 3
    assert Mark.objects.get(kind="grade_deadline").at > NOW + timedelta(days=15)


def test_it_lays_none_where_no_term_is_running(term: Term) -> None:
    _calendar(NOW + timedelta(days=13))
    assert not Mark.objects.exists()
