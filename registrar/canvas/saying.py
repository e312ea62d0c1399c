"""The client's errors in the language of whoever reads them. What Canvas itself said stays as it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _lazy

from canvas_api import errors as api

LEADS = {
    "Canvas gave an error": _lazy("Canvas gave an error"),
    "Canvas cannot be reached": _lazy("Canvas cannot be reached"),
    "Canvas's certificate was not accepted": _lazy("Canvas's certificate was not accepted"),
    "Canvas gave an answer that cannot be used": _lazy("Canvas gave an answer that cannot be used"),
    "A web page came instead of an answer from Canvas's API; is the address right, and is Canvas up?": _lazy(
        "A web page came instead of an answer from Canvas's API; is the address right, and is Canvas up?"
    ),
    "Canvas pointed to another site, which was not followed": _lazy(
        "Canvas pointed to another site, which was not followed"
    ),
    "A list from Canvas does not end": _lazy("A list from Canvas does not end"),
    "Canvas refused the request": _lazy("Canvas refused the request"),
    "Canvas does not accept the access token": _lazy("Canvas does not accept the access token"),
    "The access token lacks the right to do this": _lazy("The access token lacks the right to do this"),
    "Canvas does not have this": _lazy("Canvas does not have this"),
    "Grade export is off in Canvas here": _lazy("Grade export is off in Canvas here"),
    "The course is not published": _lazy("The course is not published"),
    "Canvas's rate limit still refuses requests after patient waiting": _lazy(
        "Canvas's rate limit still refuses requests after patient waiting"
    ),
    "Canvas failed": _lazy("Canvas failed"),
    "Canvas's background job failed": _lazy("Canvas's background job failed"),
    "Canvas's background job has not ended yet": _lazy("Canvas's background job has not ended yet"),
}
REASONS = {
    "its name is not known": _lazy("its name is not known"),
    "it could not be verified": _lazy("it could not be verified"),
    "the connection took too long": _lazy("the connection took too long"),
    "the proxy did not let us through": _lazy("the proxy did not let us through"),
    "the answer broke off in the middle": _lazy("the answer broke off in the middle"),
    "the connection was refused": _lazy("the connection was refused"),
    "the answer took too long": _lazy("the answer took too long"),
    "the answer did not end": _lazy("the answer did not end"),
    "the connection broke off": _lazy("the connection broke off"),
    "the answer was a web page; is this the address of Canvas?": _lazy(
        "the answer was a web page; is this the address of Canvas?"
    ),
    "too many redirects": _lazy("too many redirects"),
    "the same page came again and again": _lazy("the same page came again and again"),
    "the same next page was named twice": _lazy("the same next page was named twice"),
}


def sentence_of(error: api.CanvasError) -> str:
    """As the error says it of itself, with what the client put into words translated."""
    said = str(error).replace(error.lead, str(LEADS.get(error.lead, error.lead)), 1)
    if error.message in REASONS:
        said = said.replace(error.message, str(REASONS[error.message]), 1)
    return said
