"""What is worked out again and comes to the same is left as it stands; anything else is written whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import models, transaction

from registrar.domain import facts
from registrar.domain.findings import Code
from registrar.models import Course, Finding, GradingPeriod, LineItem, Mark, Role, Section, Term, Turn
from registrar.services import assessing, exempting
from registrar.services.covering import Target
from tests.pages import build

pytestmark = pytest.mark.django_db

ROWS: tuple[type[models.Model], ...] = (LineItem, Finding, Section)
KEYS = {LineItem: {"id"}, Finding: {"id", "line_item"}, Section: set[str]()}
LATER = build.NOW + timedelta(days=12)


@pytest.fixture
def fall() -> Term:
    term = build.term()
    Term.objects.filter(pk=term.pk).update(period_group_id=5)
    ends = build.NOW + timedelta(days=10)
    GradingPeriod.objects.create(
        canvas_id=9, group_id=5, title="Q1", start_at=build.NOW - timedelta(days=30), end_at=ends, close_at=ends
    )
    term.refresh_from_db()
    return term


def courses(fall: Term, chance: random.Random) -> Iterator[Course]:
    college = build.account()
    for number in range(8):
        sections = [build.section(name) for name in "ABC"[: chance.randint(1, 3)]]
        work = [_assignment(f"Task {one}", chance) for one in range(chance.randint(1, 5))]
        yield build.course(college, fall, code=f"C {number}", sections=sections, assignments=work)


def _assignment(name: str, chance: random.Random) -> facts.Assignment:
    days = chance.choice([None, 1, 5, 11, 200])
    made = build.assignment(chance.choice([name, " ", "Twins"]), due=None)
    due = None if days is None else build.NOW + timedelta(days=days, microseconds=chance.randint(0, 9))
    changed = {"dates": facts.Dates(due_at=due), "points_possible": chance.choice([None, 0.0, 12.5])}
    return facts.Assignment(**{field: getattr(made, field) for field in made.__slots__} | changed)


def accepted(course: Course) -> None:
    if Finding.objects.filter(course=course, code=Code.DUE_MISSING).exists():
        exempting.accept(
            by=build.person(f"rosa{course.pk}", Role.REVIEWER),
            code=Code.DUE_MISSING,
            target=Target(course_id=course.pk),
            until=(build.NOW + timedelta(days=60)).date(),
            reason="Orally.",
            now=build.NOW,
        )


def reassess_all(now: datetime = build.NOW) -> None:
    around = assessing.surroundings(now=now)
    for course in Course.objects.select_related("term", "account").order_by("pk"):
        assessing.reassess(course, around)


def stored(*, keys: bool) -> list[Any]:
    found: list[Any] = []
    for model in ROWS:
        names = [f.name for f in model._meta.concrete_fields if keys or f.name not in KEYS[model]]
        found += [names, *model._default_manager.order_by("pk").values_list(*names)]
    places = ("line_item__assignment_id", "line_item__section", "code")
    return [*found, *Finding.objects.order_by("pk").values_list(*places)]


def told() -> list[Any]:
    counts = Course.objects.order_by("pk").values_list(*assessing._ASSESSED)
    names = [field.name for field in Turn._meta.concrete_fields if field.name != "id"]
    return [*counts, *Turn.objects.order_by("pk").values_list(*names)]


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_written_where_nothing_changed(fall: Term, seed: int) -> None:
    for course in courses(fall, random.Random(seed)):
        accepted(course)
    before, said = stored(keys=True), told()
    Course.objects.update(assessed_as="")
    reassess_all()
    assert stored(keys=True) == before
    assert told() == said


@pytest.mark.parametrize("seed", range(6))
def test_what_changed_is_written_as_if_all_was(fall: Term, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for course in courses(fall, random.Random(seed)):
        accepted(course)
    before = stored(keys=True)
    Mark.objects.create(
        term=fall, kind=Mark.Kind.GRADE_DEADLINE, at=build.NOW + timedelta(days=seed + 2), set_at=build.NOW
    )
    outcomes = []
    for leave in (True, False):
        with transaction.atomic(), monkeypatch.context() as patched:
            if not leave:
                patched.setattr(assessing, "are_stored", lambda *_: False)
            reassess_all(LATER)
            outcomes.append((stored(keys=False), told()))
            assert stored(keys=True) != before
            transaction.set_rollback(True)
    assert outcomes[0] == outcomes[1]


def _other(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return (value or build.NOW) + timedelta(microseconds=1)
    if isinstance(field, models.JSONField):
        return ["other"]
    return "other" if isinstance(field, (models.TextField, models.CharField)) else (value or 0) + 1


PLAIN = [
    (model, field)
    for model in ROWS
    for field in model._meta.concrete_fields
    if not field.primary_key and not field.is_relation
]


@pytest.mark.parametrize(("model", "field"), PLAIN, ids=lambda one: one.__name__ if one in ROWS else one.name)
def test_any_value_that_is_another_is_written_again(
    fall: Term, model: type[models.Model], field: models.Field[Any, Any]
) -> None:
    build.course(build.account(), fall, sections=[build.section()], assignments=[build.assignment(due=None)])
    before = stored(keys=False)
    row = model._default_manager.order_by("pk")[0]
    model._default_manager.filter(pk=row.pk).update(**{field.name: _other(field, getattr(row, field.name))})
    assert stored(keys=False) != before
    Course.objects.update(assessed_as="")
    reassess_all()
    assert stored(keys=False) == before


def test_a_row_that_is_missing_or_too_many_is_mended(fall: Term) -> None:
    work = [build.assignment(due=None), build.assignment()]
    build.course(build.account(), fall, sections=[build.section()], assignments=work)
    before = stored(keys=False)
    for spoil in (_lose(Finding), _lose(LineItem), _lose(Section), _repeat):
        spoil()
        assert stored(keys=False) != before
        Course.objects.update(assessed_as="")
        reassess_all()
        assert stored(keys=False) == before


def _lose(model: type[models.Model]) -> Any:
    return lambda: model._default_manager.order_by("-pk")[0].delete()


def _repeat() -> None:
    finding = Finding.objects.order_by("-pk")[0]
    finding.pk, finding.code = None, Code.NAME_EMPTY
    finding.save(force_insert=True)
