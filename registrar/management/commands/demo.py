"""``manage.py demo``: the whole product on one machine, with a stand-in Canvas and no server to install."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand

from registrar.management.demo_decisions import decide
from registrar.management.demo_history import make_up
from registrar.management.demo_reports import order_reports
from registrar.models import Account, Mark, Role, Term
from registrar.services import marking, reassessing
from registrar.services.demonstrating import PASSWORD, PLAYERS

SEED = "7"
RENEWED_AFTER = timedelta(days=7)
"""The demo's term ends in two weeks; after one of them its dates are laid anew."""


class Command(BaseCommand):
    help = "Start a demo: a stand-in Canvas, a worker, the scheduler and the web server. Ctrl-C ends them all."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if "PREFLIGHT_DEMO" not in os.environ:
            _start_over_with(_environment())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        parent = os.getppid()
        try:
            with _children() as start:
                web = self._set_up(start)
                self._greet(web)
                while os.getppid() == parent:
                    for name, child in start.running.items():
                        if child.poll() is not None:
                            raise SystemExit(f"The {name} ended by itself; the log is {_log(name)}.")
                    time.sleep(0.5)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. What was done here is kept; `make demo` goes on with it.")

    def _set_up(self, start: Starter) -> str:
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        _people()
        python, canvas, web = sys.executable, urlport(settings.CANVAS_BASE_URL), urlport(settings.SITE_URL)
        now, token = _demo_time().isoformat(), settings.CANVAS_TOKEN
        university = ("--demo", "--seed", SEED, "--now", now, "--token", token)
        start("Canvas", python, "-m", "canvas_api.standin", "--port", canvas, *university)
        start("worker", python, "-m", "celery", "-A", "registrar", "worker", "-B", "-c", "2", *_QUIET)
        start("web server", python, "-m", "gunicorn", "registrar.wsgi", "--bind", f"127.0.0.1:{web}", *_GUNICORN)
        _wait_for(f"{settings.CANVAS_BASE_URL}/api/v1/accounts/self", "Canvas", start)
        self.stdout.write("Reading Canvas …")
        call_command("sync", quick=Account.objects.exists())
        _calendar(datetime.now(UTC))
        decide(now=datetime.now(UTC))
        make_up(now=datetime.now(UTC))
        order_reports(now=datetime.now(UTC))
        _wait_for(f"{settings.SITE_URL}/healthz", "web server", start)
        return settings.SITE_URL

    def _greet(self, address: str) -> None:
        names = ", ".join(player.username for player in PLAYERS)
        self.stdout.write(
            f"\nPreflight is ready:  {address}\nA guided tour of it:  {address}/tour/\n\n"
            f"Sign in as {names}; the password of each is: {PASSWORD}\n"
            f"The stand-in Canvas is {settings.CANVAS_BASE_URL}. Logs are in {settings.VAR_DIR}. "
            f"Mails go nowhere but into {settings.VAR_DIR / 'mail'}. Ctrl-C ends all of it.\n"
        )
        self.stdout.flush()


_QUIET = ("--without-gossip", "--without-mingle", "--loglevel", "warning")
_GUNICORN = ("--workers", "2", "--threads", "4", "--no-control-socket", "--log-level", "warning")


def _environment() -> dict[str, str]:
    """The demo has a database of its own: its courses must never stand beside those of a real Canvas."""
    given = dict(os.environ)
    web = _free_port(int(given.get("PORT", "8000")))
    return given | {
        "PREFLIGHT_DEMO": "1",
        "CANVAS_BASE_URL": f"http://127.0.0.1:{_free_port(8099)}",
        "CANVAS_TOKEN": f"demo-token-{SEED}",
        "CANVAS_ACCOUNT": "self",
        "DATABASE_URL": given.get("DATABASE_URL", "sqlite:///var/demo.sqlite3"),
        "SITE_URL": f"http://127.0.0.1:{web}",
        "EMAIL_URL": f"file://{settings.VAR_DIR / 'mail'}",
        "SIS_NAME": given.get("SIS_NAME", "PowerSchool"),
        "TIME_ZONE": given.get("TIME_ZONE", "America/New_York"),
        "REMAP_SIGTERM": "SIGQUIT",
    }


def _start_over_with(environment: dict[str, str]) -> None:
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606


def _free_port(wished: int) -> int:
    for port in (*range(wished, wished + 20), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("No free port was found on this machine.")


def urlport(address: str) -> str:
    return address.rpartition(":")[2]


def _demo_time() -> datetime:
    """The demo Canvas's today: kept from start to start, so that what was done stays true, and renewed in time."""
    path, now = settings.VAR_DIR / "demo-day", datetime.now(UTC)
    if path.exists():
        kept = datetime.fromisoformat(path.read_text())
        if now - kept < RENEWED_AFTER:
            return kept
    path.write_text(now.isoformat())
    return now


def _people() -> None:
    for player in PLAYERS:
        user, new = User.objects.get_or_create(
            username=player.username,
            defaults={
                "first_name": player.first_name,
                "last_name": player.last_name,
                "email": f"{player.username}@example.edu",
            },
        )
        if new:
            user.set_password(PASSWORD)
            user.is_superuser = player.role is Role.ADMINISTRATOR
            user.save()
            user.groups.add(Group.objects.get(name=player.role.value))


def _calendar(now: datetime) -> None:
    """The office's dates of the running term, laid anew with it."""
    term = Term.objects.filter(start_at__lte=now, end_at__gte=now).order_by("-start_at").first()
    if term is None or term.start_at is None or term.end_at is None:
        return
    marks = Mark.objects.filter(term=term)
    if marks.filter(kind=Mark.Kind.GRADE_DEADLINE, at__gte=term.end_at - timedelta(days=7)).exists():
        return
    marks.delete()
    admin, zone = User.objects.get(username="admin"), ZoneInfo(settings.TIME_ZONE)
    for kind, name, day, hour in (
        (Mark.Kind.CENSUS, "", term.start_at + timedelta(days=14), 23),
        (Mark.Kind.OTHER, "Reading day", term.end_at - timedelta(days=6), 8),
        (Mark.Kind.GRADE_DEADLINE, "", term.end_at - timedelta(days=3), 17),
    ):
        at = day.astimezone(zone).replace(hour=hour, minute=0, second=0).astimezone(UTC)
        wanted = marking.Wanted(kind=kind, name=name, at=at, past_is_meant=True)
        marking.set_mark(by=admin, term=term, wanted=wanted, now=now)
    reassessing.carry_on(clock=lambda: now, until=None)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _log(name: str) -> Path:
    return Path(settings.VAR_DIR) / f"{name.lower().replace(' ', '-')}.log"


class Starter:
    """Starts children that end with us, whatever becomes of us."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __call__(self, name: str, *command: str) -> None:
        with _log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603
                command,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end them in order
                preexec_fn=_die_with_parent,
            )

    def stop(self) -> None:
        for child in self.running.values():
            child.terminate()
        end = time.monotonic() + 8
        for child in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(end - time.monotonic(), 0.1))
            _kill_group(child.pid)
            child.wait()


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _die_with_parent() -> None:
    """Linux only; elsewhere a demo that is killed outright leaves its children behind."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


@contextmanager
def _children() -> Iterator[Starter]:
    starter = Starter()
    try:
        yield starter
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them running
        starter.stop()


def _wait_for(address: str, name: str, start: Starter) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if start.running[name].poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=2)  # noqa: S310
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The {name} did not start; the log is {_log(name)}.")
