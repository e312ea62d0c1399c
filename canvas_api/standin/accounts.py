"""Accounts, terms, features, users: what a registrar's key reads first (canvas-behaviour.md, section 11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .call import Call
from .entities import Account, Course, Json, Term, User
from .paging import bookmarked, paged
from .params import many
from .references import find, uuid
from .wire import Reply, bad_request, not_found, stamp

OPEN_FEATURES = ("final_grades_override", "new_gradebook")
SETTINGS: Json = {
    "microsoft_sync_enabled": False,
    "microsoft_sync_login_attribute_suffix": False,
    "restrict_quantitative_data": {"value": False, "locked": False},
}


def account_json(call: Call, account: Account) -> Json:
    root = account.parent_account_id is None
    shown: Json = {
        "id": account.id,
        "name": account.name,
        "parent_account_id": account.parent_account_id,
        "root_account_id": None if root else call.university.root.id,
        "workflow_state": account.workflow_state,
        "uuid": uuid("accounts", account.id),
        "default_time_zone": account.default_time_zone,
        "default_storage_quota_mb": 500,
        "default_user_storage_quota_mb": 50,
        "default_group_storage_quota_mb": 50,
        "course_template_id": None,
    }
    if not root and call.may(account, "read_sis"):
        shown |= {"sis_account_id": account.sis_account_id, "integration_id": account.integration_id}
    return shown


def index(call: Call) -> Reply:
    """Only accounts where the caller is an admin; the others get an empty list."""
    held = [call.university.accounts[number] for number in call.token.account_ids]
    return bookmarked(call, held, lambda each: account_json(call, each), lambda each: each.id)


def show(call: Call) -> Reply:
    account = call.account()
    call.require(account, "read")
    return Reply(data=account_json(call, account))


def sub_accounts(call: Call) -> Reply:
    account = call.account()
    call.require(account, "manage_account_settings")
    university, recursive = call.university, call.flag("recursive")
    ids = university.beneath(account.id) - {account.id}
    rows = [university.accounts[number] for number in sorted(ids)]
    if not recursive:
        rows = [each for each in rows if each.parent_account_id == account.id]
    if call.params.get("order") == "name":
        rows.sort(key=lambda each: each.name.casefold())
    return paged(call, rows, lambda each: account_json(call, each), counted=not recursive)


def settings(call: Call) -> Reply:
    """No SIS setting is readable by REST."""
    account = call.account()
    call.require(account, "manage_account_settings")
    return Reply(data=SETTINGS)


# Terms


def term_json(call: Call, term: Term) -> Json:
    shown: Json = {
        "id": term.id,
        "name": term.name,
        "start_at": stamp(term.start_at),
        "end_at": stamp(term.end_at),
        "created_at": stamp(term.created_at),
        "workflow_state": term.workflow_state,
        "grading_period_group_id": term.grading_period_group_id,
    }
    if call.may(call.university.root, "read_sis"):
        shown["sis_term_id"] = term.sis_term_id
    if "overrides" in call.include:
        shown["overrides"] = {}
    if "course_count" in call.include:
        shown["course_count"] = sum(c.enrollment_term_id == term.id for c in call.university.courses.values())
    return shown


def _terms_account(call: Call) -> Account:
    account = call.account()
    if account.parent_account_id is not None:
        raise bad_request("Terms only belong to root_accounts.")
    call.require(account, "read_terms")
    return account


def terms(call: Call) -> Reply:
    _terms_account(call)
    states = {str(each) for each in many(call.params.get("workflow_state"))} or {"active"}
    name = str(call.params.get("term_name", "")).casefold()
    rows = [
        term
        for term in call.university.terms.values()
        if ("all" in states or term.workflow_state in states) and name in term.name.casefold()
    ]
    # By start, the newest first and none before all; then by end in the same way; then by id.
    rows.sort(key=lambda term: (_newest(term.start_at), _newest(term.end_at), term.id))
    reply = paged(call, rows, lambda each: term_json(call, each))
    reply.data = {"enrollment_terms": reply.data}
    return reply


def _newest(when: datetime | None) -> float:
    return float("-inf") if when is None else -when.timestamp()


def term(call: Call) -> Reply:
    _terms_account(call)
    return Reply(data=term_json(call, call.living("terms", "id")))


# Features


def _context(call: Call) -> Account | Course:
    if "course_id" in call.path:
        return call.course()
    account = call.account()
    call.require(account, "read")
    return account


def features_enabled(call: Call) -> Reply:
    return Reply(data=sorted(call.university.features_of(_context(call))))


def feature_flag(call: Call) -> Reply:
    """404 for an unknown feature, and for a hidden one that was never set."""
    context, name = _context(call), call.path["name"]
    on = name in call.university.features_of(context)
    if not on and name not in OPEN_FEATURES:
        raise not_found()
    shown = {
        "context_type": type(context).__name__,
        "context_id": context.id,
        "feature": name,
        "state": "on" if on else "off",
        "locked": False,
    }
    return Reply(data=shown)


# Users


def user_json(call: Call, user: User) -> Json:
    shown: Json = {"id": user.id, "name": user.name, "sortable_name": user.name, "short_name": user.name}
    if call.may(call.university.root, "read_sis"):
        shown |= {
            "sis_user_id": user.sis_user_id,
            "login_id": user.login_id,
            "integration_id": user.integration_id,
        }
    return shown


def user(call: Call) -> Reply:
    found: User = call.find("users", "id")
    if found.id != call.token.user_id and not call.is_admin:
        raise not_found()
    return Reply(data=user_json(call, found))


def term_ids(call: Call) -> set[int]:
    """``enrollment_term_id``: one, where an unknown one is 404, or an array. Empty: any term."""
    asked: Any = call.params.get("enrollment_term_id")
    found = {find(call.university, "terms", str(each)) for each in many(asked) if each != ""}
    if None in found and not isinstance(asked, list):
        raise not_found()
    return {each.id for each in found if each is not None} or ({0} if found else set())
