"""What goes wrong in a way that a person can understand. Anything else is a bug and is logged as one."""

from __future__ import annotations


class RegistrarError(Exception):
    """``message`` is one sentence for the person in front of the screen: what is wrong and what to do next."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(RegistrarError):
    """Not allowed for this person, or not in this state."""


class Missing(RegistrarError):
    """Not there, or out of this person's reach: the answer is the same."""


class CanvasTrouble(RegistrarError):
    """Canvas did not give what was asked. ``passing`` means that a later try may well succeed.

    ``maybe_done`` means that it was a write, and that Canvas may have carried it out all the same. ``status`` and
    ``request_id`` are Canvas's, None and empty where no answer came.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str = "",
        passing: bool = False,
        maybe_done: bool = False,
        status: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done
        self.kind = kind
        self.passing = passing
        self.status = status
        self.request_id = request_id


def database_trouble(error: Exception) -> str:
    """What a person at a shell is told where the database itself does not answer."""
    first = " ".join(str(error).split())[:200]
    return f"The database cannot be used ({first}). If it is new: run `manage.py migrate` first."
