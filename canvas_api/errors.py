"""What can go wrong between us and Canvas.

CanvasError
├── Unreachable            no whole answer: name, connection, time-out, broken off in the middle
│   └── Untrusted          the certificate was not accepted
├── BadAnswer              an answer that is not what Canvas documents; names the field
│   ├── NotCanvas          a web page where JSON was due (a login page, a proxy)
│   ├── ForeignAddress     Canvas pointed to another site; the token did not follow
│   └── EndlessPages       a list that goes round in circles or will not end
├── Refused                4xx
│   ├── Unauthorized       401: the token is wrong, expired or revoked
│   ├── Forbidden          the token is good and the right is missing
│   ├── NotFound           404
│   ├── NotEnabled         grade export is off here
│   ├── UnpublishedCourse  grade data exists for published courses only
│   ├── Invalid            any other 4xx
│   └── Throttled          still over the rate limit after patient waiting
├── ServerError            5xx
└── ProgressError
    ├── ProgressFailed     Canvas's background job ended without success
    └── ProgressTimeout    it had not ended when we stopped waiting
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

LONGEST = 300


class CanvasError(Exception):
    """One clear sentence, and the facts behind it. Never holds the token.

    ``message`` is Canvas's own, empty where it gave none; ``details`` is what its body holds under ``errors``.
    """

    lead = "Canvas gave an error"
    doubtful = False

    def __init__(
        self,
        message: str = "",
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        request_id: str | None = None,
        details: object = None,
    ) -> None:
        super().__init__(message)
        self.message = shortened(message)
        self.method = method
        self.path = path
        self.status = status
        self.request_id = request_id
        self.details = details

    @property
    def maybe_done(self) -> bool:
        """Whether Canvas may have changed what it was asked to change, all the same."""
        return self.doubtful and self.method not in {"GET", "HEAD"}

    def __str__(self) -> str:
        said = f"{self.lead}: {self.message}" if self.message else self.lead
        where = f"{self.method} {shortened(self.path)}".strip()
        facts = ", ".join(filter(None, (where, str(self.status or ""))))
        return f"{said.removesuffix('.')} ({facts})." if facts else f"{said.removesuffix('.')}."


class Unreachable(CanvasError):
    """Not doubtful where no connection was ever made, so that nothing can have been carried out."""

    lead = "Canvas cannot be reached"
    doubtful = True


class Untrusted(Unreachable):
    lead = "Canvas's certificate was not accepted"
    doubtful = False


class BadAnswer(CanvasError):
    """``field`` is the path of the field that is missing or mistyped, such as ``$[3].due_at``."""

    lead = "Canvas gave an answer that cannot be used"
    doubtful = True
    field: str | None = None


class NotCanvas(BadAnswer):
    lead = "A web page came instead of an answer from Canvas's API; is the address right, and is Canvas up?"


class ForeignAddress(BadAnswer):
    lead = "Canvas pointed to another site, which was not followed"


class EndlessPages(BadAnswer):
    lead = "A list from Canvas does not end"


class Refused(CanvasError):
    lead = "Canvas refused the request"


class Unauthorized(Refused):
    lead = "Canvas does not accept the access token"


class Forbidden(Refused):
    lead = "The access token lacks the right to do this"


class NotFound(Refused):
    lead = "Canvas does not have this"


class NotEnabled(Refused):
    lead = "Grade export is off in Canvas here"


class UnpublishedCourse(Refused):
    lead = "The course is not published"


class Invalid(Refused):
    pass


class Throttled(Refused):
    """``retry_after`` in seconds, where Canvas named a time."""

    lead = "Canvas's rate limit still refuses requests after patient waiting"
    retry_after: float | None = None


class ServerError(CanvasError):
    """``retry_after`` in seconds, where Canvas named a time."""

    lead = "Canvas failed"
    doubtful = True
    retry_after: float | None = None


class ProgressError(CanvasError):
    """``progress_id`` to ask again; ``results`` as Canvas gave them, see canvas-behaviour.md, section 3."""

    progress_id = 0
    results: object = None


class ProgressFailed(ProgressError):
    lead = "Canvas's background job failed"


class ProgressTimeout(ProgressError):
    lead = "Canvas's background job has not ended yet"


_BY_CODE: Mapping[str, type[Refused]] = {"not_enabled": NotEnabled, "unpublished_course": UnpublishedCourse}
_BY_STATUS: Mapping[int, type[Refused]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    429: Throttled,
}


def error_class(status: int, body: object) -> type[CanvasError]:
    """``body`` is the decoded JSON, or None. canvas-behaviour.md, sections 0, 1 and 14."""
    if status >= 500:
        return ServerError
    if status < 400:
        return BadAnswer
    if status == 400 and isinstance(body, dict):
        return _BY_CODE.get(str(body.get("code")), Invalid)
    if status == 401 and _is_about_rights(body):
        return Forbidden
    return _BY_STATUS.get(status, Invalid)


def _is_about_rights(body: object) -> bool:
    """Older versions said 401 for a missing right, and still do for a missing scope."""
    if not isinstance(body, dict):
        return False
    return body.get("status") == "unauthorized" or canvas_message(body).startswith("Insufficient scopes")


def decoded(body: bytes) -> object:
    """The JSON of an error body, or None where it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def canvas_message(body: object) -> str:
    """Canvas's own words out of any of the seven shapes of canvas-behaviour.md, section 0."""
    return "; ".join(dict.fromkeys(_words(body)))


def _words(body: object) -> Iterator[str]:
    match body:
        case str():
            yield body
        case {"errors": errors}:
            yield from _words(errors)
        case {"message": str(message), **rest}:
            yield _about(rest.get("attribute") or rest.get("field"), message)
        case {"error_description": str(message)} | {"error": str(message)}:
            yield message
        case dict():
            for value in body.values():
                yield from _words(value)
        case list():
            for value in body:
                yield from _words(value)


def _about(attribute: object, message: str) -> str:
    named = isinstance(attribute, str) and attribute != "base"
    return f"{attribute} {message}" if named else message


def plain_message(body: bytes) -> str:
    """A short plain text as it is; nothing of a web page."""
    text = body[: LONGEST * 4].decode("utf-8", "replace").strip()
    return "" if "<" in text else text


def shortened(text: str) -> str:
    line = " ".join(text.replace("\0", " ").split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
