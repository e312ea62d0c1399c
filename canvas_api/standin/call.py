"""One request on its way through a handler: who asks, for what, with which parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from . import params, references
from .entities import Account, Assignment, Course, Section
from .tokens import Token
from .university import University
from .wire import Request, forbidden, not_found


class Call:
    def __init__(self, *, university: University, request: Request, token: Token, path: dict[str, str]) -> None:
        self.university = university
        self.request = request
        self.token = token
        self.path = path
        self.now: datetime = university.now
        self.params = params.read(request)
        self.resolved: dict[str, int] = {}
        self.route = ""
        if token.strips_include or request.strip_include:
            # A scope-enforcing key drops includes without a word.
            self.params.pop("include", None)

    @property
    def include(self) -> frozenset[str]:
        return frozenset(str(each) for each in params.many(self.params.get("include")))

    def flag(self, name: str, default: bool = False) -> bool:
        return params.truth(self.params[name]) if name in self.params else default

    # Finding rows

    def find(self, collection: str, name: str) -> Any:
        """The row that path part ``name`` refers to, or 404."""
        text = self.path[name]
        found = references.find(self.university, collection, text, user_id=self.token.user_id)
        if found is None:
            raise not_found()
        self.resolved[name] = found.id
        return found

    def living(self, collection: str, name: str) -> Any:
        found = self.find(collection, name)
        if getattr(found, "workflow_state", "") == "deleted":
            raise not_found()
        return found

    def account(self) -> Account:
        found: Account = self.living("accounts", "account_id")
        return found

    def course(self, *rights: str) -> Course:
        """The course of the path; 403 unless the caller may read it and has every one of ``rights``."""
        found: Course = self.living("courses", "course_id")
        self.require(found, "read", *rights)
        return found

    def section(self) -> Section:
        found: Section = self.living("sections", "section_id")
        return found

    def assignment(self, course_id: int, name: str = "assignment_id") -> Assignment:
        found: Assignment = self.living("assignments", name)
        if found.course_id != course_id:
            raise not_found()
        return found

    # Rights

    def may(self, context: Account | Course, right: str) -> bool:
        if right not in self.token.rights:
            return False
        if isinstance(context, Course) and self.token.role == "teacher":
            return self.token.user_id in context.teacher_ids
        account_id = context.account_id if isinstance(context, Course) else context.id
        return any(account.id in self.token.account_ids for account in self.university.chain(account_id))

    def require(self, context: Account | Course, *rights: str) -> None:
        if not all(self.may(context, right) for right in rights):
            raise forbidden()

    @property
    def is_admin(self) -> bool:
        return self.token.role == "admin"

    # Addresses

    def address(self) -> str:
        """This route's URL with numeric ids, as Canvas writes it in Link headers."""
        parts = [
            str(self.resolved.get(part[1:], quote(self.path[part[1:]], safe=""))) if part.startswith(":") else part
            for part in self.route.split("/")
        ]
        return f"{self.request.origin}/{'/'.join(parts)}"
