"""Rules of the house that no linter knows, and settings that must name what is wrong with them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "SECRET_KEY": "test"}
    return subprocess.run(
        [sys.executable, "manage.py", "version_is_no_command"],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CANVAS_BASE_URL", "http://canvas.example.edu"),
        ("CANVAS_BASE_URL", "canvas.example.edu"),
        ("CANVAS_BASE_URL", "https://me:secret@canvas.example.edu"),
        ("CANVAS_TOKEN", "two words"),
        ("CANVAS_TOKEN_FILE", "/nowhere/at/all"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "nonsense"),
        ("CELERY_BROKER_URL", "amqp://localhost"),
        ("EMAIL_URL", "mail.example.edu"),
        ("DEFAULT_FROM_EMAIL", "nobody"),
        ("DEBUG", "perhaps"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("SITE_URL", "preflight.example.edu"),
        ("READING_LIMIT_HOURS", "long"),
        ("LANGUAGE_CODE", "tlh"),
        ("BOUNCES_URL", "imap://u:p@mail.example.edu"),
        ("BOUNCES_ADDRESS", "nobody"),
        ("KEEP_MAIL_DAYS", "-1"),
        ("KEEP_RUNS_DAYS", "-1"),
    ],
)
def test_it_names_the_variable_that_is_wrong(name: str, value: str) -> None:
    ended = start(**{name: value})
    assert ended.returncode == 1
    assert f"  {name}: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


def test_it_names_all_that_is_wrong_at_once() -> None:
    ended = start(DEBUG="perhaps", TIME_ZONE="Mars/Olympus")
    assert "DEBUG:" in ended.stderr
    assert "TIME_ZONE:" in ended.stderr


def test_it_keeps_the_floors() -> None:
    ended = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stdout


def test_the_locks_name_no_registry_and_hash_everything() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pinned = re.findall(r"^[A-Za-z0-9._-]+==", text, re.MULTILINE)
        assert len(pinned) > 20
        assert all(f"\n{one}" in f"\n{text}" for one in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)


def test_the_readme_opens_with_the_two_commands_and_names_every_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.index("make demo") < readme.index("make test") < readme.index("![")
    settings = (ROOT / "registrar" / "settings.py").read_text()
    for name in set(re.findall(r'(?:_parsed|_text)\("([A-Z_]+)"', settings)):
        assert f"`{name}`" in readme, f"{name} is not in the README"


def test_the_pictures_of_the_readme_are_there() -> None:
    readme = (ROOT / "README.md").read_text()
    for path in re.findall(r"\]\((docs/[^)]+)\)", readme):
        assert (ROOT / path).is_file()
