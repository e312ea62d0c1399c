"""From a raw request target to its handler. Nothing is unquoted before it is split."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote

from . import accounts, assignments, bulk, courses, jobs, override_batches, overrides, sis, writing
from .call import Call
from .wire import Reply, not_found

Handler: TypeAlias = Callable[[Call], Reply]

COURSE = "/api/v1/courses/:course_id"
ASSIGNMENT = f"{COURSE}/assignments/:assignment_id"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/v1/accounts", accounts.index),
    ("GET", "/api/v1/accounts/:account_id", accounts.show),
    ("GET", "/api/v1/accounts/:account_id/sub_accounts", accounts.sub_accounts),
    ("GET", "/api/v1/accounts/:account_id/settings", accounts.settings),
    ("GET", "/api/v1/accounts/:account_id/terms", accounts.terms),
    ("GET", "/api/v1/accounts/:account_id/terms/:id", accounts.term),
    ("GET", "/api/v1/accounts/:account_id/courses", courses.of_account),
    ("GET", "/api/v1/accounts/:account_id/courses/:course_id", courses.show),
    ("GET", "/api/v1/accounts/:account_id/grading_periods", courses.periods_of_account),
    ("GET", "/api/v1/accounts/:account_id/features/enabled", accounts.features_enabled),
    ("GET", "/api/v1/accounts/:account_id/features/flags/:name", accounts.feature_flag),
    ("GET", "/api/v1/users/:id", accounts.user),
    ("GET", "/api/v1/users/:user_id/courses/:course_id/assignments", assignments.of_user),
    ("GET", "/api/v1/sections/:section_id", courses.section),
    ("GET", "/api/v1/sections/:section_id/assignments/:assignment_id/override", overrides.of_section),
    ("GET", "/api/v1/groups/:group_id/assignments/:assignment_id/override", overrides.of_group),
    ("GET", "/api/v1/progress/:id", jobs.show),
    ("POST", "/api/v1/progress/:id/cancel", jobs.cancel),
    ("GET", COURSE, courses.show),
    ("GET", f"{COURSE}/sections", courses.sections),
    ("GET", f"{COURSE}/sections/:section_id", courses.section),
    ("GET", f"{COURSE}/grading_periods", courses.periods_of_course),
    ("GET", f"{COURSE}/features/enabled", accounts.features_enabled),
    ("GET", f"{COURSE}/features/flags/:name", accounts.feature_flag),
    ("GET", f"{COURSE}/assignment_groups", courses.assignment_groups),
    ("GET", f"{COURSE}/assignment_groups/:group_id/assignments", assignments.of_group),
    ("GET", f"{COURSE}/assignments", assignments.index),
    ("POST", f"{COURSE}/assignments", writing.create),
    ("PUT", f"{COURSE}/assignments/bulk_update", bulk.update),
    ("GET", f"{COURSE}/assignments/overrides", override_batches.retrieve),
    ("POST", f"{COURSE}/assignments/overrides", override_batches.create),
    ("PUT", f"{COURSE}/assignments/overrides", override_batches.update),
    ("GET", ASSIGNMENT, assignments.show),
    ("PUT", ASSIGNMENT, writing.update),
    ("DELETE", ASSIGNMENT, writing.delete),
    ("POST", f"{ASSIGNMENT}/duplicate", writing.duplicate),
    ("GET", f"{ASSIGNMENT}/users/:user_id/group_members", assignments.group_members),
    ("GET", f"{ASSIGNMENT}/overrides", overrides.index),
    ("POST", f"{ASSIGNMENT}/overrides", overrides.create),
    ("GET", f"{ASSIGNMENT}/overrides/:id", overrides.show),
    ("PUT", f"{ASSIGNMENT}/overrides/:id", overrides.update),
    ("DELETE", f"{ASSIGNMENT}/overrides/:id", overrides.delete),
    ("GET", "/api/sis/accounts/:account_id/assignments", sis.of_account),
    ("GET", "/api/sis/courses/:course_id/assignments", sis.of_course),
    ("PUT", "/api/sis/courses/:course_id/disable_post_to_sis", sis.disable),
)
TABLE = [(method, route[1:].split("/"), route[1:], handler) for method, route, handler in ROUTES]


def scope(method: str, route: str) -> str:
    return f"url:{method}|/{route}"


def match(method: str, raw_path: str) -> tuple[str, dict[str, str], Handler]:
    """The route, the unquoted ids of its path and the handler.

    A slash sent as ``%2F`` stays within its segment. Under ``/api/sis`` a literal dot does not route.
    """
    parts = raw_path.removesuffix(".json").strip("/").split("/")
    if parts[:2] == ["api", "sis"] and any("." in part for part in parts):
        raise not_found()
    for verb, pattern, route, handler in TABLE:
        if verb == method and _fits(pattern, parts):
            named = zip(pattern, parts, strict=True)
            return route, {p[1:]: unquote(part) for p, part in named if p.startswith(":")}, handler
    raise not_found()


def _fits(pattern: list[str], parts: list[str]) -> bool:
    return len(pattern) == len(parts) and all(
        part != "" if p.startswith(":") else p == part for p, part in zip(pattern, parts, strict=True)
    )
