from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrar.models import Entry, Finding, GradingPeriod, Mark, Term
from registrar.services import reassessing
from tests.pages import build
from tests.pages.conftest import University

DAY = timedelta(days=1)
LINK = re.compile(r'href="(/line-items/\?[^"]+)">([\d,]+)<')


@pytest.fixture
def administrator(as_: Callable[[str], Client]) -> Client:
    return as_("administrator")


@pytest.fixture
def page(university: University) -> str:
    return f"/calendar/{university.term.pk}/"


@pytest.fixture
def periods(university: University) -> Term:
    Term.objects.filter(pk=university.term.pk).update(period_group_id=5)
    university.term.refresh_from_db()
    for pk, title, first, last in ((1, "First Half", -60, -10), (2, "Second Half", -5, 20)):
        start, end = build.NOW + first * DAY, build.NOW + last * DAY
        GradingPeriod.objects.create(canvas_id=pk, group_id=5, title=title, start_at=start, end_at=end)
    gap = [build.assignment(due=build.NOW - 7 * DAY) for _ in range(3)]
    build.course(university.science, university.term, assignments=gap)
    return university.term


def filled(**changes: object) -> dict[str, object]:
    day = (build.NOW + 6 * DAY).strftime("%Y-%m-%d")
    return {"kind": "grade_deadline", "date": day, "time": "17:00", "name": "", "account": ""} | changes


def test_it_lists_the_terms(viewer: Client, university: University) -> None:
    build.mark(university.term, days=1, kind="census")
    build.mark(university.term, days=2)
    answer = viewer.get("/calendar/")
    content = answer.content.decode()
    assert f'href="/calendar/{university.term.pk}/"' in content
    assert "Census date" in content
    assert [row["mark"].kind for row in answer.context["rows"]] == ["census"], "the next date is enough here"
    assert "tomorrow" in content
    assert "Read" in content


def test_it_says_so_where_no_term_is_known(as_: Callable[[str], Client]) -> None:
    browser = as_("viewer")
    Term.objects.exclude(pk=None).update(gone_at=build.NOW)
    assert "no term is known" in browser.get("/calendar/").content.decode()


def test_it_asks_as_often_for_many_terms_as_for_few(viewer: Client, university: University) -> None:
    for number in range(9):
        build.mark(build.term(f"Term {number}"), kind="census")
    viewer.get("/calendar/")
    with CaptureQueriesContext(connection) as few:
        viewer.get("/calendar/")
    for number in range(10):
        build.mark(build.term(f"More {number}"), kind="census", account=university.arts)
    with CaptureQueriesContext(connection) as many:
        assert len(viewer.get("/calendar/").context["rows"]) == 20
    assert len(many) == len(few)


def test_it_shows_the_dates_with_the_time_left(viewer: Client, page: str, university: University) -> None:
    build.mark(university.term, days=3, kind="other", name="Senior <b>grades", account=university.arts)
    content = viewer.get(page).content.decode()
    assert "Senior &lt;b&gt;grades" in content
    assert "in 3 days" in content
    assert "The term begins" in content
    assert content.index("The term begins") < content.rindex("Senior") < content.index("The term ends")
    assert "Next:" in content


def test_it_says_when_all_is_over(viewer: Client, page: str) -> None:
    Term.objects.update(end_at=build.NOW - DAY)
    assert "All dates of this term have passed." in viewer.get(page).content.decode()


def test_it_says_when_there_are_none(viewer: Client, page: str) -> None:
    Term.objects.update(end_at=None, start_at=None)
    content = viewer.get(page).content.decode()
    assert "the registrar’s office has set none" in content
    assert "It has no end" in content


def test_its_numbers_lead_to_lists_that_count_the_same(viewer: Client, page: str, periods: Term) -> None:
    content = viewer.get(page).content.decode()
    found = LINK.findall(content)
    assert len(found) >= 4
    for address, number in found:
        listing = viewer.get(address.replace("&amp;", "&")).context["listing"]
        assert listing.count.value == int(number), address
    assert "Between" in content
    assert any("period=none" in address and number == "3" for address, number in found)


def test_it_asks_as_often_for_many_dates_as_for_few(viewer: Client, page: str, periods: Term) -> None:
    for number in range(10):
        build.mark(periods, kind="other", name=str(number))
    viewer.get(page)
    with CaptureQueriesContext(connection) as few:
        viewer.get(page)
    for number in range(10):
        build.mark(periods, kind="other", name=f"again {number}")
    with CaptureQueriesContext(connection) as many:
        viewer.get(page)
    assert len(many) == len(few)


