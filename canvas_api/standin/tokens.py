"""Who is asking: an access token with the rights that Canvas would find behind it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

ADMIN_RIGHTS = frozenset(
    {
        "manage_account_settings",
        "manage_assignments",
        "manage_grades",
        "read",
        "read_course_list",
        "read_sis",
        "read_terms",
        "select_final_grade",
        "view_all_grades",
    }
)
TEACHER_RIGHTS = frozenset({"manage_assignments", "manage_grades", "read", "read_sis", "view_all_grades"})


@dataclass(slots=True, kw_only=True)
class Token:
    """``role`` admin: ``rights`` hold in ``account_ids`` and beneath. teacher: in the courses they teach."""

    name: str
    value: str
    user_id: int
    role: str = "admin"
    rights: frozenset[str] = ADMIN_RIGHTS
    account_ids: tuple[int, ...] = (1,)
    state: str = "valid"
    """valid, revoked or expired."""
    scopes: frozenset[str] | None = None
    """None: the developer key enforces no scopes."""
    strips_include: bool = False

    def allows(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


def token_value(seed: int, name: str) -> str:
    digest = hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()[:20]
    return f"demo-token-{name}-{digest}"


def usual_tokens(seed: int) -> dict[str, Token]:
    """One of each kind that Canvas answers differently."""

    def token(name: str, **fields: object) -> Token:
        return Token(name=name, value=token_value(seed, name), user_id=1, **fields)  # type: ignore[arg-type]

    made = [
        token("admin"),
        token("teacher", role="teacher", rights=TEACHER_RIGHTS, account_ids=()),
        token("nobody", role="none", rights=frozenset(), account_ids=()),
        token("revoked", state="revoked"),
        token("expired", state="expired"),
        token("no_grades", rights=ADMIN_RIGHTS - {"view_all_grades"}),
        token("no_sis", rights=ADMIN_RIGHTS - {"read_sis"}),
        token("no_overrides", rights=ADMIN_RIGHTS - {"manage_assignments"}),
        token("no_settings", rights=ADMIN_RIGHTS - {"manage_account_settings"}),
        token("no_include", strips_include=True),
    ]
    return {each.name: each for each in made}
