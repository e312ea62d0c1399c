"""What the services and pages promise on SQLite, on a real PostgreSQL too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent.parent


def _files(folder: str, *names: str) -> list[str]:
    return [f"tests/{folder}/test_{name}.py" for name in names]


SERVICES = _files("services", "plain", "quick", "working", "exempting", "unchanged")
PAGES = _files("pages", "lists", "overview", "exemptions", "search")
MORE = [
    *_files(
        "services", "odd_names", "inserting", "counting", "turning", "clock", "placing", "marking", "foreseeing"
    ),
    *_files("pages", "course", "runs", "export", "history", "due_filters", "terms"),
]
NOT_AGAIN = "not soak and not postgres and not redis and not browser"


@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "files",
    [
        pytest.param(SERVICES, id="services"),
        pytest.param(PAGES, id="pages"),
        pytest.param(MORE, id="more", marks=pytest.mark.soak),
    ],
)
def test_it_does_the_same_on_postgresql(postgres_database: str, files: list[str]) -> None:
    options = ["-m", NOT_AGAIN, "-k", "not few_courses", "-p", "no:cacheprovider", "--create-db"]
    child = subprocess.run(
        [sys.executable, "-m", "pytest", *files, *options],
        cwd=HOME,
        env=os.environ | {"DATABASE_URL": postgres_database, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert child.returncode == 0, child.stdout[-8000:] + child.stderr[-2000:]
