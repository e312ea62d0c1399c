from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError

from registrar.models import Account, Course, Term
from registrar.models.inserting import insert

pytestmark = pytest.mark.django_db

ENDS = datetime(2026, 12, 5, 23, 59, 59, 123456, tzinfo=ZoneInfo("America/Chicago"))


def test_it_writes_what_bulk_create_writes(django_assert_num_queries: Any) -> None:
    row = {"name": "Fall", "sis_id": "2026FA", "start_at": None, "end_at": ENDS}
    with django_assert_num_queries(1):
        insert(Term, [{"canvas_id": 1, **row}, {"canvas_id": 2, **row, "end_at": ENDS.astimezone(UTC)}])
    Term.objects.bulk_create([Term(canvas_id=3, **row)])
    written = Term.objects.order_by("pk").values_list(*row)
    assert list(written) == [("Fall", "2026FA", None, ENDS)] * 3
    assert Term.objects.filter(end_at=ENDS).count() == 3


def test_it_writes_lists_and_odd_text() -> None:
    term = Term.objects.create(canvas_id=1, name="Fall")
    account = Account.objects.create(canvas_id=1, name="Arts", path="/1/")
    teachers = [{"id": 2**60, "name": "O'Brien %s “؟” 🎓"}]
    blank = {field.name: "" for field in Course._meta.concrete_fields if field.get_internal_type() == "TextField"}
    given = {"canvas_id": 9, "account": account.pk, "term": term.pk, "name": "100% %s", "teachers": teachers}
    numbers = dict.fromkeys(
        ["sections_total", "sections_needing", "items", "items_needing", "items_excepted", "items_warned"], 0
    )
    chars = dict.fromkeys(["sort_key", "feed_digest", "assessed_as"], "")
    insert(Course, [blank | given | numbers | chars | {"concluded": False, "restricts_dates": True}])
    course = Course.objects.get()
    assert (course.name, course.teachers, course.restricts_dates) == ("100% %s", teachers, True)
    assert (course.account, course.term, course.start_at) == (account, term, None)


def test_it_asks_nothing_for_no_rows(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        insert(Term, [])


def test_it_leaves_the_constraints_to_the_database() -> None:
    Term.objects.create(canvas_id=1, name="Fall")
    with pytest.raises(IntegrityError):
        insert(Term, [{"canvas_id": 1, "name": "Fall", "sis_id": ""}])
