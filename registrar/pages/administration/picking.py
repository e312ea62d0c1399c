"""The sub-accounts that a form offers to tick: those ticked, and those found, of a tree of hundreds."""

from __future__ import annotations

from dataclasses import dataclass

from registrar.models import Account, Reach
from registrar.services import reviewing

from .people_forms import PersonForm

SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    account: Account
    ticked: bool
    above: str
    """The names of what it is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    choices: list[Choice]
    total: int
    left_out: int
    """How many more were found than are shown."""


def picker(reach: Reach, form: PersonForm) -> Picker:
    tree = reviewing.accounts(reach)
    ticked, words = form.ticked, form.search.casefold().split()
    top = min((one.depth for one in tree), default=0)
    if words:
        found = [one for one in tree if all(word in f"{one.name} {one.sis_id}".casefold() for word in words)]
    else:
        found = tree if len(tree) <= SHOWN else [one for one in tree if one.depth <= top + 1]
    chosen = [one for one in tree if one.pk in ticked]
    offered = [one for one in found if one.pk not in ticked]
    names = {one.path: one.name for one in tree}
    return Picker(
        choices=[
            Choice(account=one, ticked=one.pk in ticked, above=_above(one, names))
            for one in [*chosen, *offered[:SHOWN]]
        ],
        total=len(tree),
        left_out=max(0, len(offered) - SHOWN),
    )


def _above(account: Account, names: dict[str, str]) -> str:
    steps = account.path.strip("/").split("/")[:-1]
    paths = ("/" + "/".join(steps[: depth + 1]) + "/" for depth in range(len(steps)))
    return " › ".join(names[path] for path in paths if path in names)