def test_a_limited_person_sees_nothing_of_another_college(
    as_: Callable[[str], Client], page: str, university: University, periods: Term
) -> None:
    build.mark(university.term, kind="other", name="Arts only", account=university.arts)
    build.mark(university.term, kind="other", name="Everybody")
    build.mark(university.term, kind="other", name="Science only", account=university.science)
    for address in (page, "/calendar/"):
        content = as_("scientist").get(address).content.decode()
        assert "Arts" not in content
    content = as_("scientist").get(page).content.decode()
    assert "Everybody" in content
    assert "Science only" in content
    assert as_("scientist").get(f"/calendar/{build.term('Spring').pk}/").status_code == 404


def test_it_is_for_reading_only_but_for_administrators(
    as_: Callable[[str], Client], page: str, university: University
) -> None:
    mark = build.mark(university.term)
    for who in ("viewer", "reviewer", "approver"):
        content = as_(who).get(page).content.decode()
        assert "Add a date" not in content
        assert "Leave this term out" not in content
        assert f"/calendar/dates/{mark.pk}/" not in content
    content = as_("administrator").get(page).content.decode()
    for offered in ("Add a date", "Leave this term out", f"/calendar/dates/{mark.pk}/"):
        assert offered in content


def test_a_limited_administrator_changes_their_own_dates_only(
    as_: Callable[[str], Client], page: str, university: University
) -> None:
    everybodys, own = build.mark(university.term), build.mark(university.term, account=university.science)
    content = as_("science_all_round").get(page).content.decode()
    assert f"/calendar/dates/{own.pk}/" in content
    assert f"/calendar/dates/{everybodys.pk}/" not in content
    assert "Leave this term out" not in content
    form = as_("science_all_round").get(f"{page}add/").content.decode()
    assert "The whole university" not in form
    assert "Arts" not in form
    assert as_("science_all_round").post(f"{page}add/", filled()).status_code == 422
    assert as_("science_all_round").post(f"{page}add/", filled(account=university.arts.pk)).status_code == 422
    assert as_("science_all_round").post(f"/calendar/dates/{everybodys.pk}/", filled()).status_code == 404
    assert as_("science_all_round").post(f"/calendar/dates/{everybodys.pk}/remove/").status_code == 404
    assert as_("science_all_round").post(f"{page}watch/", {"watched": "no"}).status_code == 403
    assert Mark.objects.count() == 2
    saved = as_("science_all_round").post(
        f"{page}add/", filled(kind="census", account=university.science.pk), follow=True
    )
    assert saved.redirect_chain == [(page, 302)]
    assert Mark.objects.filter(kind="census", account=university.science).exists()


def test_it_sets_changes_and_removes_a_deadline(
    administrator: Client, page: str, university: University, settings: object
) -> None:
    settings.TIME_ZONE = "America/Chicago"  # type: ignore[attr-defined]
    day = (build.NOW + DAY).strftime("%Y-%m-%d")
    saved = administrator.post(f"{page}add/", filled(date=day), follow=True)
    assert "Saved. The findings of 2 courses are up to date with it." in saved.content.decode()
    assert Finding.objects.filter(code="due_after_grade_deadline").exists()
    mark = Mark.objects.get()
    assert f"{mark.at:%H:%M}" in ("22:00", "23:00"), "five in the afternoon in Chicago"
    assert mark.set_by is not None
    assert mark.set_by.username == "administrator"
    form = administrator.get(f"/calendar/dates/{mark.pk}/").content.decode()
    assert f'value="{day}"' in form
    assert 'value="17:00"' in form
    administrator.post(f"/calendar/dates/{mark.pk}/", filled(account=university.arts.pk))
    mark.refresh_from_db()
    assert mark.account == university.arts
    gone = administrator.post(f"/calendar/dates/{mark.pk}/remove/", follow=True)
    assert "Removed." in gone.content.decode()
    assert not Mark.objects.exists()
    assert Entry.objects.count() == 3


