"""Installations of their own for real processes, on either database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from canvas_api.standin import Standin, University
from tests.conftest import new_database
from tests.tasks.process import Shell

Install = Callable[..., Shell]


def university(courses: int = 24) -> University:
    """Small courses with a bit of everything, so that a run takes a moment and every mix-up shows."""
    made = University("Crash Test University")
    made.root.features = frozenset({"post_grades"})
    for number in range(1, courses + 1):
        made.add_course(name=f"Course {number}", sis_course_id=f"C{number}")
        for nth in (1, 2):
            made.add_section(course_id=number, name=f"Section {nth}", sis_section_id=f"C{number}-{nth}")
        for nth in range(1, 4):
            work = made.add_assignment(
                course_id=number, name=f"Work {nth}", due_at=f"2026-12-0{nth}T12:00:00Z", post_to_sis=True
            )
            made.add_override(assignment_id=work.id, course_section_id=2 * number, due_at=None)
    return made


@pytest.fixture
def slow() -> Iterator[Standin]:
    """A Canvas that takes its time, so that processes can be caught at work."""
    with Standin(university(), latency=0.02) as standin:
        yield standin


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all its tables, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    path = folder / "empty.sqlite3"
    Shell(database=f"sqlite:///{path}", canvas="", token="", folder=folder).done("migrate", "-v", "0")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of such a one on PostgreSQL."""
    with new_database(postgres) as address:
        folder = tmp_path_factory.mktemp("migrated_postgres")
        Shell(database=address, canvas="", token="", folder=folder).done("migrate", "-v", "0")
        yield urlsplit(address).path.removeprefix("/")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgres":
        empty = request.getfixturevalue("migrated_postgres")
        with new_database(request.getfixturevalue("postgres"), empty) as address:
            yield address
        return
    empty = request.getfixturevalue("migrated")
    yield f"sqlite:///{shutil.copy(empty, tmp_path / 'preflight.sqlite3')}"


@pytest.fixture
def install(database: str, tmp_path: Path) -> Install:
    (tmp_path / "broker").mkdir()

    def made(standin: Standin, **extra: str) -> Shell:
        return Shell(
            database=database,
            canvas=standin.url,
            token=standin.token,
            folder=tmp_path,
            extra={"LOG_LEVEL": "INFO"} | extra,
        )

    return made


def ask(database: str, question: str) -> list[tuple[object, ...]]:
    """Straight from the database, past everything that is tested."""
    if database.startswith("postgres"):
        with psycopg.connect(database) as server:
            return list(server.execute(question.encode()))
    import sqlite3

    with sqlite3.connect(database.removeprefix("sqlite:///")) as file:
        return list(file.execute(question))
