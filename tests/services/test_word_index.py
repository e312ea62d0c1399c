"""The index by which PostgreSQL finds words, and a role that may not have it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

HOME = Path(__file__).parent.parent.parent
INDEXES = {"item_by_words", "item_by_name_words"}


def migrated(address: str, *words: str) -> str:
    """What the log says."""
    environment = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_FILE": "-"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", *words],
        cwd=HOME,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def indexes(address: str) -> set[str]:
    with psycopg.connect(address) as server:
        found = server.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'registrar_lineitem'")
        return INDEXES & {name for (name,) in found}


def test_it_is_made_and_taken_back(postgres_database: str) -> None:
    assert migrated(postgres_database) == ""
    assert indexes(postgres_database) == INDEXES
    migrated(postgres_database, "registrar", "0021")
    assert indexes(postgres_database) == set()


def test_a_role_that_may_not_make_it_goes_without_and_is_told_what_to_do(postgres_database: str) -> None:
    name = urlsplit(postgres_database).path[1:]
    role = f"{name}_plain"
    with psycopg.connect(postgres_database, autocommit=True) as server:
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'".encode())
        server.execute(f"GRANT ALL ON SCHEMA public TO {role}".encode())
        try:
            place = urlsplit(postgres_database)
            theirs = place._replace(netloc=f"{role}:{role}@{place.hostname}:{place.port}").geturl()
            said = migrated(theirs)
            assert indexes(postgres_database) == set()
            assert migrated(theirs) == ""
            server.execute(said.partition("can make it: ")[2].encode())
            assert indexes(postgres_database) == INDEXES
        finally:
            server.execute(f"DROP OWNED BY {role} CASCADE".encode())
            server.execute(f"DROP ROLE {role}".encode())