def test_it_says_when_the_findings_follow_later(
    administrator: Client, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reassessing, "AT_ONCE", 0)
    saved = administrator.post(f"{page}add/", filled(), follow=True).content.decode()
    assert "2 courses are looked at again with it; their findings follow within minutes." in saved


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"kind": ""}, "kind", "Choose what kind of date it is."),
        ({"kind": "x"}, "kind", "Choose a kind of date."),
        ({"date": ""}, "date", "Choose the day."),
        ({"date": "soon"}, "date", "Write the day as"),
        ({"date": "2020-01-01"}, "date", "before Fall begins"),
        ({"date": "9999-12-31"}, "date", "after Fall ends"),
        ({"date": (build.NOW - 2 * DAY).strftime("%Y-%m-%d")}, "date", "This date has passed."),
        ({"time": ""}, "time", "Choose the time of day."),
        ({"time": "25:00"}, "time", "Write the time as 17:00."),
        ({"kind": "other"}, "name", "Give the date a name"),
        ({"account": "999999"}, "account", "Choose for whom it holds."),
        ({"account": "9" * 40}, "account", "Choose for whom it holds."),
        ({"name": "x" * 81}, "name", "at most 80 characters"),
        ({"name": "nul\0byte"}, "name", "Null characters"),
    ],
)
def test_it_says_what_is_wrong(
    changes: dict[str, object], field: str, said: str, administrator: Client, page: str
) -> None:
    answer = administrator.post(f"{page}add/", filled(**changes))
    content = answer.content.decode()
    assert answer.status_code == 422
    summary = content[content.index('id="form-trouble"') : content.index("<form", content.index("form-trouble"))]
    assert 'tabindex="-1"' in summary
    assert said in summary
    assert f'href="#field-{field}"' in summary
    assert f'id="field-{field}"' in content
    assert not Mark.objects.exists()


def test_it_asks_for_another_time_where_the_clock_skips_it(
    administrator: Client, page: str, settings: object
) -> None:
    settings.TIME_ZONE = "America/New_York"  # type: ignore[attr-defined]
    Term.objects.update(start_at=None, end_at=None)
    skipped = administrator.post(f"{page}add/", filled(date="2099-03-08", time="02:30"))
    assert skipped.status_code == 422
    assert "the clock skips this time" in skipped.content.decode()
    assert administrator.post(f"{page}add/", filled(date="2099-03-08", time="03:30")).status_code == 302
    assert f"{Mark.objects.get().at:%H:%M}" == "07:30"


def test_it_takes_the_past_where_it_is_meant(administrator: Client, page: str) -> None:
    past = filled(date=(build.NOW - 2 * DAY).strftime("%Y-%m-%d"))
    assert b"It is meant to be in the past" not in administrator.get(f"{page}add/").content
    assert b"It is meant to be in the past" in administrator.post(f"{page}add/", past).content
    assert administrator.post(f"{page}add/", past | {"past_is_meant": "on"}).status_code == 302
    assert Mark.objects.count() == 1


@pytest.mark.parametrize(("watched", "kept"), [("yes", True), ("no", False), ("dates", None)])
def test_it_decides_whether_a_term_is_read(
    watched: str, kept: bool | None, administrator: Client, page: str, university: University
) -> None:
    Term.objects.update(watched=kept is not False)
    told = administrator.post(f"{page}watch/", {"watched": watched}, follow=True).content.decode()
    assert Term.objects.get(pk=university.term.pk).watched is kept
    assert ("Syncs leave this term out" in told) is (kept is False)


@pytest.mark.parametrize("watched", ["", "maybe"])
def test_it_takes_no_other_word_for_it(watched: str, administrator: Client, page: str) -> None:
    assert administrator.post(f"{page}watch/", {"watched": watched}).status_code == 400
    assert not Term.objects.exclude(watched=None).exists()


def test_the_overview_names_the_deadline_of_the_part_that_is_seen(
    as_: Callable[[str], Client], university: University
) -> None:
    build.mark(university.term, days=6)
    build.mark(university.term, days=4, account=university.science)
    build.mark(university.term, days=2, kind="census")
    for who, left in (("viewer", "in 6 days"), ("scientist", "in 4 days")):
        content = as_(who).get("/").content.decode()
        line = content[content.index("Grade deadline <time") : content.index("Census date") + 200]
        assert left in line
        assert "in 2 days" in line
        assert f'href="/calendar/{university.term.pk}/"' in content


def test_the_overview_counts_down_to_nothing_where_no_date_is_set(viewer: Client, university: University) -> None:
    line = b"Grade deadline <time"
    assert line not in viewer.get("/").content
    build.mark(university.term, days=6)
    assert line in viewer.get("/").content


def test_the_next_date_says_for_which_college(viewer: Client, university: University) -> None:
    build.mark(university.term, days=4, account=university.science)
    page = viewer.get(f"/calendar/{university.term.pk}/").content.decode()
    assert "for <bdi>Science</bdi> on" in page.partition("Next:")[2].partition("</p>")[0]
