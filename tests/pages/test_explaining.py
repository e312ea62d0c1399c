"""Every finding explains itself: wrong, why, who, how, and whose rule it is, by which limit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.html import strip_tags

from registrar.domain.findings import RULES
from registrar.domain.rulepacks import LIMIT_NAMES
from registrar.models import Account, Ruling
from registrar.services.ruling import LIMITS
from registrar.services.sourcing import LIMITS_OF, sources
from registrar.web.tables import TABLES
from tests.pages import build
from tests.pages.conftest import University

HTMX = {"HX-Request": "true"}
TEMPLATES = Path(__file__).parents[2] / "templates"


def told(html: str) -> str:
    return re.sub(r"\s+([,.])", r"\1", " ".join(strip_tags(html).split()))


def why(browser: Client, university: University) -> str:
    item = university.needing.line_items.filter(assignment_name="Portfolio")[0]
    address = f"/courses/{item.course_id}/why/{item.assignment_id}/{item.section_id}/due_at/"
    return told(browser.get(address, headers=HTMX).content.decode())


@pytest.mark.parametrize("code", RULES)
@pytest.mark.parametrize("part", ["label", "wrong", "why", "who", "how"])
def test_every_rule_has_every_part(code: str, part: str) -> None:
    context = {"part": part, "params": {}, "zone": "UTC", "sis_name": "Banner"}
    assert len(told(render_to_string(f"findings/{code}.html", context))) > (2 if part == "label" else 10)


def test_every_limit_belongs_to_a_rule() -> None:
    assert {name for names in LIMITS_OF.values() for name in names} == set(LIMIT_NAMES) == set(LIMITS)


def test_the_course_page_names_limit_source_and_date(viewer: Client, university: University) -> None:
    Account.objects.filter(pk=university.root.pk).update(rulepack="powerschool")
    page = told(viewer.get(f"/courses/{university.needing.pk}/").content.decode())
    assert "Whose rule it is" in page
    assert (
        "A due date is required, says PowerSchool SIS and PowerTeacher Pro (D3: P-PTP, checked Nov 22, 2026)"
        in page
    )
    assert "Who can mend it" in page


def test_the_explanation_of_a_line_item_names_them_too(viewer: Client, university: University) -> None:
    page = why(viewer, university)
    assert "No due date holds for this section" in page
    assert "Blocking, says Canvas (D1-D5: CV-util, CV-val, CV-post src, checked Nov 22, 2026)" in page


def test_an_administrators_word_goes_before_the_packs(viewer: Client, university: University) -> None:
    Ruling.objects.create(
        account=university.arts,
        kind=Ruling.Kind.SEVERITY,
        name="due_missing",
        value="warning",
        source="The dean asked for it.",
        set_at=build.NOW,
    )
    page = why(viewer, university)
    assert f"A warning, decided for Arts on {build.NOW:%b %-d, %Y}, “The dean asked for it.”" in page
    assert "Blocking, says Canvas" not in page


def test_a_limit_that_is_off_is_no_source(university: University) -> None:
    found = sources(university.arts, {"student_dates", "points_missing"})
    assert [one.name for one in found["student_dates"]] == ["student_dates"]
    assert [one.name for one in found["points_missing"]] == ["points_missing"]
    Account.objects.filter(pk=university.root.pk).update(rulepack="powerschool")
    assert [one.name for one in sources(university.arts, {"student_dates"})["student_dates"]][1:] == [
        "one_date_per_section"
    ]


def test_a_rule_of_our_own_says_so(viewer: Client, university: University) -> None:
    build.course(
        university.arts, university.term, code="OWN 1", assignments=[build.assignment("A", needs_grading_count=2)]
    )
    course = university.arts.courses.get(code="OWN 1")
    page = told(viewer.get(f"/courses/{course.pk}/").content.decode())
    assert "A warning, by Preflight’s own judgement" in page


def test_the_glossary_has_every_word_that_is_linked(viewer: Client) -> None:
    page = viewer.get("/glossary/").content.decode()
    known = set(re.findall(r'id="([a-z-]+)"', page))
    linked = set(re.findall(r"glossary(?:' %| })}#([a-z-]+)", _all_templates()))
    linked |= {f"word-{slug}" for slug in re.findall(r'_about.html" with slug="([a-z-]+)"', _all_templates())}
    linked |= {f"word-{column.about}" for columns in TABLES.values() for column in columns if column.about}
    assert "word-line-item" in linked
    assert linked - {"word-"} <= known


def _all_templates() -> str:
    return " ".join(one.read_text() for one in TEMPLATES.rglob("*.html"))


def test_the_glossary_never_says_the_bare_word(viewer: Client) -> None:
    page = told(viewer.get("/glossary/").content.decode())
    assert "Posted (official)" in page
    assert not re.search(r"\bposts?\b", page, re.IGNORECASE)
