"""What the services and pages promise on SQLite, on a real PostgreSQL too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent.parent
HERE = "tests/services"
SERVICES = [
    f"{HERE}/test_{name}.py"
    for name in ("plain", "quick", "odd_names", "working", "inserting", "counting", "turning")
]
PAGES = [f"tests/pages/test_{name}.py" for name in ("lists", "overview", "course", "runs", "export", "history")]
SERVICES += [f"{HERE}/test_{name}.py" for name in ("clock", "placing", "marking", "foreseeing")]
PAGES += ["tests/pages/test_due_filters.py", "tests/pages/test_terms.py"]
SERVICES += [f"{HERE}/test_exempting.py"]
PAGES += ["tests/pages/test_exemptions.py"]
NOT_AGAIN = "not soak and not postgres and not redis and not browser"


@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize("files", [SERVICES, PAGES], ids=["services", "pages"])
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
