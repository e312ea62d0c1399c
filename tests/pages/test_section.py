from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrar.models import LineItem
from tests.pages import build
from tests.pages.conftest import University


def page_of(browser: Client, section_id: int | None) -> str:
    return browser.get(reverse("sections:section", args=[section_id])).content.decode()


def test_it_compares_what_students_see_with_what_the_sis_reads(viewer: Client, university: University) -> None:
    item = build.first_item(university.ready)
    assert "The same" in page_of(viewer, item.section_id)
    LineItem.objects.filter(pk=item.pk).update(sis_due_at=item.due_at + timedelta(days=40))
    assert f"{item.due_at + timedelta(days=40):%Y-%m-%d}" in page_of(viewer, item.section_id)
    LineItem.objects.filter(pk=item.pk).update(in_sis_feed=False)
    assert "Not listed" in page_of(viewer, item.section_id)
    LineItem.objects.filter(pk=item.pk).update(in_sis_feed=None)
    assert "The feed could not be read" in page_of(viewer, item.section_id)


def test_it_tells_when_there_is_nothing_to_read(viewer: Client, university: University) -> None:
    course = build.course(university.arts, university.term, sections=[build.section("Empty", sis_id=None)])
    page = page_of(viewer, course.sections.get().pk)
    assert "No assignment that is flagged for sync" in page
    assert "No SIS ID" in page


def test_it_asks_as_often_for_many_assignments_as_for_few(viewer: Client, university: University) -> None:
    big = build.course(
        university.arts, university.term, assignments=[build.assignment(due=None) for _ in range(15)]
    )
    with CaptureQueriesContext(connection) as few:
        page_of(viewer, build.first_item(university.ready).section_id)
    with CaptureQueriesContext(connection) as many:
        page_of(viewer, big.sections.get().pk)
    assert len(many) == len(few)
